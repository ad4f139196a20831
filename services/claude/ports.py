"""What the gateway needs from outside: implemented in ``models``, handed in.

Everything that ``admit`` or ``settle`` touches shares one short transaction of its own,
apart from the business transaction: a row written here survives its rollback.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from .circuit import CircuitBreaker
from .money.usage import TokenUsage


@dataclass(frozen=True)
class Owner:
    """Whom a call belongs to; goes to the ledger as plain values."""

    company_id: int
    user_id: int
    operation: str
    """``validation``, ``chat``, ..."""
    lane: str = "screen"
    """``screen`` for people at the screen, ``queue`` for queued and cron work."""
    agent: str = ""
    res_model: str = ""
    res_id: int = 0
    partner_id: int = 0
    run_uuid: str = ""
    """The run that asked, for the sweeper and for drill-down."""
    analytic: Mapping[str, float] = field(default_factory=dict, hash=False)
    """Per cents by ids of analytic accounts, parted by commas, as Odoo keeps it."""


@dataclass(frozen=True)
class OpenCall:
    """A call to be booked as open, at its worst-case cost."""

    key: str
    """Idempotency key, unique in the database: ``<run uuid>:<attempt>``."""
    fingerprint: str
    owner: Owner
    model: str
    endpoint: str
    simulated: bool
    unit_prices: Mapping[str, str]
    """Price in USD per million tokens of each bucket, as decimal strings."""
    estimated_input: int
    max_output: int
    worst_case_usd: Decimal
    lease_seconds: float
    """After this the call is past its deadline and the sweeper may close it."""
    attempt: int = 1
    provisional: bool = False
    """The worst case rests on a bound that Claude can still be asked to replace: near a
    budget :class:`CountFirst` is raised instead of reserving it."""


@dataclass(frozen=True)
class Booking:
    """The ledger row of a call."""

    usage_id: int
    key: str
    state: str
    """``open``, ``settled``, ``failed`` or ``unknown``."""
    created: bool
    """False when the key was in the ledger already: the call is not to be repeated."""
    reservation: Any = None
    """In which budgets an open row counts; the backend's own, for ``Budget``.
    """


@dataclass(frozen=True)
class Closing:
    """What the closing of a ledger row, or its correction, changes in budgets."""

    usage_id: int
    charges: Mapping[str, str]
    """In which counters the row counts, at which rate; the backend's own."""
    released_usd: Decimal
    """What was reserved until now."""
    cost_usd: Decimal
    """What is spent from now on; below zero for a correction downwards."""


@dataclass(frozen=True)
class Settlement:
    """What closes a ledger row, once."""

    state: str
    """``settled``, ``failed`` (at zero) or ``unknown`` (at an estimate)."""
    usage: TokenUsage
    cost_usd: Decimal
    estimated: bool
    outcome: str
    """``ok`` or the code of the :class:`~.errors.ClaudeError`."""
    stop_reason: str = ""
    request_id: str = ""
    message_id: str = ""
    unit_prices: Mapping[str, str] = field(default_factory=dict)
    """Unit prices that were used: the tier follows from the real prompt."""
    latency_ms: int = 0
    first_token_ms: int | None = None
    retries: int = 0
    """Attempts before this one within the same row: refused ones cost nothing."""
    simulated: bool = False
    """The answer itself says that it is simulated, whatever the settings say."""


@dataclass(frozen=True)
class LimitState:
    """State of the sliding window after a hit."""

    allowed: bool
    limit: int
    remaining: int
    reset_seconds: float
    """Seconds until one more call is allowed (0 when one is allowed now)."""


@dataclass(frozen=True)
class Alert:
    """What an administrator has to know, once."""

    kind: str
    """``budget_threshold``, ``spend_limit``, ...: groups alerts in lists."""
    key: str
    """Unique in the database: the same key never alerts a second time, unless it was
    resolved in between."""
    title: str
    """A few English words, ``%(name)s`` filled by ``params``, marked with ``_``."""
    message: str
    """A sentence or two in the same form: what happened and what to do."""
    company_id: int = 0
    """Whose administrators are told; 0: the system's, it concerns all companies."""
    params: Mapping[str, Any] = field(default_factory=dict)


class AnswerStore(Protocol):
    """Answers by fingerprint; a degraded answer is never stored.

    What cannot be read as JSON any more is as good as none."""

    def get_all(
        self, wanted: Collection[tuple[str, int]]
    ) -> dict[tuple[str, int], Mapping[str, Any]]:
        """Return the stored answers among these fingerprints with companies.

        :param wanted: at least one
        """
        ...

    def put(
        self,
        fingerprint: str,
        company_id: int,
        answer: Mapping[str, Any],
        ttl_seconds: float | None,
        usage_id: int,
    ) -> None: ...

    def drop(self, fingerprint: str, company_id: int) -> None:
        """Forget the answer, if there is one."""
        ...


class RateLimiter(Protocol):
    """Sliding window, exact over many processes."""

    def hit(self, key: str, limit: int, window_seconds: float) -> LimitState: ...

    def hit_all(
        self, hits: Mapping[str, int], limit: int, window_seconds: float
    ) -> dict[str, LimitState]:
        """Count several calls in windows of the same size, and return their states.

        Windows are locked in the order of their keys. Where calls do not fit, the
        transaction is to fail.

        :param hits: how many calls, by key; each at least one and at most the limit
        """
        ...


class NotPrepared(Exception):
    """Something shared must be prepared first, in a transaction of its own.

    Whoever holds the transaction lets it fail, calls ``prepare`` and begins anew.
    """

    def __init__(self, prepare: Callable[[], None]) -> None:
        super().__init__()
        self.prepare = prepare


class CountFirst(Exception):
    """A bound decides whether a call passes: Claude is to be asked for its size first.

    Only where the call says that it is provisional; the transaction is to fail.
    """


class Budget(Protocol):
    """What may be spent. Others wait for its locks: it comes last in a transaction."""

    def reserve_all(self, booked: Sequence[tuple[OpenCall, Booking]]) -> None:
        """Count open rows, at their worst case, in all their budgets.

        :raises ClaudeError: ``budget``: they do not fit together, and the transaction
            is to fail
        :raises CountFirst: one comes near a limit, and is provisional
        :raises NotPrepared: a budget or its period has just begun
        """
        ...

    def settle(self, *closings: Closing) -> None:
        """Count what calls have cost instead of what was reserved for them."""
        ...


class Ledger(Protocol):
    """The table of usage. Settled rows never change."""

    def open_all(self, calls: Sequence[OpenCall]) -> list[Booking]:
        """Open rows, locked in the order of their keys, all of them different, and
        return their bookings; that of a key which is booked already is found."""
        ...

    def settle(self, key: str, settlement: Settlement) -> Closing | None:
        """Close the row of ``key``; ``None`` when it was closed before."""
        ...

    def correct(self, key: str, settlement: Settlement) -> Closing | None:
        """Book what is known by now about a call that was closed as *unknown*.

        The row stays as it is; a row of its own, ``<key>:correction``, holds the
        difference. ``None`` when there is nothing to correct, or it was done before.
        """
        ...

    def stored_answer(self, call: OpenCall, saved_usd: Decimal) -> Booking:
        """Book that the answer store saved this call: a settled row at zero."""
        ...


class Alerts(Protocol):
    """Tells administrators; what is raised in a transaction falls with it."""

    def raise_alert(self, alert: Alert) -> bool:
        """Book the alert; False when its key has alerted before."""
        ...

    def resolve(self, *keys: str) -> bool:
        """Take down that the reasons of ``keys`` are over, where they have alerted: the
        next time, they alert again. Returns whether any had."""
        ...


class Transaction(Protocol):
    """One short transaction over everything shared."""

    answers: AnswerStore
    limits: RateLimiter
    circuit: CircuitBreaker
    budget: Budget
    ledger: Ledger
    alerts: Alerts

    def now(self) -> datetime:
        """Time of the database, aware, UTC."""
        ...


class Backend(Protocol):
    """Opens short transactions; commits on exit, rolls back on error."""

    def transaction(self) -> AbstractContextManager[Transaction]: ...
