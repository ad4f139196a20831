from odoo import api, fields, models


class AccountAiAnswer(models.Model):
    """Answers of Claude by the fingerprint of what was asked, one set per company.

    Written by ``postgres/answers.py``. Holds only what came back whole, masked as it
    was sent.
    """

    _name = "account.ai.answer"
    _inherit = "account.ai.decided.fields"
    _description = "Stored Answer of Claude"
    _log_access = False

    fingerprint = fields.Char(required=True, readonly=True)
    company_id = fields.Integer(required=True, readonly=True)
    answer = fields.Json(readonly=True)
    usage_id = fields.Integer(
        readonly=True, help="Row of the ledger that paid for the answer."
    )
    stored_at = fields.Datetime(required=True, readonly=True)
    expires_at = fields.Datetime(
        readonly=True, help="Empty: as long as the fingerprint holds."
    )

    _fingerprint_unique = models.Constraint("UNIQUE (fingerprint, company_id)")
    _expires_index = models.Index("(expires_at)")
    _stored_index = models.Index("(stored_at)")

    # === BUSINESS METHODS === #

    @api.autovacuum
    def _gc_answers(self, limit=10_000):
        """Delete what expired, or is older than its company keeps facts.

        :return: number of deleted rows, and of those still to go
        :rtype: tuple[int, int]
        """
        self.env.cr.execute(
            """
            DELETE FROM account_ai_answer
             WHERE id IN (
                   SELECT answer.id
                     FROM account_ai_answer answer
                     LEFT JOIN res_company company ON company.id = answer.company_id
                    WHERE answer.expires_at < (now() AT TIME ZONE 'UTC')
                       OR company.id IS NULL
                       OR answer.stored_at < (now() AT TIME ZONE 'UTC')
                          - company.account_ai_retention_days * interval '1 day'
                    LIMIT %s)
            """,
            [limit],
        )
        deleted = self.env.cr.rowcount
        self.invalidate_model()
        return deleted, deleted == limit
