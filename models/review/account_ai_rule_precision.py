from odoo import api, fields, models
from odoo.tools import SQL

from ..common.verdicts import ORIGINS
from .account_ai_disposition import ACCEPTED, CONFIRMED, FALSE_ALARM


class AccountAiRulePrecision(models.Model):
    """How often each kind of finding is right, by what people decided about it.

    Precision = confirmed / (confirmed + false alarms). An accepted finding was right
    too, but is about the document rather than the rule, so it counts for neither.
    """

    _name = "account.ai.rule.precision"
    _inherit = "account.ai.decided.fields"
    _description = "Precision of a Rule"
    _auto = False
    _rec_name = "code"
    _order = "false_alarms desc, code, company_id"
    _depends = {
        "account.ai.disposition": ["company_id", "code", "kind", "superseded"],
        "account.ai.rule.setting": ["company_id", "code", "active"],
    }

    # === FIELDS === #

    company_id = fields.Many2one("res.company", readonly=True)
    code = fields.Char(readonly=True)
    origin = fields.Selection(ORIGINS, readonly=True)
    confirmed = fields.Integer(readonly=True)
    false_alarms = fields.Integer(readonly=True)
    accepted = fields.Integer(readonly=True)
    judged = fields.Integer(
        readonly=True, help="Confirmed and false alarms: what precision is made of."
    )
    precision = fields.Float(
        readonly=True,
        aggregator=False,
        help="Confirmed, of confirmed and false alarms together.",
    )
    last_decision = fields.Datetime(readonly=True)
    setting_id = fields.Many2one(
        "account.ai.rule.setting",
        string="Own Weight",
        readonly=True,
        help="The weight that the company gives this rule.",
    )
    can_be_lowered = fields.Boolean(compute="_compute_can_be_lowered")

    # === QUERY === #

    @property
    def _table_query(self) -> SQL:
        """Return one row for each company, code and origin with a decision."""
        return SQL(
            """
            SELECT figures.*,
                   figures.confirmed + figures.false_alarms AS judged,
                   figures.confirmed::float
                   / NULLIF(figures.confirmed + figures.false_alarms, 0) AS precision
              FROM (
                SELECT min(decided.id) AS id,
                       decided.company_id,
                       decided.code,
                       decided.origin,
                       count(*) FILTER (
                           WHERE holds.yes AND decided.kind = %(confirmed)s
                       ) AS confirmed,
                       count(*) FILTER (
                           WHERE holds.yes AND decided.kind = %(false_alarm)s
                       ) AS false_alarms,
                       count(*) FILTER (
                           WHERE holds.yes AND decided.kind = %(accepted)s
                       ) AS accepted,
                       max(decided.create_date) AS last_decision,
                       min(setting.id) AS setting_id
                  FROM account_ai_disposition AS decided
                 CROSS JOIN LATERAL (
                       SELECT decided.superseded IS NOT TRUE AS yes
                       ) AS holds
                  LEFT JOIN account_ai_rule_setting AS setting
                         ON setting.company_id = decided.company_id
                        AND setting.code = decided.code
                        AND setting.active
                        AND decided.origin = 'rule'
                 GROUP BY decided.company_id, decided.code, decided.origin
              ) AS figures
             WHERE figures.confirmed + figures.false_alarms + figures.accepted > 0
            """,
            confirmed=CONFIRMED,
            false_alarm=FALSE_ALARM,
            accepted=ACCEPTED,
        )

    # === COMPUTE METHODS === #

    @api.depends("code", "origin")
    def _compute_can_be_lowered(self):
        settings = self.env["account.ai.rule.setting"]
        for figure in self:
            figure.can_be_lowered = bool(
                figure.origin == "rule" and settings._lighter(figure.code)
            )

    # === ACTION METHODS === #

    def action_demote(self):
        """Open the rule's weight in this company: the present one, or a new one."""
        self.ensure_one()
        settings = self.env["account.ai.rule.setting"]
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Weight of a Rule"),
            "res_model": settings._name,
            "views": [(False, "form")],
            "target": "new",
        }
        if self.setting_id:
            return {**action, "res_id": self.setting_id.id, "target": "current"}
        return {
            **action,
            "context": {
                "default_company_id": self.company_id.id,
                "default_code": self.code,
                "default_severity": settings._lighter(self.code),
            },
        }

    def action_dispositions(self):
        """Open the decisions that the figures are made of."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Decisions About %(code)s", code=self.code),
            "res_model": "account.ai.disposition",
            "views": [(False, "list"), (False, "form")],
            "domain": [
                ("company_id", "=", self.company_id.id),
                ("code", "=", self.code),
                ("origin", "=", self.origin),
            ],
        }
