from odoo import fields, models

from ...services.costs.period import period_of
from .sql.attribution import bounds_of


class AccountMove(models.Model):
    """Entries that accrue what Claude cost in a month."""

    _inherit = "account.move"

    # === FIELDS === #

    account_ai_accrual_month = fields.Date(
        string="Accrued Month of Claude",
        copy=False,
        readonly=True,
        index="btree_not_null",
        help="First day of the month whose cost of Claude this entry was proposed for.",
    )

    # === ACTION METHODS === #

    def action_account_ai_accrued_calls(self):
        """Return the action that shows the calls that the entry was proposed from."""
        self.ensure_one()
        month = period_of("month", self.account_ai_accrual_month)
        begin, end = bounds_of(self.env, self.company_id.id, month.begin, month.end)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_ai.account_ai_usage_action"
        )
        action["domain"] = [
            ("company_id", "=", self.company_id.id),
            ("opened_at", ">=", fields.Datetime.to_string(begin)),
            ("opened_at", "<", fields.Datetime.to_string(end)),
            ("state", "!=", "open"),
            ("simulated", "=", False),
        ]
        action["context"] = {"search_default_group_by_operation": 1}
        return action
