"""Budgets under real concurrency: real connections, real commits."""

import random
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from unittest.mock import patch

import psycopg2

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, tagged
from odoo.tests.common import get_db_name

from odoo.addons.account_ai.models.common.cursor import open_cursor
from odoo.addons.account_ai.models.gateway.postgres import budget_counting
from odoo.addons.account_ai.models.gateway.postgres.transaction import (
    PostgresBackend,
    PostgresTransaction,
)
from odoo.addons.account_ai.services.claude.errors import ClaudeError
from odoo.addons.account_ai.services.claude.ports import NotPrepared, Owner

from ..common.waiting import PATIENCE, wait_until
from .budget_case import make_call, reserve, settle
from .budget_guard import GUARD, NO_GUARD, UNEQUAL

THREADS = 8


@tagged("post_install", "-at_install")
class TestBudgetConcurrency(BaseCase):
    needs = "database"

    def setUp(self):
        super().setUp()
        self.dbname = get_db_name()
        self.backend = PostgresBackend(self.dbname)
        self.name = f"test-{uuid.uuid4()}"
        self.sql(GUARD)
        self.addCleanup(self.remove_rows)

    def remove_rows(self):
        self.sql(NO_GUARD)
        self.sql("DELETE FROM account_ai_usage WHERE key LIKE %s", f"{self.name}%")
        self.sql("DELETE FROM account_ai_budget_period")
        self.sql(
            "DELETE FROM account_ai_rate_window WHERE key LIKE %s", f"{self.name}%"
        )
        self.sql("DELETE FROM account_ai_alert WHERE key LIKE 'budget:%'")
        with self.records() as budgets:
            budgets.with_context(active_test=False).search([]).unlink()

    def sql(self, query, *parameters):
        with open_cursor(self.dbname) as cursor:
            cursor.execute(query, parameters or None)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def records(self):
        """Yield the model of budgets; what is written is committed at the end."""
        with Registry(self.dbname).cursor() as cursor:
            yield api.Environment(cursor, SUPERUSER_ID, {})["account.ai.budget"]

    def budget(self, amount, **values):
        with self.records() as budgets:
            return budgets.create(
                {"name": self.name, "company_id": 1, "amount": amount, **values}
            ).id

    def call(self, number, worst_case="1", lease_seconds=900, **owner):
        owner = {"user_id": 2, "operation": "validation", **owner}
        return make_call(
            f"{self.name}:{number}", Owner(1, **owner), worst_case, lease_seconds
        )

    def together(self, act, times, threads=THREADS):
        """Return what ``act`` returns for each number, begun at the same time."""
        barrier = threading.Barrier(threads)

        def run(number):
            if number < threads:
                barrier.wait(timeout=PATIENCE)
            return act(number)

        with ThreadPoolExecutor(threads) as executor:
            return list(executor.map(run, range(times)))

    def passed(self, times, threads=THREADS, worst_case="1"):
        """Return how many of so many calls at once pass."""
        errors = self.together(
            lambda number: reserve(self.backend, self.call(number, worst_case)),
            times,
            threads,
        )
        self.assertEqual({error.code for error in errors if error} - {"budget"}, set())
        return errors.count(None)

    def assert_equal_to_the_ledger(self):
        self.assertEqual(self.sql(UNEQUAL), [])

    def test_eight_at_once_on_what_fits_three(self):
        self.budget(3)
        self.assertEqual(self.passed(8), 3)
        self.assert_equal_to_the_ledger()

    def test_two_hundred_on_what_fits_fifty(self):
        self.budget(0.5)
        self.assertEqual(self.passed(200, threads=32, worst_case="0.01"), 50)
        rows = self.sql(
            "SELECT count(*), sum(cost_usd)::text FROM account_ai_usage"
            " WHERE key LIKE %s",
            f"{self.name}%",
        )
        self.assertEqual(rows, [(50, "0.50")])
        self.assert_equal_to_the_ledger()

    def test_those_that_are_reserved_together(self):
        """Beside others alone: nobody waits in a ring, and not a cent over."""
        self.budget(0.5)
        self.budget(0.3, scope="user", user_id=1)
        self.budget(10, scope="operation", operation="validation")
        self.backend.prepare_budgets()

        def work(number):
            calls = [
                self.call(f"{number}:{each}", "0.01", user_id=1 + (number + each) % 3)
                for each in range(1 + number % 4)
            ]
            random.Random(number).shuffle(calls)
            windows = {f"{self.name}:{call.owner.user_id}": 1 for call in calls}
            try:
                with self.backend.transaction() as transaction:
                    transaction.limits.hit_all(windows, 1000, 60.0)
                    bookings = transaction.ledger.open_all(calls)
                    booked = list(zip(calls, bookings, strict=True))
                    transaction.budget.reserve_all(booked)
            except ClaudeError:
                return sum(reserve(self.backend, call) is None for call in calls)
            return len(calls)

        self.assertEqual(sum(self.together(work, 100)), 50)
        self.assert_equal_to_the_ledger()

    def test_a_budget_that_begins_while_calls_come(self):
        """Its counter is begun once, and holds each call once."""
        for number in range(20):
            reserve(self.backend, self.call(f"before:{number}", "0.01"))
        self.budget(0.5)
        self.sql("DELETE FROM account_ai_budget_period")  # nobody has begun it yet
        self.assertEqual(self.passed(60, worst_case="0.01"), 30)
        self.assertEqual(
            self.sql("SELECT count(*) FROM account_ai_budget_period"), [(1,)]
        )
        self.assert_equal_to_the_ledger()

    def test_several_budgets_in_opposite_orders(self):
        """Callers need different ones of the same counters: nobody waits in a ring."""
        scopes = [
            {"scope": "company"},
            {"scope": "user", "user_id": 2},
            {"scope": "user", "user_id": 1},
            {"scope": "operation", "operation": "validation"},
            {"scope": "operation", "operation": "chat"},
            {"scope": "automation"},
        ]
        with self.records() as budgets:
            order = random.Random(4).sample(scopes * 2, 12)
            for values in order:
                budgets.create({"name": "x", "company_id": 1, "amount": 1000, **values})
        # Table order is not that of ids any more.
        self.backend.prepare_budgets()
        self.sql(
            "UPDATE account_ai_budget_period SET alerted = 0"
            " WHERE id IN (SELECT id FROM account_ai_budget_period"
            " ORDER BY random() LIMIT 6)"
        )

        def work(number):
            owner = {
                "user_id": 1 + number % 2,
                "operation": ("validation", "chat")[number // 2 % 2],
                "lane": ("screen", "queue")[number // 4 % 2],
            }
            call = self.call(number, "0.01", **owner)
            self.assertIsNone(reserve(self.backend, call))
            self.assertIsNotNone(settle(self.backend, call.key, "0.001"))

        self.together(work, 400)
        self.assert_equal_to_the_ledger()

    def test_a_storm_of_everything(self):
        """Calls begin, end, get lost and come late while budgets change."""
        self.budget(0.2)
        self.budget(0.1, scope="user", user_id=2, period="day")
        changed = self.budget(0.15, scope="operation", operation="chat")
        stop = threading.Event()

        def work(number):
            chance = random.Random(number)
            call = self.call(
                number,
                "0.01",
                lease_seconds=chance.choice((900, -1)),
                user_id=chance.choice((1, 2)),
                operation=chance.choice(("chat", "validation")),
            )
            if reserve(self.backend, call) is not None:
                return False
            end = chance.random()
            if end < 0.1:
                self.backend.close_expired(3)
            elif end < 0.3:
                settle(self.backend, call.key, "0.01", "unknown")
            if end < 0.9:
                settle(self.backend, call.key, f"0.00{chance.randint(0, 99):02}")
            return True

        def change():
            chance = random.Random(0)
            while not stop.wait(0.02):
                with self.records() as budgets:
                    budgets.browse(changed).write(
                        chance.choice(
                            (
                                {"operation": "chat"},
                                {"operation": "validation"},
                                {"period": "day"},
                                {"active": False},
                                {"active": True, "period": "month"},
                                {"amount": 0.15},
                            )
                        )
                    )

        with ThreadPoolExecutor(1) as executor:
            changes = executor.submit(change)
            try:
                passed = self.together(work, 400)
            finally:
                stop.set()
            changes.result(timeout=PATIENCE)
        self.assertIn(True, passed)
        self.assertIn(False, passed)
        self.backend.prepare_budgets()
        self.assert_equal_to_the_ledger()
        self.assertEqual(self.backend.check_budgets(), 0)

    def test_a_budget_that_changes_while_a_call_is_admitted(self):
        """Between finding the counter and counting: the call begins anew."""
        self.budget(1)
        for number, change in enumerate(
            (
                "UPDATE account_ai_budget SET generation = 7, amount = 2",
                "DELETE FROM account_ai_budget",
            )
        ):
            call = self.call(number, "2")
            with self.assertRaises(NotPrepared):
                with self.backend.transaction() as transaction:
                    booking = transaction.ledger.open_all([call])[0]
                    self.sql(change)
                    transaction.budget.reserve_all([(call, booking)])
            self.assertIsNone(reserve(self.backend, call))

    def test_who_begins_a_counter_waits_for_calls_that_do_not_know_it(self):
        """A call was admitted without the budget and is not committed yet."""
        with self.backend.transaction() as earlier:
            booking = earlier.ledger.open_all([self.call("earlier", "2")])[0]
            self.sql(
                "INSERT INTO account_ai_budget (name, active, company_id, scope,"
                " period, tz, amount, currency_kind, currency_id, limit_type,"
                " generation) SELECT 'sql', TRUE, 1, 'company', 'month', 'UTC', 3,"
                " 'usd', id, 'hard', 0 FROM res_currency WHERE name = 'USD'"
            )
            with ThreadPoolExecutor(1) as executor:
                waiting = executor.submit(reserve, self.backend, self.call("a", "2"))
                self.wait_for_a_lock()
                earlier.budget.reserve_all([(self.call("earlier", "2"), booking)])
                earlier.cursor.commit()
                self.assertEqual(waiting.result(timeout=PATIENCE).code, "budget")
        self.assert_equal_to_the_ledger()

    def test_who_begins_a_counter_does_not_wait_for_ever(self):
        """A transaction that hangs keeps it from beginning: the call is refused."""
        self.budget(1)
        self.sql("DELETE FROM account_ai_budget_period")
        with self.backend.transaction() as hanging:
            hanging.ledger.open_all([self.call("hanging", "0", operation="x")])
            with patch.object(budget_counting, "LONGEST_WAIT", "50ms"):
                error = reserve(self.backend, self.call("second"))
        self.assertEqual((error.code, error.retryable), ("budget", True))
        self.assertIsNone(reserve(self.backend, self.call("second")))

    def wait_for_a_lock(self):
        """Wait until somebody waits for a lock in this database."""
        wait_until(
            lambda: self.sql(
                "SELECT 1 FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            ),
            "somebody waits for a lock",
        )

    def test_a_transaction_that_dies_has_reserved_nothing(self):
        self.budget(1)
        with self.assertRaises(psycopg2.Error), open_cursor(self.dbname) as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (pid,) = cursor.fetchone()
            dying = PostgresTransaction(
                cursor, self.backend.breaker, self.backend.prepare_budgets
            )
            call = self.call("dead")
            dying.budget.reserve_all([(call, *dying.ledger.open_all([call]))])
            with ThreadPoolExecutor(1) as executor:
                waiting = executor.submit(reserve, self.backend, self.call("next"))
                self.wait_for_a_lock()
                self.sql("SELECT pg_terminate_backend(%s)", pid)
                self.assertIsNone(waiting.result(timeout=PATIENCE))
        self.assert_equal_to_the_ledger()
        total = self.sql(
            "SELECT (spent + reserved)::text FROM account_ai_budget_period"
        )
        self.assertEqual([Decimal(each) for (each,) in total], [1])
