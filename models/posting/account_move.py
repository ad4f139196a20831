import logging
from collections.abc import Callable
from typing import Any

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ...services.posting.judgement import (
    NOT_JUDGED,
    OFF,
    REQUIRE,
    Judgement,
    LastValidation,
    digest_of,
    problem_of,
)
from ...services.validation.finding import Severity
from ..documents.account_ai_document_reader import Reading
from ..validation.account_move import INVOICE_TYPES
from ..validation.running.open_validation import Judged

_logger = logging.getLogger(__name__)

ASKED = "account_ai_asked"
"""Context key: ids of the invoices about which somebody at the screen was asked. It
only keeps from asking twice; what a policy forbids is looked up in the records."""

AUTOMATIC = "account_ai_automatic"
"""Context key: a bill is posted because its vendor's always are."""

_MOST_LISTED = 30


class AccountMove(models.Model):
    """The posting policy: what is asked, and what is forbidden, when invoices are
    posted. Only rules run here, never the network.

    A button asks, in its own action. ``_post`` itself, which also the point of sale,
    crons and imports call, never asks: it records what the rules had found, and refuses
    what the policy forbids and nobody has overridden.
    """

    # A file of its own: posting is another idea than validating.
    _inherit = "account.move"

    # === ACTION METHODS === #

    def action_post(self):
        """Override of `account`: ask about what the rules find.

        Code that calls this is not asked, as it is not about abnormal amounts.
        """
        if self.env.context.get(AUTOMATIC) and self._account_ai_keep_draft():
            return False
        if not self.env.context.get("disable_abnormal_invoice_detection", True):
            question = self._account_ai_question("form")
            if question:
                return question
        return super().action_post()

    def action_validate_moves_with_confirmation(self):
        """Override of `account`: ask about what the rules find, for all at once."""
        drafts = self.filtered(lambda move: move.state == "draft" and move.line_ids)
        return (
            drafts._account_ai_question("list")
            or super().action_validate_moves_with_confirmation()
        )

    def _account_ai_question(self, origin, confirmation=None):
        """Return the dialog that asks about these invoices; ``None`` when there is
        nothing to ask, or somebody was asked already.

        :param str origin: what the dialog goes on with; see the dialog's field
        :param confirmation: Odoo's own dialog that it goes on with, if it was that
        :raises AccessError: for who may not post these
        """
        if set(self.ids) <= set(self.env.context.get(ASKED) or ()):
            return None
        # The rules judge as the system; what they say is for who may post these.
        self.check_access("write")
        judgements = self._account_ai_to_ask()
        if not judgements:
            return None
        # sudo: only posting creates such a dialog, and it belongs to the user
        dialog_sudo = (
            self.env["account.ai.posting"]
            .sudo()
            .create(
                {
                    "origin": origin,
                    "confirmation_id": confirmation.id if confirmation else False,
                    "move_ids": [Command.set(self.ids)],
                    "digest": digest_of(judgements),
                }
            )
        )
        return dialog_sudo.with_env(self.env)._show(judgements)

    def _account_ai_to_ask(self) -> list[Judgement]:
        """Return the problems about which nobody has been asked, as they are now.

        :raises AccessError: when the user may not read one of the invoices
        """
        # The rules judge as the system: what they find is shown to who may read it.
        self.check_access("read")
        judgements = [each for each in self._account_ai_judge_posting() if each.problem]
        records = self.env["account.ai.posting.record"]
        return records._undecided(judgements, by_people=True)

    # === BUSINESS METHODS - POSTING === #

    def _post(self, soft=True):
        """Override of `account`: what the posting policy forbids is not posted.

        :raises UserError: naming every invoice that may not be posted
        """
        today = fields.Date.context_today(self)
        due = self.filtered(
            lambda move: (
                move.state == "draft" and not (soft and move.date and move.date > today)
            )
        )
        judgements = due._account_ai_judge_posting()
        records = self.env["account.ai.posting.record"]
        noted = [each for each in judgements if each.problem or each.out_reason]
        undecided = records._undecided(noted)
        forbidden = [each for each in undecided if each.blocks]
        if forbidden:
            raise UserError(self._account_ai_refusal(forbidden))
        posted = super()._post(soft)
        posted_ids = set(posted.ids)
        records._record([each for each in undecided if each.move_id in posted_ids])
        return posted

    def _autopost_bill(self):
        """Override of `account`: a bill that the policy forbids to post stays a draft;
        the mail or upload that brought it must not fail."""
        automatic = self.with_context(**{AUTOMATIC: True})
        return super(AccountMove, automatic)._autopost_bill()

    def _account_ai_keep_draft(self) -> bool:
        """Return whether the policy forbids to post this, and say so in the chatter.

        :raises AccessError: for who may not post these
        """
        self.check_access("write")
        forbidden = any(each.blocks for each in self._account_ai_to_ask())
        if forbidden:
            self._message_log(
                body=self.env._(
                    "Not posted automatically: the posting policy forbids it. "
                    "Press Confirm to see why."
                )
            )
        return forbidden

    @api.model
    def _account_ai_refusal(self, judgements: list[Judgement]) -> str:
        """Return the refusal for when nobody is at the screen: which and why, in codes.

        No texts of the documents: this ends in logs.
        """
        lines = []
        for each in judgements[:_MOST_LISTED]:
            move = self.browse(each.move_id)
            reason = self._account_ai_problem_label(each.problem)
            if each.codes:
                reason = f"{reason} {', '.join(each.codes)}"
            # Drafts have no number yet.
            lines.append(f"- {move.display_name} (id {move.id}): {reason}")
        if len(judgements) > _MOST_LISTED:
            lines.append(
                self.env._("- and %(count)s more", count=len(judgements) - _MOST_LISTED)
            )
        return self.env._(
            "The posting policy does not allow posting these documents:\n%(list)s\n"
            "Confirm them from the invoices to see the findings, or to override the "
            "policy with a reason.",
            list="\n".join(lines),
        )

    @api.model
    def _account_ai_problem_label(self, problem: str) -> str:
        selection = self.env["account.ai.posting.record"]._fields["problem"]
        return dict(selection._description_selection(self.env))[problem]

    # === BUSINESS METHODS - JUDGEMENT === #

    def _account_ai_judge_posting(self) -> list[Judgement]:
        """Return what the policy says of each invoice that it concerns.

        The rules judge as the system, whoever posts: a policy must not depend on what
        that person may read. The number of queries does not grow with the invoices.
        """
        # sudo: see above; what is returned is about the documents that are posted
        moves_sudo = self.sudo()
        policies = moves_sudo._account_ai_policies()
        concerned = moves_sudo.browse(policies)
        if not concerned:
            return []
        readings = concerned._account_ai_read_for_posting()
        judged = concerned._account_ai_judge_by_rules(readings)
        last = concerned._account_ai_last_validations(policies, readings)
        requiring = concerned.filtered(lambda move: policies[move.id] == REQUIRE)
        out_reasons = {
            company: requiring._account_ai_out_reason(company)
            for company in requiring.company_id
        }
        return [
            move._account_ai_judgement(
                policies[move.id],
                judged.get(move.id),
                last.get(move.id, LastValidation()),
                out_reasons.get(move.company_id, ""),
            )
            for move in concerned
        ]

    def _account_ai_policies(self) -> dict[int, str]:
        """Return the policy of each invoice that is under one, by its id."""
        policies = {
            journal: journal._account_ai_posting_policy() for journal in self.journal_id
        }
        return {
            move.id: policies[move.journal_id]
            for move in self
            if move.move_type in INVOICE_TYPES
            and policies.get(move.journal_id, OFF) != OFF
        }

    def _account_ai_read_for_posting(self) -> dict[int, Reading]:
        """Return the readings of these invoices, none when they cannot be read."""
        reader = self.env["account.ai.document.reader"]
        return self._account_ai_try(lambda: reader._read_with_places(self)) or {}

    def _account_ai_judge_by_rules(
        self, readings: dict[int, Reading]
    ) -> dict[int, Judged]:
        """Return what the rules say of the invoices that they can judge."""
        validations = self.env["account.ai.validation"]
        together = self._account_ai_try(
            lambda: validations._judge_by_rules(list(readings.values()))
        )
        if together is not None:
            return dict(zip(readings, together, strict=True))
        alone = {
            move.id: move._account_ai_try(
                lambda reading=readings[move.id]: validations._judge_by_rules([reading])
            )
            for move in self
            if move.id in readings
        }
        return {move_id: judged[0] for move_id, judged in alone.items() if judged}

    def _account_ai_try(self, judge: Callable[[], Any]) -> Any:
        """Return what ``judge`` does; ``None`` when it fails, which undoes it.

        Whatever is wrong with reading or judging documents, accounting goes on: a
        policy that forbids says that they were not judged, the others record it.
        """
        try:
            with self.env.cr.savepoint():
                return judge()
        # Any mistake in any rule, see above. Not its text: that may quote a document.
        except Exception as error:
            _logger.error(
                "invoices %s could not be judged for posting: %s", self.ids, type(error)
            )
            return None

    def _account_ai_out_reason(self, company) -> str:
        """Return why the rules may stand in for a validation; empty when they may not,
        or when nobody knows."""
        return self._account_ai_try(company._account_ai_rules_suffice) or ""

    def _account_ai_judgement(
        self,
        policy: str,
        judged: Judged | None,
        last: LastValidation,
        out_reason: str,
    ) -> Judgement:
        self.ensure_one()
        if not judged:
            return Judgement(self.id, self.company_id.id, policy, NOT_JUDGED)
        findings = tuple(
            finding
            for finding in judged.findings
            if finding.severity is not Severity.INFORMATION and not finding.dismissed
        )
        return Judgement(
            self.id,
            self.company_id.id,
            policy,
            problem_of(policy, findings, last, bool(out_reason)),
            document=judged.document,
            findings=findings,
            out_reason=out_reason if policy == REQUIRE and not last.verdict else "",
        )

    def _account_ai_last_validations(
        self, policies: dict[int, str], readings: dict[int, Reading]
    ) -> dict[int, LastValidation]:
        """Return the last answers about invoices that require one, by invoice."""
        answers = self.env["account.ai.validation"]._last_answers(
            {
                move.id: readings[move.id].document
                for move in self
                if policies[move.id] == REQUIRE and move.id in readings
            }
        )
        return {
            move_id: LastValidation(verdict=validation.verdict or "")
            for move_id, validation in answers.items()
        }
