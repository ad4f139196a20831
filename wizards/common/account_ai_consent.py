from odoo import api, fields, models


class AccountAiConsent(models.TransientModel):
    """The dialog in which a company knowingly switches sending on.

    Ley 19.628 as amended by Ley 21.719 (in force 2026-12-01): personal data go to a
    processor abroad, so that somebody responsible has to know what, where to, and for
    how long, before the first document is sent.
    """

    _name = "account.ai.consent"
    _inherit = "account.ai.decided.fields"
    _description = "Consent to Sending to Claude"

    # === FIELDS === #

    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
    )
    endpoint = fields.Char(compute="_compute_facts")
    simulated = fields.Boolean(compute="_compute_facts")
    mask_persons = fields.Boolean(compute="_compute_facts")
    retention_days = fields.Integer(compute="_compute_facts")
    has_consent = fields.Boolean(compute="_compute_facts")

    # === COMPUTE METHODS === #

    @api.depends("company_id")
    def _compute_facts(self):
        gateway = self.env["account.ai.gateway"]
        self.endpoint = self.simulated = self.mask_persons = False
        self.retention_days = self.has_consent = False
        for consent in self.filtered("company_id"):
            # Also computed before anything is kept, for whatever a client names.
            consent.company_id._account_ai_check_administrator()
            # sudo: checked above, four settings that are explained
            company_sudo = consent.company_id.sudo()
            consent.endpoint = gateway._base_url()
            consent.simulated = gateway._is_simulated()
            consent.mask_persons = company_sudo.account_ai_mask_persons
            consent.retention_days = company_sudo.account_ai_retention_days
            consent.has_consent = consent.company_id._account_ai_has_consent()

    # === ACTION METHODS === #

    def action_confirm(self):
        """Switch sending on; who, when and by which text is recorded."""
        self.ensure_one()
        self.check_access("write")
        self.company_id._account_ai_grant_consent()
        return {"type": "ir.actions.client", "tag": "reload"}

    def action_withdraw(self):
        """Switch sending off."""
        self.ensure_one()
        self.check_access("write")
        self.company_id._account_ai_withdraw_consent()
        return {"type": "ir.actions.client", "tag": "reload"}
