"""What a browser that follows a log gets: events with their ids, and heartbeats."""

from unittest.mock import patch

from odoo.tests.common import BaseCase

from ...controllers.common import event_stream
from ...controllers.common.event_stream import HEARTBEAT, follow
from ...services.common.event_log import EventLog


class TestFollow(BaseCase):
    def setUp(self):
        super().setUp()
        self.log = EventLog()

    def test_a_heartbeat_whenever_nothing_happens(self):
        """A proxy closes a connection on which nothing comes."""
        with patch.object(event_stream, "HEARTBEAT_SECONDS", 0.0):
            events = follow(self.log, 60.0)
            self.assertEqual(next(events), HEARTBEAT)
            self.log.append("progress", {"characters": 7})
            self.assertEqual(
                next(events), b'id: 1\nevent: progress\ndata: {"characters": 7}\n\n'
            )
            self.assertEqual(next(events), HEARTBEAT)
            self.log.end("done")
            self.assertEqual(next(events), b"id: 2\nevent: done\ndata: {}\n\n")
            self.assertEqual(list(events), [])

    def test_a_late_reader_gets_what_follows_its_last_event(self):
        for name in "abc":
            self.log.append(name)
        self.log.end()
        self.assertEqual(
            b"".join(follow(self.log, 60.0, 1)),
            b"id: 2\nevent: b\ndata: {}\n\nid: 3\nevent: c\ndata: {}\n\n",
        )

    def test_it_ends_when_its_time_is_over(self):
        self.assertEqual(list(follow(self.log, 0.0)), [])
