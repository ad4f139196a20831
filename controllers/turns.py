"""Takes requests one after the other where all at once would only delay each other."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

AT_ONCE = 2
"""One works while another one waits for the database."""

PATIENCE_SECONDS = 2.0


class Turns:
    """Lets a few at a time through, in the order of their coming.

    Reading and judging an invoice is work for the processor. A hundred that share it
    evenly all end late; taken in turn, half of them are done in half the time and the
    last one no later. Nobody waits longer than the patience: one that is stuck must not
    stop the others.

    :param at_once: how many work at the same time in this process
    :param patience_seconds: after these one goes on without a place
    """

    def __init__(
        self, at_once: int = AT_ONCE, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self._places = threading.Semaphore(at_once)
        self._patience_seconds = patience_seconds

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Wait for one's turn; yield whether patience was lost before it came."""
        has_place = self._places.acquire(timeout=self._patience_seconds)
        try:
            yield not has_place
        finally:
            if has_place:
                self._places.release()
