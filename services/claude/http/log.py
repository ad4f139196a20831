"""One structured line for a call that failed or was refused.

What a line may hold is listed here once: no key, no RUT, no name, no text of a
document.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from structlog.contextvars import bound_contextvars

from ...common.structured_log import structured_logger
from ..errors import ClaudeError
from ..ports import OpenCall, Owner

_log = structured_logger(__name__)


def log_context(
    owner: Owner, call_key: str = "", **more: object
) -> AbstractContextManager[None]:
    """Return a context in which each structured line says whose call it is about.

    It holds for the thread that enters it: one that is started there enters its own.
    """
    return bound_contextvars(
        run=owner.run_uuid,
        call=call_key,
        company_id=owner.company_id,
        user_id=owner.user_id,
        operation=owner.operation,
        **more,
    )


def log_failed_call(call: OpenCall, error: ClaudeError, booked: str) -> None:
    """Write the line of a call that was made and failed.

    :param booked: state of its ledger row
    """
    with log_context(call.owner, call.key):
        _log.warning("claude_call_failed", **_facts(call, error), booked=booked)


def log_refused_call(call: OpenCall, error: ClaudeError) -> None:
    """Write the line of a call that a guard did not let through."""
    with log_context(call.owner, call.key):
        _log.info("claude_call_refused", **_facts(call, error))


def log_failed_count(owner: Owner, model: str, error: ClaudeError) -> None:
    """Write the line of tokens that could not be counted: the estimate stands."""
    with log_context(owner):
        _log.warning(
            "claude_count_failed",
            code=error.code,
            status=error.status,
            request_id=error.request_id,
            model=model,
        )


def _facts(call: OpenCall, error: ClaudeError) -> dict[str, object]:
    return {
        "code": error.code,
        "status": error.status,
        "request_id": error.request_id,
        "model": call.model,
        "attempt": call.attempt,
        "retry_after": error.retry_after,
        "ambiguous": error.ambiguous,
    }
