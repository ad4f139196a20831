"""The master of a Sentinel set dies while calls are made: nobody notices."""

import logging
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from odoo.tests import BaseCase, tagged
from odoo.tests.common import get_db_name

from odoo.addons.account_ai.services.claude.gateway import Gateway
from odoo.addons.account_ai.services.claude.http.client import ClaudeClient
from odoo.addons.account_ai.services.claude.policy import Policy
from odoo.addons.account_ai.services.claude.ports import Owner
from odoo.addons.account_ai.services.claude.request import ClaudeRequest

from ..common.common import start_simulator
from ..common.waiting import wait_until
from .redis_case import RedisMixin

_logger = logging.getLogger(__name__)

THREADS = 8
BEFORE = 60
"""Calls that have ended when the master is killed."""
AFTER = 60
"""Calls that are made after Redis is back."""
LOSS = "odoo.addons.account_ai.models.gateway.redis.loss"
MANY = 1_000_000


@tagged("post_install", "-at_install")
class TestFailover(RedisMixin, BaseCase):
    @classmethod
    def start_redis(cls, tools):
        return tools.sentinel_set(password="s3cret")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.simulator = start_simulator()
        cls.addClassCleanup(cls.simulator.stop)

    def server(self):
        return self.redis.master()

    def setUp(self):
        super().setUp()
        self.name = f"failover-{uuid.uuid4()}"
        self.backend = self.redis_backend(get_db_name())
        self.addCleanup(self.remove_rows)
        client = ClaudeClient("sk-ant-test-failover", self.simulator.base_url)
        self.addCleanup(client.close)
        policy = Policy(limits_per_minute={"validation": MANY}, company_limit=MANY)
        self.gateway = Gateway(client, self.backend, policy)
        self.calls = 0
        self.stop = threading.Event()
        self.lock = threading.Lock()

    def remove_rows(self):
        with self.backend.postgres_transaction() as transaction:
            for statement in (
                "DELETE FROM account_ai_answer WHERE fingerprint IN (SELECT fingerprint"
                " FROM account_ai_usage WHERE key LIKE %(name)s || '%%')",
                "DELETE FROM account_ai_usage WHERE key LIKE %(name)s || '%%'",
                "DELETE FROM account_ai_rate_window",
                "DELETE FROM account_ai_circuit",
                "DELETE FROM account_ai_alert WHERE kind = 'redis_lost'",
            ):
                transaction.cursor.execute(statement, {"name": self.name})

    def make_calls(self, _number):
        """Make one call after the other until told to stop; return the longest."""
        longest = 0.0
        while not self.stop.is_set():
            with self.lock:
                self.calls += 1
                number = self.calls
            started = time.monotonic()
            self.make_call(number)
            longest = max(longest, time.monotonic() - started)
        return longest

    def make_call(self, number):
        request = ClaudeRequest(
            model="claude-haiku-5-5",
            system=("You are brief.",),
            messages=({"role": "user", "content": f"{self.name}: {number}?"},),
            max_tokens=500,
            effort="low",
        )
        owner = Owner(company_id=1, user_id=2, operation="validation")
        admission = self.gateway.admit(request, owner, f"{self.name}:{number}")
        result = self.gateway.call(admission)
        self.gateway.settle(admission, result)
        self.gateway.keep(admission, result)

    def wait_for(self, is_true):
        def goes_on():
            self.assertFalse(self.stop.is_set())
            return is_true()

        wait_until(goes_on, "Redis is where the test needs it")

    def rows(self, query):
        with self.backend.postgres_transaction() as transaction:
            transaction.cursor.execute(query, {"name": self.name})
            return transaction.cursor.fetchall()

    def test_nobody_notices_that_the_master_died(self):
        with (
            ThreadPoolExecutor(THREADS) as executor,
            self.assertLogs(LOSS, logging.INFO) as logs,
        ):
            workers = [executor.submit(self.make_calls, n) for n in range(THREADS)]
            try:
                self.wait_for(lambda: self.calls >= BEFORE)
                master = self.redis.master()
                killed_at = time.monotonic()
                master.kill()
                self.wait_for(lambda: self.connection.is_lost)
                lost_at = self.calls
                self.wait_for(lambda: not self.connection.is_lost)
                gap = time.monotonic() - killed_at
                back_at = self.calls
                self.wait_for(lambda: self.calls >= back_at + AFTER)
            finally:
                self.stop.set()
            longest = max(worker.result() for worker in workers)  # none has failed
        _logger.info(
            "%d calls, %d of them while Redis was away for %.2f s; the longest %.2f s",
            *(self.calls, back_at - lost_at, gap, longest),
        )
        self.assertGreater(back_at, lost_at)
        self.assertNotEqual(self.redis.master().port, master.port)

        # Each call is booked once, at what the simulator says.
        states = self.rows(
            "SELECT state, count(*), count(DISTINCT key), sum(cost_usd)"
            " FROM account_ai_usage WHERE key LIKE %(name)s || '%%' GROUP BY state"
        )
        self.assertEqual(len(states), 1, states)
        state, rows, keys, cost = states[0]
        self.assertEqual((state, rows, keys), ("settled", self.calls, self.calls))
        billed = self.simulator.control.usage()
        self.assertEqual(len(billed["requests"]), self.calls)
        self.assertEqual(Decimal(str(cost)), Decimal(billed["usd"]))

        # One loss: one warning, one alert, one word of the return.
        events = [record.getMessage().split("'")[1] for record in logs.records]
        self.assertEqual(events, ["redis_lost", "redis_is_back"])
        self.assertEqual(logs.records[0].levelname, "WARNING")
        self.assertNotIn("s3cret", str(logs.output))
        alerts = self.rows("SELECT 1 FROM account_ai_alert WHERE kind = 'redis_lost'")
        self.assertEqual(len(alerts), 1)

        # And it is in use again.
        windows = self.redis.master().command("KEYS", "*window:validation:screen:*")
        self.assertTrue(windows)
