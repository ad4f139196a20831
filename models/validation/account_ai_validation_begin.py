from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.tools import SQL
from odoo.tools.misc import get_lang

from ...services.agents.registry import agent as agent_named
from ...services.claude.errors import ClaudeError
from ...services.claude.gateway import Gateway
from ...services.claude.ports import Owner
from ...services.claude.request import ClaudeRequest
from ...services.common.storable import storable
from ...services.documents.serialization import context_to_data, document_to_data
from ...services.privacy.check_time import CheckTime
from ...services.validation.by_rules import judge_by_rules
from ...services.validation.freshness import as_if_assumed, document_fingerprint
from ...services.validation.verdict import verdict_of
from ..common.cursor import execute
from ..common.presentation import finding_values
from ..documents.account_ai_document_reader import Reading
from ..gateway.account_ai_gateway import GatewaySettings
from ..gateway.res_company import LIMIT_FIELDS
from .running.open_validation import Judged, OpenValidation

OPERATION = "validation"
AGENT = "dte"
COMPANY_FIELDS = (
    "parent_path",
    "account_fiscal_country_id",
    "account_ai_enabled",
    "account_ai_consent_version",
    "account_ai_mask_persons",
    "account_ai_language",
    "account_ai_model",
    "account_ai_effort",
    *LIMIT_FIELDS,
)
_MOST_KNOWN = 20
_TRIGGERS = {"screen": "user", "queue": "queue"}
_KNOWN = """
    SELECT asked.run_uuid, known.*
      FROM unnest(%(run_uuids)s::varchar[], %(move_ids)s::int[])
        AS asked(run_uuid, move_id)
     CROSS JOIN LATERAL (
           SELECT id, run_uuid, move_id, user_id, state, fingerprint,
                  COALESCE(lease_until > now() AT TIME ZONE 'UTC', FALSE),
                  id = (SELECT account_ai_validation_id
                          FROM account_move
                         WHERE id = validation.move_id) IS TRUE
             FROM account_ai_validation AS validation
            WHERE run_uuid = asked.run_uuid
               OR (move_id = asked.move_id
                   AND (state = 'running'
                        OR (state = 'done'
                            AND degraded_code IS NULL
                            AND model_answer IS NOT NULL)))
            ORDER BY run_uuid = asked.run_uuid DESC, id DESC
            LIMIT %(most)s) AS known
"""


class ValidationRequest(NamedTuple):
    """Somebody wants an invoice to be validated."""

    move_id: int
    run_uuid: str
    """Made by who asks: a request that comes again finds what it began before."""
    force: bool = False
    """Ask Claude although nothing has changed."""
    lane: str = "screen"
    """``screen``, or ``queue`` for an entry of the queue that was claimed."""


class Known(NamedTuple):
    """An earlier validation of the same invoice, as far as a new one must know it."""

    id: int
    run_uuid: str
    move_id: int
    user_id: int
    state: str
    fingerprint: str | None
    is_alive: bool
    is_shown: bool
    """The invoice shows it."""


class CompanyGateway(NamedTuple):
    """How Claude is asked for a company."""

    settings: GatewaySettings
    mask_persons: bool
    gateway: Gateway | None
    """``None`` when nothing may be sent; then ``error`` says why."""
    error: ClaudeError | None


class Begun(NamedTuple):
    """What became of a request.

    :ivar kind: ``ask``: Claude is to be asked; ``done``: the result is stored already;
        ``fresh``: nothing has changed since it was; ``joined``: the same is under way
    """

    kind: str
    validation_id: int
    opened: OpenValidation | None = None


LEASE_MARGIN_SECONDS = 20
"""After its deadline the result of a validation is still to be stored."""
_INSERT = """
    INSERT INTO account_ai_validation (%s)
    VALUES %s
        ON CONFLICT DO NOTHING
    RETURNING id, run_uuid
"""


class AccountAiValidation(models.Model):
    """The beginning of validations: everything before Claude is asked."""

    _inherit = "account.ai.validation"

    # === BUSINESS METHODS - BEGIN === #

    @api.model
    def _begin(self, requests: Sequence[ValidationRequest]) -> list[Begun]:
        """Begin to validate invoices for the environment's user, without any network:
        read them, judge them by the rules and store what begins.

        One that ends here (nothing may be sent, or only the rules had to judge anew) is
        stored in the present transaction; the others are admitted when it is over. All
        of them begin, or none.

        :param requests: each of another invoice
        :raises AccessError: when the user may not validate one of them
        :raises UserError: when one is not an invoice that can be validated
        """
        self._check_may_validate()
        # Only these columns: a company has a hundred, and this stands before the first
        # byte of the stream. sudo: settings for code, and the tree of companies that
        # record rules look at.
        self.env.companies.sudo().fetch(COMPANY_FIELDS)
        all_opened = self._open_all(requests)
        known = self._known_to(requests)
        begun: dict[str, Begun] = {}
        to_store: list[tuple[OpenValidation, dict, Known | None]] = []
        for request, opened in zip(requests, all_opened, strict=True):
            earlier = known[request.run_uuid]
            if request.lane == "queue":
                opened.validation_id = earlier[0].id  # its own entry comes first
            fingerprints = self._fingerprints(opened)
            found = self._found(request, earlier, fingerprints[0])
            reusable = None
            if not found and not request.force:
                reusable = self._reusable(earlier, fingerprints)
                if reusable and self._is_fresh(request, opened, reusable):
                    found = Begun("fresh", reusable.id)
            if found:
                begun[request.run_uuid] = found
                continue
            if reusable and not self._can_be_read(opened, self._own(reusable.id)):
                reusable = None
            trigger = "rules" if reusable else _TRIGGERS[request.lane]
            values = self._values_of(opened, trigger, fingerprints[0])
            to_store.append((opened, values, reusable))
        self._store_begun([(opened, values) for opened, values, _reusable in to_store])
        for opened, _values, reusable in to_store:
            begun[opened.run_uuid] = self._end_or_ask(opened, reusable)
        return [begun[request.run_uuid] for request in requests]

    def _end_or_ask(self, opened: OpenValidation, reusable: Known | None) -> Begun:
        """End a stored validation at once when Claude need not or cannot be asked."""
        validation = self._own(opened.validation_id)
        if reusable:
            validation._finish_from(opened, self._own(reusable.id))
        elif opened.error:
            validation._close(opened.judged, None, opened.error, {"duration_ms": 0})
        else:
            return Begun("ask", validation.id, opened)
        return Begun("done", validation.id, opened)

    @api.model
    def _check_may_validate(self):
        """Check the user's group.

        :raises AccessError: when the user may not validate
        """
        if not self.env.user.has_group("account_ai.group_user"):
            raise AccessError(self.env._("You are not allowed to validate invoices."))

    @api.model
    def _read_moves(self, moves) -> list[Reading]:
        """Return invoices as documents, read with the user's access.

        :raises AccessError: when the user may not read one of them
        :raises MissingError: when one does not exist any more
        :raises UserError: when one cannot be validated
        """
        readings = self.env["account.ai.document.reader"]._read_with_places(moves)
        for move in moves:
            if move.id not in readings:
                if not move.exists():
                    raise MissingError(
                        self.env._("This invoice does not exist any more.")
                    )
                raise UserError(
                    self.env._("Only invoices and credit notes are validated.")
                )
            if readings[move.id].company_country != "CL":
                raise UserError(
                    self.env._("Only documents of Chilean companies are validated.")
                )
        return [readings[move.id] for move in moves]

    @api.model
    def _open_all(self, requests: Sequence[ValidationRequest]) -> list[OpenValidation]:
        """Return what is requested as validations under way, not stored yet: read,
        judged by the rules, and with the request for Claude."""
        moves = self.env["account.move"].browse(each.move_id for each in requests)
        readings = self._read_moves(moves)
        gateways = {
            company_id: self._company_gateway(company_id)
            for company_id in {reading.company_id for reading in readings}
        }
        return [
            self._open(request, reading, judged, gateways[reading.company_id])
            for request, reading, judged in zip(
                requests, readings, self._judge_by_rules(readings), strict=True
            )
        ]

    @api.model
    def _open(
        self,
        request: ValidationRequest,
        reading: Reading,
        judged: Judged,
        company_gateway: CompanyGateway,
    ) -> OpenValidation:
        settings, mask_persons, gateway, error = company_gateway
        agent = agent_named(AGENT)
        return OpenValidation(
            dbname=self.env.cr.dbname,
            uid=self.env.uid,
            context={**self.env.context, "lang": self.env.lang},
            language=get_lang(self.env),
            validation_id=0,
            run_uuid=request.run_uuid,
            move_id=reading.move_id,
            owner=Owner(
                company_id=reading.company_id,
                user_id=self.env.uid,
                operation=OPERATION,
                lane=request.lane,
                agent=agent.name,
                res_model="account.move",
                res_id=reading.move_id,
                partner_id=reading.partner_id,
                run_uuid=request.run_uuid,
                analytic=reading.analytic,
            ),
            judged=judged,
            agent=agent,
            request=agent.request(
                reading.document,
                reading.context,
                language=settings.language,
                model=settings.model,
                effort=settings.effort,
                mask_persons=mask_persons,
                time=judged.time,
            ),
            mask_persons=mask_persons,
            endpoint=settings.endpoint,
            simulated=settings.simulated,
            deadline_seconds=settings.policy.deadline_seconds,
            replaced_model=settings.replaced_model,
            use_stored=not request.force,
            gateway=gateway,
            error=error,
        )

    @api.model
    def _company_gateway(self, company_id: int) -> CompanyGateway:
        """Return how Claude is asked for a company, or why it is not."""
        company = self.env["res.company"].browse(company_id)
        gateways = self.env["account.ai.gateway"]
        gateway = error = None
        try:
            gateways._check_ready(company)
            gateway = gateways._gateway(company)
        except ClaudeError as refusal:
            error = refusal
        company_sudo = company.sudo()  # a setting of the company, for code only
        return CompanyGateway(
            gateways._settings(company, OPERATION),
            company_sudo.account_ai_mask_persons,
            gateway,
            error,
        )

    @api.model
    def _judge_by_rules(self, readings: Sequence[Reading]) -> list[Judged]:
        """Return what the rules say, and people decided about it; one query for all."""
        rates = self.env["account.ai.rate"]._dated_data()
        times = [CheckTime() for _reading in readings]
        reports = [
            judge_by_rules(each.document, each.context, rates, time)
            for each, time in zip(readings, times, strict=True)
        ]
        reviewed = self.env["account.ai.disposition"]._reviewed_many(
            [
                (each.move_id, each.company_id, each.document, report.findings)
                for each, report in zip(readings, reports, strict=True)
            ]
        )
        return [
            Judged(
                document=each.document,
                context=each.context,
                places=each.places,
                report=report,
                findings=findings,
                time=time,
            )
            for each, report, findings, time in zip(
                readings, reports, reviewed, times, strict=True
            )
        ]

    @api.model
    def _fingerprints(self, opened: OpenValidation) -> list[str]:
        """Return the fingerprint of the request, and that of the same document before
        it was posted: a draft without a date is judged as posted today, and getting its
        date and folio by posting is no change."""
        fingerprints = [opened.request.fingerprint(opened.endpoint)]
        judged = opened.judged
        if judged.context.is_issued:
            request = opened.agent.request(
                as_if_assumed(judged.document),
                judged.context,
                language=opened.request.language,
                model=opened.request.model,
                effort=opened.request.effort,
                mask_persons=opened.mask_persons,
                time=judged.time,
            )
            fingerprints.append(request.fingerprint(opened.endpoint))
        return fingerprints

    # === BUSINESS METHODS - WHAT IS KNOWN === #

    @api.model
    def _known_to(
        self, requests: Sequence[ValidationRequest]
    ) -> dict[str, list[Known]]:
        """Return, by the UUID of each request, the newest validations of its invoice
        that are under way or have Claude's answer, and the one that it began before.

        Those without an answer are none that a new one must know, however many there
        are: they must not push out the answer that there is.
        """
        self.flush_model(["state", "fingerprint", "degraded_code", "lease_until"])
        self.env["account.move"].flush_model(["account_ai_validation_id"])
        known: dict[str, list[Known]] = {each.run_uuid: [] for each in requests}
        rows = self.env.execute_query(
            SQL(
                _KNOWN,
                run_uuids=[each.run_uuid for each in requests],
                move_ids=[each.move_id for each in requests],
                most=_MOST_KNOWN,
            )
        )
        for asked, *columns in rows:
            known[asked].append(Known(*columns))
        return known

    @api.model
    def _own(self, validation_id: int):
        """Return the validation for the flow to write."""
        # sudo: users may only read; what is written here follows from their documents
        return self.sudo().browse(validation_id)

    def _found(
        self, request: ValidationRequest, known: Sequence[Known], fingerprint: str
    ) -> Begun | None:
        """Return the validation that this request, or one for the same, has begun.

        One whose process died is closed.

        :raises AccessError: when the request has the UUID of somebody else's
        """
        for other in known:
            if other.run_uuid == request.run_uuid and request.lane == "screen":
                return self._found_again(request, other)
        for other in known:
            if other.state == "running" and other.fingerprint == fingerprint:
                if other.is_alive:
                    return Begun("joined", other.id)
                self._own(other.id)._interrupt()
        return None

    def _found_again(self, request: ValidationRequest, other: Known) -> Begun:
        """Return what was begun before: a replay, or a second tab."""
        if other.user_id != self.env.uid or other.move_id != request.move_id:
            raise AccessError(self.env._("This run belongs to somebody else."))
        alive = other.state in ("queued", "running") and other.is_alive
        if other.state == "running" and not alive:
            self._own(other.id)._interrupt()
        return Begun("joined" if alive else "done", other.id)

    @staticmethod
    def _reusable(known: list[Known], fingerprints: list[str]) -> Known | None:
        """Return the newest validation with Claude's answer to the same facts."""
        return next(
            (
                other
                for other in known
                if other.state == "done" and other.fingerprint in fingerprints
            ),
            None,
        )

    def _is_fresh(
        self, request: ValidationRequest, opened: OpenValidation, reusable: Known
    ) -> bool:
        """Return whether nothing is to be stored: the invoice shows this answer, and
        the rules say the same. An entry of the queue is always to be ended."""
        if request.lane != "screen" or not reusable.is_shown:
            return False
        return self._own(reusable.id)._has_rule_findings(opened.judged.findings)

    def _has_rule_findings(self, findings) -> bool:
        """Return whether the rules said the same when this was validated, and people
        have decided the same about it."""
        self.ensure_one()
        stored = self.finding_ids.filtered(lambda finding: finding.origin == "rule")
        before, now = (
            sorted(
                (each.code, each.line, each.evidence, each.severity, each.dismissed)
                for each in some
            )
            for some in ([each._as_found() for each in stored], findings)
        )
        return before == now

    # === BUSINESS METHODS - STORE === #

    @api.model
    def _store_begun(self, begun: Sequence[tuple[OpenValidation, dict]]):
        """Store validations that begin: entries of the queue in their rows, others in
        new ones.

        When another transaction has just begun the same, it fails as a conflict of
        transactions, and Odoo repeats the request, which then finds it.
        """
        new = []
        for opened, values in begun:
            if not opened.validation_id:
                new.append((opened, values))
                continue
            entry = self._own(opened.validation_id)
            opened.attempt = entry.attempts
            del values["run_uuid"], values["move_id"]
            entry.write(storable(values))
        self.flush_model()
        ids = self._insert_many([values for _run, values in new])
        for opened, values in new:
            opened.validation_id = ids[values["run_uuid"]]

    @api.model
    def _values_of(
        self, opened: OpenValidation, trigger: str, fingerprint: str
    ) -> dict:
        """Return the columns of a validation that begins."""
        request: ClaudeRequest = opened.request
        judged = opened.judged
        document_data = document_to_data(judged.document)
        lease = timedelta(seconds=opened.deadline_seconds + LEASE_MARGIN_SECONDS)
        return {
            "run_uuid": opened.run_uuid,
            "move_id": opened.move_id,
            "company_id": opened.owner.company_id,
            "user_id": opened.uid,
            "trigger": trigger,
            "state": "running",
            "rules_verdict": verdict_of(judged.findings).value,
            "rule_findings": [
                finding_values(finding, judged.places) for finding in judged.findings
            ],
            "rules_count": judged.report.checked,
            "rulebook_version": judged.report.version,
            "judged_on": judged.context.today,
            "document_data": document_data,
            "context_data": context_to_data(judged.context),
            "document_fingerprint": document_fingerprint(
                judged.document, document_data
            ),
            "facts": request.messages[0]["content"][0]["text"],
            "prompt_id": self.env["account.ai.prompt"]._id_of(
                request, opened.agent.name, opened.agent.version
            ),
            "prompt_version": opened.agent.version,
            "agent": opened.agent.name,
            "model": request.model,
            "replaced_model": opened.replaced_model or None,
            "effort": request.effort,
            "language": request.language,
            "endpoint": opened.endpoint,
            "max_tokens": request.max_tokens,
            "cache_ttl": request.cache_ttl,
            "mask_persons": opened.mask_persons,
            "simulated": opened.simulated,
            "fingerprint": fingerprint,
            "lease_until": self.env.cr.now() + lease,
        }

    @api.model
    def _insert_many(self, rows: list[dict]) -> dict[str, int]:
        """Insert running validations and return their ids by run.

        One statement, because this stands before the first byte of a stream. A
        validation that somebody else has begun already is left out.
        """
        if not rows:
            return {}
        now = self.env.cr.now()
        stamps = {"attempts": 1, "create_date": now, "write_date": now}
        stamped = [
            {
                **row,
                **stamps,
                **dict.fromkeys(("create_uid", "write_uid"), row["user_id"]),
            }
            for row in rows
        ]
        columns = SQL(", ").join(map(SQL.identifier, stamped[0]))
        values = SQL(", ").join(
            SQL("%s", tuple(map(_column, row.values()))) for row in stamped
        )
        # When somebody else has begun the same a moment ago it fails, and the statement
        # holds whole invoices: it is not to be logged.
        execute(self.env.cr, SQL(_INSERT, columns, values))
        inserted = self.env.cr.fetchall()
        return {run_uuid: validation_id for validation_id, run_uuid in inserted}


def _column(value):
    """Return ``value`` as psycopg2 writes it: JSON columns as text."""
    value = storable(value)
    return json.dumps(value) if isinstance(value, dict | list) else value
