"""Roll-ups under real concurrency: real connections, real commits."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

from odoo.modules.registry import Registry
from odoo.tests import BaseCase, tagged
from odoo.tests.common import get_db_name

from odoo.addons.account_ai.models.common.cursor import open_cursor
from odoo.addons.account_ai.models.costs.sql.figures import Figures, Scope
from odoo.addons.account_ai.models.costs.sql.roll_up import rebuild_days, roll_up
from odoo.addons.account_ai.services.costs.period import Period

from ..common.waiting import TIMEOUT
from .usage_rows import insert_usage

COMPANY = 900_001
"""Of no record: the ledger has no foreign keys."""
TABLES = ("rollup", "day", "user_day")
ROWS = (
    "rollup",
    *("day WHERE grain = 'day'", "day WHERE grain = 'month'"),
    *("user_day WHERE grain = 'day'", "user_day WHERE grain = 'month'"),
)
NOON = datetime(2026, 11, 20, 12)


@tagged("post_install", "-at_install")
class TestUsageRollupConcurrency(BaseCase):
    needs = "database"

    def setUp(self):
        super().setUp()
        self.dbname = get_db_name()
        self.addCleanup(self.remove_rows)

    def remove_rows(self):
        with open_cursor(self.dbname) as cursor:
            for table in (
                "account_ai_usage",
                *(f"account_ai_usage_{t}" for t in TABLES),
            ):
                cursor.execute(f"DELETE FROM {table} WHERE company_id = {COMPANY}")

    def book(self, cursor, **values):
        return insert_usage(
            cursor, company_id=COMPANY, **{"user_id": 2, "cost_usd": 1, **values}
        )

    def book_rows(self, count):
        with open_cursor(self.dbname) as cursor:
            for _number in range(count):
                self.book(cursor)

    def roll_up(self, limit=1000):
        with open_cursor(self.dbname) as cursor:
            return roll_up(cursor, limit)

    def sums(self):
        """Return calls and US$ of each kind of roll-up."""
        with open_cursor(self.dbname) as cursor:
            found = []
            for rows in ROWS:
                cursor.execute(
                    "SELECT COALESCE(sum(calls), 0)::int, COALESCE(sum(cost_usd), 0)"
                    f" FROM (SELECT * FROM account_ai_usage_{rows}) AS rows"
                    f" WHERE company_id = {COMPANY}"
                )
                found.append(cursor.fetchone())
            return found

    def assert_counted(self, calls, usd):
        self.assertEqual(self.sums(), [(calls, usd)] * len(ROWS))

    def test_a_second_worker_neither_waits_nor_counts(self):
        self.book_rows(3)
        # The cursor closes first, so that a worker that waits for it can end.
        with ThreadPoolExecutor(1) as executor, open_cursor(self.dbname) as first:
            self.assertEqual(roll_up(first, 2), 2)
            self.assertEqual(executor.submit(self.roll_up).result(timeout=TIMEOUT), 0)
        self.assertEqual(self.roll_up(), 1)
        self.assert_counted(3, 3)

    def test_a_row_that_is_committed_late_is_counted(self):
        with open_cursor(self.dbname) as slow:
            early = self.book(slow)
            with open_cursor(self.dbname) as quick:
                self.assertGreater(self.book(quick), early)
            self.assertEqual(self.roll_up(), 1)
        self.assert_counted(1, 1)
        self.assertEqual(self.roll_up(), 1)
        self.assert_counted(2, 2)

    def test_a_crash_undoes_sums_and_marks_together(self):
        self.book_rows(2)
        with open_cursor(self.dbname) as cursor:
            self.assertEqual(roll_up(cursor, 1000), 2)
            cursor.rollback()
        self.assert_counted(0, 0)
        self.assertEqual(self.roll_up(), 2)
        self.assert_counted(2, 2)

    def test_a_row_that_is_closed_meanwhile(self):
        with open_cursor(self.dbname) as cursor:
            usage_id = self.book(cursor, state="open", cost_usd=9)
        with open_cursor(self.dbname) as settling:
            settling.execute(
                "UPDATE account_ai_usage SET state = 'settled', outcome = 'ok',"
                " cost_usd = 2 WHERE id = %s",
                [usage_id],
            )
            self.assertEqual(self.roll_up(), 0)
        self.assertEqual(self.roll_up(), 1)
        self.assert_counted(1, 2)

    def test_many_at_once(self):
        """Four book, some in transactions that wait; three roll up; one rebuilds."""
        generator = random.Random(4)
        moments = [
            NOON + timedelta(hours=generator.randrange(48)) for _number in range(160)
        ]

        def book(moments):
            for moment in moments:
                with open_cursor(self.dbname) as cursor:
                    self.book(cursor, opened_at=moment, cost_usd="0.0001")
            return 0

        def work(_moments):
            return sum(self.roll_up(limit=7) for _number in range(30))

        def rebuild(_moments):
            for _number in range(5):
                with open_cursor(self.dbname) as cursor:
                    rebuild_days(cursor)
            return 0

        tasks = [(book, moments[number::4]) for number in range(4)]
        tasks += [(work, None)] * 3 + [(rebuild, None)]
        with ThreadPoolExecutor(len(tasks)) as executor:
            futures = [executor.submit(task, each) for task, each in tasks]
            counted = sum(future.result(timeout=TIMEOUT) for future in futures)
        while more := self.roll_up():
            counted += more
        self.assertEqual(counted, 160)
        self.assert_counted(160, 0.016)

    def test_who_looks_sees_each_row_once(self):
        """Also when it is rolled up between two of its questions."""
        self.book_rows(5)
        self.roll_up(limit=2)
        days = Period("custom", date(2026, 11, 20), date(2026, 11, 21))
        scope = Scope((COMPANY,), days, today=days.end, zones={})
        with Registry(self.dbname).cursor() as cursor:  # as a request: REPEATABLE READ
            figures = Figures(cursor, scope)
            self.assertEqual(self.roll_up(), 3)
            self.assertEqual(figures.overview()[0]["calls"], 5)
            (users,) = figures.users()
            self.assertEqual(users["calls"], 5)
        with Registry(self.dbname).cursor() as cursor:
            self.assertEqual(Figures(cursor, scope).overview()[0]["calls"], 5)
