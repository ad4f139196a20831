"""Server-sent events: the one way in which answers come piece by piece."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from odoo.http import Response, request

from ...services.common.event_log import Event, EventLog

HEARTBEAT_SECONDS = 10.0
HEARTBEAT = b": heartbeat\n\n"
HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache",
    "X-Accel-Buffering": "no",
}
_ID = re.compile(r"[0-9]{1,9}")


def encode_event(
    name: str, data: Mapping[str, Any], number: int | None = None
) -> bytes:
    """Return an event as it goes over the wire.

    :param number: its id in the log of events that it is from; a browser that comes
        back tells the last one that it has
    """
    line = f"id: {number}\n" if number is not None else ""
    return f"{line}event: {name}\ndata: {json.dumps(data)}\n\n".encode()


def encode_events(events: Iterable[Event]) -> bytes:
    """Return events of a log in one piece."""
    return b"".join(encode_event(each.name, each.data, each.id) for each in events)


def last_event_id() -> int:
    """Return the id of the last event that the browser has got; 0 for none."""
    number = request.httprequest.headers.get("Last-Event-ID", "")
    return int(number) if _ID.fullmatch(number) else 0


def follow(log: EventLog, seconds: float, after: int = 0) -> Iterator[bytes]:
    """Yield the events of a log as they come, and heartbeats, up to its end.

    :param seconds: how long to listen at most
    :param after: id of the last event that the browser has got
    """
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        events = log.read(after, HEARTBEAT_SECONDS)
        if events is None:
            return
        if events:
            after = events[-1].id
        yield encode_events(events) or HEARTBEAT


class EventStreamResponse(Response):
    """A response whose events begin after Odoo has committed and closed its cursor.

    Odoo calls a response when the request's transaction is over. Only then is ``begin``
    called, which may set status and headers.
    """

    def __init__(self, begin: Callable[[EventStreamResponse], Iterable[bytes]]) -> None:
        super().__init__(headers=HEADERS, direct_passthrough=True)
        self._begin = begin

    def __call__(self, environ, start_response):
        """Begin the stream; override of ``werkzeug``."""
        if environ["REQUEST_METHOD"] != "HEAD":
            self.response = self._begin(self)
        return super().__call__(environ, start_response)
