"""The order of work when many streams share a processor."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

AT_ONCE = 2
"""One works while another one waits for the database."""

LONGEST_WAIT_SECONDS = 2.0


class Turns:
    """Orders the work before a first token, and puts it before all other work.

    Reading and judging an invoice is work for the processor. A hundred that share it
    evenly all end late; taken in turn, half of them are done in half the time and the
    last one no later. Storing a result takes even more processor time and is less
    urgent than a first token, so that it waits for the others.

    Waiting is limited: a stream that is stuck must not stop the others.

    :param at_once: how many begin at the same time in this process
    :param longest_wait_seconds: after these one goes on without its turn
    """

    def __init__(
        self, at_once: int = AT_ONCE, longest_wait_seconds: float = LONGEST_WAIT_SECONDS
    ) -> None:
        self._places = threading.Semaphore(at_once)
        self._longest_wait_seconds = longest_wait_seconds
        self._nobody_ahead = threading.Condition()
        self._ahead = 0

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Wait for one's turn to begin; yield whether it did not come in time."""
        with self.ahead():
            has_place = self._places.acquire(timeout=self._longest_wait_seconds)
            try:
                yield not has_place
            finally:
                if has_place:
                    self._places.release()

    @contextmanager
    def ahead(self) -> Iterator[None]:
        """Work at once, while those that come afterwards wait."""
        with self._nobody_ahead:
            self._ahead += 1
        try:
            yield
        finally:
            with self._nobody_ahead:
                self._ahead -= 1
                if not self._ahead:
                    self._nobody_ahead.notify_all()

    def let_others_begin(self) -> bool:
        """Wait until nobody is about to begin; return whether that took too long."""
        give_up = time.monotonic() + self._longest_wait_seconds
        with self._nobody_ahead:
            while self._ahead:
                remaining = give_up - time.monotonic()
                if remaining <= 0:
                    return True
                self._nobody_ahead.wait(remaining)
        return False


beginning = Turns()
"""Everything of this process before a first token."""

storing = Turns()
"""What this process does with complete answers."""
