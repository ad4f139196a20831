import logging

from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ...services.claude.defaults import EFFORTS

_logger = logging.getLogger(__name__)

CONSENT_VERSION = "2026-11"
"""Version of the text that an administrator agrees to; a new text asks again."""

POSTING_POLICIES = [
    ("off", "Off"),
    ("warn", "Ask before posting"),
    ("block", "Block on errors of the rules"),
    ("require", "Require a validation"),
]

INTERNAL = "base.group_user"
"""Who sees the settings: a company is read by customers in the portal, too."""


class ResCompany(models.Model):
    """What a company decides about Claude: whether, how, and for how long."""

    _name = "res.company"
    _inherit = ["account.ai.decided.fields", "res.company"]

    # === FIELDS === #

    account_ai_enabled = fields.Boolean(
        string="Send to Claude",
        readonly=True,
        help="Switched on by an administrator who agreed to what is sent where.",
        groups=INTERNAL,
    )
    account_ai_consent_user_id = fields.Many2one(
        "res.users",
        string="Switched On By",
        readonly=True,
        ondelete="restrict",
        groups=INTERNAL,
    )
    account_ai_consent_date = fields.Datetime(
        string="Switched On At",
        readonly=True,
        groups=INTERNAL,
    )
    account_ai_consent_version = fields.Char(
        string="Version of the Consent",
        readonly=True,
        groups=INTERNAL,
    )
    account_ai_mask_persons = fields.Boolean(
        string="Mask Natural Persons",
        default=True,
        help="Names, RUTs, e-mails and phone numbers of natural persons are replaced "
        "before sending, and put back in what comes.",
        groups=INTERNAL,
    )
    account_ai_language = fields.Selection(
        selection=[("es", "Spanish"), ("en", "English")],
        string="Language of the Findings",
        default="es",
        required=True,
        help="Language in which Claude writes.",
        groups=INTERNAL,
    )
    account_ai_model = fields.Char(
        string="Claude Model",
        help="Model that validates invoices. Empty: the default model.",
        groups=INTERNAL,
    )
    account_ai_effort = fields.Selection(
        selection=[(effort, effort.capitalize()) for effort in EFFORTS],
        string="Effort",
        help="How hard the model thinks. Empty: the default effort.",
        groups=INTERNAL,
    )
    account_ai_retention_days = fields.Integer(
        string="Keep Facts For (days)",
        default=365,
        required=True,
        help="After this, what was sent and what the documents said is deleted from "
        "the validations. Verdicts, codes of findings and costs stay.",
        groups=INTERNAL,
    )
    account_ai_posting_policy = fields.Selection(
        POSTING_POLICIES,
        string="Posting Policy",
        default="warn",
        required=True,
        help="What happens when an invoice is posted that the rules find fault with. "
        "Ask: whoever presses Confirm is asked; what is posted from elsewhere is only "
        "recorded. Block: errors have to be mended, or overridden with a reason. "
        "Require: moreover, it has to be validated as it stands, and not with reject. "
        "A journal may have its own policy.",
        groups=INTERNAL,
    )
    account_ai_posting_rules_only = fields.Boolean(
        string="Rules Suffice While Claude Is Out",
        default=True,
        help="Where a validation is required: while Claude cannot be asked, the rules "
        "alone are enough, and the invoice is marked so.",
        groups=INTERNAL,
    )

    _account_ai_retention_days_positive = models.Constraint(
        "CHECK (account_ai_retention_days > 0)",
        "Facts have to be kept for at least one day.",
    )

    # === BUSINESS METHODS === #

    def _account_ai_is_available(self):
        """Return whether the addon exists for this company: only for Chilean ones."""
        self.ensure_one()
        company_sudo = self.sudo()  # the country of a company is no secret
        return company_sudo.account_fiscal_country_id.code == "CL"

    def _account_ai_has_consent(self):
        """Return whether sending is on, by somebody who agreed to the present text."""
        self.ensure_one()
        company_sudo = self.sudo()  # tells yes or no, to whoever may validate
        return (
            company_sudo.account_ai_enabled
            and company_sudo.account_ai_consent_version == CONSENT_VERSION
        )

    def _account_ai_rules_suffice(self) -> str:
        """Return why the rules may stand in for a required validation: because Claude
        is out now. Empty when it is not, or when the company insists on Claude.
        """
        self.ensure_one()
        company_sudo = self.sudo()  # tells why, in a code, to whoever posts
        if not company_sudo.account_ai_posting_rules_only:
            return ""
        return self.env["account.ai.gateway"]._out_reason(self)

    def _account_ai_grant_consent(self):
        """Switch sending on and record who did, when, and by which text.

        :raise AccessError: for anybody but an administrator of the addon
        """
        self._account_ai_check_administrator()
        for company in self:
            if not company._account_ai_is_available():
                raise UserError(
                    self.env._("Claude validates documents of Chilean companies only.")
                )
        self.sudo().write(  # checked above: administrators need not manage companies
            {
                "account_ai_enabled": True,
                "account_ai_consent_user_id": self.env.uid,
                "account_ai_consent_date": fields.Datetime.now(),
                "account_ai_consent_version": CONSENT_VERSION,
            }
        )
        _logger.info(
            "sending to Claude switched on for companies %s by user %s, text %s",
            self.ids,
            self.env.uid,
            CONSENT_VERSION,
        )

    def _account_ai_withdraw_consent(self):
        """Switch sending off; who had switched it on stays recorded.

        :raise AccessError: for anybody but an administrator of the addon
        """
        self._account_ai_check_administrator()
        # sudo: checked above, administrators need not manage companies
        self.sudo().write({"account_ai_enabled": False})
        _logger.info(
            "sending to Claude switched off for companies %s by user %s",
            self.ids,
            self.env.uid,
        )

    def _account_ai_consent_action(self):
        """Return the action that opens the dialog of consent for this company."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What is sent to Claude"),
            "res_model": "account.ai.consent",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_company_id": self.id},
        }

    def _account_ai_check_administrator(self):
        """Check that the user may decide for these companies.

        :raise AccessError: for anybody but an administrator of the addon, or when a
            company is not one of the user's own
        """
        allowed = self.env.su or self.env.user.has_groups(
            "account_ai.group_manager,base.group_system"
        )
        if not allowed or (not self.env.su and self - self.env.user.company_ids):
            raise AccessError(
                self.env._("Only administrators of Account AI may change this.")
            )
