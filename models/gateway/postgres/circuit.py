"""Circuits on the table of ``account.ai.circuit``."""

from dataclasses import asdict

from odoo.sql_db import BaseCursor

from ....services.claude.circuit import Change, Circuit, Transition
from ...common.clock import EPOCH
from ...common.cursor import execute

_COLUMNS = f"""
    state, failures, successes, reason,
    extract(epoch FROM open_until)::double precision,
    extract(epoch FROM probe_until)::double precision,
    extract(epoch FROM ends_at)::double precision,
    {EPOCH}
"""

# One row in any case: where there is no circuit yet, it holds the time.
_READ = f"""
    SELECT {_COLUMNS}
      FROM (VALUES (TRUE)) AS always
      LEFT JOIN account_ai_circuit ON name = %(name)s
"""

# Locks the row, which must be there for that, and returns what was committed last.
_LOCK = f"""
    INSERT INTO account_ai_circuit AS kept (name, state, failures, successes)
    VALUES (%(name)s, 'closed', 0, 0)
        ON CONFLICT (name) DO UPDATE
       SET state = kept.state
    RETURNING {_COLUMNS}
"""

_WRITE = """
    UPDATE account_ai_circuit
       SET state = %(state)s,
           failures = %(failures)s,
           successes = %(successes)s,
           reason = NULLIF(%(reason)s, ''),
           open_until = timezone('UTC', to_timestamp(%(open_until)s)),
           probe_until = timezone('UTC', to_timestamp(%(probe_until)s)),
           ends_at = timezone('UTC', to_timestamp(%(ends_at)s))
     WHERE name = %(name)s
"""


class PostgresCircuits:
    """Circuits by name, changed with their rows locked.

    A healthy circuit is only read: its row would be the hottest of all.
    """

    def __init__(self, cursor: BaseCursor) -> None:
        self._cursor = cursor

    def change(self, name: str, transition: Transition) -> Change:
        """Apply ``transition`` as one step for all processes and return what it did."""
        for query in (_READ, _LOCK):
            circuit, now = self._circuit(query, name)
            after = transition(circuit, now)
            if after == circuit:
                return Change(circuit, circuit, now)
        execute(self._cursor, _WRITE, {"name": name, **asdict(after)})
        return Change(circuit, after, now)

    change_after_commit = change

    def _circuit(self, query: str, name: str) -> tuple[Circuit, float]:
        """Return the circuit that ``query`` finds, and the time."""
        execute(self._cursor, query, {"name": name})
        state, failures, successes, reason, *times, now = self._cursor.fetchone()
        if state is None:
            return Circuit(), now
        return Circuit(state, failures, successes, reason or "", *times), now
