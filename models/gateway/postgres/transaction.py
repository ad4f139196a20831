"""Everything shared behind one short transaction: the gateway's backend."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone

from odoo.sql_db import BaseCursor

from ....services.claude.circuit import BreakerPolicy, CircuitBreaker
from ....services.claude.money.budget import BudgetState
from ....services.claude.ports import NotPrepared, Owner
from ...common.alerts import PostgresAlerts
from ...common.clock import NOW
from ...common.cursor import execute, open_cursor
from .answers import PostgresAnswerStore
from .budget import PostgresBudget
from .budget_counting import begin_counters, counters_differ, repair_counters
from .circuit import PostgresCircuits
from .ledger import ClosedCall, PostgresLedger
from .rate_limit import PostgresRateLimiter


class PostgresTransaction:
    """The stores over one cursor."""

    def __init__(
        self,
        cursor: BaseCursor,
        breaker: BreakerPolicy,
        prepare_budgets: Callable[[], None],
    ) -> None:
        self.cursor = cursor
        self.answers = PostgresAnswerStore(cursor)
        self.limits = PostgresRateLimiter(cursor)
        self.circuits = PostgresCircuits(cursor)
        self.circuit = CircuitBreaker(self.circuits, breaker)
        self.ledger = PostgresLedger(cursor)
        self.alerts = PostgresAlerts(cursor)
        self.budget = PostgresBudget(cursor, self.alerts, prepare_budgets)

    def now(self) -> datetime:
        """Return the time of the database, aware, UTC."""
        execute(self.cursor, f"SELECT {NOW}")
        return self.cursor.fetchone()[0].replace(tzinfo=timezone.utc)


class PostgresBackend:
    """Shared state in the database ``dbname``; knows no environment and no request."""

    def __init__(self, dbname: str, breaker: BreakerPolicy | None = None) -> None:
        self.dbname = dbname
        self.breaker = breaker or BreakerPolicy()

    @contextmanager
    def transaction(self) -> Iterator[PostgresTransaction]:
        """Open a short transaction of its own: commits on exit, rolls back on error.

        :raise psycopg2.pool.PoolError: when no connection became free in time
        """
        with open_cursor(self.dbname) as cursor:
            yield PostgresTransaction(cursor, self.breaker, self.prepare_budgets)

    def close_expired(self, limit: int = 100) -> list[ClosedCall]:
        """Close calls whose process died as *unknown*, at their worst-case cost.

        :param limit: calls to close at most, so that the transaction stays short
        :return: what was closed, so that its runs can be closed too
        """
        with self.transaction() as transaction:
            closed = transaction.ledger.close_expired(limit)
            transaction.budget.settle(*(call.closing for call in closed))
            return closed

    def prepare_budgets(self) -> None:
        """Begin the counters of budgets that are new and of periods that have begun."""
        with open_cursor(self.dbname) as cursor:
            begin_counters(cursor)

    def check_budgets(self) -> int:
        """Compare the counters of budgets with the ledger; repair and log differences.

        :return: how many differed
        """
        with open_cursor(self.dbname) as cursor:
            if not counters_differ(cursor):
                return 0
        with open_cursor(self.dbname) as cursor:
            return repair_counters(cursor)

    def budgets_left(self, owner: Owner) -> list[BudgetState]:
        """Return the budgets that count calls of ``owner``, as they stand."""
        try:
            with self.transaction() as transaction:
                return transaction.budget.left(owner)
        except NotPrepared as unprepared:
            unprepared.prepare()
        with self.transaction() as transaction:
            return transaction.budget.left(owner)
