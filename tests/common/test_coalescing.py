import threading
import unittest
from unittest.mock import patch

from odoo.tools import mute_logger

from ...services.common.coalescing import Coalescing, _Waiting

LOGGER = "odoo.addons.account_ai.services.common.coalescing"


class TestCoalescing(unittest.TestCase):
    """One works for all that wait, and for nobody else."""

    def setUp(self):
        super().setUp()
        self.together = Coalescing()
        self.first_works, self.go_on = threading.Event(), threading.Event()
        self.batches, self.alone, self.results = [], [], {}
        self.threads = []
        self.addCleanup(self.go_on.set)

    def work(self, requests):
        """Do several at once: each becomes its double."""
        self.batches.append(list(requests))
        return [2 * request for request in requests]

    def start(self, request, key="same", work=None, hold=False):
        """Ask for ``request`` in a thread of its own."""

        def alone():
            self.alone.append(request)
            if hold:
                self.first_works.set()
                self.assertTrue(self.go_on.wait(10))
            return -request

        def run():
            try:
                self.results[request] = self.together.do(
                    key, request, work or self.work, alone
                )
            except ValueError as error:
                self.results[request] = error

        thread = threading.Thread(target=run)
        thread.start()
        self.threads.append(thread)

    def start_behind_the_first(self, requests, **options):
        """Have these wait, in their order, while the request 1 is worked for."""
        self.start(1, hold=True)
        self.assertTrue(self.first_works.wait(10))
        for number, request in enumerate(requests, start=1):
            self.start(request, **options)
            self.until_waiting(number)

    def until_waiting(self, count):
        for _try in range(1000):
            if len(self.together._waiting) == count:
                return
            threading.Event().wait(0.01)
        self.fail("nobody came")

    def end(self):
        self.go_on.set()
        for thread in self.threads:
            thread.join(10)

    def test_the_first_waits_for_nobody(self):
        self.assertEqual(self.together.do("same", 3, self.work, lambda: -3), -3)
        self.assertEqual(self.batches, [])

    def test_who_comes_meanwhile_is_worked_for_together(self):
        self.start_behind_the_first([2, 3, 4])
        self.end()
        self.assertEqual(self.batches, [[2, 3, 4]])
        self.assertEqual(self.results, {1: -1, 2: 4, 3: 6, 4: 8})

    def test_other_keys_are_kept_apart(self):
        self.start(1, hold=True)
        self.assertTrue(self.first_works.wait(10))
        for number, (request, key) in enumerate(
            [(2, "one"), (3, "other"), (4, "one"), (5, "other")], start=1
        ):
            self.start(request, key)
            self.until_waiting(number)
        self.end()
        self.assertEqual(self.batches, [[2, 4], [3, 5]])

    def test_not_more_than_allowed(self):
        self.together = Coalescing(most=2)
        self.start_behind_the_first([2, 3, 4, 5, 6])
        self.end()
        self.assertEqual(self.batches, [[2, 3], [4, 5]])
        self.assertEqual(self.alone, [1, 6])

    def test_what_cannot_be_done_together_is_done_alone(self):
        self.start_behind_the_first(
            [2, 3],
            work=lambda requests: [None if request == 3 else 7 for request in requests],
        )
        self.end()
        self.assertEqual(self.results, {1: -1, 2: 7, 3: -3})

    @mute_logger(LOGGER)
    def test_a_failure_leaves_each_its_own_result(self):
        def fail(_requests):
            raise ValueError("one of them is broken")

        self.start_behind_the_first([2, 3], work=fail)
        self.end()
        self.assertEqual(self.results, {1: -1, 2: -2, 3: -3})
        # Nothing is stuck afterwards.
        self.assertEqual(self.together.do("same", 4, self.work, lambda: -4), -4)

    def test_an_error_of_one_alone_is_its_own(self):
        def broken():
            raise ValueError("mine")

        with self.assertRaises(ValueError):
            self.together.do("same", 1, self.work, broken)
        self.assertEqual(self.together.do("same", 2, self.work, lambda: -2), -2)

    def test_whose_turn_will_come_waits_on(self):
        """Patience is lost with who is stuck, not with a long line."""
        together, waits = Coalescing(longest_wait_seconds=0.0), []
        me = _Waiting("same", 2)
        together._waiting.append(me)

        def wait(_seconds):
            waits.append(1)
            together._done += len(waits) < 3  # somebody got something done, twice
            return False

        with patch.object(me.called, "wait", wait):
            self.assertFalse(together._is_called(me))
        self.assertEqual(len(waits), 3)
        self.assertEqual(together._waiting, [])

    def test_nobody_waits_for_ever(self):
        self.together = Coalescing(longest_wait_seconds=0.0)
        self.start(1, hold=True)
        self.assertTrue(self.first_works.wait(10))
        self.start(2)
        self.threads[-1].join(10)
        self.assertEqual(self.results, {2: -2})
        self.end()
