"""The gateway's backend in memory: for tests that need neither database nor Odoo.

It keeps the same promises as the one in PostgreSQL, proven by the same tests
(``backend_contract.py``): a transaction that fails leaves no trace, keys are unique,
what is closed stays closed.
"""

import copy
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from odoo.addons.account_ai.services.claude.circuit import (
    BreakerPolicy,
    Change,
    Circuit,
    CircuitBreaker,
)
from odoo.addons.account_ai.services.claude.errors import ClaudeError
from odoo.addons.account_ai.services.claude.ports import (
    Booking,
    Closing,
    LimitState,
    OpenCall,
    Settlement,
)
from odoo.addons.account_ai.services.common.storable import storable


@dataclass
class Row:
    """A row of the ledger."""

    usage_id: int
    call: OpenCall
    state: str
    settlement: Settlement | None = None
    saved_usd: Decimal = Decimal(0)
    cost_usd: Decimal = Decimal(0)
    budgeted_at: datetime | None = None
    """When the row was opened: its budgets are those of that day and month."""


@dataclass
class Tables:
    """Everything that is shared; a transaction works on a copy."""

    rows: dict = field(default_factory=dict)
    answers: dict = field(default_factory=dict)
    windows: dict = field(default_factory=dict)
    circuits: dict = field(default_factory=dict)
    alerts: dict = field(default_factory=dict)


class MemoryTransaction:
    """The stores, all in one object over one copy of the tables."""

    def __init__(self, backend, tables):
        self._backend = backend
        self._tables = tables
        self.answers = MemoryAnswers(backend, tables)
        self.limits = MemoryLimits(backend, tables)
        circuits = MemoryCircuits(backend, tables)
        self.circuit = CircuitBreaker(circuits, backend.breaker)
        self.budget = MemoryBudget(backend, tables)
        self.ledger = MemoryLedger(backend, tables)
        self.alerts = MemoryAlerts(tables)

    def now(self):
        return self._backend.now()


class MemoryAlerts:
    def __init__(self, tables):
        self._alerts = tables.alerts

    def raise_alert(self, alert):
        return self._alerts.setdefault(alert.key, alert) is alert

    def resolve(self, *keys):
        return any([self._alerts.pop(key, None) is not None for key in keys])


class MemoryAnswers:
    def __init__(self, backend, tables):
        self._backend = backend
        self._answers = tables.answers

    def get_all(self, wanted):
        found = {place: self._get(*place) for place in wanted}
        return {place: answer for place, answer in found.items() if answer is not None}

    def _get(self, fingerprint, company_id):
        answer, expires = self._answers.get((fingerprint, company_id), (None, None))
        if expires is not None and expires <= self._backend.clock():
            return None
        return copy.deepcopy(answer)

    def put(self, fingerprint, company_id, answer, ttl_seconds, usage_id):
        now = self._backend.clock()
        expires = None if ttl_seconds is None else now + ttl_seconds
        self._answers[fingerprint, company_id] = (storable(answer), expires)

    def drop(self, fingerprint, company_id):
        self._answers.pop((fingerprint, company_id), None)


class MemoryLimits:
    def __init__(self, backend, tables):
        self._backend = backend
        self._windows = tables.windows

    def hit(self, key, limit, window_seconds):
        now = self._backend.clock()
        hits = [hit for hit in self._windows.get(key, ()) if hit > now - window_seconds]
        allowed = len(hits) < limit
        if allowed:
            hits.append(now)
        self._windows[key] = hits
        full = len(hits) >= limit
        return LimitState(
            allowed=allowed,
            limit=limit,
            remaining=max(limit - len(hits), 0),
            reset_seconds=hits[-limit] + window_seconds - now if full else 0.0,
        )

    def hit_all(self, hits, limit, window_seconds):
        if max(hits.values()) > limit:
            raise AssertionError("more than the window can ever hold")
        states = {}
        for key, count in hits.items():
            for _number in range(count):
                states[key] = self.hit(key, limit, window_seconds)
        return states


class MemoryCircuits:
    def __init__(self, backend, tables):
        self._backend = backend
        self._circuits = tables.circuits

    def change(self, name, transition):
        before, now = self._circuits.get(name, Circuit()), self._backend.clock()
        self._circuits[name] = transition(before, now)
        return Change(before, self._circuits[name], now)

    change_after_commit = change


@dataclass(frozen=True)
class Budget:
    """A budget in US$; ``counts`` says of which owner."""

    amount: Decimal
    period: str = "month"
    hard: bool = True
    counts: Callable = lambda owner: True


class MemoryBudget:
    """Budgets: open and closed rows count, in the period in which they were opened.

    ``backend.budget_usd`` is one more, of everything that there ever was.
    """

    def __init__(self, backend, tables):
        self._backend = backend
        self._tables = tables

    def reserve_all(self, booked):
        for call, _booking in booked:
            self._check(call)

    def _check(self, call):
        now = self._backend.now()
        hard = [budget for budget in self._backend.budgets if budget.hard]
        sums = [
            (budget.amount, self._sum(budget, now))
            for budget in hard
            if budget.counts(call.owner)
        ]
        if self._backend.budget_usd is not None:
            rows = self._tables.rows.values()
            total = sum((row.cost_usd for row in rows), Decimal(0))
            sums.append((self._backend.budget_usd, total))
        if any(total > limit for limit, total in sums):
            raise ClaudeError("budget", "The budget is used up.")

    def _sum(self, budget, now):
        length = 10 if budget.period == "day" else 7
        period = now.isoformat()[:length]
        return sum(
            (
                row.cost_usd
                for row in self._tables.rows.values()
                if budget.counts(row.call.owner)
                and row.budgeted_at.isoformat()[:length] == period
            ),
            Decimal(0),
        )

    def settle(self, *closings):
        """Nothing to do: the sums are taken from the rows."""


class MemoryLedger:
    def __init__(self, backend, tables):
        self._backend = backend
        self._rows = tables.rows

    def open_all(self, calls):
        if len({call.key for call in calls}) < len(calls):
            raise AssertionError("the same key twice")
        return [self._insert(call, "open") for call in calls]

    def stored_answer(self, call, saved_usd):
        return self._insert(call, "settled", saved_usd=saved_usd, cost_usd=Decimal(0))

    def _insert(self, call, state, cost_usd=None, **values):
        row = self._rows.get(call.key)
        if row is not None:
            return Booking(row.usage_id, call.key, row.state, created=False)
        cost_usd = call.worst_case_usd if cost_usd is None else cost_usd
        values.setdefault("budgeted_at", self._backend.now())
        row = Row(len(self._rows) + 1, call, state, cost_usd=cost_usd, **values)
        self._rows[call.key] = row
        return Booking(row.usage_id, call.key, state, created=True)

    def settle(self, key, settlement):
        row = self._rows.get(key)
        if row is None or row.state != "open":
            return None
        closing = Closing(row.usage_id, {}, row.cost_usd, settlement.cost_usd)
        row.state = settlement.state
        row.settlement = settlement
        row.cost_usd = settlement.cost_usd
        return closing

    def correct(self, key, settlement):
        row = self._rows.get(key)
        if row is None or row.state != "unknown" or settlement.state == "unknown":
            return None
        difference = settlement.cost_usd - row.cost_usd
        booking = self._insert(
            replace(row.call, key=f"{key}:correction"),
            "settled",
            settlement=settlement,
            cost_usd=difference,
            budgeted_at=row.budgeted_at,
        )
        if not booking.created:
            return None
        return Closing(booking.usage_id, {}, Decimal(0), difference)


class MemoryBackend:
    """A backend whose time is handed in.

    :ivar budgets: limits by day or month
    :ivar budget_usd: a limit for everything, ``None`` for none
    :ivar transactions: how many were opened
    """

    def __init__(self, clock, breaker=None):
        self.clock = clock
        self.breaker = breaker or BreakerPolicy()
        self.budgets = []
        self.budget_usd = None
        self.transactions = 0
        self.tables = Tables()
        self._busy = False

    @contextmanager
    def transaction(self):
        if self._busy:
            raise AssertionError("a transaction within a transaction")
        self._busy = True
        self.transactions += 1
        tables = copy.deepcopy(self.tables)
        try:
            yield MemoryTransaction(self, tables)
        finally:
            self._busy = False
        self.tables = tables

    def now(self):
        start = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
        return start + timedelta(seconds=self.clock())

    @property
    def rows(self):
        """Rows of the ledger, oldest first."""
        return list(self.tables.rows.values())
