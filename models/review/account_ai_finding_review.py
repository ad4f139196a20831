from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ...services.common.storable import storable_text
from ...services.documents.document import Document
from ...services.validation.finding import Finding, Origin, Severity
from ...services.validation.finding_facts import facts_fingerprints
from .account_ai_disposition import DISMISSING, REASONS_OF, REOPENED


class AccountAiFinding(models.Model):
    """Lets people decide about findings."""

    # A file of its own: what is decided is another idea than what was found.
    _inherit = "account.ai.finding"

    # === FIELDS === #

    facts_fingerprint = fields.Char(
        readonly=True,
        help="Of what it rests on: a decision holds as long as that does.",
    )
    disposition_id = fields.Many2one(
        "account.ai.disposition",
        string="Decision in Force",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    dismissed = fields.Boolean(
        readonly=True, help="Somebody decided that it does not count."
    )
    decision = fields.Selection(related="disposition_id.kind")
    demoted_from = fields.Selection(
        selection=[("error", "Error"), ("warning", "Warning")],
        readonly=True,
        help="What the rule gave it; the company lets this rule weigh less.",
    )

    # === BUSINESS METHODS - DECIDE === #

    def dispose(self, kind: str, reason: str | bool = False, note: str = "") -> dict:
        """Record what the user decided about this finding; it holds for its facts.

        The verdict of the invoice's last validation follows at once.

        :param kind: ``confirmed``, ``false_alarm``, ``accepted`` or ``reopened``
        :param reason: one of those that go with the kind; needed to dismiss
        :param note: the reason in own words, needed with the reason ``other``
        :return: the invoice as the queue shows it
        :raises AccessError: for anybody but a reviewer who may read the invoice
        :raises UserError: without a reason, or when the facts were deleted
        """
        self.ensure_one()
        if not (self.env.su or self.env.user.has_group("account_ai.group_reviewer")):
            raise AccessError(
                self.env._("Only reviewers may decide about findings of a validation.")
            )
        self.check_access("read")
        self.move_id.check_access("read")
        if not isinstance(note or "", str):
            raise UserError(self.env._("Write the reason in your own words."))
        note = storable_text(note or "").strip()
        self._check_reason(kind, reason, note)
        validation = self.validation_id
        if validation != self.move_id.account_ai_validation_id:
            raise UserError(
                self.env._("This invoice was validated again since. Reload the page.")
            )
        # sudo: decisions, and what follows from them, are written by nobody but this
        # method, which has checked who asks
        finding_sudo, validation_sudo = self.sudo(), validation.sudo()
        before = validation.verdict
        disposition_sudo = finding_sudo._record(kind, reason, note)
        validation_sudo._judge_reviewed()
        disposition_sudo.write(
            {"verdict_before": before, "verdict_after": validation.verdict}
        )
        finding_sudo._log_disposition(disposition_sudo)
        return self.env["account.ai.review"]._item_of(self.move_id)

    def _check_reason(self, kind: str, reason: str | bool, note: str):
        """Check that a decision that dismisses has a reason.

        :raises UserError: when it has none, or one that goes with another kind
        """
        kinds = dict(self.env["account.ai.disposition"]._fields["kind"].selection)
        if not isinstance(kind, str) or kind not in kinds:
            raise UserError(self.env._("This decision does not exist."))
        reasons = REASONS_OF.get(kind, ())
        if kind in DISMISSING and reason not in reasons:
            raise UserError(
                self.env._("A reason is needed to dismiss a finding of a validation.")
            )
        if reason and reason not in reasons:
            raise UserError(self.env._("This reason does not go with the decision."))
        if reason == "other" and not note:
            raise UserError(self.env._("Write the reason in your own words."))

    def _record(self, kind: str, reason: str | bool, note: str):
        """Store the decision, and mark the findings that rest on the same facts."""
        self.ensure_one()
        if not self.facts_fingerprint:
            self._write_facts(self.validation_id._document_again())
        dispositions = self.env["account.ai.disposition"]
        same_facts = [
            ("move_id", "=", self.move_id.id),
            ("facts_fingerprint", "=", self.facts_fingerprint),
        ]
        dispositions.search([*same_facts, ("superseded", "=", False)]).write(
            {"superseded": True}
        )
        dispositions.flush_model()
        disposition = dispositions.create(
            {
                "company_id": self.company_id.id,
                "move_id": self.move_id.id,
                "code": self.code,
                "origin": self.origin,
                "severity": self.severity,
                "field_name": self.field_name,
                "line_number": self.line_number,
                "facts_fingerprint": self.facts_fingerprint,
                "kind": kind,
                "reason": reason,
                "note": note,
                "user_id": self.env.uid,
            }
        )
        same = self.validation_id.finding_ids.filtered(
            lambda each: each.facts_fingerprint == self.facts_fingerprint
        )
        (self | same)._show_disposition(disposition)
        return disposition

    def _show_disposition(self, disposition):
        self.write(
            {
                "disposition_id": disposition.kind != REOPENED and disposition.id,
                "dismissed": disposition.kind in DISMISSING,
            }
        )

    def _log_disposition(self, disposition):
        """Log the decision in the invoice's chatter."""
        self.ensure_one()
        env = self.env(su=False)
        # sudo: its own decision, in the user's language
        shown = disposition.with_env(env).sudo()._panel_data()
        verdicts = dict(
            disposition._fields["verdict_after"]._description_selection(env)
        )
        subject = self.code
        if self.line_number:
            subject = env._(
                "%(code)s, line %(line)s", code=self.code, line=self.line_number
            )
        body = env._(
            "Finding %(subject)s: %(kind)s.", subject=subject, kind=shown["label"]
        )
        if shown["reason"]:
            body += " " + env._("Reason: %(reason)s.", reason=shown["reason"])
        if disposition.verdict_after != disposition.verdict_before:
            body += " " + env._(
                "Verdict: %(before)s → %(after)s.",
                before=verdicts.get(disposition.verdict_before, ""),
                after=verdicts[disposition.verdict_after],
            )
        self.move_id._message_log(
            body=body, author_id=disposition.user_id.partner_id.id or None
        )

    # === BUSINESS METHODS - STORE === #

    def _write_facts(self, document: Document):
        """Store what each finding rests on, and what was decided about that before."""
        dispositions = self.env["account.ai.disposition"]
        current = {
            fingerprint: (disposition_id, kind)
            for _move, fingerprint, kind, disposition_id in dispositions._current_of(
                self.move_id.ids
            )
        }
        for finding in self:
            fingerprints = facts_fingerprints(document, finding._as_found())
            known = next((each for each in fingerprints if each in current), None)
            disposition_id, kind = current.get(known, (False, REOPENED))
            finding.write(
                {
                    "facts_fingerprint": known or fingerprints[0],
                    "disposition_id": kind != REOPENED and disposition_id,
                    "dismissed": kind in DISMISSING,
                }
            )

    def _as_found(self) -> Finding:
        """Return the finding as the services know it."""
        self.ensure_one()
        return Finding(
            code=self.code,
            severity=Severity(self.severity),
            origin=Origin(self.origin),
            message=self.message_source or "",
            params=self.params or {},
            field=self.field_name or "",
            line=self.line_number,
            evidence=self.evidence or "",
            evidence_value=self.evidence_value or None,
            dismissed=self.dismissed,
        )

    # === BUSINESS METHODS - SHOW === #

    def _panel_data(self) -> list[dict]:
        """Extend to tell who dismissed a finding, and why."""
        data = super()._panel_data()
        for finding, values in zip(self, data, strict=True):
            if finding.disposition_id:
                values["disposition"] = finding.disposition_id._panel_data()
        return data
