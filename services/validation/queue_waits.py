"""Which documents of the queue have to wait, and for how long."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..claude.errors import ClaudeError

_FOR_EVERYBODY = frozenset(("circuit_open", "rate_limited"))
"""Refusals by Claude or by the circuit breaker; they hold for every company."""
_LONGEST_WAIT = 3600.0
"""Seconds; after these the queue tries again, since the reason may be gone."""


class QueueWaits:
    """What one run of the queue's cron knows about waiting times.

    The refusal of one document says something about those behind it: the documents of
    its company have to wait when the company has reached its own limit, and all
    documents when Claude takes no calls. The queue skips them, because reading them
    only to have them refused would be wasted work.

    :param clock: monotonic seconds
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._everybody_until = 0.0
        self._companies_until: dict[int, float] = {}

    def pause(self, seconds: float) -> None:
        """Let all documents wait for so many seconds from now."""
        until = self._clock() + min(seconds, _LONGEST_WAIT)
        self._everybody_until = max(self._everybody_until, until)

    def refused(self, company_id: int, error: ClaudeError) -> None:
        """Take in why a document of a company was refused."""
        if not error.retry_after:
            return
        if error.code in _FOR_EVERYBODY:
            self.pause(error.retry_after)
        elif error.code == "too_many_requests":
            self._companies_until[company_id] = self._clock() + error.retry_after

    @property
    def all_wait(self) -> bool:
        """Whether the documents of all companies wait."""
        return self._everybody_until > self._clock()

    @property
    def waiting_companies(self) -> list[int]:
        """Ids of the companies whose documents wait because of their own limit."""
        now = self._clock()
        return [each for each, until in self._companies_until.items() if until > now]

    @property
    def seconds_to_next(self) -> float | None:
        """Seconds until the first wait is over; ``None`` when nothing waits."""
        now = self._clock()
        if self.all_wait:
            return self._everybody_until - now
        waits = [until - now for until in self._companies_until.values() if until > now]
        return min(waits, default=None)
