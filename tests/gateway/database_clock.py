"""A clock of PostgreSQL that a test moves, for the test's own transaction only."""

from datetime import datetime, timezone

# What is unqualified is looked for in ``public`` first then.
_SHADOW = """
    CREATE OR REPLACE FUNCTION public.clock_timestamp() RETURNS timestamptz
    LANGUAGE sql VOLATILE AS
        $$ SELECT pg_catalog.clock_timestamp() + interval '{seconds} seconds' $$;
    SET LOCAL search_path = public, pg_catalog
"""


class DatabaseClock:
    """The time that statements read through ``cursor`` and its savepoints.

    It ends with the transaction, or with the savepoint in which it was moved first.
    """

    def __init__(self, cursor):
        self._cursor = cursor
        self._seconds = 0.0

    def set(self, seconds):
        """Have it differ from the real time by ``seconds``."""
        self._seconds = seconds
        self._cursor.execute(_SHADOW.format(seconds=float(seconds)))

    def advance(self, seconds):
        """Move it on by ``seconds``."""
        self.set(self._seconds + seconds)

    def at(self, moment):
        """Set it to ``moment``, aware."""
        self.set((moment - datetime.now(timezone.utc)).total_seconds())
