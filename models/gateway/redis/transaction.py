"""The gateway's backend over both: money in PostgreSQL, the rest in Redis."""

import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

import psycopg2

from ....services.claude.circuit import Change, CircuitBreaker, Transition
from ....services.claude.ports import AnswerStore, LimitState, RateLimiter
from ....services.common.failure_trace import failure_trace
from ....services.common.structured_log import structured_logger
from ...common.cursor import execute
from ..postgres.circuit import PostgresCircuits
from ..postgres.transaction import PostgresBackend, PostgresTransaction
from .answers import RedisAnswers
from .circuit import RedisCircuits
from .connection import RedisConnection
from .failure import RedisLost
from .loss import tell_administrators
from .rate_limit import RedisWindows

_log = structured_logger(__name__)

_DAY = 86_400.0

_RETENTION = "SELECT account_ai_retention_days FROM res_company WHERE id = %(id)s"

_T = TypeVar("_T")


class RedisBackend(PostgresBackend):
    """Shared state with limits, circuit breaker and answers in Redis.

    A transaction is PostgreSQL's. What it takes in Redis is taken at once and given
    back when it fails (that hit, that probe); what it only tells Redis (outcomes,
    answers) is told after it has committed. So a call is booked whatever Redis does: a
    failure of Redis never fails a transaction, PostgreSQL does the work instead. A
    process that is killed in between leaves a hit that counts until it is old, or a
    probe that blocks others until its time is over.

    Nothing waits for Redis with a row locked, as long as guards that count come before
    those that lock.
    """

    def __init__(
        self, *args, connection: RedisConnection, prefix: str, **kwargs
    ) -> None:
        """Put a backend together; the other arguments are PostgreSQL's.

        :param prefix: begins every key, so that databases can share a Redis
        """
        super().__init__(*args, **kwargs)
        self.connection = connection
        self.prefix = prefix

    @contextmanager
    def transaction(self) -> Iterator[PostgresTransaction]:
        """Open a short transaction of its own: commits on exit, rolls back on error.

        :raise psycopg2.pool.PoolError: when no connection became free in time
        """
        try:
            if not self.connection.is_available():
                with super().transaction() as transaction:
                    yield transaction
                return
            work = _Work(self)
            try:
                with super().transaction() as transaction:
                    work.join(transaction)
                    yield transaction
            except BaseException:  # whatever it is: what was taken is given back
                work.undo()
                raise
            work.carry_out()
        finally:
            tell_administrators(self.connection, self.dbname, self.postgres_transaction)

    def postgres_transaction(self):
        """Open a short transaction in which Redis has no part."""
        return PostgresBackend.transaction(self)

    def forget_answers(self, days_by_company: Mapping[int, int]) -> int:
        """Delete answers in Redis that are older than their company keeps facts.

        :return: how many; none while Redis is lost, which forgets by itself in time
        """
        if not self.connection.is_available():
            return 0
        answers = RedisAnswers(self.connection, self.prefix)
        try:
            return answers.forget(
                {company: days * _DAY for company, days in days_by_company.items()}
            )
        except RedisLost:
            return 0
        finally:
            tell_administrators(self.connection, self.dbname, self.postgres_transaction)


class _Work:
    """What one transaction does in Redis: to be undone, and to be done after it."""

    def __init__(self, backend: RedisBackend) -> None:
        self.backend = backend
        common = backend.connection, backend.prefix
        self.windows = RedisWindows(*common)
        self.circuits = RedisCircuits(*common)
        self.answers = RedisAnswers(*common)
        self._lost = False
        self._undo: list[Callable[[], object]] = []
        self._later: list[tuple[Callable[[], object], Callable[[Any], object]]] = []

    def join(self, transaction: PostgresTransaction) -> None:
        """Put Redis in the place of PostgreSQL where it has a part."""
        transaction.limits = _Limits(self, transaction.limits)
        transaction.circuit = _CircuitBreaker(self, transaction)
        transaction.answers = _Answers(self, transaction)

    def ask(self, redis: Callable[[], _T], postgres: Callable[[], _T]) -> _T:
        """Return what Redis says, or PostgreSQL once Redis was lost."""
        if not self._lost:
            try:
                return redis()
            except RedisLost:
                self._lost = True
        return postgres()

    def undo_with(self, act: Callable[[], object]) -> None:
        """Have ``act`` undo something when the transaction fails."""
        self._undo.append(act)

    def later(
        self,
        redis: Callable[[], object],
        postgres: Callable[[PostgresTransaction], object],
    ) -> None:
        """Have ``redis`` done after the transaction, or ``postgres`` in its stead."""
        self._later.append((redis, postgres))

    def undo(self) -> None:
        """Give back what was taken."""
        for act in reversed(self._undo):
            try:
                act()
            except RedisLost:
                return  # with Redis, what was taken there is out of reach

    def carry_out(self) -> None:
        """Do what had to wait for the commit; never fails."""
        for redis, postgres in self._later:
            try:
                self.ask(redis, lambda act=postgres: self.in_postgres(act))
            except psycopg2.Error as error:
                # The call is booked. Losing an answer that was only to be kept, or one
                # failure out of a row, must not make its caller think otherwise.
                _log.error("call_not_followed_up", failure=failure_trace(error))

    def in_postgres(self, act: Callable[[PostgresTransaction], object]) -> None:
        """Have ``act`` done in a transaction of its own."""
        with self.backend.postgres_transaction() as transaction:
            act(transaction)


class _Limits:
    """The rate limits of a transaction."""

    def __init__(self, work: _Work, postgres: RateLimiter) -> None:
        self._work = work
        self._postgres = postgres

    def hit(self, key: str, limit: int, window_seconds: float) -> LimitState:
        """Count one call and return the state after it; a refused one does not count.

        :param limit: calls that any ``window_seconds`` may hold, at least 1
        """
        windows = self._work.windows
        hit = uuid.uuid4().hex

        def in_redis() -> LimitState:
            state = windows.hit(key, limit, window_seconds, hit)
            if state.allowed:
                self._work.undo_with(lambda: windows.undo(key, hit))
            return state

        return self._work.ask(
            in_redis, lambda: self._postgres.hit(key, limit, window_seconds)
        )

    def hit_all(
        self, hits: Mapping[str, int], limit: int, window_seconds: float
    ) -> dict[str, LimitState]:
        """Count several calls, and return the states of their windows after them."""
        states = {}
        for key, count in hits.items():
            for _number in range(count):
                states[key] = self.hit(key, limit, window_seconds)
        return states


class _CircuitStorage:
    """The circuits of a transaction."""

    def __init__(self, work: _Work, postgres: PostgresCircuits) -> None:
        self._work = work
        self._postgres = postgres

    def change(self, name: str, transition: Transition) -> Change:
        """Apply ``transition`` now; a probe that it takes ends with a failure of the
        transaction."""
        circuits = self._work.circuits

        def in_redis() -> Change:
            change = circuits.change(name, transition)
            probe = change.after.probe
            if probe not in ("", change.before.probe):
                self._work.undo_with(
                    lambda: circuits.change(
                        name, lambda kept, now: kept.released(probe)
                    )
                )
            return change

        return self._work.ask(in_redis, lambda: self._postgres.change(name, transition))

    def change_after_commit(self, name: str, transition: Transition) -> None:
        """Apply ``transition`` once the call is booked.

        Where a circuit opened or closed, PostgreSQL gets a copy, for whoever asks
        without a network, and for the day on which Redis is lost.
        """

        def in_redis() -> None:
            change = self._work.circuits.change(name, transition)
            if _opened_or_closed(change):
                self._work.in_postgres(lambda t: t.circuits.change(name, _copy(change)))

        self._work.later(in_redis, lambda t: t.circuits.change(name, transition))


class _CircuitBreaker(CircuitBreaker):
    """The circuit breaker of a transaction."""

    def __init__(self, work: _Work, transaction: PostgresTransaction) -> None:
        super().__init__(
            _CircuitStorage(work, transaction.circuits), work.backend.breaker
        )
        self._postgres = transaction.circuit

    def retry_now(self, name: str) -> None:
        """Let the next call pass as a probe: whoever asks sees the copy, which may be
        open though Redis knows of nothing any more."""
        self._postgres.retry_now(name)
        return super().retry_now(name)


def _opened_or_closed(change: Change) -> bool:
    """Return whether others must know: each failure of a closed circuit is no news, nor
    is a probe."""
    before, after = (
        replace(each, failures=0, successes=0, probe_until=None, probe="")
        for each in (change.before, change.after)
    )
    return after != before and after.state != "half_open"


def _copy(change: Change) -> Transition:
    """Return what puts the changed circuit of Redis in the place of PostgreSQL's; their
    clocks may differ."""
    return lambda _kept, now: change.after.shifted(now - change.now)


class _Answers:
    """The answer store of a transaction."""

    def __init__(self, work: _Work, transaction: PostgresTransaction) -> None:
        self._work = work
        self._cursor = transaction.cursor
        self._postgres: AnswerStore = transaction.answers

    def get_all(
        self, wanted: Collection[tuple[str, int]]
    ) -> dict[tuple[str, int], Mapping[str, Any]]:
        """Return the stored answers among these fingerprints with companies.

        What Redis does not have is looked for in PostgreSQL: it may have been stored
        while Redis was away, or before there was one, and a call costs more than that.
        """
        answers = {}
        for place in wanted:
            answer = self._work.ask(
                lambda place=place: self._work.answers.get(*place), lambda: None
            )
            if answer:
                answers[place] = answer
        missing = [place for place in wanted if place not in answers]
        return {**answers, **(self._postgres.get_all(missing) if missing else {})}

    def put(
        self,
        fingerprint: str,
        company_id: int,
        answer: Mapping[str, Any],
        ttl_seconds: float | None,
        usage_id: int,
    ) -> None:
        """Store ``answer`` for ``ttl_seconds``; ``None`` stores it without an end.

        Redis keeps it no longer than the company keeps facts. One without an end is in
        PostgreSQL as well: it was paid for, and Redis may be lost.
        """
        facts = (fingerprint, company_id, dict(answer))
        if ttl_seconds is None:
            self._postgres.put(*facts, None, usage_id)
        retention = self._retention(company_id)
        seconds = retention if ttl_seconds is None else min(ttl_seconds, retention)
        self._work.later(
            lambda: self._work.answers.put(*facts, seconds, usage_id),
            lambda t: (
                ttl_seconds is not None and t.answers.put(*facts, ttl_seconds, usage_id)
            ),
        )

    def drop(self, fingerprint: str, company_id: int) -> None:
        """Forget the answer, here and there."""
        self._postgres.drop(fingerprint, company_id)
        self._work.later(
            lambda: self._work.answers.drop(fingerprint, company_id),
            lambda t: t.answers.drop(fingerprint, company_id),
        )

    def _retention(self, company_id: int) -> float:
        """Return for how many seconds a company keeps facts; a day when it is gone."""
        execute(self._cursor, _RETENTION, {"id": company_id})
        row = self._cursor.fetchone()
        return (row[0] or 1) * _DAY if row else _DAY
