"""The gateway's backend in memory: for tests that need neither database nor Odoo.

It keeps the same promises as the one in PostgreSQL, proven by the same tests
(``backend_contract.py``): a transaction that fails leaves no trace, keys are unique,
what is closed stays closed.
"""

import copy
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from odoo.addons.account_ai.services.claude.errors import ClaudeError
from odoo.addons.account_ai.services.claude.policy import BreakerPolicy
from odoo.addons.account_ai.services.claude.ports import (
    Booking,
    CircuitState,
    LimitState,
    OpenCall,
    Settlement,
)


@dataclass
class Row:
    """A row of the ledger."""

    usage_id: int
    call: OpenCall
    state: str
    settlement: Settlement | None = None
    saved_usd: Decimal = Decimal(0)


@dataclass
class Circuit:
    state: str = "closed"
    failures: int = 0
    successes: int = 0
    open_until: float = 0.0
    probe_until: float = 0.0
    reason: str = ""
    ends_at: float | None = None


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
        self.circuit = MemoryCircuits(backend, tables)
        self.budget = MemoryBudget(backend, tables)
        self.ledger = MemoryLedger(tables)
        self.alerts = MemoryAlerts(tables)

    def now(self):
        start = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
        return start + timedelta(seconds=self._backend.clock())


class MemoryAlerts:
    def __init__(self, tables):
        self._alerts = tables.alerts

    def raise_alert(self, alert):
        return self._alerts.setdefault(alert.key, alert) is alert


class MemoryAnswers:
    def __init__(self, backend, tables):
        self._backend = backend
        self._answers = tables.answers

    def get(self, fingerprint, company_id):
        answer, expires = self._answers.get((fingerprint, company_id), (None, None))
        if expires is not None and expires <= self._backend.clock():
            return None
        return copy.deepcopy(answer)

    def put(self, fingerprint, company_id, answer, ttl_seconds, usage_id):
        now = self._backend.clock()
        expires = None if ttl_seconds is None else now + ttl_seconds
        self._answers[fingerprint, company_id] = (dict(answer), expires)


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


class MemoryCircuits:
    def __init__(self, backend, tables):
        self._backend = backend
        self._policy = backend.breaker
        self._circuits = tables.circuits

    def _circuit(self, name):
        return self._circuits.setdefault(name, Circuit())

    def admit(self, name):
        circuit = self._circuit(name)
        now = self._backend.clock()
        if circuit.state == "closed":
            return CircuitState("closed", failures=circuit.failures)
        if self.state(name).state == "open":
            return self.state(name)
        circuit.state = "half_open"
        circuit.probe_until = now + self._policy.open_seconds
        return CircuitState("half_open", circuit.failures, circuit.successes)

    def state(self, name):
        circuit = self._circuit(name)
        if circuit.state == "closed":
            return CircuitState("closed", failures=circuit.failures)
        now = self._backend.clock()
        waiting = max(circuit.open_until, circuit.probe_until) - now
        return CircuitState(
            "open" if waiting > 0 else "half_open",
            circuit.failures,
            circuit.successes,
            retry_after=max(waiting, 0.0),
            reason=circuit.reason,
            ends_in=None if circuit.ends_at is None else circuit.ends_at - now,
        )

    def succeeded(self, name):
        circuit = self._circuit(name)
        if circuit.state == "open":
            return
        probes = circuit.successes + 1 if circuit.state == "half_open" else 0
        closes = circuit.state == "closed" or probes >= self._policy.successes
        if closes:
            self._circuits[name] = Circuit()
        else:
            circuit.failures, circuit.successes = 0, probes
            circuit.open_until = circuit.probe_until = 0.0

    def failed(self, name, open_seconds=None, *, reason="", ends_in=None):
        circuit = self._circuit(name)
        was_open = circuit.state == "open"
        if not was_open or open_seconds is not None:
            now = self._backend.clock()
            circuit.reason = reason
            circuit.ends_at = None if ends_in is None else now + ends_in
        circuit.failures += 1
        circuit.successes = 0
        circuit.probe_until = 0.0
        opens = (
            open_seconds is not None
            or circuit.state == "half_open"
            or circuit.failures >= self._policy.failures
        )
        if (opens and not was_open) or open_seconds is not None:
            seconds = open_seconds or self._policy.open_seconds
            until = self._backend.clock() + seconds
            circuit.state = "open"
            circuit.open_until = max(circuit.open_until, until)

    def retry_now(self, name):
        circuit = self._circuit(name)
        circuit.open_until = circuit.probe_until = 0.0

    def released(self, name):
        self._circuit(name).probe_until = 0.0


class MemoryBudget:
    """A wall at ``backend.budget_usd``: open and closed rows count."""

    def __init__(self, backend, tables):
        self._backend = backend
        self._tables = tables

    def reserve(self, call):
        limit = self._backend.budget_usd
        if limit is None:
            return
        spent = sum(
            row.settlement.cost_usd if row.settlement else row.call.worst_case_usd
            for row in self._tables.rows.values()
        )
        if spent + call.worst_case_usd > limit:
            raise ClaudeError("budget", "The budget is used up.")


class MemoryLedger:
    def __init__(self, tables):
        self._rows = tables.rows

    def open(self, call):
        return self._insert(call, "open")

    def stored_answer(self, call, saved_usd):
        return self._insert(call, "settled", saved_usd)

    def _insert(self, call, state, saved_usd=Decimal(0)):
        row = self._rows.get(call.key)
        if row is not None:
            return Booking(row.usage_id, call.key, row.state, created=False)
        row = Row(len(self._rows) + 1, call, state, saved_usd=saved_usd)
        self._rows[call.key] = row
        return Booking(row.usage_id, call.key, state, created=True)

    def settle(self, key, settlement):
        row = self._rows.get(key)
        if row is None or row.state != "open":
            return False
        row.state = settlement.state
        row.settlement = settlement
        return True


class MemoryBackend:
    """A backend whose time is handed in.

    :ivar budget_usd: the wall, ``None`` for none
    :ivar transactions: how many were opened
    """

    def __init__(self, clock, breaker=None):
        self.clock = clock
        self.breaker = breaker or BreakerPolicy()
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

    @property
    def rows(self):
        """Rows of the ledger, oldest first."""
        return list(self.tables.rows.values())
