"""Simulated time: it runs at the speed of real time from any chosen instant."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def rfc3339(timestamp: float) -> str:
    """Return ``timestamp`` (seconds since the epoch) as the API writes times."""
    moment = datetime.fromtimestamp(timestamp, UTC)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def parse_time(text: str) -> float:
    """Return the seconds since the epoch of an ISO 8601 ``text`` (UTC if bare).

    :raise ValueError: if ``text`` is not a date or a time
    """
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp()


class Clock:
    """Time of caches, batches, model lifecycles and limits.

    Latencies are not simulated time: they are waited for in real seconds.
    """

    def __init__(self) -> None:
        self._offset = 0.0

    def now(self) -> float:
        """Return the simulated time in seconds since the epoch."""
        return time.time() + self._offset

    def set(self, timestamp: float) -> None:
        """Make the simulated time ``timestamp``; it runs on from there."""
        self._offset = timestamp - time.time()

    def advance(self, seconds: float) -> None:
        """Move the simulated time forwards by ``seconds``."""
        self._offset += seconds

    def reset(self) -> None:
        """Return to real time."""
        self._offset = 0.0
