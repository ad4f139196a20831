"""The events of one piece of work, kept in order for any number of readers."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

KEPT_SECONDS = 60.0
"""After its end a log is still there for so long: a browser that lost its connection
comes back for the rest."""
MOST_KEPT = 500
"""Ended logs of a process; the oldest are given up first."""


@dataclass(frozen=True)
class Event:
    """One thing that happened."""

    id: int
    """From 1 on, without a gap: who has read up to one reads on after it."""
    name: str
    data: Mapping[str, Any] = field(default_factory=dict)


class EventLog:
    """The events of one piece of work, for any number of readers, in any thread.

    A *part* is something that has a beginning and an end, like a text that is being
    written. Those that are open when the log ends, as after an error, are ended first,
    so that no reader waits for the rest of one.
    """

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._open_parts: dict[str, str] = {}
        self._changed = threading.Condition()
        self._is_ended = False

    def append(self, name: str, data: Mapping[str, Any] | None = None) -> None:
        """Add an event; after the end nothing is added any more."""
        with self._changed:
            self._append(name, data or {})

    def begin_part(
        self, name: str, part: str, data: Mapping[str, Any] | None = None
    ) -> None:
        """Add the event ``<name>_start`` of a part.

        :param part: identifies it; its data has it as ``part``
        """
        with self._changed:
            self._open_parts[part] = name
            self._append(f"{name}_start", {**(data or {}), "part": part})

    def end_part(self, part: str, data: Mapping[str, Any] | None = None) -> None:
        """Add the event ``<name>_end`` of a part that is open."""
        with self._changed:
            name = self._open_parts.pop(part)
            self._append(f"{name}_end", {**(data or {}), "part": part})

    def end(self, name: str = "", data: Mapping[str, Any] | None = None) -> None:
        """Add the last event, after the ends of parts that are open: their data says
        ``broken_off``. A second end changes nothing.

        :param name: of the last event; empty when the work was lost
        """
        with self._changed:
            for part, part_name in self._open_parts.items():
                self._append(f"{part_name}_end", {"part": part, "broken_off": True})
            self._open_parts.clear()
            if name:
                self._append(name, data or {})
            self._is_ended = True
            self._changed.notify_all()

    def read(self, after: int, seconds: float) -> list[Event] | None:
        """Return the events after the one with the id ``after``, waiting up to so many
        seconds for the first; none when nothing happened, ``None`` after the end."""
        give_up = time.monotonic() + seconds
        with self._changed:
            while len(self._events) <= after:
                if self._is_ended:
                    return None
                remaining = give_up - time.monotonic()
                if remaining <= 0:
                    return []
                self._changed.wait(remaining)
            return self._events[after:]

    def _append(self, name: str, data: Mapping[str, Any]) -> None:
        if self._is_ended:
            return
        self._events.append(Event(len(self._events) + 1, name, data))
        self._changed.notify_all()


class EventLogs:
    """The logs of this process, found by readers that come late.

    :param clock: monotonic seconds
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._running: dict[Hashable, EventLog] = {}
        self._ended: OrderedDict[Hashable, tuple[float, EventLog]] = OrderedDict()

    def begin(self, key: Hashable) -> EventLog:
        """Return a new log, found by ``key``."""
        log = EventLog()
        with self._lock:
            self._running[key] = log
        return log

    def find(self, key: Hashable) -> EventLog | None:
        """Return the log of ``key``; ``None`` when it is not of this process, or ended
        some time ago."""
        with self._lock:
            self._give_up()
            _until, ended = self._ended.get(key, (0.0, None))
            return self._running.get(key) or ended

    def ended(self, key: Hashable) -> None:
        """Keep the log of ``key`` for a little while, and no longer."""
        with self._lock:
            log = self._running.pop(key, None)
            if log is not None:
                self._ended[key] = (self._clock() + KEPT_SECONDS, log)
            self._give_up()

    def _give_up(self) -> None:
        """Drop logs that ended long ago, and the oldest ones above the limit."""
        now = self._clock()
        while self._ended:
            until, _log = next(iter(self._ended.values()))
            if until > now and len(self._ended) <= MOST_KEPT:
                return
            self._ended.popitem(last=False)
