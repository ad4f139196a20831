"""A run that Claude is asked for in a thread of its own, whoever listens or leaves."""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping
from typing import Any

from ....services.claude.call import Admission
from .execution import carry_out
from .run import Run


class Asking:
    """Asks for an admitted run, and keeps what happens for the stream to tell.

    A browser that leaves, or a request that fails after its run was admitted, does not
    lose an answer that is paid for.
    """

    def __init__(self, run: Run, admission: Admission) -> None:
        self.run = run
        self.admission = admission
        self._events: queue.SimpleQueue[tuple[str, Mapping[str, Any]]] = (
            queue.SimpleQueue()
        )

    def start(self) -> Asking:
        """Begin to ask."""
        # Not a daemon: a server that stops in an orderly way lets the answer be stored.
        threading.Thread(
            target=self._ask, name=f"account_ai-{self.run.run_uuid}"
        ).start()
        return self

    def next_event(self, seconds: float) -> tuple[str, Mapping[str, Any]] | None:
        """Return the name and the data of the next event; ``None`` when nothing has
        happened for so many seconds.

        The last is ``done``, with the ``panel``; ``None`` in it when storing failed.
        """
        try:
            return self._events.get(timeout=seconds)
        except queue.Empty:
            return None

    def _ask(self) -> None:
        panel = None
        try:
            panel = carry_out(self.run, self.admission, self._emit)
        finally:
            self._emit("done", {"panel": panel})

    def _emit(self, name: str, data: Mapping[str, Any]) -> None:
        self._events.put((name, data))
