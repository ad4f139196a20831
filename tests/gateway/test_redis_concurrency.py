"""Redis under real concurrency: many processes, many threads, exact all the same."""

import multiprocessing
import os
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor

from odoo.tests import BaseCase, tagged

from odoo.addons.account_ai.models.gateway.redis.circuit import RedisCircuits
from odoo.addons.account_ai.models.gateway.redis.connection import connection_for
from odoo.addons.account_ai.models.gateway.redis.rate_limit import RedisWindows
from odoo.addons.account_ai.services.claude.circuit import BreakerPolicy, CircuitBreaker

from .redis_case import PREFIX, RedisMixin

PROCESSES = 8
HITS = 50
"""Of each process."""
LIMIT = 123
ENDPOINT = "http://127.0.0.1:1"
LONGEST_WAIT = 60


@tagged("post_install", "-at_install")
class TestRedisConcurrency(RedisMixin, BaseCase):
    def in_processes(self, act):
        """Return what ``act`` returns in each of as many forked processes.

        They are forked while the connection of this one is in use, as workers of Odoo
        may be, and let go at the same time.
        """
        context = multiprocessing.get_context("fork")
        barrier = context.Barrier(PROCESSES)
        answers = context.SimpleQueue()

        def run():
            try:
                barrier.wait(LONGEST_WAIT)
                answers.put(act(connection_for(self.redis.url)))
            except Exception:  # told to the test, which fails
                answers.put(traceback.format_exc())

        self.assertTrue(connection_for(self.redis.url).is_available())
        self.addCleanup(connection_for(self.redis.url).close)
        processes = [context.Process(target=run, daemon=True) for _ in range(PROCESSES)]
        for process in processes:
            process.start()
        found = [answers.get() for _ in processes]
        for process in processes:
            process.join(LONGEST_WAIT)
        for answer in found:
            self.assertNotIsInstance(answer, str, answer)
        return found

    def test_the_limit_is_exact_over_processes(self):
        def hit(connection):
            assert connection.is_available()
            windows = RedisWindows(connection, PREFIX)
            states = [
                windows.hit("k", LIMIT, 60.0, f"{os.getpid()}-{number}")
                for number in range(HITS)
            ]
            return [(state.allowed, state.remaining) for state in states]

        states = sum(self.in_processes(hit), [])
        self.assertEqual(len(states), PROCESSES * HITS)
        self.assertEqual(sum(allowed for allowed, _remaining in states), LIMIT)
        remaining = sorted(left for allowed, left in states if allowed)
        self.assertEqual(remaining, list(range(LIMIT)))

    def test_one_probe_over_processes(self):
        policy = BreakerPolicy(failures=1)
        self.assertTrue(self.connection.is_available())
        CircuitBreaker(RedisCircuits(self.connection, PREFIX), policy).failed(ENDPOINT)
        self.age(61)

        def admit(connection):
            assert connection.is_available()
            circuits = RedisCircuits(connection, PREFIX)
            return CircuitBreaker(circuits, policy).admit(ENDPOINT)

        states = [state.state for state in self.in_processes(admit)]
        self.assertEqual(states.count("half_open"), 1)
        self.assertEqual(states.count("open"), PROCESSES - 1)

    def test_no_failure_is_lost_over_processes(self):
        policy = BreakerPolicy(failures=PROCESSES * HITS + 1)

        def fail(connection):
            assert connection.is_available()
            breaker = CircuitBreaker(RedisCircuits(connection, PREFIX), policy)
            for _ in range(HITS):
                breaker.failed(ENDPOINT)

        self.in_processes(fail)
        self.assertTrue(self.connection.is_available())
        breaker = CircuitBreaker(RedisCircuits(self.connection, PREFIX), policy)
        state = breaker.state(ENDPOINT)
        self.assertEqual((state.state, state.failures), ("closed", PROCESSES * HITS))
        breaker.failed(ENDPOINT)
        self.assertEqual(breaker.state(ENDPOINT).state, "open")

    def test_the_limit_is_exact_over_threads(self):
        """From the first call on: nobody counts elsewhere while one connects."""
        backend = self.redis_backend(None)
        barrier = threading.Barrier(PROCESSES)

        def hit(number):
            barrier.wait(LONGEST_WAIT)
            assert backend.connection.is_available()
            windows = RedisWindows(backend.connection, PREFIX)
            return [
                windows.hit("k", LIMIT, 60.0, f"{number}-{each}").allowed
                for each in range(HITS)
            ]

        with ThreadPoolExecutor(PROCESSES) as executor:
            allowed = sum(executor.map(hit, range(PROCESSES)), [])
        self.assertEqual(sum(allowed), LIMIT)

    def test_what_was_undone_is_free_again(self):
        """Hits and refusals at the same time: what is left is what was not undone."""
        self.assertTrue(self.connection.is_available())
        windows = RedisWindows(self.connection, PREFIX)

        def hit_and_undo(number):
            hit = str(number)
            allowed = windows.hit("k", LIMIT, 60.0, hit).allowed
            if allowed and number % 2:
                windows.undo("k", hit)
                return False
            return allowed

        with ThreadPoolExecutor(PROCESSES) as executor:
            kept = sum(executor.map(hit_and_undo, range(200)))
        self.assertEqual(kept, 100)
        self.assertEqual(self.redis.command("ZCARD", f"{PREFIX}window:k"), 100)
