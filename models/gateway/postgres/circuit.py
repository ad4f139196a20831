"""The circuit breaker's state on the table of ``account.ai.circuit``."""

from dataclasses import replace

from odoo.sql_db import BaseCursor

from ....services.claude.policy import BreakerPolicy
from ....services.claude.ports import CircuitState
from ...common.clock import NOW
from ...common.cursor import execute

_SHORTEST_WAIT = 1.0
"""Seconds; another one was faster, and its probe is under way."""

_READ = f"""
    SELECT state, failures, successes,
           EXTRACT(epoch FROM GREATEST(open_until, probe_until) - {NOW}),
           reason,
           EXTRACT(epoch FROM ends_at - {NOW})
      FROM account_ai_circuit
     WHERE name = %(name)s
"""

# Of many that come at once, the first locks the row and becomes the probe; for the
# others the condition no longer holds when they get the lock.
_PROBE = f"""
    UPDATE account_ai_circuit
       SET state = 'half_open',
           probe_until = {NOW} + %(open_seconds)s * interval '1 second'
     WHERE name = %(name)s
       AND state <> 'closed'
       AND (open_until IS NULL OR open_until <= {NOW})
       AND (probe_until IS NULL OR probe_until <= {NOW})
    RETURNING failures, successes
"""

# A healthy circuit is not written to: its row would be the hottest of all.
_SUCCEEDED = """
    UPDATE account_ai_circuit
       SET failures = 0,
           successes = CASE WHEN state = 'half_open'
                             AND successes + 1 < %(needed)s
                            THEN successes + 1 ELSE 0 END,
           state = CASE WHEN state = 'half_open' AND successes + 1 < %(needed)s
                        THEN 'half_open' ELSE 'closed' END,
           reason = CASE WHEN state = 'half_open' AND successes + 1 < %(needed)s
                         THEN reason END,
           ends_at = CASE WHEN state = 'half_open' AND successes + 1 < %(needed)s
                          THEN ends_at END,
           open_until = NULL,
           probe_until = NULL
     WHERE name = %(name)s
       AND (state = 'half_open' OR (state = 'closed' AND failures > 0))
"""

_FAILED = f"""
    INSERT INTO account_ai_circuit AS kept
           (name, state, failures, successes, reason, ends_at, open_until)
    VALUES (%(name)s,
            CASE WHEN %(opens)s THEN 'open' ELSE 'closed' END,
            1, 0,
            %(reason)s,
            {NOW} + %(ends_in)s * interval '1 second',
            CASE WHEN %(opens)s
                 THEN {NOW} + %(open_seconds)s * interval '1 second' END)
        ON CONFLICT (name) DO UPDATE
       SET failures = kept.failures + 1,
           successes = 0,
           probe_until = NULL,
           reason = CASE WHEN kept.state = 'open' AND NOT %(forced)s
                         THEN kept.reason ELSE EXCLUDED.reason END,
           ends_at = CASE WHEN kept.state = 'open' AND NOT %(forced)s
                          THEN kept.ends_at ELSE EXCLUDED.ends_at END,
           state = CASE WHEN kept.state <> 'closed' OR %(forced)s
                          OR kept.failures + 1 >= %(threshold)s
                        THEN 'open' ELSE 'closed' END,
           open_until = CASE
               WHEN kept.state = 'open' AND NOT %(forced)s THEN kept.open_until
               WHEN kept.state = 'half_open' OR %(forced)s
                 OR kept.failures + 1 >= %(threshold)s
               THEN GREATEST(kept.open_until,
                             {NOW} + %(open_seconds)s * interval '1 second') END
"""

_RELEASED = """
    UPDATE account_ai_circuit
       SET probe_until = NULL
     WHERE name = %(name)s AND state = 'half_open'
"""

_RETRY_NOW = """
    UPDATE account_ai_circuit
       SET open_until = NULL, probe_until = NULL
     WHERE name = %(name)s AND state <> 'closed'
"""


class PostgresCircuitStore:
    """One circuit a name; opens, probes and closes by the figures of the policy.

    Only failures in a row count: any success of a closed circuit starts anew. A probe
    that neither reports nor is released stops blocking others after ``open_seconds``.
    """

    def __init__(
        self, cursor: BaseCursor, policy: BreakerPolicy, time_shift: float = 0.0
    ) -> None:
        self._cursor = cursor
        self._policy = policy
        self._time_shift = time_shift

    def admit(self, name: str) -> CircuitState:
        """Return the state; ``half_open`` means that this call is the one probe."""
        parameters = {
            "name": name,
            "open_seconds": self._policy.open_seconds,
            "time_shift": self._time_shift,
        }
        state = self._read(parameters)
        if state.state == "closed":
            return state
        execute(self._cursor, _PROBE, parameters)
        probe = self._cursor.fetchone()
        if probe is not None:
            return CircuitState("half_open", failures=probe[0], successes=probe[1])
        return replace(
            state, state="open", retry_after=max(state.retry_after, _SHORTEST_WAIT)
        )

    def state(self, name: str) -> CircuitState:
        """Return the state without becoming the probe."""
        state = self._read({"name": name, "time_shift": self._time_shift})
        if state.state != "closed":
            blocked = state.retry_after > 0
            state = replace(state, state="open" if blocked else "half_open")
        return state

    def _read(self, parameters: dict) -> CircuitState:
        """Return what the row says; ``retry_after`` is 0 when a probe may pass."""
        execute(self._cursor, _READ, parameters)
        row = self._cursor.fetchone()
        if row is None:
            return CircuitState("closed")
        state, failures, successes, seconds, reason, ends_in = row
        if state == "closed":
            return CircuitState("closed", failures)
        return CircuitState(
            state,
            failures,
            successes,
            retry_after=max(float(seconds or 0), 0.0),
            reason=reason or "",
            ends_in=None if ends_in is None else max(float(ends_in), 0.0),
        )

    def succeeded(self, name: str) -> None:
        """Close the circuit after enough probes, or forget failures of a closed one.

        A success that was admitted before the circuit opened changes nothing.
        """
        execute(
            self._cursor,
            _SUCCEEDED,
            {"name": name, "needed": self._policy.successes},
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
        forced = open_seconds is not None
        execute(
            self._cursor,
            _FAILED,
            {
                "name": name,
                "forced": forced,
                "opens": forced or self._policy.failures <= 1,
                "threshold": self._policy.failures,
                "open_seconds": (open_seconds if forced else self._policy.open_seconds),
                "reason": reason or None,
                "ends_in": ends_in,
                "time_shift": self._time_shift,
            },
        )

    def retry_now(self, name: str) -> None:
        """Let the next call pass as a probe."""
        execute(self._cursor, _RETRY_NOW, {"name": name})

    def released(self, name: str) -> None:
        """Give a probe back that neither failed nor succeeded."""
        execute(self._cursor, _RELEASED, {"name": name})
