"""Events are kept in order, and readers may come late."""

import threading
import unittest

from ...services.common.event_log import KEPT_SECONDS, MOST_KEPT, EventLog, EventLogs


def told(log, after=0):
    """Return the names of the events that a reader gets."""
    return [event.name for event in log.read(after, 0.0) or ()]


class TestEventLog(unittest.TestCase):
    def setUp(self):
        super().setUp()
        self.log = EventLog()

    def test_events_are_numbered_without_a_gap(self):
        for name in "abc":
            self.log.append(name, {"of": name})
        events = self.log.read(0, 0.0)
        self.assertEqual([event.id for event in events], [1, 2, 3])
        self.assertEqual([event.data["of"] for event in events], ["a", "b", "c"])

    def test_a_late_reader_reads_on_after_what_it_has(self):
        for name in "abc":
            self.log.append(name)
        self.assertEqual(told(self.log, after=2), ["c"])
        self.assertEqual(told(self.log), ["a", "b", "c"])

    def test_nothing_happened_is_not_the_end(self):
        self.assertEqual(self.log.read(0, 0.0), [])
        self.log.end("done")
        self.assertEqual(told(self.log), ["done"])
        self.assertIsNone(self.log.read(1, 0.0))

    def reading(self, got):
        """Return a thread that waits for events much longer than the test for it."""
        reader = threading.Thread(
            target=lambda: got.append(self.log.read(0, 3600.0)), daemon=True
        )
        reader.start()
        return reader

    def test_a_reader_waits_for_what_comes(self):
        got = []
        reader = self.reading(got)
        self.log.append("late")
        reader.join(60)
        self.assertEqual([event.name for event in got[0]], ["late"])

    def test_a_reader_that_waits_learns_of_the_end(self):
        got = []
        reader = self.reading(got)
        self.log.end()
        reader.join(60)
        self.assertEqual(got, [None])

    def test_a_part_has_a_beginning_and_an_end(self):
        self.log.begin_part("text", "1", {"of": "x"})
        self.log.end_part("1")
        self.log.end("done")
        self.assertEqual(told(self.log), ["text_start", "text_end", "done"])
        self.assertEqual(self.log.read(0, 0.0)[0].data, {"of": "x", "part": "1"})

    def test_open_parts_are_ended_with_the_log(self):
        self.log.begin_part("text", "1")
        self.log.begin_part("tool", "2")
        self.log.append("error")
        self.log.end("done")
        self.assertEqual(told(self.log, 2), ["error", "text_end", "tool_end", "done"])
        ends = [event.data for event in self.log.read(3, 0.0)[:2]]
        self.assertEqual([each["part"] for each in ends], ["1", "2"])
        self.assertTrue(all(each["broken_off"] for each in ends))

    def test_after_the_end_nothing_comes(self):
        self.log.end("done")
        self.log.append("more")
        self.log.end("done")
        self.assertEqual(told(self.log), ["done"])


class TestEventLogs(unittest.TestCase):
    def setUp(self):
        super().setUp()
        self.now = 0.0
        self.logs = EventLogs(clock=lambda: self.now)

    def test_a_log_is_found_while_it_goes_on_and_a_little_longer(self):
        log = self.logs.begin("a")
        self.now = 10 * KEPT_SECONDS
        self.assertIs(self.logs.find("a"), log)
        self.logs.ended("a")
        self.now += KEPT_SECONDS - 1
        self.assertIs(self.logs.find("a"), log)
        self.now += 2
        self.assertIsNone(self.logs.find("a"))

    def test_one_that_is_not_there(self):
        self.assertIsNone(self.logs.find("a"))
        self.logs.ended("a")

    def test_of_too_many_the_oldest_goes(self):
        for number in range(MOST_KEPT + 1):
            self.logs.begin(number)
            self.logs.ended(number)
        self.assertIsNone(self.logs.find(0))
        self.assertIsNotNone(self.logs.find(1))
