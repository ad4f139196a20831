import threading
import unittest

from ...services.common.turns import Turns
from .waiting import TIMEOUT


class TestTurns(unittest.TestCase):
    """Requests take turns, and one that is stuck does not stop the others."""

    def test_no_more_than_allowed_work_at_once(self):
        turns = Turns(at_once=2)
        everyone_in = threading.Barrier(2)
        working, most = [], []

        def work():
            with turns.turn():
                working.append(1)
                most.append(len(working))
                # Both places must be taken before either is left.
                everyone_in.wait(timeout=TIMEOUT)
                working.pop()

        threads = [threading.Thread(target=work) for _number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=TIMEOUT)
        self.assertEqual(len(most), 6)
        self.assertLessEqual(max(most), 2)

    def test_there_are_as_many_places_as_allowed(self):
        turns = Turns(at_once=2, longest_wait_seconds=0.0)
        with turns.turn() as first, turns.turn() as second, turns.turn() as third:
            self.assertEqual((first, second, third), (False, False, True))

    def test_an_error_gives_the_place_back(self):
        turns = Turns(at_once=1, longest_wait_seconds=0.0)
        with self.assertRaises(ValueError), turns.turn() as had_to_wait:
            self.assertFalse(had_to_wait)
            raise ValueError("the work failed")
        with turns.turn() as had_to_wait:
            self.assertFalse(had_to_wait)

    def test_who_waits_too_long_goes_on(self):
        turns = Turns(at_once=1, longest_wait_seconds=0.0)
        with turns.turn(), turns.turn() as timed_out:
            self.assertTrue(timed_out)

    def test_the_end_waits_for_beginnings(self):
        turns = Turns()
        began, order = threading.Event(), []

        def store():
            began.set()
            self.assertFalse(turns.let_others_begin())
            order.append("stored")

        with turns.ahead():
            thread = threading.Thread(target=store)
            thread.start()
            self.assertTrue(began.wait(timeout=TIMEOUT))
            order.append("begun")
        thread.join(timeout=TIMEOUT)
        self.assertEqual(order, ["begun", "stored"])

    def test_the_end_does_not_wait_for_ever(self):
        turns = Turns(longest_wait_seconds=0.0)
        with turns.turn():
            self.assertTrue(turns.let_others_begin())
        self.assertFalse(turns.let_others_begin())
