"""The shared state under real concurrency: real connections, real commits."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from decimal import Decimal
from unittest.mock import patch

import psycopg2.pool

from odoo import sql_db
from odoo.tests import BaseCase, tagged
from odoo.tests.common import get_db_name

from odoo.addons.account_ai.models.common import cursor as cursor_module
from odoo.addons.account_ai.models.common.cursor import open_cursor
from odoo.addons.account_ai.models.gateway.postgres.transaction import PostgresBackend
from odoo.addons.account_ai.services.claude.money.usage import TokenUsage
from odoo.addons.account_ai.services.claude.policy import BreakerPolicy
from odoo.addons.account_ai.services.claude.ports import OpenCall, Owner, Settlement

from ..common.waiting import PATIENCE

THREADS = 8


@tagged("post_install", "-at_install")
class TestBackendConcurrency(BaseCase):
    needs = "database"

    def setUp(self):
        super().setUp()
        self.dbname = get_db_name()
        self.backend = PostgresBackend(self.dbname, BreakerPolicy(failures=1))
        self.name = f"test-{uuid.uuid4()}"
        self.addCleanup(self.remove_rows)

    def remove_rows(self):
        with self.backend.transaction() as transaction:
            for table, column in (
                ("account_ai_usage", "key"),
                ("account_ai_rate_window", "key"),
                ("account_ai_circuit", "name"),
            ):
                transaction.cursor.execute(
                    f"DELETE FROM {table} WHERE {column} LIKE %s", [f"{self.name}%"]
                )

    def together(self, act, times=THREADS):
        """Return what ``act`` returns in as many threads, let go at the same time."""
        barrier = threading.Barrier(THREADS)

        def run(_number):
            barrier.wait(timeout=PATIENCE)
            return act()

        with ThreadPoolExecutor(THREADS) as executor:
            return list(executor.map(run, range(times)))

    def call(self, company_id=1, user_id=2):
        return OpenCall(
            key=self.name,
            fingerprint="f",
            owner=Owner(company_id, user_id, "validation"),
            model="claude-haiku-5-5",
            endpoint="http://127.0.0.1:1",
            simulated=True,
            unit_prices={},
            estimated_input=1,
            max_output=1,
            worst_case_usd=Decimal("0.01"),
            lease_seconds=90,
        )

    def open(self):
        with self.backend.transaction() as transaction:
            return transaction.ledger.open_all([self.call()])[0]

    def settle(self):
        settlement = Settlement(
            state="settled",
            usage=TokenUsage(output=1),
            cost_usd=Decimal("0.001"),
            estimated=False,
            outcome="ok",
        )
        with self.backend.transaction() as transaction:
            return transaction.ledger.settle(self.name, settlement)

    def test_the_limit_is_exact(self):
        def hit():
            with self.backend.transaction() as transaction:
                return transaction.limits.hit(self.name, 20, 60.0)

        states = self.together(hit, times=THREADS * 5)
        self.assertEqual(sum(state.allowed for state in states), 20)
        remaining = sorted(state.remaining for state in states if state.allowed)
        self.assertEqual(remaining, list(range(20)))

    def test_one_call_of_a_key(self):
        bookings = self.together(self.open)
        self.assertEqual(sum(booking.created for booking in bookings), 1)
        self.assertEqual(len({booking.usage_id for booking in bookings}), 1)

    def test_one_settlement_of_a_call(self):
        self.open()
        closings = self.together(self.settle)
        self.assertEqual(sum(closing is not None for closing in closings), 1)

    def test_one_probe_at_a_time(self):
        with self.backend.transaction() as transaction:
            transaction.circuit.failed(self.name)
        with self.backend.transaction() as transaction:
            transaction.cursor.execute(
                "UPDATE account_ai_circuit SET open_until = now() - interval '1 second'"
                " WHERE name = %s",
                [self.name],
            )

        def admit():
            with self.backend.transaction() as transaction:
                return transaction.circuit.admit(self.name).state

        states = self.together(admit)
        self.assertEqual(states.count("half_open"), 1)
        self.assertEqual(states.count("open"), THREADS - 1)

    def test_no_failure_is_lost(self):
        """Each is counted on top of the others, the first ones of a circuit too."""
        self.backend.breaker = BreakerPolicy(failures=THREADS * 5 + 1)

        def fail():
            with self.backend.transaction() as transaction:
                transaction.circuit.failed(self.name)

        self.together(fail, times=THREADS * 5)
        with self.backend.transaction() as transaction:
            state = transaction.circuit.state(self.name)
            self.assertEqual((state.state, state.failures), ("closed", THREADS * 5))
            transaction.circuit.failed(self.name)
            self.assertEqual(transaction.circuit.state(self.name).state, "open")

    def test_calls_of_a_closed_circuit_do_not_wait(self):
        """Not even for somebody who counts a failure of it, and has it locked."""
        self.backend.breaker = BreakerPolicy(failures=3)

        def pass_through():
            with self.backend.transaction() as transaction:
                admitted = transaction.circuit.admit(self.name).state
                transaction.circuit.succeeded(self.name)
                return admitted

        with ThreadPoolExecutor(1) as executor:
            with self.backend.transaction() as slow:
                slow.circuit.failed(self.name)
                passed = executor.submit(pass_through)
                self.assertEqual(passed.result(timeout=PATIENCE), "closed")

    def test_the_ledger_does_not_wait_for_a_business_transaction(self):
        """Which has company, user and currency rows locked while it waits for us."""
        with open_cursor(self.dbname) as business:
            for table in ("res_company", "res_users", "res_currency"):
                business.execute(f"SELECT id FROM {table} WHERE id <= 2 FOR UPDATE")
            with ThreadPoolExecutor(1) as executor:
                self.assertTrue(
                    executor.submit(self.open).result(timeout=PATIENCE).created
                )
                self.assertTrue(executor.submit(self.settle).result(timeout=PATIENCE))

    @contextmanager
    def full_pool(self):
        """Take every connection of the pool; yields the cursors that hold them."""
        with ExitStack() as stack:
            stack.enter_context(patch.object(sql_db._Pool, "_maxconn", 1))
            held = []
            with suppress(psycopg2.pool.PoolError):
                while True:
                    cursor = open_cursor(self.dbname, longest_wait=0)
                    held.append(stack.enter_context(cursor))
            yield held

    def test_a_full_pool_is_waited_for(self):
        waited = threading.Event()
        sleep = cursor_module.time.sleep

        def noticed(seconds):
            waited.set()
            sleep(seconds)

        with ThreadPoolExecutor(1) as executor, self.full_pool() as held:
            with patch.object(cursor_module.time, "sleep", noticed):
                future = executor.submit(self.open)
                self.assertTrue(waited.wait(timeout=PATIENCE))
                self.assertFalse(future.done())
                held[0].close()
                self.assertTrue(future.result(timeout=PATIENCE).created)

    def test_a_pool_that_stays_full_fails_in_the_end(self):
        with self.full_pool(), self.assertRaises(psycopg2.pool.PoolError):
            open_cursor(self.dbname, longest_wait=0.05)

    def test_a_changed_row_is_no_serialization_failure(self):
        """Under REPEATABLE READ the second hit would fail."""
        with self.backend.transaction() as first:
            first.limits.hit(self.name, 5, 60.0)
        with self.backend.transaction() as slow:
            slow.now()
            with self.backend.transaction() as fast:
                fast.limits.hit(self.name, 5, 60.0)
            self.assertEqual(slow.limits.hit(self.name, 5, 60.0).remaining, 2)
