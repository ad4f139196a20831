"""Coalescing: requests that come in the same moment are served by one of them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

from .failure_trace import failure_trace

_logger = logging.getLogger(__name__)

MOST = 32
"""Requests that one works for at most: whoever is first is not to wait for the last."""
LONGEST_WAIT_SECONDS = 2.0

_Request = TypeVar("_Request")
_Result = TypeVar("_Result")


class _Waiting(Generic[_Request, _Result]):
    """One that waits, until somebody has worked for it or it is to work itself."""

    def __init__(self, key: Hashable, request: _Request) -> None:
        self.key = key
        self.request = request
        self.called = threading.Event()
        self.works = False
        """It is called to work itself, for others too."""
        self.result: _Result | None = None


class Coalescing(Generic[_Request, _Result]):
    """Lets one request do the work of all that wait for the same.

    Admitting a hundred calls in one transaction costs little more than admitting one.
    The first works at once; those that come meanwhile wait for it and are done
    together, by the first of them.

    Only requests with equal keys are done together. What cannot be done together, each
    does alone; that must be right without any of this, which only saves work.

    :param most: how many are done together at most :param longest_wait_seconds: when
    nobody has got anything done for so long, one goes on
        alone: who is stuck must not stop the others
    """

    def __init__(
        self,
        most: int = MOST,
        longest_wait_seconds: float = LONGEST_WAIT_SECONDS,
    ) -> None:
        self._most = most
        self._longest_wait_seconds = longest_wait_seconds
        self._lock = threading.Lock()
        self._working = False
        self._done = 0
        """How often somebody has worked; tells whether anything goes on."""
        self._waiting: list[_Waiting[_Request, _Result]] = []

    def do(
        self,
        key: Hashable,
        request: _Request,
        together: Callable[[Sequence[_Request]], Sequence[_Result | None]],
        alone: Callable[[], _Result],
    ) -> _Result:
        """Return the result of ``request``.

        :param together: does several requests and returns a result for each, in their
            order; ``None`` for one that must be done alone. When it fails, all are.
        :param alone: does this request only; its exceptions are the caller's
        """
        me: _Waiting[_Request, _Result] = _Waiting(key, request)
        if not self._is_first(me) and not self._is_called(me):
            return alone()
        if me.works:
            try:
                batch = self._collect(me)
                if len(batch) == 1:
                    return alone()
                self._work(batch, together)
            finally:
                self._call_next()
        return alone() if me.result is None else me.result

    def _is_first(self, me: _Waiting[_Request, _Result]) -> bool:
        """Return whether ``me`` may work at once; otherwise it waits from now on."""
        with self._lock:
            if self._working:
                self._waiting.append(me)
                return False
            self._working = me.works = True
            return True

    def _is_called(self, me: _Waiting[_Request, _Result]) -> bool:
        """Wait until ``me`` is called; false when nothing goes on, and it is free.

        As long as others are worked for, one's turn comes: going on alone would make a
        crowd of those who could be worked for together.
        """
        done = self._done
        while not me.called.wait(self._longest_wait_seconds):
            with self._lock:
                if me not in self._waiting:
                    break  # somebody works for it at the moment
                if self._done == done:
                    self._waiting.remove(me)
                    return False
                done = self._done
        return me.called.wait()

    def _collect(
        self, me: _Waiting[_Request, _Result]
    ) -> list[_Waiting[_Request, _Result]]:
        """Return ``me`` and those that wait for the same."""
        with self._lock:
            same = [each for each in self._waiting if each.key == me.key]
            batch = [me, *same[: self._most - 1]]
            for each in batch[1:]:
                self._waiting.remove(each)
        return batch

    def _work(
        self,
        batch: Sequence[_Waiting[_Request, _Result]],
        together: Callable[[Sequence[_Request]], Sequence[_Result | None]],
    ) -> None:
        try:
            results = together([each.request for each in batch])
            for each, result in zip(batch, results, strict=True):
                each.result = result
        except Exception as error:
            # What is wrong with one of them must not hurt the others: alone, each
            # gets its own result, or its own error.
            _logger.warning(
                "%s are done one by one: %s", len(batch), failure_trace(error)
            )
        finally:
            for each in batch[1:]:
                each.called.set()

    def _call_next(self) -> None:
        """Let the first that waits work, for all that wait for the same as it does."""
        with self._lock:
            self._done += 1
            self._working = bool(self._waiting)
            if not self._working:
                return
            first = self._waiting.pop(0)
        first.works = True
        first.called.set()
