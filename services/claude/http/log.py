"""One structured line for a call that failed or was refused.

The lines go through Python's logging like all of Odoo's, as ``key=value`` pairs.
structlog's global configuration belongs to the server and is left alone. What a line
may hold is listed here once: no key, no RUT, no name, no text of a document.
"""

from __future__ import annotations

import logging

import structlog

from ..errors import ClaudeError
from ..ports import OpenCall, Owner

_log = structlog.wrap_logger(
    logging.getLogger(__name__),
    processors=[structlog.processors.KeyValueRenderer(key_order=["event", "code"])],
    wrapper_class=structlog.stdlib.BoundLogger,
)


def log_failed_call(call: OpenCall, error: ClaudeError, booked: str) -> None:
    """Write the line of a call that was made and failed.

    :param booked: state of its ledger row
    """
    _log.warning("claude_call_failed", **_facts(call, error), booked=booked)


def log_refused_call(call: OpenCall, error: ClaudeError) -> None:
    """Write the line of a call that a guard did not let through."""
    _log.info("claude_call_refused", **_facts(call, error))


def log_failed_count(owner: Owner, model: str, error: ClaudeError) -> None:
    """Write the line of tokens that could not be counted: the estimate stands."""
    _log.warning(
        "claude_count_failed",
        code=error.code,
        status=error.status,
        request_id=error.request_id,
        operation=owner.operation,
        company_id=owner.company_id,
        model=model,
    )


def _facts(call: OpenCall, error: ClaudeError) -> dict[str, object]:
    return {
        "code": error.code,
        "status": error.status,
        "request_id": error.request_id,
        "call": call.key,
        "operation": call.owner.operation,
        "company_id": call.owner.company_id,
        "model": call.model,
        "attempt": call.attempt,
        "retry_after": error.retry_after,
        "ambiguous": error.ambiguous,
    }
