"""The gateway's state in the memory of one process, to measure without a database.

Nothing outlives the process and nothing is shared, so nothing is limited either: the
ledger books every call, the breaker counts, but there is no rate limit and no budget,
and no answer is stored, because each case is to be asked.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from services.claude.circuit import (
    BreakerPolicy,
    Change,
    Circuit,
    CircuitBreaker,
    Transition,
)
from services.claude.ports import (
    Alert,
    Booking,
    Closing,
    LimitState,
    OpenCall,
    Settlement,
)

_logger = logging.getLogger(__name__)


class NoAnswers:
    """An answer store that keeps nothing."""

    def get_all(
        self, wanted: Collection[tuple[str, int]]
    ) -> dict[tuple[str, int], Mapping[str, Any]]:
        return {}

    def put(
        self,
        fingerprint: str,
        company_id: int,
        answer: Mapping[str, Any],
        ttl_seconds: float | None,
        usage_id: int,
    ) -> None:
        return None

    def drop(self, fingerprint: str, company_id: int) -> None:
        return None


class NoLimits:
    """A rate limiter that lets everything pass."""

    def hit(self, key: str, limit: int, window_seconds: float) -> LimitState:
        return LimitState(True, limit, limit, 0.0)

    def hit_all(
        self, hits: Mapping[str, int], limit: int, window_seconds: float
    ) -> dict[str, LimitState]:
        return {key: self.hit(key, limit, window_seconds) for key in hits}


class NoBudget:
    """A budget that refuses nothing."""

    def reserve_all(self, booked: Sequence[tuple[OpenCall, Booking]]) -> None:
        return None

    def settle(self, *closings: Closing) -> None:
        return None


class LoggedAlerts:
    """Alerts that are logged, since an evaluation has no administrators."""

    def __init__(self) -> None:
        self._keys: set[str] = set()

    def raise_alert(self, alert: Alert) -> bool:
        if alert.key in self._keys:
            return False
        self._keys.add(alert.key)
        _logger.warning(alert.message % alert.params if alert.params else alert.message)
        return True

    def resolve(self, *keys: str) -> bool:
        """Let ``keys`` alert again."""
        known = not self._keys.isdisjoint(keys)
        self._keys.difference_update(keys)
        return known


class Circuits:
    """The circuits of this process."""

    def __init__(self) -> None:
        self._circuits: dict[str, Circuit] = {}

    def change(self, name: str, transition: Transition) -> Change:
        """Apply ``transition`` and return what it did."""
        before, now = self._circuits.get(name, Circuit()), time.monotonic()
        after = self._circuits[name] = transition(before, now)
        return Change(before, after, now)

    change_after_commit = change


@dataclass
class Row:
    """A row of the ledger."""

    call: OpenCall
    settlement: Settlement | None = None


class Ledger:
    """The calls of this process, by key."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}

    def open_all(self, calls: Sequence[OpenCall]) -> list[Booking]:
        return [self._open(call) for call in calls]

    def _open(self, call: OpenCall) -> Booking:
        row = self.rows.setdefault(call.key, Row(call))
        state = row.settlement.state if row.settlement else "open"
        return Booking(len(self.rows), call.key, state, created=row.call is call)

    def settle(self, key: str, settlement: Settlement) -> Closing | None:
        row = self.rows.get(key)
        if row is None or row.settlement is not None:
            return None
        row.settlement = settlement
        return Closing(0, {}, row.call.worst_case_usd, settlement.cost_usd)

    def correct(self, key: str, settlement: Settlement) -> None:
        return None

    def stored_answer(self, call: OpenCall, saved_usd: Decimal) -> Booking:
        raise AssertionError("there is no store that could have the answer")

    def cost_usd(self, run_uuid: str) -> Decimal:
        """Return what the closed calls of a run cost, repetitions included."""
        return sum(
            (
                row.settlement.cost_usd
                for row in self.rows.values()
                if row.call.owner.run_uuid == run_uuid and row.settlement
            ),
            Decimal(0),
        )


class MemoryBackend:
    """A backend for one process and one thread; see the module."""

    def __init__(self, breaker: BreakerPolicy) -> None:
        self.answers = NoAnswers()
        self.limits = NoLimits()
        self.budget = NoBudget()
        self.circuit = CircuitBreaker(Circuits(), breaker)
        self.ledger = Ledger()
        self.alerts = LoggedAlerts()

    def now(self) -> datetime:
        """Return the time of this machine."""
        return datetime.now(timezone.utc)

    @contextmanager
    def transaction(self) -> Iterator[MemoryBackend]:
        """Give the stores; a refusal changes nothing that would have to be undone."""
        yield self
