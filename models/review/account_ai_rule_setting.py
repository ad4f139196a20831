from collections.abc import Mapping

from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ...services.validation.finding import Severity
from ...services.validation.kinds import kinds


class AccountAiRuleSetting(models.Model):
    """How much a company lets a rule weigh, when it raises too many false alarms.

    What the XML of a bill is compared for counts as rules here.

    Never deleted: a setting that does not hold any more is archived, and the chatter
    keeps who decided what and why.
    """

    _name = "account.ai.rule.setting"
    _inherit = ["account.ai.decided.fields", "mail.thread"]
    _description = "Weight of a Rule"
    _rec_name = "code"
    _order = "code, id"
    _check_company_auto = True

    # === FIELDS === #

    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    code = fields.Selection(
        selection="_selection_code", string="Rule", required=True, index=True
    )
    severity = fields.Selection(
        selection=[
            (Severity.WARNING.value, "Warning"),
            (Severity.INFORMATION.value, "Information"),
        ],
        string="Weighs At Most",
        required=True,
        default=Severity.WARNING.value,
        tracking=True,
        help="A rule whose findings are errors can be lowered to a warning, one whose "
        "findings are warnings to information.",
    )
    reason = fields.Text(required=True, tracking=True)
    user_id = fields.Many2one(
        "res.users",
        string="Decided By",
        readonly=True,
        default=lambda self: self.env.uid,
        ondelete="restrict",
    )
    decided_on = fields.Datetime(
        readonly=True, default=lambda self: fields.Datetime.now()
    )
    rule_title = fields.Char(string="What It Checks", compute="_compute_rule")
    rule_source = fields.Char(string="Legal Source", compute="_compute_rule")

    _code_unique = models.UniqueIndex(
        "(company_id, code) WHERE active",
        "This rule has its own weight in this company already.",
    )

    # === CONSTRAINTS === #

    @api.constrains("code", "severity")
    def _check_severity(self):
        """Check that no error is hidden: what the law calls an error is looked at."""
        for setting in self:
            if setting.code not in kinds():
                raise ValidationError(self.env._("There is no such rule."))
            if setting.severity != self._lighter(setting.code):
                raise ValidationError(
                    self.env._(
                        "An error can only be lowered to a warning, and a warning only "
                        "to information."
                    )
                )

    @api.constrains("reason")
    def _check_reason(self):
        if any(not (setting.reason or "").strip() for setting in self):
            raise ValidationError(self.env._("Write why this rule should weigh less."))

    # === COMPUTE METHODS === #

    @api.model
    def _selection_code(self):
        return [(code, code) for code in kinds()]

    @api.depends("code")
    def _compute_rule(self):
        for setting in self:
            rule = kinds().get(setting.code)
            setting.rule_title = rule.title if rule else False
            setting.rule_source = rule.source if rule else False

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of the ORM: judge by it from now on."""
        settings = super().create(vals_list)
        self.env.registry.clear_cache()
        return settings

    def write(self, vals):
        """Override of the ORM: record who decided, and judge by it from now on."""
        decided = {"severity", "reason", "active", "code", "company_id"} & vals.keys()
        result = super().write(vals)
        if decided:
            # It may not be handed to a company of others; the ORM looks before only.
            self.check_access("write")
            # sudo: whoever was allowed to write this has decided; it is not entered
            super(AccountAiRuleSetting, self.sudo()).write(
                {"user_id": self.env.uid, "decided_on": fields.Datetime.now()}
            )
            self.env.registry.clear_cache()
        return result

    # === BUSINESS METHODS === #

    @api.model
    @tools.ormcache("company_id")
    def _demoted(self, company_id: int) -> Mapping[str, Severity]:
        """Return the most that findings of rules may weigh in a company, by code.

        Kept in the process: every judgement asks for it.
        """
        self.flush_model(["company_id", "code", "severity", "active"])
        rows = self.env.execute_query(
            SQL(
                """SELECT code, severity
                     FROM account_ai_rule_setting
                    WHERE company_id = %s AND active""",
                company_id,
            )
        )
        return tools.frozendict({code: Severity(severity) for code, severity in rows})

    @api.model
    def _lighter(self, code: str) -> str | bool:
        """Return what a rule can be lowered to, False when to nothing."""
        kind = kinds().get(code)
        return {
            Severity.ERROR: Severity.WARNING.value,
            Severity.WARNING: Severity.INFORMATION.value,
        }.get(kind and kind.severity, False)
