"""Telling people that Redis is lost, once, and that it is back.

Many processes notice the same loss. The row of a circuit named ``redis`` in PostgreSQL
says which one was first: that one warns and alerts, the others only note it.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager

import psycopg2

from ....services.claude.circuit import Circuit
from ....services.claude.ports import Alert
from ....services.common.structured_log import structured_logger
from ....services.common.translation import _ as _lt
from ..postgres.transaction import PostgresTransaction
from .connection import RedisConnection

OpenTransaction = Callable[[], AbstractContextManager[PostgresTransaction]]
"""Opens a short transaction in PostgreSQL in which Redis has no part."""

CIRCUIT = "redis"
"""Name of the circuit: endpoints are URLs, so that none has it."""

_log = structured_logger(__name__)


def tell_administrators(
    connection: RedisConnection, dbname: str, open_transaction: OpenTransaction
) -> None:
    """Tell of a loss, or of the return, that the database does not know of yet.

    Never fails: it stands beside a call that has nothing to do with it.
    """
    news = connection.news(dbname)
    if news is None:
        return
    try:
        if news.is_lost:
            first = _open(connection, open_transaction)
        else:
            first = False
            _close(open_transaction)
    except psycopg2.Error:
        # Then there are worse problems than Redis, and the next call tries again.
        connection.not_told(dbname, news)
        return
    if news.is_lost:
        write = _log.warning if first else _log.info
        write(
            "redis_lost",
            address=str(connection.address or ""),
            reason=news.reason,
            instead="postgresql",
        )
    elif news.known:  # and not only the first call of a process
        _log.info("redis_is_back", seconds=round(news.seconds, 1))


def _open(connection: RedisConnection, open_transaction: OpenTransaction) -> bool:
    """Note the loss and alert; return whether nobody has before."""
    with open_transaction() as transaction:
        opened = transaction.circuits.change(
            CIRCUIT,
            lambda kept, now: (
                kept
                if kept.state == "open"
                else Circuit("open", kept.failures + 1, reason=connection.reason)
            ),
        )
        if opened.before.state == "open":
            return False
        # Lost again and again within the hour, it alerts once.
        hour = transaction.now().strftime("%Y-%m-%dT%H")
        transaction.alerts.raise_alert(
            Alert(
                kind="redis_lost",
                key=f"redis_lost:{hour}",
                title=_lt("Redis is out of reach"),
                message=_lt(
                    "The server cannot use Redis at %(address)s (%(reason)s). "
                    "PostgreSQL does its work until it is back: nothing is lost that "
                    "costs money, but rate limits have begun to count anew."
                ),
                params={
                    "address": str(connection.address or "?"),
                    "reason": connection.reason or "connection",
                },
            )
        )
    return True


def _close(open_transaction: OpenTransaction) -> None:
    """Note the return."""
    with open_transaction() as transaction:
        transaction.circuits.change(
            CIRCUIT, lambda kept, now: Circuit(failures=kept.failures)
        )
