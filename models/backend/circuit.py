"""The circuit breaker's state on the table of ``account.ai.circuit``."""

from odoo.sql_db import BaseCursor

from ...services.claude.policy import BreakerPolicy
from ...services.claude.ports import CircuitState
from .clock import NOW
from .cursor import execute

_READ = f"""
    SELECT state, failures, successes,
           EXTRACT(epoch FROM GREATEST(open_until, probe_until) - {NOW})
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
           open_until = NULL,
           probe_until = NULL
     WHERE name = %(name)s
       AND (state = 'half_open' OR (state = 'closed' AND failures > 0))
"""

_FAILED = f"""
    INSERT INTO account_ai_circuit AS kept
           (name, state, failures, successes, open_until)
    VALUES (%(name)s,
            CASE WHEN %(opens)s THEN 'open' ELSE 'closed' END,
            1, 0,
            CASE WHEN %(opens)s
                 THEN {NOW} + %(open_seconds)s * interval '1 second' END)
        ON CONFLICT (name) DO UPDATE
       SET failures = kept.failures + 1,
           successes = 0,
           probe_until = NULL,
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
        execute(self._cursor, _READ, parameters)
        row = self._cursor.fetchone()
        if row is None or row[0] == "closed":
            return CircuitState("closed", failures=row[1] if row else 0)
        execute(self._cursor, _PROBE, parameters)
        probe = self._cursor.fetchone()
        if probe is not None:
            return CircuitState("half_open", failures=probe[0], successes=probe[1])
        _state, failures, successes, seconds = row
        return CircuitState(
            "open", failures, successes, retry_after=max(float(seconds or 0), 1.0)
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

    def failed(self, name: str, open_seconds: float | None = None) -> None:
        """Count a failure; ``open_seconds`` opens at once for that long."""
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
                "time_shift": self._time_shift,
            },
        )

    def released(self, name: str) -> None:
        """Give a probe back that neither failed nor succeeded."""
        execute(self._cursor, _RELEASED, {"name": name})
