from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.tools import SQL

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
from .running.run import Judged, Run

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
_KNOWN_RUNS = 20


class Known(NamedTuple):
    """An earlier validation of the same invoice, as far as a new run must know it."""

    id: int
    run_uuid: str
    move_id: int
    user_id: int
    state: str
    fingerprint: str | None
    is_alive: bool
    is_shown: bool
    """The invoice shows it."""


class Door(NamedTuple):
    """How Claude is asked for a company."""

    settings: GatewaySettings
    mask_persons: bool
    gateway: Gateway | None
    """``None`` when nothing may be sent; then ``error`` says why."""
    error: ClaudeError | None


class Start(NamedTuple):
    """What became of the wish to validate an invoice.

    :ivar kind: ``run``: Claude is to be asked; ``done``: the result is stored already;
        ``fresh``: nothing has changed since it was; ``joined``: the same is under way
    """

    kind: str
    validation_id: int
    run: Run | None = None


LEASE_MARGIN_SECONDS = 20
"""After its deadline the result of a run is still to be stored."""
_INSERT_COLUMNS = (
    *("run_uuid", "move_id", "company_id", "user_id", "trigger", "state"),
    *("rules_verdict", "rule_findings", "rules_count", "rulebook_version"),
    *("judged_on", "document_data", "context_data", "document_fingerprint", "facts"),
    *("prompt_id", "prompt_version", "agent", "model", "effort", "language"),
    "replaced_model",
    *("endpoint", "max_tokens", "cache_ttl", "mask_persons", "simulated"),
    *("fingerprint", "lease_until", "attempts"),
    *("create_uid", "write_uid", "create_date", "write_date"),
)
_INSERT = f"""
    INSERT INTO account_ai_validation ({", ".join(_INSERT_COLUMNS)})
    VALUES %s
        ON CONFLICT DO NOTHING
    RETURNING id, run_uuid
"""


class AccountAiRunStart(models.AbstractModel):
    """The beginning of a validation: everything before Claude is asked."""

    _name = "account.ai.run.start"
    _description = "Beginning of a Validation"

    # === BUSINESS METHODS - START === #

    @api.model
    def _start(self, move, run_uuid: str, force: bool = False) -> Start:
        """Begin to validate ``move`` for the environment's user, without any network.

        It may be called again with the same ``run_uuid``, as a replayed request does:
        the same run is found. A run that ends here (nothing may be sent, or only the
        rules had to judge anew) is stored in the present transaction.

        :param run_uuid: made by who asks
        :param force: ask Claude although nothing has changed
        :raises AccessError: when the user may not validate it
        :raises UserError: when the invoice is not one that can be validated
        """
        self._check_may_validate()
        # Only these columns: a company has a hundred, and this stands before the first
        # byte of the stream. sudo: settings for code, and the tree of companies that
        # record rules look at.
        self.env.companies.sudo().fetch(COMPANY_FIELDS)
        reading = self._read_one(move)
        run = self._prepare(reading, run_uuid, lane="screen")
        run.use_stored = not force
        fingerprints = self._fingerprints(run, reading)
        known = self._known_runs(move.id, run_uuid)
        for other in known:
            if other.run_uuid == run_uuid:
                return self._found_again(other, move)
        for other in known:
            if other.state == "running" and other.fingerprint == fingerprints[0]:
                if other.is_alive:
                    return Start("joined", other.id)
                self._own(other.id)._interrupt()
        reusable = self._reusable(known, fingerprints) if not force else None
        values = self._values_of(run, reading, "user", fingerprints[0])
        return self._begin(run, values, reusable)

    def _begin(self, run: Run, values: dict, reusable: Known | None) -> Start:
        """Store the run and end it at once when Claude need not or cannot be asked."""
        if reusable and reusable.is_shown:
            validation = self._own(reusable.id)
            if validation._has_rule_findings(run.judged.findings):
                return Start("fresh", reusable.id)
        if reusable and not self._can_be_read(run, self._own(reusable.id)):
            reusable = None
        if reusable:
            values["trigger"] = "rules"
        validation = self._insert(values)
        run.validation_id = validation.id
        if reusable:
            validation._finish_from(run, self._own(reusable.id))
        elif run.error:
            validation._finish_without_claude(run)
        else:
            return Start("run", validation.id, run)
        return Start("done", validation.id, run)

    @api.model
    def _check_may_validate(self):
        """Check the user's group.

        :raises AccessError: when the user may not validate
        """
        if not self.env.user.has_group("account_ai.group_user"):
            raise AccessError(self.env._("You are not allowed to validate invoices."))

    @api.model
    def _read_one(self, move) -> Reading:
        """Return the invoice as a document, read with the user's access."""
        readings = self.env["account.ai.document.reader"]._read_with_places(move)
        if move.id not in readings:
            if not move.exists():
                raise MissingError(self.env._("This invoice does not exist any more."))
            raise UserError(self.env._("Only invoices and credit notes are validated."))
        reading = readings[move.id]
        if reading.company_country != "CL":
            raise UserError(
                self.env._("Only documents of Chilean companies are validated.")
            )
        return reading

    @api.model
    def _prepare(
        self,
        reading: Reading,
        run_uuid: str,
        lane: str,
        judged: Judged | None = None,
        door: Door | None = None,
    ) -> Run:
        """Return the run of an invoice: rules judged, request built, door looked up.

        :param judged: what the rules say, where that is known already
        :param door: of the invoice's company, where that is known already
        """
        settings, mask_persons, gateway, error = door or self._door(reading.company_id)
        agent = agent_named(AGENT)
        judged = judged or self._judge_by_rules(reading)
        return Run(
            dbname=self.env.cr.dbname,
            uid=self.env.uid,
            context={**self.env.context, "lang": self.env.lang},
            validation_id=0,
            run_uuid=run_uuid,
            move_id=reading.move_id,
            owner=Owner(
                company_id=reading.company_id,
                user_id=self.env.uid,
                operation=OPERATION,
                lane=lane,
                agent=agent.name,
                res_model="account.move",
                res_id=reading.move_id,
                partner_id=reading.partner_id,
                run_uuid=run_uuid,
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
            gateway=gateway,
            error=error,
        )

    @api.model
    def _door(self, company_id: int) -> Door:
        """Return how Claude is asked for a company, or why it is not."""
        company = self.env["res.company"].browse(company_id)
        doors = self.env["account.ai.gateway"]
        gateway = error = None
        try:
            doors._check_ready(company)
            gateway = doors._gateway(company)
        except ClaudeError as refusal:
            error = refusal
        company_sudo = company.sudo()  # a setting of the company, for code only
        return Door(
            doors._settings(company),
            company_sudo.account_ai_mask_persons,
            gateway,
            error,
        )

    @api.model
    def _judge_by_rules(self, reading: Reading) -> Judged:
        return self._judge_all_by_rules([reading])[0]

    @api.model
    def _judge_all_by_rules(self, readings: list[Reading]) -> list[Judged]:
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
    def _fingerprints(self, run: Run, reading: Reading) -> list[str]:
        """Return the fingerprint of the request, and that of the same document before
        it was posted: a draft without a date is judged as posted today, and getting its
        date and folio by posting is no change."""
        fingerprints = [run.request.fingerprint(run.endpoint)]
        if reading.context.is_issued:
            request = run.agent.request(
                as_if_assumed(reading.document),
                reading.context,
                language=run.request.language,
                model=run.request.model,
                effort=run.request.effort,
                mask_persons=run.mask_persons,
                time=run.judged.time,
            )
            fingerprints.append(request.fingerprint(run.endpoint))
        return fingerprints

    # === BUSINESS METHODS - WHAT IS KNOWN === #

    @api.model
    def _known_runs(self, move_id: int, run_uuid: str) -> list[Known]:
        """Return the newest validations of the invoice that are under way or have
        Claude's answer, and that of ``run_uuid``.

        Those without an answer are none that a new run must know, however many there
        are: they must not push out the answer that there is.
        """
        self.flush_model(["state", "fingerprint", "degraded_code", "lease_until"])
        self.env["account.move"].flush_model(["account_ai_validation_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id, run_uuid, move_id, user_id, state, fingerprint,
                       COALESCE(lease_until > now() AT TIME ZONE 'UTC', FALSE),
                       id = (SELECT account_ai_validation_id
                               FROM account_move
                              WHERE id = validation.move_id) IS TRUE
                  FROM account_ai_validation AS validation
                 WHERE run_uuid = %(run_uuid)s
                    OR (move_id = %(move_id)s
                        AND (state = 'running'
                             OR (state = 'done'
                                 AND degraded_code IS NULL
                                 AND model_answer IS NOT NULL)))
                 ORDER BY run_uuid = %(run_uuid)s DESC, id DESC
                 LIMIT %(most)s
                """,
                run_uuid=run_uuid,
                move_id=move_id,
                most=_KNOWN_RUNS,
            )
        )
        return [Known._make(row) for row in rows]

    @api.model
    def _own(self, validation_id: int):
        """Return the validation for the flow to write."""
        # sudo: users may only read; what is written here follows from their documents
        return self.sudo().browse(validation_id)

    def _found_again(self, other: Known, move) -> Start:
        """Return the run that was begun before: a replay, or a second tab."""
        if other.user_id != self.env.uid or other.move_id != move.id:
            raise AccessError(self.env._("This run belongs to somebody else."))
        alive = other.state in ("queued", "running") and other.is_alive
        if other.state == "running" and not alive:
            self._own(other.id)._interrupt()
        return Start("joined" if alive else "done", other.id)

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

    def _has_rule_findings(self, findings) -> bool:
        """Return whether the rules said the same when this was validated, and people
        have decided the same about it."""
        self.ensure_one()
        stored = self.finding_ids.filtered(lambda finding: finding.origin == "rule")
        before = [
            (
                *(each.code, each.line_number, each.evidence or ""),
                *(each.severity, each.dismissed),
            )
            for each in stored
        ]
        now = [
            (
                *(each.code, each.line, each.evidence),
                *(each.severity.value, each.dismissed),
            )
            for each in findings
        ]
        return sorted(before) == sorted(now)

    # === BUSINESS METHODS - STORE === #

    @api.model
    def _values_of(
        self, run: Run, reading: Reading, trigger: str, fingerprint: str
    ) -> dict:
        """Return the columns of a run that begins."""
        request: ClaudeRequest = run.request
        judged = run.judged
        document_data = document_to_data(judged.document)
        lease = timedelta(seconds=run.deadline_seconds + LEASE_MARGIN_SECONDS)
        return {
            "run_uuid": run.run_uuid,
            "move_id": run.move_id,
            "company_id": run.owner.company_id,
            "user_id": run.uid,
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
                request, run.agent.name, run.agent.version
            ),
            "prompt_version": run.agent.version,
            "agent": run.agent.name,
            "model": request.model,
            "replaced_model": run.replaced_model or None,
            "effort": request.effort,
            "language": request.language,
            "endpoint": run.endpoint,
            "max_tokens": request.max_tokens,
            "cache_ttl": request.cache_ttl,
            "mask_persons": run.mask_persons,
            "simulated": run.simulated,
            "fingerprint": fingerprint,
            "lease_until": self.env.cr.now() + lease,
        }

    @api.model
    def _insert(self, values: dict):
        """Insert a running validation and return it, for the flow to write.

        When another transaction has just begun the same run, it fails as a conflict of
        transactions, and Odoo repeats the request, which then finds that run.
        """
        return self._own(self._insert_many([values])[values["run_uuid"]])

    @api.model
    def _insert_many(self, rows: list[dict]) -> dict[str, int]:
        """Insert running validations and return their ids by run.

        One statement, because this stands before the first byte of a stream. A run that
        somebody else has begun already is left out.
        """
        if not rows:
            return {}
        now = self.env.cr.now()
        values = SQL(", ").join(
            SQL(
                "%s",
                tuple(
                    _column(each.get(name))
                    for each in [_begun(row, now)]
                    for name in _INSERT_COLUMNS
                ),
            )
            for row in rows
        )
        # When somebody else has begun the same a moment ago it fails, and the statement
        # holds whole invoices: it is not to be logged.
        execute(self.env.cr, SQL(_INSERT, values))
        inserted = self.env.cr.fetchall()
        return {run_uuid: validation_id for validation_id, run_uuid in inserted}


def _begun(values: dict, now: datetime) -> dict:
    """Return all columns of a run that begins now."""
    stamps = {"create_date": now, "write_date": now}
    users = {"create_uid": values["user_id"], "write_uid": values["user_id"]}
    return {**values, "attempts": 1, **stamps, **users}


def _column(value):
    """Return ``value`` as psycopg2 writes it: JSON columns as text."""
    value = storable(value)
    return json.dumps(value) if isinstance(value, dict | list) else value
