import threading
import unittest
from unittest.mock import patch

from odoo.tools import mute_logger

from ..models.running.together import Together, _Waiting

LOGGER = "odoo.addons.account_ai.models.running.together"


class TestTogether(unittest.TestCase):
    """One works for all that wait, and for nobody else."""

    def setUp(self):
        super().setUp()
        self.together = Together()
        self.first_works, self.go_on = threading.Event(), threading.Event()
        self.batches, self.alone, self.results = [], [], {}
        self.threads = []
        self.addCleanup(self.go_on.set)

    def work(self, wishes):
        """Do several at once: each becomes its double."""
        self.batches.append(list(wishes))
        return [2 * wish for wish in wishes]

    def start(self, wish, key="same", work=None, hold=False):
        """Ask for ``wish`` in a thread of its own."""

        def alone():
            self.alone.append(wish)
            if hold:
                self.first_works.set()
                self.assertTrue(self.go_on.wait(10))
            return -wish

        def run():
            try:
                self.results[wish] = self.together.do(
                    key, wish, work or self.work, alone
                )
            except ValueError as error:
                self.results[wish] = error

        thread = threading.Thread(target=run)
        thread.start()
        self.threads.append(thread)

    def start_behind_the_first(self, wishes, **options):
        """Have these wait, in their order, while the wish 1 is worked for."""
        self.start(1, hold=True)
        self.assertTrue(self.first_works.wait(10))
        for number, wish in enumerate(wishes, start=1):
            self.start(wish, **options)
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

    def test_what_is_better_done_so_even_for_one(self):
        together = Together(even_one=True)
        self.assertEqual(together.do("same", 3, self.work, lambda: -3), 6)
        self.assertEqual(self.batches, [[3]])
        nothing = lambda wishes: [None] * len(wishes)  # noqa: E731
        self.assertEqual(together.do("same", 4, nothing, lambda: -4), -4)

    def together_with_pauses(self, *comers, most=9, late=()):
        """Return one that gathers, and the pauses it makes; in each of them as many
        come as ``comers`` tells, and those that ``late`` names end late."""
        pauses, numbers = [], iter(range(2, 99))
        now = [0.0]

        def pause(seconds):
            come = comers[len(pauses)] if len(pauses) < len(comers) else 0
            pauses.append(seconds)
            now[0] += seconds * (3 if len(pauses) in late else 1)
            before = len(self.together._waiting)
            for number in range(before, before + come):
                self.start(next(numbers))
                self.until_waiting(number + 1)

        self.together = Together(
            most, even_one=True, gather=True, sleep=pause, clock=lambda: now[0]
        )
        return pauses

    def test_who_is_alone_pauses_twice(self):
        pauses = self.together_with_pauses()
        self.start(1)
        self.end()
        self.assertEqual(self.batches, [[1]])
        self.assertEqual(len(pauses), 2)

    def test_as_long_as_others_come_they_are_waited_for(self):
        pauses = self.together_with_pauses(1, 0, 2, 0, 0, 1)
        self.assertEqual(self.together.do("same", 1, self.work, lambda: -1), 2)
        self.end()
        self.assertEqual(self.batches, [[1, 2, 3, 4]])
        self.assertEqual(self.results, {2: 4, 3: 6, 4: 8})
        self.assertEqual(len(pauses), 5)

    def test_while_the_processor_is_busy_others_may_come(self):
        pauses = self.together_with_pauses(0, 0, 0, 1, late=(2, 3))
        self.assertEqual(self.together.do("same", 1, self.work, lambda: -1), 2)
        self.end()
        self.assertEqual(self.batches, [[1, 2]])
        self.assertEqual(len(pauses), 6)

    def test_a_busy_processor_is_not_waited_for_without_end(self):
        pauses = self.together_with_pauses(late=range(99))
        self.assertEqual(self.together.do("same", 1, self.work, lambda: -1), 2)
        self.assertLess(len(pauses), 30)

    def test_nobody_is_waited_for_who_finds_no_place(self):
        pauses = self.together_with_pauses(2, 1, most=3)
        self.assertEqual(self.together.do("same", 1, self.work, lambda: -1), 2)
        self.end()
        self.assertEqual(self.batches, [[1, 2, 3]])
        self.assertEqual(len(pauses), 1)

    def test_others_are_not_waited_for_without_end(self):
        pauses = self.together_with_pauses(*[1] * 30, most=99)
        self.assertEqual(self.together.do("same", 1, self.work, lambda: -1), 2)
        self.end()
        self.assertEqual(len(pauses), len(self.batches[0]) - 1)
        self.assertLess(len(pauses), 30)

    def test_what_goes_before_is_over_before_anybody_is_counted(self):
        def others_come():
            for number in (1, 2):
                self.start(number + 1)
                self.until_waiting(number)

        before = iter([others_come])
        self.together = Together(
            even_one=True, before=lambda: next(before, lambda: None)()
        )
        self.assertEqual(self.together.do("same", 1, self.work, lambda: -1), 2)
        self.end()
        self.assertEqual(self.batches, [[1, 2, 3]])

    def test_who_comes_meanwhile_is_worked_for_together(self):
        self.start_behind_the_first([2, 3, 4])
        self.end()
        self.assertEqual(self.batches, [[2, 3, 4]])
        self.assertEqual(self.results, {1: -1, 2: 4, 3: 6, 4: 8})

    def test_other_keys_are_kept_apart(self):
        self.start(1, hold=True)
        self.assertTrue(self.first_works.wait(10))
        for number, (wish, key) in enumerate(
            [(2, "one"), (3, "other"), (4, "one"), (5, "other")], start=1
        ):
            self.start(wish, key)
            self.until_waiting(number)
        self.end()
        self.assertEqual(self.batches, [[2, 4], [3, 5]])

    def test_not_more_than_allowed(self):
        self.together = Together(most=2)
        self.start_behind_the_first([2, 3, 4, 5, 6])
        self.end()
        self.assertEqual(self.batches, [[2, 3], [4, 5]])
        self.assertEqual(self.alone, [1, 6])

    def test_what_cannot_be_done_together_is_done_alone(self):
        self.start_behind_the_first(
            [2, 3], work=lambda wishes: [None if wish == 3 else 7 for wish in wishes]
        )
        self.end()
        self.assertEqual(self.results, {1: -1, 2: 7, 3: -3})

    @mute_logger(LOGGER)
    def test_a_failure_leaves_each_its_own_result(self):
        def fail(_wishes):
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
        together, waits = Together(patience_seconds=0.0), []
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
        self.together = Together(patience_seconds=0.0)
        self.start(1, hold=True)
        self.assertTrue(self.first_works.wait(10))
        self.start(2)
        self.threads[-1].join(10)
        self.assertEqual(self.results, {2: -2})
        self.end()
