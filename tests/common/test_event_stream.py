"""What a browser that follows a log gets: events with their ids, and heartbeats."""

from unittest.mock import Mock

from odoo.tests.common import BaseCase

from ...controllers.common.event_stream import HEARTBEAT, HEARTBEAT_SECONDS, follow
from ...services.common.event_log import Event, EventLog


class TestFollow(BaseCase):
    def test_a_heartbeat_whenever_nothing_happens(self):
        """A proxy closes a connection on which nothing comes."""
        event = Event(1, "progress", {"characters": 7})
        log = Mock(**{"read.side_effect": [[], [event], [], None]})
        self.assertEqual(
            list(follow(log, 3600.0)),
            [
                HEARTBEAT,
                b'id: 1\nevent: progress\ndata: {"characters": 7}\n\n',
                HEARTBEAT,
            ],
        )
        asked = [call.args for call in log.read.call_args_list]
        self.assertEqual(asked, [(after, HEARTBEAT_SECONDS) for after in (0, 0, 1, 1)])

    def test_a_late_reader_gets_what_follows_its_last_event(self):
        log = EventLog()
        for name in "abc":
            log.append(name)
        self.assertEqual(
            next(follow(log, 3600.0, 1)),
            b"id: 2\nevent: b\ndata: {}\n\nid: 3\nevent: c\ndata: {}\n\n",
        )

    def test_it_ends_when_its_time_is_over(self):
        self.assertIsNone(next(follow(EventLog(), 0.0), None))
