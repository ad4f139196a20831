from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL, formatLang
from odoo.tools.misc import get_lang

from ...services.agents.document_agent import ModelAnswer
from ...services.claude.errors import ClaudeError, interrupted
from ...services.claude.request import ClaudeRequest
from ...services.common.storable import storable
from ...services.documents.document import Document
from ...services.documents.serialization import context_from_data, document_from_data
from ...services.validation.by_rules import judge_by_rules
from ...services.validation.finding import Finding
from ...services.validation.freshness import document_fingerprints
from ...services.validation.judgement import judge
from ...services.validation.review import NOT_REVIEWED
from ...services.validation.verdict import Verdict, final_verdict, verdict_of
from ..common.many2one_without_foreign_key import Many2oneWithoutForeignKey
from ..common.presentation import finding_values, panel_finding, sentence
from ..common.verdicts import VERDICTS
from .running.open_validation import Judged, OpenValidation, Outcome

_SENT = "account_ai.group_sent"

ANSWERED = [("state", "=", "done"), ("degraded_code", "=", False)]
"""Validations with an answer of Claude that was taken in whole."""


class Replay(NamedTuple):
    """What a stored validation gives when it is done again from what it kept."""

    rule_findings: tuple[Finding, ...]
    request: ClaudeRequest


class AccountAiValidation(models.Model):
    """One validation of one invoice, with everything that it takes to replay it.

    queued --[a cron claims it]--> running --[result stored]--> done
    running --[its process died]--> interrupted; queued --[cannot be read]--> failed

    Rows are written by the flow only, never by hand. What Claude was sent and what the
    documents said goes after the company's retention time; verdicts, codes and costs
    stay.
    """

    _name = "account.ai.validation"
    _inherit = [
        "account.ai.decided.fields",
        "account.ai.access.by.invoice",
    ]
    _description = "Validation of an Invoice"
    _rec_name = "move_id"
    _order = "id desc"
    _check_company_auto = True

    # === FIELDS === #

    run_uuid = fields.Char(
        string="Run", required=True, readonly=True, copy=False, help="Made by who asks."
    )
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
    user_id = fields.Many2one("res.users", string="Asked By", readonly=True)
    trigger = fields.Selection(
        selection=[
            ("user", "At the Screen"),
            ("queue", "Queue"),
            ("rules", "Rules Only"),
        ],
        string="Asked From",
        required=True,
        readonly=True,
        help="Rules only: nothing had changed for Claude, the rules judged anew.",
    )
    state = fields.Selection(
        selection=[
            ("queued", "Queued"),
            ("running", "Running"),
            ("done", "Done"),
            ("interrupted", "Interrupted"),
            ("failed", "Failed"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    verdict = fields.Selection(VERDICTS, readonly=True)
    rules_verdict = fields.Selection(VERDICTS, string="Verdict of Rules", readonly=True)
    model_verdict = fields.Selection(
        VERDICTS, string="Verdict of Claude", readonly=True
    )
    confidence = fields.Float(readonly=True, aggregator="avg", help="From 0 to 1.")
    degraded_code = fields.Char(
        string="Without Claude", readonly=True, help="Why there is no answer of Claude."
    )
    degraded_source = fields.Char(readonly=True)
    degraded_params = fields.Json(readonly=True)
    degraded_message = fields.Char(compute="_compute_degraded_message")
    finding_ids = fields.One2many(
        "account.ai.finding", "validation_id", string="Findings", readonly=True
    )
    rule_findings = fields.Json(
        readonly=True,
        prefetch=False,
        help="What the rules found, as long as the run is under way.",
    )
    rules_count = fields.Integer(
        string="Rules Checked", readonly=True, aggregator=False
    )
    judged_on = fields.Date(
        readonly=True, help="The day that the rules took for today."
    )
    # What was read, sent and answered, names of people included. The product itself
    # uses it in private methods, with sudo.
    document_data = fields.Json(readonly=True, prefetch=False, groups=_SENT)
    context_data = fields.Json(readonly=True, prefetch=False, groups=_SENT)
    facts = fields.Text(
        readonly=True,
        prefetch=False,
        groups=_SENT,
        help="What Claude was shown, as it was sent.",
    )
    model_answer = fields.Json(
        readonly=True,
        prefetch=False,
        groups=_SENT,
        help="What Claude answered: text and stop reason.",
    )
    prompt_id = Many2oneWithoutForeignKey(
        "account.ai.prompt", string="Prompt", readonly=True
    )
    prompt_version = fields.Char(readonly=True)
    rulebook_version = fields.Char(readonly=True)
    agent = fields.Char(readonly=True)
    model = fields.Char(readonly=True)
    replaced_model = fields.Char(
        string="Instead Of",
        readonly=True,
        help="The model that the company had chosen, and that is retired.",
    )
    effort = fields.Char(readonly=True)
    language = fields.Char(readonly=True)
    endpoint = fields.Char(readonly=True)
    max_tokens = fields.Integer(readonly=True, aggregator=False)
    cache_ttl = fields.Char(readonly=True)
    mask_persons = fields.Boolean(readonly=True)
    simulated = fields.Boolean(readonly=True)
    fingerprint = fields.Char(
        readonly=True, help="Of everything that decides Claude's answer."
    )
    document_fingerprint = fields.Char(
        readonly=True, help="Of the document: tells whether it changed since."
    )
    from_store = fields.Boolean(
        string="Answer From Store", readonly=True, help="Answered without a call."
    )
    input_tokens = fields.Integer(readonly=True)
    cached_tokens = fields.Integer(readonly=True, help="Of the input, read from cache.")
    output_tokens = fields.Integer(readonly=True)
    cost_usd = fields.Float(string="Cost (USD)", digits=(16, 8), readonly=True)
    duration_ms = fields.Integer(string="Duration (ms)", readonly=True)
    first_token_ms = fields.Integer(
        string="First Token (ms)", readonly=True, aggregator="avg"
    )
    date_done = fields.Datetime(readonly=True)
    batch_uuid = fields.Char(
        string="Queued Together", readonly=True, index="btree_not_null"
    )
    worker = fields.Char(readonly=True, help="Who has claimed it.")
    lease_until = fields.Datetime(
        readonly=True, help="After this a run is taken for dead."
    )
    next_try_at = fields.Datetime(readonly=True)
    attempts = fields.Integer(readonly=True, aggregator=False)

    _run_uuid_unique = models.Constraint("UNIQUE (run_uuid)", "A run is made once.")
    # Two tabs that ask the same at the same time: the second one meets the first.
    _running_unique = models.UniqueIndex(
        "(move_id, fingerprint) WHERE state = 'running'",
        "The same is being validated at the moment.",
    )
    # Several people, tabs and crons that queue the same invoice make one entry.
    _queued_unique = models.UniqueIndex(
        "(move_id) WHERE trigger = 'queue' AND state IN ('queued', 'running')",
        "The invoice is in the queue already.",
    )
    _queue = models.Index("(next_try_at, id) WHERE state = 'queued'")
    _leases = models.Index("(lease_until) WHERE state = 'running'")

    # === COMPUTE METHODS === #

    @api.depends("degraded_source", "degraded_params")
    @api.depends_context("lang")
    def _compute_degraded_message(self):
        for validation in self:
            validation.degraded_message = sentence(
                validation.degraded_source,
                validation.degraded_params or {},
                get_lang(self.env),
            )

    # === ACTION METHODS === #

    def action_open_move(self):
        """Open the invoice."""
        self.ensure_one()
        return self.move_id._get_records_action(context={})

    # === BUSINESS METHODS === #

    def _panel_data(self, stale: bool) -> dict:
        """Return the validation as the panel shows it, in the user's language."""
        self.ensure_one()
        findings = self.finding_ids._panel_data()
        if self.state in ("queued", "running"):
            findings = self._running_findings()
        # sudo: a colleague's name is no secret; only the name, users have many columns
        user_sudo = self.user_id.sudo().with_context(prefetch_fields=False)
        degraded = None
        if self.degraded_code:
            degraded = {"code": self.degraded_code, "message": self.degraded_message}
        return {
            "id": self.id,
            "state": self.state,
            "stale": stale,
            "verdict": self.verdict,
            "rules_verdict": self.rules_verdict,
            "model_verdict": self.model_verdict,
            "confidence": self.confidence,
            "degraded": degraded,
            "findings": findings,
            "cost": f"US$ {formatLang(self.env, self.cost_usd, digits=5)}",
            "cost_usd": self.cost_usd,
            "duration_ms": self.duration_ms,
            "tokens": {
                "input": self.input_tokens,
                "cached": self.cached_tokens,
                "output": self.output_tokens,
            },
            "model": self.model or "",
            "replaced_model": self.replaced_model or "",
            "simulated": self.simulated,
            "user": user_sudo.name or "",
            "date": fields.Datetime.to_string(self.date_done or self.create_date),
            "rules_count": self.rules_count,
        }

    def _attempt_data(self) -> dict | None:
        """Return what the panel says of an attempt that has no answer, beside the
        validation that it shows; ``None`` when there is nothing to say."""
        self.ensure_one()
        if not self.degraded_code:
            return None
        return {
            "id": self.id,
            "code": self.degraded_code,
            "message": self.degraded_message,
            "date": fields.Datetime.to_string(self.date_done or self.create_date),
        }

    def _running_findings(self) -> list[dict]:
        """Return what the rules have found so far, not records yet."""
        return [
            panel_finding(values, f"r{number}", get_lang(self.env))
            for number, values in enumerate(self.rule_findings or (), start=1)
        ]

    @api.autovacuum
    def _gc_facts(self, limit=1000):
        """Delete what was sent and what documents said, past the retention time."""
        kept = [
            ("document_data", "!=", False),
            ("state", "not in", ("queued", "running")),
        ]
        due = self._past_retention(kept, limit)
        due._forget_facts()
        return len(due), len(due) >= limit

    def _forget_facts(self):
        """Delete texts and amounts; verdict, codes, places and costs stay."""
        self.write(
            {
                "document_data": False,
                "context_data": False,
                "facts": False,
                "model_answer": False,
                "rule_findings": False,
            }
        )
        self.finding_ids.write(
            {"evidence": False, "evidence_value": False, "params": False}
        )
        self.finding_ids.filtered(lambda finding: finding.origin == "model").write(
            {"message_source": False, "advice_source": False}
        )

    # === BUSINESS METHODS === #

    def _is_answered(self) -> bool:
        """Return whether Claude's answer is part of it; false when there is none."""
        return self.state == "done" and not self.degraded_code

    @api.model
    def _last_answers(self, documents: Mapping[int, Document]) -> dict:
        """Return the newest answered validation of each document as it stands now.

        Those of what the document was in the meantime do not count: what was changed
        and changed back is judged by the answer that there is about it.

        :param documents: by id of the invoice
        :return: by id of the invoice; those without one are left out
        """
        seen = {
            move_id: document_fingerprints(document)
            for move_id, document in documents.items()
        }
        return self._last_answers_about(seen)

    @api.model
    def _last_answers_about(self, fingerprints: Mapping[int, tuple[str, ...]]) -> dict:
        answered = self.search_fetch(
            [("move_id", "in", list(fingerprints)), *ANSWERED],
            ["move_id", "document_fingerprint", "verdict"],
            order="id desc",
        )
        answers: dict = {}
        for validation in answered:
            move_id = validation.move_id.id
            if validation.document_fingerprint in fingerprints[move_id]:
                answers.setdefault(move_id, validation)
        return answers

    def _document_fingerprints(self) -> tuple[str, ...]:
        """Return the fingerprints of validations of the same document as this one."""
        self.ensure_one()
        if self.document_data:
            return document_fingerprints(document_from_data(self.document_data))
        return (self.document_fingerprint,) if self.document_fingerprint else ()

    def _write_verdict_on_move(self):
        """Write on the invoice which validation it shows, and its verdict.

        Plain SQL: an invoice's own ``write`` would check locked periods and recompute,
        and its date of change would tell an open form that somebody else edited it.
        """
        self.ensure_one()
        self.flush_recordset()
        # Locked first, so that of two validations that end at once the second sees the
        # first.
        rows = self.env.execute_query(
            SQL(
                """SELECT account_ai_validation_id
                     FROM account_move WHERE id = %s FOR UPDATE""",
                self.move_id.id,
            )
        )
        current = self.browse(rows[0][0] if rows else None).exists()
        shown = self._to_show_instead_of(current)
        self.env.execute_query(
            SQL(
                """
                UPDATE account_move
                   SET account_ai_validation_id = %(validation)s,
                       account_ai_verdict = %(verdict)s
                 WHERE id = %(move)s
                RETURNING id
                """,
                validation=shown.id,
                verdict=shown.verdict,
                move=self.move_id.id,
            )
        )
        self.move_id.invalidate_recordset(
            ["account_ai_validation_id", "account_ai_verdict"], flush=False
        )

    def _to_show_instead_of(self, current):
        """Return what the invoice shows now that this validation has ended.

        :param current: what it has shown until now, if anything
        """
        same = self._document_fingerprints()
        is_same = current.document_fingerprint in same
        if self._is_answered():
            late = current.id > self.id
            only_attempt = is_same and not current._is_answered()
            return current if late and not only_attempt else self
        answers = self._last_answers_about({self.move_id.id: same})
        if current.id > self.id:
            return current
        return answers.get(self.move_id.id, self)

    # === BUSINESS METHODS - FINISH === #

    def _finish(self, opened: OpenValidation, outcome: Outcome):
        """Store how ``opened`` ended; a validation that is closed already stays as it
        is.

        One that the sweeper gave up is completed all the same when its answer comes
        after all: it is paid for. One whose invoice was deleted is gone with it.
        """
        self.ensure_one()
        if not self.exists() or self.state not in ("running", "interrupted"):
            return
        usage = outcome.settlement and outcome.settlement.usage
        result = outcome.result
        values = {
            **self._replacement_values(opened),
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
        self._close(opened.judged, outcome.answer, outcome.error, values)

    def _replacement_values(self, opened: OpenValidation) -> dict:
        """Return what is to be written when another model was asked than at first."""
        request = opened.request
        if request.model == self.model:
            return {}
        return {
            "model": request.model,
            "replaced_model": opened.replaced_model,
            "effort": request.effort,
            "max_tokens": request.max_tokens,
            "fingerprint": request.fingerprint(opened.endpoint),
        }

    def _finish_from(self, opened: OpenValidation, other):
        """Store the rules' findings with the answer of ``other`` to the same facts.

        ``other`` may be of a time when the draft had no date: the facts are the same.
        """
        self._close(
            opened.judged,
            self._answer_of(opened, other),
            None,
            {
                "duration_ms": 0,
                "from_store": True,
                "model_answer": other.model_answer,
                "simulated": other.simulated,
            },
        )

    def _can_be_read(self, opened: OpenValidation, other) -> bool:
        """Return whether the answer that ``other`` got can still be read: it may be of
        a version that took more for an answer."""
        try:
            self._answer_of(opened, other)
        except (ClaudeError, LookupError, TypeError):
            return False
        return True

    @staticmethod
    def _answer_of(opened: OpenValidation, other) -> ModelAnswer:
        """Return the answer that ``other`` got, read for the document of ``opened``."""
        kept = other.model_answer
        return opened.reader.read(kept["text"], kept["stop_reason"])

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
        """Close validations whose process died, with the verdict of the rules, *review*
        at best."""
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
                cost=formatLang(env, self.cost_usd, digits=5),
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
