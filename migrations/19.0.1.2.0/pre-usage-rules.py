"""The ledger's record rules were kept from updates; others take their place."""


def migrate(cr, version):
    """Remove the rules of earlier versions, which hid other companies from everybody.

    Those that follow let system administrators see all of them.
    """
    names = ("rule_usage_company", "rule_usage_user", "rule_usage_manager")
    cr.execute(
        """
        DELETE FROM ir_model_data
         WHERE module = 'account_ai' AND model = 'ir.rule' AND name IN %s
        RETURNING res_id
        """,
        [names],
    )
    rules = tuple(row[0] for row in cr.fetchall())
    if rules:
        cr.execute("DELETE FROM ir_rule WHERE id IN %s", [rules])
