"""The limits of one request and its answer together: time and bytes.

The timeouts of the HTTP library hold for a single read. An answer that comes byte by
byte, in its headers or in the body of an error, never reaches them, and one that never
ends is read until the memory is full. So each read of the connection asks here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

MOST_BYTES = 16 * 2**20
"""Of an answer that is no message: a page of models, of a report, an error."""
_BYTES_A_TOKEN = 512
"""Far more than an event with one token takes (200): each may come alone."""


class DeadlinePassed(Exception):
    """The time for a request and its answer is over."""


class AnswerTooLong(Exception):
    """An answer has more bytes than what was asked for can have."""


class Exchange:
    """One request with its answer.

    Each step of it is made within one thread, or one greenlet, where the connection
    finds the exchange under way.
    """

    def __init__(
        self,
        seconds: float,
        most_bytes: int = MOST_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin an exchange.

        :param seconds: from now to its end
        :param most_bytes: of the whole answer, as it comes and when it is unpacked
        :param clock: monotonic seconds
        """
        self.seconds = seconds
        self._clock = clock
        self._deadline = clock() + seconds
        self._most_bytes = most_bytes
        self._taken = 0
        self.status = 0
        """HTTP status of the answer; 0 before it has come."""

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Hold this thread's connection to the limits."""
        token = _under_way.set(self)
        try:
            yield
        finally:
            _under_way.reset(token)

    def longest_wait(self, seconds: float | None) -> float:
        """Return how long to wait for the network, at most ``seconds``.

        :raises DeadlinePassed: when nothing is left
        """
        remaining = self._deadline - self._clock()
        if remaining <= 0:
            raise DeadlinePassed
        return remaining if seconds is None else min(seconds, remaining)

    def end_soon(self, seconds: float) -> None:
        """Leave so many seconds at most: all that matters has come."""
        self._deadline = min(self._deadline, self._clock() + seconds)

    def take(self, count: int) -> None:
        """Count bytes of the answer that have come.

        :raises AnswerTooLong: when they are too many
        """
        self._taken += count
        self.check_size(self._taken)

    def check_size(self, count: int) -> None:
        """Check the size of an answer, unpacked.

        :raises AnswerTooLong: when it is too large
        """
        if count > self._most_bytes:
            raise AnswerTooLong


_under_way: ContextVar[Exchange | None] = ContextVar("exchange", default=None)


def exchange_under_way() -> Exchange | None:
    """Return the exchange of this thread, ``None`` outside of one."""
    return _under_way.get()


def bytes_of_message(max_tokens: int) -> int:
    """Return how many bytes a message of so many tokens can have on the wire."""
    return 2**20 + max_tokens * _BYTES_A_TOKEN
