"""How much work the checks of one document may be.

Everything that looks at texts is linear in them, so an honest document never comes near
the end. A document made to exhaust them does, and then its other checks are skipped
instead of stopping everybody else: what was not checked is a finding, and is not sent.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..documents.document import Document
from .document_texts import document_texts

CHECK_SECONDS = 3.0
"""Computing time for all checks of one document; an ordinary one takes milliseconds."""
MOST_CHARACTERS = 200_000
"""Characters of all texts of one document; twice what Claude would be sent at most, and
more than the lines of the largest invoice have."""


class CheckTime:
    """The time that is left for the checks of one document.

    Only what is spent within :meth:`spending` counts: several documents may be judged
    in turns.

    :param seconds: how much there is
    :param clock: seconds; of this thread's computing, so that a busy machine does not
        change what is found
    """

    def __init__(
        self,
        seconds: float = CHECK_SECONDS,
        clock: Callable[[], float] = time.thread_time,
    ) -> None:
        self._left = seconds
        self._clock = clock
        self._since: float | None = None
        self._ran_out = False

    @contextmanager
    def spending(self) -> Iterator[CheckTime]:
        """Count the time of the ``with`` block; one within another counts once."""
        if self._since is not None:
            yield self
            return
        self._since = self._clock()
        try:
            yield self
        finally:
            self._left -= self._clock() - self._since
            self._since = None

    def is_over(self) -> bool:
        """Return whether nothing more is to be looked at; once it is, it stays so."""
        spent = 0.0 if self._since is None else self._clock() - self._since
        self._ran_out = self._ran_out or spent >= self._left
        return self._ran_out

    def refuse_all(self) -> None:
        """Have no check look at the document: it is too long for them."""
        self._ran_out = True

    @property
    def ran_out(self) -> bool:
        """Whether anything was left unchecked."""
        return self._ran_out


def is_too_long(document: Document) -> bool:
    """Return whether the texts of ``document`` are too long to be looked at at all."""
    return sum(len(text.value) for text in document_texts(document)) > MOST_CHARACTERS
