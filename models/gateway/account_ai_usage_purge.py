from datetime import timedelta

from odoo import api, fields, models

DETAIL_DAYS_PARAMETER = "account_ai.usage_detail_days"
PURGED_UNTIL_PARAMETER = "account_ai.usage_purged_until"
DEFAULT_DETAIL_DAYS = 90
SHORTEST_DETAIL_DAYS = 62
"""Budgets and the comparison with the provider's report need this and last month."""


class AccountAiUsage(models.Model):
    """How long the ledger keeps its detail; the roll-ups stay for ever."""

    _inherit = "account.ai.usage"

    # === BUSINESS METHODS === #

    @api.model
    def _detail_days(self):
        """Return for how many days rows are kept, at least two months."""
        # sudo: a number of days, no secret
        parameters = self.env["ir.config_parameter"].sudo()
        value = parameters.get_param(DETAIL_DAYS_PARAMETER) or ""
        days = int(value) if value.isdigit() else DEFAULT_DETAIL_DAYS
        return max(days, SHORTEST_DETAIL_DAYS)

    @api.autovacuum
    def _gc_detail(self, limit=10_000):
        """Delete old rows that are closed and rolled up; users never delete any.

        Since when the detail is complete is kept in the same transaction, so that
        roll-ups are never built anew from what is left of an hour.

        :return: number of deleted rows, and whether there are more
        :rtype: tuple[int, bool]
        """
        now = fields.Datetime.now().replace(hour=0, minute=0, second=0)
        until = now - timedelta(days=self._detail_days())
        self.env.cr.execute(
            """
            DELETE FROM account_ai_usage
             WHERE id IN (SELECT id
                            FROM account_ai_usage
                           WHERE opened_at < %s AND rolled_up AND state <> 'open'
                           ORDER BY opened_at
                           LIMIT %s)
            """,
            [until, limit],
        )
        deleted = self.env.cr.rowcount
        if deleted:
            # sudo: the addon's own technical parameter
            parameters = self.env["ir.config_parameter"].sudo()
            known = parameters.get_param(PURGED_UNTIL_PARAMETER) or ""
            parameters.set_param(PURGED_UNTIL_PARAMETER, max(known, str(until)))
            self.invalidate_model()
        return deleted, deleted == limit
