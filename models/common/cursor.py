"""Cursors of our own, apart from the business transaction."""

import random
import time

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED
from psycopg2.pool import PoolError

from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor, Cursor
from odoo.tools import SQL

from ...services.common.storable import storable

LONGEST_WAIT = 20.0
"""Seconds that a full pool, or a full server, is waited for."""
_FIRST_PAUSE = 0.005
_LONGEST_PAUSE = 0.25


def open_cursor(dbname: str, longest_wait: float = LONGEST_WAIT) -> BaseCursor:
    """Return a new cursor of ``dbname`` that runs READ COMMITTED.

    Odoo's pool raises at once when it is full, which a burst of streams would meet;
    here it is waited for, with growing, jittered pauses. READ COMMITTED, unlike Odoo's
    REPEATABLE READ, lets an upsert on a row that somebody else just changed go on
    instead of failing with a serialization error.

    :param longest_wait: seconds to wait for a free connection
    :raise psycopg2.pool.PoolError: when none became free
    :raise psycopg2.OperationalError: when the server took none
    """
    give_up = time.monotonic() + longest_wait
    pause = _FIRST_PAUSE
    while True:
        try:
            cursor = Registry(dbname).cursor()
            break
        except (PoolError, psycopg2.OperationalError):
            if time.monotonic() >= give_up:
                raise
        time.sleep(pause * random.uniform(0.5, 1.5))
        pause = min(pause * 2, _LONGEST_PAUSE)
    if isinstance(cursor, Cursor):
        # Takes effect with the first statement; the pool's next user sets its own.
        # The cursor of a test is another class: it shares the test's transaction.
        cursor.connection.set_isolation_level(ISOLATION_LEVEL_READ_COMMITTED)
    return cursor


def execute(
    cursor: BaseCursor, query: str | SQL, parameters: dict | None = None
) -> None:
    """Run ``query`` without logging it when it fails.

    Odoo would log the statement with its parameters, which hold documents and what the
    model answered; the exception goes on to the caller. Texts are stored as far as
    PostgreSQL can.
    """
    cursor.execute(query, storable(parameters), log_exceptions=False)
