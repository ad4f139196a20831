"""What of the queue waits, and for how long."""

from __future__ import annotations

import time
from collections.abc import Callable

from ....services.claude.errors import ClaudeError

_EVERYBODY = frozenset(("circuit_open", "rate_limited"))
"""What Claude, or our circuit breaker before it, says to one it says to all."""
_LONGEST_WAIT = 3600.0
"""Seconds; then somebody looks again: what was said may not hold any more."""


class Lane:
    """What one run of a cron knows of who has to wait.

    A document that is refused tells of all that stand behind it: those of its company
    when the company's own limit is reached, all of them when Claude takes no calls.
    Reading the next one only to have it refused as well would help nobody.

    :param clock: monotonic seconds
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._everybody_until = 0.0
        self._companies_until: dict[int, float] = {}

    def wait(self, seconds: float) -> None:
        """Let everybody wait for so many seconds from now."""
        until = self._clock() + min(seconds, _LONGEST_WAIT)
        self._everybody_until = max(self._everybody_until, until)

    def refused(self, company_id: int, error: ClaudeError) -> None:
        """Take in why a document of a company was refused."""
        if not error.retry_after:
            return
        if error.code in _EVERYBODY:
            self.wait(error.retry_after)
        elif error.code == "too_many_requests":
            self._companies_until[company_id] = self._clock() + error.retry_after

    @property
    def all_wait(self) -> bool:
        return self._everybody_until > self._clock()

    @property
    def waiting_companies(self) -> list[int]:
        """Ids of the companies whose documents wait."""
        now = self._clock()
        return [each for each, until in self._companies_until.items() if until > now]

    @property
    def opens_in(self) -> float | None:
        """Seconds until somebody's wait is over; ``None`` when nobody waits."""
        now = self._clock()
        if self.all_wait:
            return self._everybody_until - now
        waits = [until - now for until in self._companies_until.values() if until > now]
        return min(waits, default=None)
