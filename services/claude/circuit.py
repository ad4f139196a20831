"""The circuit breaker: its states, what leads from one to the next, and who may pass.

Written once for all backends. A backend only stores circuits: :class:`CircuitStorage`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

SHORTEST_WAIT = 1.0
"""Seconds; another call was faster, and its probe is under way."""


@dataclass(frozen=True)
class BreakerPolicy:
    """When the circuit opens, probes and closes; the backend is built with it."""

    failures: int = 5
    """Failures in a row that open it."""
    open_seconds: float = 60.0
    """Seconds until one probe may pass; also how long a silent probe blocks others."""
    successes: int = 2
    """Probes in a row that close it."""


@dataclass(frozen=True)
class CircuitState:
    """State of the circuit breaker."""

    state: str
    """``closed``, ``open`` or ``half_open``: then a probe may pass."""
    failures: int = 0
    successes: int = 0
    retry_after: float = 0.0
    """Seconds until a probe may pass."""
    reason: str = ""
    """Code of the :class:`~.errors.ClaudeError` that opened it."""
    ends_in: float | None = None
    """Seconds until what opened it is over, when that is known: a spending limit lasts
    until a date, though a probe finds out earlier whether its owner raised it."""


@dataclass(frozen=True)
class Circuit:
    """A circuit as it is stored; times are seconds since 1970 on the storage's clock.

    The default is a healthy circuit, which need not be stored at all.
    """

    state: str = "closed"
    """``closed``, ``open`` or ``half_open``; an open one stays ``open`` until a probe
    passes, even when it is time for one."""
    failures: int = 0
    """Failures in a row."""
    successes: int = 0
    """Probes that succeeded in a row."""
    reason: str = ""
    """Code of the error that opened it."""
    open_until: float | None = None
    probe_until: float | None = None
    """A probe that neither reports nor is released blocks others until then."""
    ends_at: float | None = None
    """When what opened it is over, if that is known."""
    probe: str = ""
    """Names the probe that is under way, where the storage keeps it."""

    def seen_at(self, now: float) -> CircuitState:
        """Return the state for a caller: ``half_open`` means that a probe may pass."""
        if self.state == "closed":
            return CircuitState("closed", self.failures)
        wait = max(self.open_until or 0.0, self.probe_until or 0.0) - now
        return CircuitState(
            "open" if wait > 0 else "half_open",
            self.failures,
            self.successes,
            retry_after=max(wait, 0.0),
            reason=self.reason,
            ends_in=None if self.ends_at is None else max(self.ends_at - now, 0.0),
        )

    def probed(self, now: float, policy: BreakerPolicy, probe: str) -> Circuit:
        """Return the circuit with ``probe`` under way, if one may pass."""
        if self.seen_at(now).state != "half_open":
            return self
        until = now + policy.open_seconds
        return replace(self, state="half_open", probe_until=until, probe=probe)

    def succeeded(self, policy: BreakerPolicy) -> Circuit:
        """Return the circuit after a success: closed after enough probes.

        A success of a closed circuit forgets its failures. One that was admitted before
        the circuit opened changes nothing.
        """
        if self.state == "open":
            return self
        successes = self.successes + 1
        if self.state == "closed" or successes >= policy.successes:
            return Circuit()
        return replace(self._ready(), failures=0, successes=successes)

    def failed(
        self,
        now: float,
        policy: BreakerPolicy,
        open_seconds: float | None = None,
        *,
        reason: str = "",
        ends_in: float | None = None,
    ) -> Circuit:
        """Return the circuit after a failure; ``open_seconds`` opens it at once.

        A failure that was admitted before the circuit opened does not prolong it.
        """
        failures = self.failures + 1
        failed = replace(
            self, failures=failures, successes=0, probe_until=None, probe=""
        )
        forced = open_seconds is not None
        if not forced and (
            self.state == "open"
            or (self.state == "closed" and failures < policy.failures)
        ):
            return failed
        until = now + (policy.open_seconds if open_seconds is None else open_seconds)
        return replace(
            failed,
            state="open",
            reason=reason,
            open_until=max(self.open_until or until, until),
            ends_at=None if ends_in is None else now + ends_in,
        )

    def released(self, probe: str = "") -> Circuit:
        """Return the circuit without the probe under way: only ``probe``, if given."""
        if self.state != "half_open" or probe not in ("", self.probe):
            return self
        return replace(self, probe_until=None, probe="")

    def tried_now(self) -> Circuit:
        """Return the circuit in which a probe may pass now, if it is not closed."""
        return self if self.state == "closed" else self._ready()

    def shifted(self, seconds: float) -> Circuit:
        """Return the circuit on a clock that is ``seconds`` ahead."""

        def moved(time: float | None) -> float | None:
            return None if time is None else time + seconds

        return replace(
            self,
            open_until=moved(self.open_until),
            probe_until=moved(self.probe_until),
            ends_at=moved(self.ends_at),
        )

    def _ready(self) -> Circuit:
        return replace(self, open_until=None, probe_until=None, probe="")


class Change(NamedTuple):
    """What a transition did."""

    before: Circuit
    after: Circuit
    now: float
    """Time of the storage's clock for which it was computed."""


Transition = Callable[[Circuit, float], Circuit]
"""A pure function of a circuit and the time. It may be computed more than once."""


class CircuitStorage(Protocol):
    """Stores circuits by name."""

    def change(self, name: str, transition: Transition) -> Change:
        """Apply ``transition`` as one step for all processes and return what it did.

        Where it changes nothing, the circuit was only read: no lock, no write.
        """
        ...

    def change_after_commit(self, name: str, transition: Transition) -> object:
        """Apply ``transition`` when the transaction has committed, or with it."""
        ...


class CircuitBreaker:
    """One circuit a name; opens, probes and closes by the figures of the policy."""

    def __init__(self, storage: CircuitStorage, policy: BreakerPolicy) -> None:
        self._storage = storage
        self._policy = policy

    def admit(self, name: str) -> CircuitState:
        """Return the state; ``half_open`` means that this call is the one probe."""
        probe = uuid.uuid4().hex
        _before, after, now = self._storage.change(
            name, lambda circuit, now: circuit.probed(now, self._policy, probe)
        )
        if after.probe == probe:
            return CircuitState("half_open", after.failures, after.successes)
        state = after.seen_at(now)
        if state.state == "closed":
            return state
        return replace(state, retry_after=max(state.retry_after, SHORTEST_WAIT))

    def state(self, name: str) -> CircuitState:
        """Return the state without becoming the probe."""
        _before, after, now = self._storage.change(name, lambda circuit, now: circuit)
        return after.seen_at(now)

    def succeeded(self, name: str) -> None:
        """Close the circuit after enough probes, or forget failures of a closed one."""
        self._storage.change_after_commit(
            name, lambda circuit, now: circuit.succeeded(self._policy)
        )

    def failed(
        self,
        name: str,
        open_seconds: float | None = None,
        *,
        reason: str = "",
        ends_in: float | None = None,
    ) -> None:
        """Count a failure; ``open_seconds`` opens at once for that long.

        :param reason: code of the error, kept for as long as the circuit is open
        :param ends_in: seconds until it is over, when that is known
        """
        self._storage.change_after_commit(
            name,
            lambda circuit, now: circuit.failed(
                now, self._policy, open_seconds, reason=reason, ends_in=ends_in
            ),
        )

    def retry_now(self, name: str) -> None:
        """Let the next call pass as a probe, however long the circuit was to stay
        open: somebody says that the cause is gone."""
        self._storage.change_after_commit(
            name, lambda circuit, now: circuit.tried_now()
        )

    def released(self, name: str) -> None:
        """Give a probe back that neither failed nor succeeded."""
        self._storage.change_after_commit(name, lambda circuit, now: circuit.released())
