from __future__ import annotations

import json
from dataclasses import replace
from typing import NamedTuple

from markupsafe import Markup

from odoo import models
from odoo.tools import SQL

from ...services.agents.agent import ModelAnswer
from ...services.claude.errors import ClaudeError
from ...services.claude.http.interruption import interrupted
from ...services.claude.request import ClaudeRequest
from ...services.common.storable import storable
from ...services.documents.document import Document
from ...services.documents.serialization import context_from_data, document_from_data
from ...services.validation.by_rules import judge_by_rules
from ...services.validation.finding import Finding
from ...services.validation.judgement import judge
from ...services.validation.review import NOT_REVIEWED
from ...services.validation.verdict import Verdict, final_verdict, verdict_of
from ..common.presentation import finding_values
from .running.run import Judged, Outcome, Run


class Replay(NamedTuple):
    """What a stored validation gives when it is done again from what it kept."""

    rule_findings: tuple[Finding, ...]
    request: ClaudeRequest


class AccountAiRunResult(models.AbstractModel):
    """The end of a validation: how its result is stored, shown and replayed."""

    _name = "account.ai.run.result"
    _description = "End of a Validation"

    # === BUSINESS METHODS - FINISH === #

    def _finish(self, run: Run, outcome: Outcome):
        """Store how ``run`` ended; a run that is closed already stays as it is.

        One that the sweeper gave up is completed all the same when its answer comes
        after all: it is paid for. One whose invoice was deleted is gone with it.
        """
        self.ensure_one()
        if not self.exists() or self.state not in ("running", "interrupted"):
            return
        usage = outcome.settlement and outcome.settlement.usage
        result = outcome.result
        values = {
            **self._replacement_values(run),
            "duration_ms": outcome.duration_ms,
            "first_token_ms": outcome.first_token_ms,
            "from_store": bool(result and result.from_store),
            "cost_usd": self._booked_cost() if usage else 0.0,
        }
        if usage:
            values.update(
                input_tokens=usage.prompt,
                cached_tokens=usage.cache_read,
                output_tokens=usage.output,
            )
        if result:
            values.update(
                simulated=result.simulated,
                model_answer={
                    "text": result.text,
                    "stop_reason": result.stop_reason,
                    "model": result.model,
                },
            )
        self._close(run.judged, outcome.answer, outcome.error, values)

    def _replacement_values(self, run: Run) -> dict:
        """Return what is to be written when another model was asked than at first."""
        request = run.request
        if request.model == self.model:
            return {}
        return {
            "model": request.model,
            "replaced_model": run.replaced_model,
            "effort": request.effort,
            "max_tokens": request.max_tokens,
            "fingerprint": request.fingerprint(run.endpoint),
        }

    def _finish_without_claude(self, run: Run):
        """Store the rules' word alone, because nothing may be sent."""
        self._close(run.judged, None, run.error, {"duration_ms": 0})

    def _finish_from(self, run: Run, other):
        """Store the rules' word with the answer that ``other`` got to the same facts.

        ``other`` may be of a time when the draft had no date: the facts are the same.
        """
        self._close(
            run.judged,
            self._answer_of(run, other),
            None,
            {
                "duration_ms": 0,
                "from_store": True,
                "model_answer": other.model_answer,
                "simulated": other.simulated,
            },
        )

    def _can_be_read(self, run: Run, other) -> bool:
        """Return whether the answer that ``other`` got can still be read: it may be of
        a version that took more for an answer."""
        try:
            self._answer_of(run, other)
        except (ClaudeError, LookupError, TypeError):
            return False
        return True

    @staticmethod
    def _answer_of(run: Run, other) -> ModelAnswer:
        """Return the answer that ``other`` got, read for the document of ``run``."""
        kept = other.model_answer
        return run.agent.read_answer(
            kept["text"],
            run.judged.document,
            run.judged.context,
            mask_persons=run.mask_persons,
            stop_reason=kept["stop_reason"],
        )

    def _close(
        self,
        judged: Judged,
        answer: ModelAnswer | None,
        error: ClaudeError | None,
        values: dict,
    ):
        # Once more: somebody may have decided about a finding while Claude was reading.
        reviews = self.env["account.ai.disposition"]._reviews(self.move_id.ids)
        review = reviews.get(self.move_id.id, NOT_REVIEWED)
        findings = review.dismiss(judged.document, judged.findings)
        report = replace(judged.report, findings=findings, verdict=verdict_of(findings))
        judgement = judge(judged.document, report, answer, review)
        self._write_findings(
            [finding_values(finding, judged.places) for finding in judgement.findings],
            judged.document,
        )
        self.write(
            {
                "state": "done",
                "verdict": judgement.verdict.value,
                "model_verdict": answer.verdict.value if answer else False,
                "confidence": judgement.confidence,
                "rule_findings": False,
                "degraded_code": error.code if error else False,
                "degraded_source": error.message if error else False,
                "degraded_params": storable(error.params) if error else False,
                "date_done": self.env.cr.now(),
                "lease_until": False,
                "worker": False,
                **storable(values),
            }
        )
        self._show_on_move()

    def _interrupt(self):
        """Close runs whose process died: the rules' word stays, *review* at best."""
        for validation in self:
            rules = Verdict(validation.rules_verdict or Verdict.REVIEW)
            data = validation.document_data
            validation._write_findings(
                validation.rule_findings or [], data and document_from_data(data)
            )
            validation.write(
                {
                    "state": "interrupted",
                    "verdict": final_verdict(rules, None).value,
                    "cost_usd": validation._booked_cost(),
                    "degraded_code": "interrupted",
                    "degraded_source": interrupted().message,
                    "date_done": self.env.cr.now(),
                    "lease_until": False,
                    "worker": False,
                }
            )
            validation._show_on_move()

    def _write_findings(self, values_list: list[dict], document: Document | None):
        """Store the findings, and with them what was decided about them before.

        :param document: what they were found in; ``None`` when it was deleted
        """
        self.finding_ids.unlink()
        findings = self.env["account.ai.finding"].create(
            [
                {
                    **storable(values),
                    "validation_id": self.id,
                    "company_id": self.company_id.id,
                    "sequence": number,
                }
                for number, values in enumerate(values_list, start=1)
            ]
        )
        if document:
            findings._write_facts(document)

    def _booked_cost(self) -> float:
        """Return what the ledger has booked for this run, lost attempts included."""
        self.ensure_one()
        rows = self.env.execute_query(
            SQL(
                """SELECT COALESCE(sum(cost_usd), 0) FROM account_ai_usage
                    WHERE run_uuid = %s""",
                self.run_uuid,
            )
        )
        return float(rows[0][0])

    def _show_on_move(self):
        """Write the verdict on the invoice, and a note into its chatter."""
        self._write_verdict_on_move()
        self._log_note()

    def _log_note(self):
        """Log the verdict in the invoice's chatter, without telling followers."""
        env = self.env(user=self.user_id.id or self.env.uid)
        labels = dict(self._fields["verdict"]._description_selection(env))
        shown = self.move_id.account_ai_validation_id
        if self._is_answered() or shown == self:
            body = env._(
                "Validated with AI: %(verdict)s, %(count)s findings, US$ %(cost)s.",
                verdict=labels[self.verdict],
                count=len(self.finding_ids),
                cost=f"{self.cost_usd:.5f}",
            )
        else:
            body = env._(
                "Validated with AI without answer; the last one stands: %(verdict)s.",
                verdict=labels[shown.verdict],
            )
        if self.replaced_model:
            instead = env._(
                "%(model)s was asked instead of %(replaced)s, which is retired.",
                model=self.model,
                replaced=self.replaced_model,
            )
            body = Markup("%s<br/>%s") % (body, instead)
        if self.degraded_code:
            # sudo: a sentence of this run, for the chatter of its own invoice
            degraded = self.with_env(env).sudo().degraded_message
            body = Markup("%s<br/>%s") % (body, degraded)
        # sudo: whoever may validate an invoice need not be allowed to write it
        self.sudo().move_id._message_log(
            body=body, author_id=self.user_id.partner_id.id or None
        )

    # === BUSINESS METHODS - REPLAY === #

    def _replay(self) -> Replay:
        """Do the validation again from what it kept, without any network.

        With the same rulebook it gives the same findings of rules, and the request is
        the one that was sent, byte for byte.

        :raises ValueError: when the facts are gone, past their retention time
        """
        self.ensure_one()
        if not (self.document_data and self.context_data and self.facts):
            raise ValueError("the facts of this validation were deleted")
        document = document_from_data(self.document_data)
        context = context_from_data(self.context_data)
        rates = self.env["account.ai.rate"]._dated_data()
        report = judge_by_rules(document, context, rates)
        prompt_sudo = self.prompt_id.sudo()  # texts of the product, no secrets
        return Replay(
            rule_findings=report.findings,
            request=ClaudeRequest(
                model=self.model,
                system=tuple(prompt_sudo.system),
                messages=(
                    {"role": "user", "content": [{"type": "text", "text": self.facts}]},
                ),
                max_tokens=self.max_tokens,
                output_schema=json.loads(prompt_sudo.output_schema),
                effort=self.effort or None,
                cache_ttl=self.cache_ttl or "",
                language=self.language,
            ),
        )
