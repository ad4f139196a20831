from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..gateway.account_ai_gateway import (
    ADMIN_KEY_PARAMETER,
    PERCENT_PARAMETER,
    USD_PARAMETER,
    WORKSPACE_PARAMETER,
)
from ..gateway.account_ai_usage import (
    DEFAULT_DETAIL_DAYS,
    DETAIL_DAYS_PARAMETER,
    SHORTEST_DETAIL_DAYS,
)


class ResConfigSettings(models.TransientModel):
    """How our ledger is compared with the provider's own books."""

    _inherit = "res.config.settings"

    # === FIELDS === #

    account_ai_usage_detail_days = fields.Integer(
        string="Keep Single Calls For (days)",
        default=DEFAULT_DETAIL_DAYS,
        config_parameter=DETAIL_DAYS_PARAMETER,
        groups="base.group_system",
    )
    account_ai_admin_key = fields.Char(
        string="Admin Key",
        store=False,
        compute="_compute_account_ai_admin_key",
        inverse="_inverse_account_ai_admin_key",
        groups="base.group_system",
        help="Write-only: a key that is set is never shown again.",
    )
    account_ai_admin_key_source = fields.Selection(
        selection=[
            ("none", "No key"),
            ("database", "Set in this database"),
            ("environment", "Set by the server's environment"),
        ],
        string="Admin Key in Use",
        compute="_compute_account_ai_admin_key_source",
        groups="base.group_system",
    )
    account_ai_reconciliation_workspace = fields.Char(
        string="Workspace",
        config_parameter=WORKSPACE_PARAMETER,
        groups="base.group_system",
    )
    account_ai_reconciliation_percent = fields.Float(
        string="Tolerance (%)",
        default=lambda self: self._default_tolerance().percent,
        groups="base.group_system",
    )
    account_ai_reconciliation_usd = fields.Float(
        string="Tolerance (US$)",
        digits=(16, 4),
        default=lambda self: self._default_tolerance().usd,
        groups="base.group_system",
    )

    @api.model
    def _default_tolerance(self):
        return self.env["account.ai.gateway"]._tolerance()

    # === COMPUTE METHODS === #

    def _compute_account_ai_admin_key(self):
        """A key can be entered, and is never shown."""
        self.account_ai_admin_key = False

    def _inverse_account_ai_admin_key(self):
        parameters = self.env["ir.config_parameter"]
        for settings in self:
            key = (settings.account_ai_admin_key or "").strip()
            problem = key and self.env["account.ai.gateway"]._admin_key_problem(key)
            if problem:
                raise ValidationError(problem)
            if key:
                parameters.set_param(ADMIN_KEY_PARAMETER, key)

    @api.depends("company_id")
    def _compute_account_ai_admin_key_source(self):
        gateway = self.env["account.ai.gateway"]
        source = gateway._source(ADMIN_KEY_PARAMETER, gateway._admin_key())
        self.account_ai_admin_key_source = source

    # === ACTION METHODS === #

    def set_values(self):
        """Override of `base`: check that budgets still find what they count, and keep
        the tolerances.

        As text, since a number that is zero would count as one that was never set.

        :raise AccessError: for anybody but a system administrator
        :raise UserError: for less than two months of single calls
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
        result = super().set_values()
        parameters = self.env["ir.config_parameter"]
        for name, value in (
            (PERCENT_PARAMETER, self.account_ai_reconciliation_percent),
            (USD_PARAMETER, self.account_ai_reconciliation_usd),
        ):
            parameters.set_param(name, str(max(value, 0)))
        return result

    def action_account_ai_remove_admin_key(self):
        """Forget the Admin key of this database and reload the page."""
        self._account_ai_check_system()
        self.env["ir.config_parameter"].set_param(ADMIN_KEY_PARAMETER, False)
        return {"type": "ir.actions.client", "tag": "reload"}
