from lxml.builder import E

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...models.common.res_company import POSTING_POLICIES
from ...services.claude.defaults import EFFORTS
from ...services.claude.operations import LIMITED, operation

_COMPANY_FIELDS = (
    *("mask_persons", "language", "model_id", "fallback_model_id", "effort"),
    *("retention_days", "posting_policy", "posting_rules_only"),
    *(f"limit_{each.name}" for each in LIMITED),
    *("limit_company", "limit_queue"),
    *("deadline_seconds", "max_input_tokens", "max_call_usd"),
)
"""What is kept on the company, in fields of the same names after ``account_ai_``."""


class AccountAiCompanySettings(models.TransientModel):
    """What an administrator of the addon decides for a company.

    Odoo's own settings page is for system administrators; whoever answers for the
    company's documents need not be one.
    """

    _name = "account.ai.company.settings"
    _inherit = "account.ai.decided.fields"
    _description = "AI Settings of a Company"

    # === FIELDS === #

    # Entered, if only by who opens the dialog: each action checks that the person
    # administers that company.
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
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
    model_id = fields.Many2one(
        "account.ai.model",
        domain=[("lifecycle", "!=", "retired")],
        default=lambda self: self.env.company.account_ai_model_id,
    )
    fallback_model_id = fields.Many2one(
        "account.ai.model",
        domain=[("lifecycle", "!=", "retired")],
        default=lambda self: self.env.company.account_ai_fallback_model_id,
        help="Asked instead of a model that is retired.",
    )
    model_notice = fields.Char(
        related="company_id.account_ai_model_notice", related_sudo=False
    )
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
    # A limit of each operation, as the table of operations says.
    vars().update(
        {
            f"limit_{each.name}": fields.Integer(
                string=each.limit_label,
                required=True,
                default=lambda self, name=each.limit_field: self.env.company[name],
            )
            for each in LIMITED
        }
    )
    limit_company = fields.Integer(
        string="Everybody Together per Minute",
        required=True,
        default=lambda self: self.env.company.account_ai_limit_company,
        help="Requests of all people at the screen. 0: as many as each of them may "
        "make.",
    )
    limit_queue = fields.Integer(
        string="Queued Documents per Minute",
        required=True,
        default=lambda self: self.env.company.account_ai_limit_queue,
        help="What is queued or scheduled has a lane of its own.",
    )
    deadline_seconds = fields.Integer(
        string="Longest Answer (seconds)",
        required=True,
        default=lambda self: self.env.company.account_ai_deadline_seconds,
        help="After this an answer is given up, and the rules alone decide.",
    )
    max_input_tokens = fields.Integer(
        string="Tokens per Request",
        required=True,
        default=lambda self: self.env.company.account_ai_max_input_tokens,
        help="Larger documents are not sent. Above 100,000 tokens some models cost "
        "five times as much.",
    )

    max_call_usd = fields.Float(
        string="Most That One Call May Cost (US$)",
        digits=(16, 6),
        default=lambda self: self.env.company.account_ai_max_call_usd,
        help="A call that may cost more is refused before anything is sent. 0: no such "
        "ceiling; budgets hold all the same.",
    )

    # === COMPUTE METHODS === #

    def _compute_has_consent(self):
        self.has_consent = False
        for settings in self.filtered("company_id"):
            # Also computed before anything is kept, for whatever a client names.
            settings.company_id._account_ai_check_administrator()
            settings.has_consent = settings.company_id._account_ai_has_consent()

    def _compute_model_placeholder(self):
        self.model_placeholder = operation("validation").model

    # === VIEWS === #

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Override of `base`: the dialog has a limit for each operation."""
        arch, view = super()._get_view(view_id, view_type, **options)
        for group in arch.xpath("//group[@name='limits']"):
            group.extend(E.field({"name": f"limit_{each.name}"}) for each in LIMITED)
        return arch, view

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `base`: what is not given is as it is in the dialog's company,
        which need not be the user's present one."""
        ids = []
        for vals in vals_list:
            company = self.env["res.company"].browse(vals.get("company_id"))
            settings = self.with_company(company or self.env.company)
            ids += super(AccountAiCompanySettings, settings).create([vals]).ids
        return self.browse(ids)

    # === ACTION METHODS === #

    def action_apply(self):
        """Keep the settings on the company."""
        self.ensure_one()
        self.check_access("write")
        self.company_id._account_ai_check_administrator()
        if self.retention_days < 1:
            raise UserError(self.env._("Facts have to be kept for at least one day."))
        self.company_id.sudo().write(  # checked above: need not manage companies
            {f"account_ai_{name}": self[name] for name in _COMPANY_FIELDS}
        )
        return {"type": "ir.actions.act_window_close"}

    def action_use_successor(self):
        """Let the company ask the successor of its model from now on."""
        self.ensure_one()
        self.check_access("write")
        self.company_id._account_ai_use_successor()
        self.model_id = self.company_id.account_ai_model_id
        self.fallback_model_id = self.company_id.account_ai_fallback_model_id
        # The dialog stays open, with what was typed into it.
        return self._get_records_action(target="new", context={})

    def action_consent(self):
        """Return the dialog that explains what is sent, to switch it on or off."""
        self.ensure_one()
        self.check_access("read")
        return self.company_id._account_ai_consent_action()
