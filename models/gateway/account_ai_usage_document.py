from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

DOCUMENT_FIELDS = ("res_model", "res_id", "run_uuid")
"""What leads from a call to its document."""
_INVOICE = "account.move"


class AccountAiUsage(models.Model):
    """Which document a call was for is told to who may read the document.

    Who may see what a company spends sees every row, and sums are complete. What leads
    to a document is empty, in whatever way it is asked for, for who may not read the
    document; that of an invoice that was deleted, or of another model, is left to
    system administrators.
    """

    # A file of its own: the document is another idea than what a call cost.
    _inherit = "account.ai.usage"

    # === CRUD METHODS === #

    def _field_to_sql(self, alias, field_expr, query=None):
        """Override of the ORM: values, conditions, groups and orders come by here."""
        sql = super()._field_to_sql(alias, field_expr, query)
        if self.env.su or field_expr not in DOCUMENT_FIELDS:
            return sql
        return SQL("CASE WHEN %s THEN %s END", self._document_is_readable(alias), sql)

    # === ACTION METHODS === #

    def action_open_document(self):
        """Return the action that opens the document that the call was for.

        :raises UserError: when there is none, or none that the user may read
        """
        self.ensure_one()
        if not self.res_id or self.res_model not in self.env:
            raise UserError(
                self.env._("This call belongs to no document that you may see.")
            )
        document = self.env[self.res_model].browse(self.res_id).exists()
        if not document:
            raise UserError(self.env._("The document does not exist any more."))
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }

    # === BUSINESS METHODS === #

    @api.model
    def _document_is_readable(self, alias: str) -> SQL:
        """Return the condition on a row under which the user may read its document."""
        moves = self.env[_INVOICE]
        is_invoice = SQL("%s = %s", SQL.identifier(alias, "res_model"), _INVOICE)
        document = SQL.identifier(alias, "res_id")
        readable = SQL("FALSE")
        if moves.has_access("read"):
            query = moves._search([], active_test=False)
            query.add_where(SQL("%s = %s", SQL.identifier(query.table, "id"), document))
            readable = SQL("%s AND EXISTS %s", is_invoice, query.subselect())
        if not self.env.user._is_system():
            return readable
        return SQL(
            "%s OR NOT (%s AND EXISTS (SELECT FROM account_move WHERE id = %s))",
            readable,
            is_invoice,
            document,
        )
