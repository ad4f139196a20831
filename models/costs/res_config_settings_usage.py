from odoo import fields, models
from odoo.exceptions import UserError

from ..gateway.account_ai_usage_purge import (
    DEFAULT_DETAIL_DAYS,
    DETAIL_DAYS_PARAMETER,
    SHORTEST_DETAIL_DAYS,
)


class ResConfigSettings(models.TransientModel):
    """For how long this database keeps the ledger's single rows."""

    _inherit = "res.config.settings"

    # === FIELDS === #

    account_ai_usage_detail_days = fields.Integer(
        string="Keep Single Calls For (days)",
        default=DEFAULT_DETAIL_DAYS,
        config_parameter=DETAIL_DAYS_PARAMETER,
        groups="base.group_system",
    )

    # === ACTION METHODS === #

    def set_values(self):
        """Override of `base`: check that budgets still find what they count.

        :raise AccessError: for anybody but a system administrator
        :raise UserError: for less than two months
        """
        self._account_ai_check_system()
        if self.account_ai_usage_detail_days < SHORTEST_DETAIL_DAYS:
            raise UserError(
                self.env._(
                    "Single calls to Claude have to be kept for at least %(days)s "
                    "days: budgets and the comparison with Claude's own report need "
                    "this month and the last one.",
                    days=SHORTEST_DETAIL_DAYS,
                )
            )
        return super().set_values()
