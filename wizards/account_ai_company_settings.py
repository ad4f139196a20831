from odoo import fields, models
from odoo.exceptions import UserError

from ..models.res_company import POSTING_POLICIES
from ..services.claude.defaults import EFFORTS, default_model

_COMPANY_FIELDS = {
    "mask_persons": "account_ai_mask_persons",
    "language": "account_ai_language",
    "model": "account_ai_model",
    "effort": "account_ai_effort",
    "retention_days": "account_ai_retention_days",
    "posting_policy": "account_ai_posting_policy",
    "posting_rules_only": "account_ai_posting_rules_only",
}


class AccountAiCompanySettings(models.TransientModel):
    """What an administrator of the addon decides for a company.

    Odoo's own settings page is for system administrators; whoever answers for the
    company's documents need not be one.
    """

    _name = "account.ai.company.settings"
    _description = "AI Settings of a Company"

    # === FIELDS === #

    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    has_consent = fields.Boolean(
        string="Sends to Claude", compute="_compute_has_consent"
    )
    mask_persons = fields.Boolean(
        string="Mask Natural Persons",
        default=lambda self: self.env.company.account_ai_mask_persons,
    )
    language = fields.Selection(
        selection=[("es", "Spanish"), ("en", "English")],
        string="Language of the Findings",
        required=True,
        default=lambda self: self.env.company.account_ai_language,
    )
    model = fields.Char(default=lambda self: self.env.company.account_ai_model)
    model_placeholder = fields.Char(compute="_compute_model_placeholder")
    effort = fields.Selection(
        selection=[(effort, effort.capitalize()) for effort in EFFORTS],
        default=lambda self: self.env.company.account_ai_effort,
    )
    retention_days = fields.Integer(
        string="Keep Facts For (days)",
        required=True,
        default=lambda self: self.env.company.account_ai_retention_days,
    )
    posting_policy = fields.Selection(
        POSTING_POLICIES,
        required=True,
        default=lambda self: self.env.company.account_ai_posting_policy,
    )
    posting_rules_only = fields.Boolean(
        string="Rules Suffice While Claude Is Out",
        default=lambda self: self.env.company.account_ai_posting_rules_only,
    )

    # === COMPUTE METHODS === #

    def _compute_has_consent(self):
        for settings in self:
            settings.has_consent = settings.company_id._account_ai_has_consent()

    def _compute_model_placeholder(self):
        self.model_placeholder = default_model("validation").model

    # === ACTION METHODS === #

    def action_apply(self):
        """Keep the settings on the company."""
        self.ensure_one()
        self.company_id._account_ai_check_administrator()
        if self.retention_days < 1:
            raise UserError(self.env._("Facts have to be kept for at least one day."))
        self.company_id.sudo().write(  # checked above: need not manage companies
            {name: self[field] for field, name in _COMPANY_FIELDS.items()}
        )
        return {"type": "ir.actions.act_window_close"}

    def action_consent(self):
        """Return the dialog that explains what is sent, to switch it on or off."""
        self.ensure_one()
        return self.company_id._account_ai_consent_action()
