from collections.abc import Iterable

from odoo import api, fields, models
from odoo.tools import SQL

from ...services.documents.document import Document
from ...services.validation.finding import Finding, Severity
from ...services.validation.review import NOT_REVIEWED, Review, demoted
from ..common.verdicts import ORIGINS, SEVERITIES, VERDICTS

CONFIRMED, FALSE_ALARM = "confirmed", "false_alarm"
ACCEPTED, REOPENED = "accepted", "reopened"
DISMISSING = (FALSE_ALARM, ACCEPTED)
"""Kinds after which a finding does not count any more."""
REASONS_OF = {
    FALSE_ALARM: ("not_applicable", "misread", "other"),
    ACCEPTED: ("agreed", "immaterial", "documented", "other"),
}


class AccountAiDisposition(models.Model):
    """What a person decided about a finding, for the facts that it rests on.

    confirmed: it is right, and still counts; false alarm: it is wrong; accepted: it is
    right, and is let pass; reopened: nothing is decided any more. Both that dismiss
    need a reason. Rows are never changed nor deleted: the newest of the same facts
    holds, the ones before it are superseded.
    """

    _name = "account.ai.disposition"
    _inherit = ["account.ai.access.by.invoice", "account.ai.decided.fields"]
    _description = "Decision About a Finding"
    _rec_name = "code"
    _order = "id desc"

    # === FIELDS === #

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        readonly=True,
        index=True,
        ondelete="set null",
        help="Empty when the invoice was deleted; the decision still tells how good "
        "the rule is.",
    )
    code = fields.Char(required=True, readonly=True, index=True)
    origin = fields.Selection(ORIGINS, required=True, readonly=True)
    severity = fields.Selection(SEVERITIES, required=True, readonly=True)
    field_name = fields.Char(string="SII Field", readonly=True)
    line_number = fields.Integer(string="Line", readonly=True, aggregator=False)
    facts_fingerprint = fields.Char(
        required=True, readonly=True, help="Of what the finding rests on."
    )
    kind = fields.Selection(
        selection=[
            (CONFIRMED, "Confirmed"),
            (FALSE_ALARM, "False Alarm"),
            (ACCEPTED, "Accepted"),
            (REOPENED, "Reopened"),
        ],
        string="Decision",
        required=True,
        readonly=True,
    )
    reason = fields.Selection(
        selection=[
            ("not_applicable", "The rule does not apply to this document"),
            ("misread", "The value or the text was misread"),
            ("agreed", "Agreed with the customer or vendor"),
            ("immaterial", "It does not matter in this case"),
            ("documented", "The proof is kept elsewhere"),
            ("other", "Another reason"),
        ],
        readonly=True,
    )
    note = fields.Char(string="In Own Words", readonly=True)
    user_id = fields.Many2one(
        "res.users",
        string="Decided By",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    verdict_before = fields.Selection(VERDICTS, readonly=True)
    verdict_after = fields.Selection(VERDICTS, readonly=True)
    superseded = fields.Boolean(
        readonly=True, help="Somebody decided otherwise later on."
    )

    _current = models.UniqueIndex(
        "(move_id, facts_fingerprint) WHERE superseded IS NOT TRUE",
        "Somebody else has just decided about this finding.",
    )

    # === BUSINESS METHODS - JUDGE === #

    @api.model
    def _reviewed_many(
        self, judged: list[tuple[int, int, Document, Iterable[Finding]]]
    ) -> list[tuple[Finding, ...]]:
        """Return the findings of each invoice as they count.

        What is demoted is known without a query; what is dismissed takes one for all
        invoices, and none when nothing was found that weighs.

        :param judged: id of the move, id of its company, document, findings of rules
        """
        settings = self.env["account.ai.rule.setting"]
        weighed = []
        for move_id, company_id, document, findings in judged:
            limits = settings._demoted(company_id)
            weighed.append(
                (move_id, document, tuple(demoted(each, limits) for each in findings))
            )
        weighing = [
            move_id
            for move_id, _document, findings in weighed
            if any(each.severity is not Severity.INFORMATION for each in findings)
        ]
        reviews = self._reviews(weighing)
        return [
            reviews.get(move_id, NOT_REVIEWED).dismiss(document, findings)
            for move_id, document, findings in weighed
        ]

    @api.model
    def _reviews(self, move_ids: list[int]) -> dict[int, Review]:
        """Return what was dismissed, by id of the invoice that has any."""
        dismissed: dict[int, set[str]] = {}
        for move_id, fingerprint, kind, _id in self._current_of(move_ids):
            if kind in DISMISSING:
                dismissed.setdefault(move_id, set()).add(fingerprint)
        return {
            move_id: Review(dismissed=frozenset(fingerprints))
            for move_id, fingerprints in dismissed.items()
        }

    @api.model
    def _current_of(self, move_ids: list[int]) -> list[tuple[int, str, str, int]]:
        """Return the decisions that hold: id of the move, fingerprint, kind, own id.

        Not by the ORM: this stands before the first byte of a stream, and verdicts do
        not depend on what the user may read.
        """
        if not move_ids:
            return []
        self.flush_model(["move_id", "facts_fingerprint", "kind", "superseded"])
        return self.env.execute_query(
            SQL(
                """SELECT move_id, facts_fingerprint, kind, id
                     FROM account_ai_disposition
                    WHERE move_id IN %s AND superseded IS NOT TRUE""",
                tuple(move_ids),
            )
        )

    # === BUSINESS METHODS - SHOW === #

    def _panel_data(self) -> dict:
        """Return the decision as the panel and the queue show it."""
        self.ensure_one()
        labels = {
            name: dict(self._fields[name]._description_selection(self.env))
            for name in ("kind", "reason")
        }
        # sudo: a colleague's name is no secret; only the name, users have many columns
        user_sudo = self.user_id.sudo().with_context(prefetch_fields=False)
        texts = [labels["reason"].get(self.reason), self.note]
        return {
            "kind": self.kind,
            "label": labels["kind"][self.kind],
            "reason": ": ".join(filter(None, texts)),
            "user": user_sudo.name,
            "date": fields.Datetime.to_string(self.create_date),
        }
