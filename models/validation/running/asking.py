"""A validation that Claude is asked for in a thread of its own, whoever listens or
leaves."""

from __future__ import annotations

import logging
import threading

from ....services.claude.call import Admission
from ....services.common.event_log import EventLog, EventLogs
from ....services.common.failure_trace import failure_trace
from .execution import carry_out, panel_of
from .open_validation import OpenValidation

_logger = logging.getLogger(__name__)

event_logs = EventLogs()
"""Of the validations of this process, by database and UUID."""


class Asking:
    """Asks for an admitted run, and writes what happens into its log.

    A browser that leaves, or a request that fails after its validation was admitted,
    does not lose an answer that is paid for.
    """

    def __init__(
        self, opened: OpenValidation, admission: Admission, log: EventLog
    ) -> None:
        self.opened = opened
        self.admission = admission
        self.log = log

    def start(self) -> None:
        """Begin to ask."""
        # Not a daemon: a server that stops in an orderly way lets the answer be stored.
        threading.Thread(
            target=self._ask, name=f"account_ai-{self.opened.run_uuid}"
        ).start()

    def _ask(self) -> None:
        """Ask, and end the log with ``done`` and the ``panel``; or without it when not
        even the database could be asked for that."""
        try:
            panel = carry_out(self.opened, self.admission, self.log.append)
            # Storing failed: the panel says that the validation is still under way.
            self.log.end("done", {"panel": panel or panel_of(self.opened)})
        except Exception as error:
            _logger.error(
                *("the panel of validation %s is lost: %s", self.opened.validation_id),
                failure_trace(error),
            )
        finally:
            self.log.end()
            event_logs.ended(self.opened.log_key)
