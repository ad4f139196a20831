"""Asks Claude in a thread of its own, which goes on when the browser disconnects."""

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


def start_asking(opened: OpenValidation, admission: Admission, log: EventLog) -> None:
    """Begin to ask for an admitted run, and to write what happens into its log.

    A browser that leaves, or a request that fails after its validation was admitted,
    does not lose an answer that is paid for.
    """
    # Not a daemon: a server that stops in an orderly way lets the answer be stored.
    threading.Thread(
        target=_ask,
        args=(opened, admission, log),
        name=f"account_ai-{opened.run_uuid}",
    ).start()


def _ask(opened: OpenValidation, admission: Admission, log: EventLog) -> None:
    """Ask, and end the log with ``done`` and the ``panel``; or without it when not
    even the database could be asked for that."""
    try:
        panel = carry_out(opened, admission, log.append)
        # Storing failed: the panel says that the validation is still under way.
        log.end("done", {"panel": panel or panel_of(opened)})
    except Exception as error:
        _logger.error(
            *("the panel of validation %s is lost: %s", opened.validation_id),
            failure_trace(error),
        )
    finally:
        log.end()
        event_logs.ended(opened.log_key)
