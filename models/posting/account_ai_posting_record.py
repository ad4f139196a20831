from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools.misc import get_lang

from ...services.posting.judgement import FINDINGS, Judgement
from ..common.presentation import evidence_words, sentence
from ..common.res_company import POSTING_POLICIES

PROBLEMS = [
    ("findings", "The rules find fault with it."),
    ("rule_errors", "The rules find errors."),
    ("not_validated", "It is not validated as it stands now."),
    ("rejected", "Its validation says reject."),
    ("not_judged", "The rules could not judge it."),
]
OUT_REASONS = [
    ("no_consent", "Sending documents to Claude is not switched on."),
    ("no_key", "There is no API key."),
    ("not_ready", "The settings of Claude, or its server, have to be mended first."),
    ("invalid_key", "Claude does not accept the API key."),
    ("spend_limit", "The spending limit of the Claude account is reached."),
    ("circuit_open", "Claude was not reachable; the circuit breaker is open."),
]
"""What satisfies a policy that requires validations, beside a validation."""
_NOT_BY_PEOPLE = ("recorded", "rules_only")
_FORGOTTEN = ("evidence", "evidence_value", "params", "message_source")


class AccountAiPostingRecord(models.Model):
    """What the rules had said of an invoice when it was posted, and who decided.

    Written by posting only, never by hand and never changed. An override is looked up
    here when posting is enforced, so that nothing a client sends can stand in for it.
    """

    _name = "account.ai.posting.record"
    _inherit = ["account.ai.access.by.invoice", "account.ai.decided.fields"]
    _description = "Posting Despite Findings"
    _rec_name = "move_id"
    _order = "id desc"

    # === FIELDS === #

    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    partner_id = fields.Many2one(related="move_id.partner_id")
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    user_id = fields.Many2one("res.users", string="Posted By", readonly=True)
    policy = fields.Selection(POSTING_POLICIES, required=True, readonly=True)
    problem = fields.Selection(PROBLEMS, readonly=True)
    decision = fields.Selection(
        selection=[
            ("recorded", "Nobody was asked"),
            ("confirmed", "Confirmed"),
            ("overridden", "Overridden"),
            ("rules_only", "By rules only"),
        ],
        required=True,
        readonly=True,
        help="Nobody was asked: posted by a scheduled action, the point of sale, an "
        "import or the like.\nConfirmed: somebody was asked and went on.\n"
        "Overridden: the policy forbade it, and somebody gave a reason.\n"
        "By rules only: a validation was required and Claude was out.",
    )
    out_reason = fields.Selection(
        OUT_REASONS,
        string="Claude Was Out",
        readonly=True,
        help="Why the rules alone were enough where a validation was required.",
    )
    reason = fields.Text(readonly=True)
    codes = fields.Char(string="Findings", readonly=True)
    findings = fields.Json(string="Findings in Full", readonly=True)
    findings_forgotten = fields.Boolean(readonly=True)
    findings_text = fields.Text(
        string="What Was Found", compute="_compute_findings_text"
    )
    document_fingerprint = fields.Char(
        readonly=True, help="Of the document: a decision holds until it changes."
    )

    # === COMPUTE METHODS === #

    @api.depends("findings")
    @api.depends_context("lang")
    def _compute_findings_text(self):
        for record in self:
            record.findings_text = "\n".join(
                self._finding_text(finding) for finding in record.findings or ()
            )

    @api.model
    def _finding_text(self, finding: dict) -> str:
        language = get_lang(self.env)
        text = sentence(
            finding.get("message_source"), finding.get("params") or {}, language
        )
        seen = evidence_words(
            finding.get("evidence"), finding.get("evidence_value"), language
        )
        parts = (finding["code"], text, seen)
        return " · ".join(filter(None, parts))

    # === BUSINESS METHODS === #

    @api.model
    def _undecided(
        self, judgements: list[Judgement], by_people: bool = False
    ) -> list[Judgement]:
        """Return those about which nothing is recorded yet, as they stand now.

        :param by_people: what somebody was asked about counts only
        """
        if not judgements:
            return []
        # sudo: whoever posts need not see records
        decided = self.sudo().search_fetch(
            [("move_id", "in", [each.move_id for each in judgements])],
            ["move_id", "decision", "problem", "findings", "document_fingerprint"],
        )
        by_move = decided.grouped(lambda record: record.move_id.id)
        return [
            each
            for each in judgements
            if not any(
                record._covers(each)
                and not (by_people and record.decision in _NOT_BY_PEOPLE)
                for record in by_move.get(each.move_id, decided.browse())
            )
        ]

    def _covers(self, judgement: Judgement) -> bool:
        self.ensure_one()
        if judgement.blocks and self.decision != "overridden":
            return False
        return judgement.is_covered(
            self.document_fingerprint or "", self.problem or "", self.findings or ()
        )

    @api.model
    def _record(
        self, judgements: list[Judgement], asked: bool = False, reason: str = ""
    ):
        """Record decisions, for the environment's user.

        :param asked: somebody at the screen was shown them and went on
        :param reason: why the policy is overridden, for those that it forbids
        """
        if not judgements:
            return self
        values_list = []
        for each in judgements:
            decision = self._decision_on(each, asked)
            values_list.append(
                {
                    "move_id": each.move_id,
                    "company_id": each.company_id,
                    "user_id": self.env.uid,
                    "policy": each.policy,
                    "problem": each.problem or False,
                    "decision": decision,
                    "out_reason": decision == "rules_only" and each.out_reason,
                    "reason": reason if each.blocks else False,
                    "codes": ", ".join(each.codes),
                    "findings": each.snapshot(),
                    "document_fingerprint": each.fingerprint,
                }
            )
        # sudo: nobody may write records but posting itself
        records = self.sudo().create(values_list)
        records._log_notes()
        return records

    @staticmethod
    def _decision_on(judgement: Judgement, asked: bool) -> str:
        if judgement.blocks:
            return "overridden"
        if judgement.out_reason and judgement.problem in ("", FINDINGS):
            return "rules_only"
        return "confirmed" if asked else "recorded"

    def _log_notes(self):
        """Log decisions of people, and what only the rules judged, in the chatter."""
        noted = self.filtered(lambda record: record.decision != "recorded")
        if noted:
            noted.move_id._message_log_batch(
                {record.move_id.id: record._note() for record in noted}
            )

    def _note(self) -> str:
        self.ensure_one()
        if self.decision == "overridden":
            return Markup("%s<br/>%s") % (
                self.env._(
                    "Posted against the posting policy. %(problem)s %(codes)s",
                    problem=self._label_of("problem"),
                    codes=self.codes or "",
                ),
                self.env._("Reason: %(reason)s", reason=self.reason),
            )
        if self.decision == "rules_only":
            note = self.env._(
                "Posted by the word of the rules alone, because Claude was out: "
                "%(codes)s",
                codes=self.codes or self.env._("nothing found"),
            )
            return Markup("%s<br/>%s") % (note, self._label_of("out_reason"))
        return self.env._("Posted despite findings: %(codes)s", codes=self.codes)

    def _label_of(self, name: str) -> str:
        selection = self._fields[name]._description_selection(self.env)
        return dict(selection).get(self[name], "")

    @api.autovacuum
    def _gc_findings(self, limit=1000):
        """Delete what documents said, past the retention time; codes and decisions
        stay."""
        due = self._past_retention([("findings_forgotten", "=", False)], limit)
        for record in due:
            record.write(
                {
                    "findings": [
                        {**finding, **dict.fromkeys(_FORGOTTEN, False)}
                        for finding in record.findings or ()
                    ],
                    "findings_forgotten": True,
                }
            )
        return len(due), len(due) >= limit
