from __future__ import annotations

import logging
import os
import socket
import uuid
from datetime import timedelta
from typing import Any, NamedTuple

import psycopg2

from odoo import api, models
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.fields import Domain

from ...services.claude.errors import ClaudeError
from ...services.claude.guards.circuit_breaker import PAUSES
from ...services.common.storable import storable_text
from ...services.validation.queue_waits import QueueWaits
from ..common.cursor import execute, open_cursor
from .account_ai_validation_begin import ValidationRequest
from .running.execution import admit, ask, store
from .running.open_validation import OpenValidation, Outcome

_logger = logging.getLogger(__name__)

QUEUE_CRONS = (
    "account_ai.ir_cron_account_ai_queue_1",
    "account_ai.ir_cron_account_ai_queue_2",
    "account_ai.ir_cron_account_ai_queue_3",
)
MAX_ATTEMPTS = 5
SHORTEST_RETRY_SECONDS = 5.0
LONGEST_RETRY_SECONDS = 3600.0
COLLISION_RETRY_SECONDS = 15.0
LONGEST_WAIT_SECONDS = 86400.0
"""How long a document waits for a Claude that takes no calls. Then it is asked for all
the same, is refused, and gets what the rules say: better than no answer."""
LEASE_SECONDS = 300.0
"""From the claim until the document is read; then the validation has a lease of its
own."""

_CLAIM = """
    UPDATE account_ai_validation
       SET state = 'running',
           worker = %(worker)s,
           attempts = COALESCE(attempts, 0) + 1,
           lease_until = now() AT TIME ZONE 'UTC' + %(lease)s * interval '1 second'
     WHERE id = (SELECT id
                   FROM account_ai_validation
                  WHERE state = 'queued'
                    AND next_try_at <= now() AT TIME ZONE 'UTC'
                    AND (NOT (%(all_wait)s OR company_id = ANY(%(waiting)s))
                         OR create_date < now() AT TIME ZONE 'UTC'
                                          - %(longest_wait)s * interval '1 second')
                  ORDER BY next_try_at, id
                  LIMIT 1
                    FOR UPDATE SKIP LOCKED)
    RETURNING id
"""


# In the order of the invoices: two who queue the same must not wait for each other.
_QUEUE = """
    INSERT INTO account_ai_validation
           (run_uuid, move_id, company_id, user_id, trigger, state,
            batch_uuid, next_try_at, create_uid, write_uid, create_date, write_date)
    SELECT entry.run_uuid, entry.move_id, entry.company_id, %(uid)s, 'queue', 'queued',
           %(batch_uuid)s, %(now)s, %(uid)s, %(uid)s, %(now)s, %(now)s
      FROM unnest(%(run_uuids)s::varchar[], %(move_ids)s::int[], %(company_ids)s::int[])
        AS entry (run_uuid, move_id, company_id)
     ORDER BY entry.move_id
        ON CONFLICT DO NOTHING
    RETURNING id
"""
_WAITING = """
    SELECT move_id
      FROM account_ai_validation
     WHERE move_id = ANY(%(move_ids)s)
       AND trigger = 'queue'
       AND state IN ('queued', 'running')
"""


class Sorted(NamedTuple):
    """Invoices that somebody wants to queue, by what becomes of them."""

    to_queue: Any
    fresh: Any
    """Validated with Claude, and not changed since."""
    waiting: Any
    """Queued or running already."""
    not_available: Any
    """Of a company that is not Chilean, or no invoices."""
    not_readable: Any


SWEEP_LIMIT = 100

_EXPIRED = """
    SELECT id
      FROM account_ai_validation
     WHERE state = 'running' AND lease_until < now() AT TIME ZONE 'UTC'
     ORDER BY lease_until
     LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED
"""


_STATE = """
    SELECT state, state = 'running' AND lease_until < now() AT TIME ZONE 'UTC'
      FROM account_ai_validation
     WHERE id = %(id)s
"""


class AccountAiValidation(models.Model):
    """The queue: several crons share it, each claims one validation at a time by lease.

    A claim is a short transaction of its own, so that no lock is held while Claude
    answers; a worker that dies loses its lease, and the sweeper takes over.
    """

    _inherit = "account.ai.validation"

    # === BUSINESS METHODS - QUEUE === #

    @api.model
    def _queue_moves(self, moves):
        """Queue those invoices that need it, for the environment's user.

        Left out: what the user may not read, is no invoice or not Chilean, is queued
        or running, or is validated with Claude and has not changed since.

        :return: the queued validations
        """
        moves = self._sort_for_queue(moves).to_queue
        queued = self.browse(self._insert_queued(moves))
        if queued:
            self._wake_queue()
        return queued

    @api.model
    def _insert_queued(self, moves) -> list[int]:
        """Insert entries of the queue and return their ids; an invoice that somebody
        else has queued in the same moment is left out."""
        batch_uuid = str(uuid.uuid4())
        while moves:
            parameters = {
                "uid": self.env.uid,
                "now": self.env.cr.now(),
                "batch_uuid": batch_uuid,
                "run_uuids": [str(uuid.uuid4()) for _move in moves],
                "move_ids": moves.ids,
                "company_ids": [move.company_id.id for move in moves],
            }
            try:
                with self.env.cr.savepoint():
                    execute(self.env.cr, _QUEUE, parameters)
                    return [row[0] for row in self.env.cr.fetchall()]
            except psycopg2.errors.SerializationFailure:
                # Somebody else's entry, which this transaction cannot see.
                waiting = self._waiting_now(moves.ids)
                if waiting.isdisjoint(moves.ids):
                    raise
                moves = moves.filtered(lambda move: move.id not in waiting)  # noqa: B023
        return []

    @api.model
    def _waiting_now(self, move_ids: list[int]) -> set[int]:
        """Return those of the invoices that are in the queue at this moment."""
        with open_cursor(self.env.cr.dbname) as cursor:
            execute(cursor, _WAITING, {"move_ids": move_ids})
            return {row[0] for row in cursor.fetchall()}

    @api.model
    def _sort_for_queue(self, moves) -> Sorted:
        """Part what can be queued from what is left out, by the reason.

        :raises AccessError: when the user may not validate
        """
        self._check_may_validate()
        readable = moves._filtered_access("read")
        available = readable.filtered("account_ai_available")
        # sudo: only whether these, which the user may read, are waiting already
        waiting = self.sudo()._read_group(
            [("move_id", "in", available.ids), ("state", "in", ("queued", "running"))],
            ["move_id"],
        )
        waiting = moves.browse(move.id for (move,) in waiting)
        fresh = (available - waiting).filtered(lambda move: move._account_ai_is_fresh())
        return Sorted(
            to_queue=available - waiting - fresh,
            fresh=fresh,
            waiting=waiting,
            not_available=readable - available,
            not_readable=moves - readable,
        )

    @api.model
    def _wake_queue(self, at=None):
        """Have the queue's crons run now, or at a later time (UTC)."""
        for name in QUEUE_CRONS:
            # sudo: waking a cron changes nothing but when queued work is done
            self.env.ref(name).sudo()._trigger(at)

    @api.model
    def _process_queue(self):
        """Work off the queue until it is empty or the cron's time is over.

        Each validation is claimed, read, asked and stored in transactions of its own;
        the cron's own transaction only counts. While Claude takes no calls, or a
        company has reached its limit, nothing is claimed in vain: the crons come back
        when it is over.
        """
        worker = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        progress = self.env["ir.cron"]
        waits = QueueWaits()
        while True:
            waits.pause(self._circuit_wait())
            progress._commit_progress(remaining=self._queue_length(waits))
            claimed = self._claim(worker, waits)
            if claimed is None:
                break
            self._work_on(claimed, waits)
            if not progress._commit_progress(1):
                break
        if waits.seconds_to_next is not None:
            wait = max(waits.seconds_to_next, SHORTEST_RETRY_SECONDS)
            self._wake_queue(self.env.cr.now() + timedelta(seconds=wait))

    @api.model
    def _circuit_wait(self) -> float:
        """Return for how many seconds the circuit breaker lets no call pass."""
        gateways = self.env["account.ai.gateway"]
        with gateways._backend().transaction() as transaction:
            state = transaction.circuit.state(gateways._base_url())
        return state.retry_after if state.state == "open" else 0.0

    @api.model
    def _queue_length(self, waits: QueueWaits) -> int:
        now = self.env.cr.now()
        due = Domain("state", "=", "queued") & Domain("next_try_at", "<=", now)
        goes = Domain(not waits.all_wait)
        goes &= Domain("company_id", "not in", waits.waiting_companies)
        longest_wait = timedelta(seconds=LONGEST_WAIT_SECONDS)
        return self.search_count(
            due & (goes | Domain("create_date", "<", now - longest_wait))
        )

    @api.model
    def _claim(self, worker: str, waits: QueueWaits) -> int | None:
        """Claim one queued run and return its id; ``None`` when none is due."""
        parameters = {
            "worker": worker,
            "lease": LEASE_SECONDS,
            "all_wait": waits.all_wait,
            "waiting": waits.waiting_companies,
            "longest_wait": LONGEST_WAIT_SECONDS,
        }
        with open_cursor(self.env.cr.dbname) as cursor:
            execute(cursor, _CLAIM, parameters)
            row = cursor.fetchone()
        return row[0] if row else None

    @api.model
    def _work_on(self, validation_id: int, waits: QueueWaits):
        """Carry out a claimed run: read, then ask with no transaction, then store."""
        try:
            opened = self._prepare_claimed(validation_id)
            if opened:
                self._carry_out_claimed(opened, waits)
        except psycopg2.errors.UniqueViolation:
            # Somebody validates the same at the screen: look again when that is done.
            self._put_back(validation_id, COLLISION_RETRY_SECONDS)
        self._notify_batch(validation_id)

    @api.model
    def _prepare_claimed(self, validation_id: int) -> OpenValidation | None:
        """Read the invoice as its user and store the validation's facts.

        :return: the validation to ask Claude for; ``None`` when it is closed already
        """
        with open_cursor(self.env.cr.dbname) as cursor:
            env = self._env_of(cursor, validation_id)
            entry = env["account.ai.validation"]._own(validation_id)
            request = ValidationRequest(entry.move_id.id, entry.run_uuid, lane="queue")
            try:
                (begun,) = env["account.ai.validation"]._begin([request])
            except (AccessError, MissingError, UserError) as error:
                entry._fail(str(error))
                return None
            env.flush_all()
        if begun.kind == "joined":
            self._put_back(validation_id, COLLISION_RETRY_SECONDS)
        return begun.opened if begun.kind == "ask" else None

    def _env_of(self, cursor, validation_id: int):
        """Return an environment of the validation's user, in the validation's
        company."""
        env = api.Environment(cursor, self.env.uid, {})
        # sudo: the claimed validation's own user and company, to go on with their
        # rights
        validation = env["account.ai.validation"].sudo().browse(validation_id)
        user = validation.user_id
        context = {
            "lang": user.lang,
            "tz": user.tz,
            "allowed_company_ids": validation.company_id.ids,
        }
        return env(user=user.id, context=context, su=False)

    @api.model
    def _carry_out_claimed(self, opened: OpenValidation, waits: QueueWaits):
        reached = False
        try:
            admission = admit(opened)
        except ClaudeError as error:
            outcome = Outcome(error=error)
        else:
            reached = True
            outcome = ask(opened, admission, emit=lambda _name, _data: None)
        error = outcome.error
        if error:
            waits.refused(opened.owner.company_id, error)
        if error and self._is_worth_waiting(opened, error, reached):
            self._put_back(opened.validation_id, error.retry_after or 0.0, reached)
        else:
            store(opened, outcome)

    @api.model
    def _is_worth_waiting(
        self, opened: OpenValidation, error: ClaudeError, reached: bool
    ) -> bool:
        """Return whether a validation that has failed goes back into the queue.

        Those that Claude was asked for may do so a few times; those that were refused
        before that for as long as a document waits at most.
        """
        if not error.retryable and error.code not in PAUSES:
            return False
        if reached:
            return opened.attempt < MAX_ATTEMPTS
        with open_cursor(self.env.cr.dbname) as cursor:
            env = api.Environment(cursor, self.env.uid, {})
            validation = env["account.ai.validation"]._own(opened.validation_id)
            waited = cursor.now() - validation.create_date
        return waited.total_seconds() < LONGEST_WAIT_SECONDS

    @api.model
    def _put_back(self, validation_id: int, seconds: float, reached: bool = False):
        """Queue a claimed validation again, to be tried after so many seconds.

        :param reached: Claude was asked; otherwise the attempt does not count
        """
        with open_cursor(self.env.cr.dbname) as cursor:
            env = api.Environment(cursor, self.env.uid, {})
            validation = env["account.ai.validation"]._own(validation_id)
            if not reached:
                validation.attempts -= 1
            seconds = min(max(seconds, SHORTEST_RETRY_SECONDS), LONGEST_RETRY_SECONDS)
            validation._requeue(seconds)

    def _requeue(self, seconds: float):
        at = self.env.cr.now() + timedelta(seconds=seconds)
        self.write(
            {
                "state": "queued",
                "next_try_at": at,
                "lease_until": False,
                "worker": False,
                "fingerprint": False,
            }
        )
        self._wake_queue(at)

    def _fail(self, reason: str):
        """Close a validation whose invoice cannot be read for its user."""
        self.write(
            {
                "state": "failed",
                "degraded_code": "unreadable",
                "degraded_source": storable_text(reason),
                "date_done": self.env.cr.now(),
                "lease_until": False,
                "worker": False,
            }
        )

    @api.model
    def _notify_batch(self, validation_id: int):
        """Tell the user how far the documents are that were queued together."""
        with open_cursor(self.env.cr.dbname) as cursor:
            env = api.Environment(cursor, self.env.uid, {})
            # sudo: counts of the user's own request
            validation = env["account.ai.validation"].sudo().browse(validation_id)
            if not (validation.exists() and validation.batch_uuid):
                return
            rows = validation._read_group(
                [("batch_uuid", "=", validation.batch_uuid)],
                ["state", "verdict"],
                ["__count"],
            )
            counts = {(state, verdict): count for state, verdict, count in rows}
            validation.user_id._bus_send(
                "account_ai/queue", {"batch": validation.batch_uuid, **_tally(counts)}
            )

    # === BUSINESS METHODS === #

    @api.model
    def _sweep(self):
        """Close what a killed process left behind: calls in the ledger, then
        validations."""
        backend = self.env["account.ai.gateway"]._backend()
        while len(backend.close_expired(SWEEP_LIMIT)) == SWEEP_LIMIT:
            continue
        while self._sweep_runs() == SWEEP_LIMIT:
            continue

    @api.model
    def _is_under_way(self, validation_id: int) -> bool:
        """Return whether a validation goes on.

        One whose process died is closed first, so that whoever waits for it learns it
        when its lease is over, and not when the sweeper comes by.
        """
        state, is_lost = self._state_of(validation_id)
        if is_lost:
            self._sweep()
            state, _is_lost = self._state_of(validation_id)
        return state in ("queued", "running")

    @api.model
    def _state_of(self, validation_id: int) -> tuple[str, bool]:
        """Return a validation's state, empty when it is gone, and whether its lease is
        over.

        In a transaction of its own, which sees what others have just stored.
        """
        with open_cursor(self.env.cr.dbname) as cursor:
            execute(cursor, _STATE, {"id": validation_id})
            return cursor.fetchone() or ("", False)

    @api.model
    def _sweep_runs(self) -> int:
        """Close validations past their lease; return how many there were."""
        with open_cursor(self.env.cr.dbname) as cursor:
            execute(cursor, _EXPIRED, {"limit": SWEEP_LIMIT})
            ids = [row[0] for row in cursor.fetchall()]
            env = api.Environment(cursor, self.env.uid, {})
            for validation in env["account.ai.validation"]._own(ids):
                if validation._was_never_asked():
                    validation._requeue(0.0)
                else:
                    validation._interrupt()
        return len(ids)

    def _was_never_asked(self) -> bool:
        """Return whether a queued validation died before it cost anything."""
        self.ensure_one()
        if self.trigger != "queue" or self.attempts >= MAX_ATTEMPTS:
            return False
        usages = self.env["account.ai.usage"]
        return not usages.search_count([("run_uuid", "=", self.run_uuid)], limit=1)


def _tally(counts: dict) -> dict[str, int]:
    """Return what the notification says, from counts by state and verdict."""

    def number(*states, verdict=None):
        return sum(
            count
            for (state, kept), count in counts.items()
            if state in states and verdict in (None, kept)
        )

    ended = ("done", "interrupted", "failed")
    return {
        "done": number(*ended),
        "total": sum(counts.values()),
        "failed": number("failed", "interrupted"),
        "review": number(*ended, verdict="review"),
        "reject": number(*ended, verdict="reject"),
    }
