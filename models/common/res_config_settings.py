from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...services.claude.defaults import DEFAULT_BASE_URL
from ...services.claude.operations import operation
from ..gateway.account_ai_gateway import API_KEY_PARAMETER, BASE_URL_PARAMETER
from .notification import notification


# Settings of Odoo are no dialog of the addon's own.
class ResConfigSettings(models.TransientModel):
    """Key and address of Claude for the database, and what the company decides."""

    _name = "res.config.settings"
    _inherit = ["account.ai.decided.fields", "res.config.settings"]

    # === FIELDS === #

    account_ai_api_key = fields.Char(
        string="API Key",
        store=False,
        compute="_compute_account_ai_api_key",
        inverse="_inverse_account_ai_api_key",
        groups="base.group_system",
        help="Write-only: a key that is set is never shown again.",
    )
    account_ai_key_source = fields.Selection(
        selection=[
            ("none", "No key"),
            ("database", "Set in this database"),
            ("environment", "Set by the server's environment"),
        ],
        string="Key",
        compute="_compute_account_ai_connection",
        groups="base.group_system",
    )
    account_ai_base_url = fields.Char(
        string="Base URL",
        config_parameter=BASE_URL_PARAMETER,
        groups="base.group_system",
    )
    account_ai_base_url_placeholder = fields.Char(
        compute="_compute_account_ai_connection", groups="base.group_system"
    )
    account_ai_base_url_from_environment = fields.Boolean(
        compute="_compute_account_ai_connection", groups="base.group_system"
    )
    account_ai_simulated = fields.Boolean(
        string="Claude Is Simulated", compute="_compute_account_ai_connection"
    )
    account_ai_is_available = fields.Boolean(compute="_compute_account_ai_company")
    account_ai_has_consent = fields.Boolean(compute="_compute_account_ai_company")
    account_ai_model_placeholder = fields.Char(compute="_compute_account_ai_company")

    account_ai_consent_user_id = fields.Many2one(
        related="company_id.account_ai_consent_user_id"
    )
    account_ai_consent_date = fields.Datetime(
        related="company_id.account_ai_consent_date"
    )
    account_ai_mask_persons = fields.Boolean(
        related="company_id.account_ai_mask_persons", readonly=False
    )
    account_ai_language = fields.Selection(
        related="company_id.account_ai_language", readonly=False, required=True
    )
    account_ai_model_id = fields.Many2one(
        related="company_id.account_ai_model_id", readonly=False
    )
    account_ai_fallback_model_id = fields.Many2one(
        related="company_id.account_ai_fallback_model_id", readonly=False
    )
    account_ai_model_notice = fields.Char(related="company_id.account_ai_model_notice")
    account_ai_effort = fields.Selection(
        related="company_id.account_ai_effort", readonly=False
    )
    account_ai_retention_days = fields.Integer(
        related="company_id.account_ai_retention_days", readonly=False
    )
    account_ai_posting_policy = fields.Selection(
        related="company_id.account_ai_posting_policy", readonly=False, required=True
    )
    account_ai_posting_rules_only = fields.Boolean(
        related="company_id.account_ai_posting_rules_only", readonly=False
    )

    # === COMPUTE METHODS === #

    def _compute_account_ai_api_key(self):
        """A key can be entered, and is never shown."""
        self.account_ai_api_key = False

    def _inverse_account_ai_api_key(self):
        parameters = self.env["ir.config_parameter"]
        for settings in self:
            key = (settings.account_ai_api_key or "").strip()
            if key and (problem := self.env["account.ai.gateway"]._key_problem(key)):
                raise ValidationError(problem)
            if key:
                parameters.set_param(API_KEY_PARAMETER, key)

    @api.depends("company_id")
    def _compute_account_ai_connection(self):
        gateway = self.env["account.ai.gateway"]
        source = gateway._source(API_KEY_PARAMETER, gateway._api_key())
        url_from_environment = bool(gateway._environment(BASE_URL_PARAMETER))
        for settings in self:
            settings.account_ai_key_source = source
            settings.account_ai_base_url_from_environment = url_from_environment
            settings.account_ai_base_url_placeholder = (
                gateway._base_url() if url_from_environment else DEFAULT_BASE_URL
            )
            settings.account_ai_simulated = gateway._is_simulated()

    @api.depends("company_id")
    def _compute_account_ai_company(self):
        for settings in self:
            company = settings.company_id
            settings.account_ai_is_available = company._account_ai_is_available()
            settings.account_ai_has_consent = company._account_ai_has_consent()
            settings.account_ai_model_placeholder = operation("validation").model

    # === ACTION METHODS === #

    def set_values(self):
        """Override of `base`: check the address before it is kept.

        :raise AccessError: for anybody but a system administrator: `base` keeps
            parameters of the database as the system, whoever calls this
        :raise ValidationError: when the key cannot go there, or would unprotected
        """
        self._account_ai_check_system()
        url = (self.account_ai_base_url or "").strip()
        problem = url and self.env["account.ai.gateway"]._address_problem(url)
        if problem:
            raise ValidationError(problem)
        self.account_ai_base_url = url.rstrip("/") or False
        return super().set_values()

    def action_account_ai_test_connection(self):
        """Return a notification that says whether Claude can be used, or why not."""
        self._account_ai_check_system()
        works, message = self.env["account.ai.gateway"]._test_connection(
            self.company_id
        )
        return notification("success" if works else "danger", message)

    def action_account_ai_remove_key(self):
        """Forget the key of this database and reload the page."""
        self._account_ai_check_system()
        self.env["ir.config_parameter"].set_param(API_KEY_PARAMETER, False)
        return {"type": "ir.actions.client", "tag": "reload"}

    def action_account_ai_consent(self):
        """Return the dialog that explains what is sent, and switches it on."""
        self._account_ai_check_system()
        return self.company_id._account_ai_consent_action()

    def action_account_ai_use_successor(self):
        """Let the company ask the successor of its model, and reload the page."""
        self._account_ai_check_system()
        self.company_id._account_ai_use_successor()
        return {"type": "ir.actions.client", "tag": "reload"}

    def action_account_ai_withdraw(self):
        """Switch sending off for the company and reload the page."""
        self._account_ai_check_system()
        self.company_id._account_ai_withdraw_consent()
        return {"type": "ir.actions.client", "tag": "reload"}

    def _account_ai_check_system(self):
        """Check that the user is a system administrator, and opened these settings.

        :raise AccessError: for anybody else
        """
        self.env["ir.config_parameter"].check_access("write")
        self.check_access("write")
