"""The body of the stream route: events as they come, with no cursor held."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from typing import Any

from odoo import SUPERUSER_ID, api

from ...models.common.cursor import open_cursor
from ...models.common.presentation import finding_values, panel_finding
from ...models.validation.running.asking import event_logs, start_asking
from ...models.validation.running.execution import admit, error_data, read_panel, store
from ...models.validation.running.open_validation import OpenValidation, Outcome
from ...services.claude.errors import ClaudeError
from ...services.claude.ports import LimitState
from ...services.common.event_log import EventLog
from ..common.event_stream import (
    HEARTBEAT,
    HEARTBEAT_SECONDS,
    EventStreamResponse,
    encode_event,
    encode_events,
    follow,
)

JOINED_POLL_SECONDS = 1.0
GRACE_SECONDS = 20.0
"""How long a stream listens beyond its validation's deadline.

The result is stored then, or the lease of a validation whose process died is over. A
threaded or prefork server cuts a request after ``limit_time_real``, 120 by default.
"""
_TOO_MUCH = frozenset(("too_many_requests", "budget"))
"""Refusals for what this person or company did. All others tell of Claude, and the
rules have answered: the status is 200, as a proxy must not take it for our failure."""


def begin_stream(
    opened: OpenValidation, response: EventStreamResponse
) -> Iterator[bytes]:
    """Admit the call of a validation, start asking, and return the events.

    A refusal by a guard is told by the status and the headers, and by the events.
    """
    log = event_logs.begin(opened.log_key)
    try:
        admission = admit(opened)
    except ClaudeError as error:
        _refuse(response, error)
        return _refused(opened, log, error)
    # Whatever it is, the end of the process or of a greenlet included: nobody writes
    # this log any more, and another tab that reads it would wait until its deadline.
    except BaseException:
        log.end()
        event_logs.ended(opened.log_key)
        raise
    _tell_limit(response, admission.limit_state)
    write_opening(log, opened)
    log.append("waiting", {"model": opened.request.model})
    start_asking(opened, admission, log)
    return follow(log, opened.deadline_seconds + GRACE_SECONDS)


def _refused(
    opened: OpenValidation, log: EventLog, error: ClaudeError
) -> Iterator[bytes]:
    write_opening(log, opened)
    log.append("error", error_data(error, opened))
    told = log.read(0, 0.0)
    yield encode_events(told)
    try:
        log.end("done", {"panel": store(opened, Outcome(error=error))})
    finally:
        log.end()
        event_logs.ended(opened.log_key)
    yield encode_events(log.read(len(told), 0.0))


def write_opening(log: EventLog, opened: OpenValidation) -> None:
    """Write what is known before Claude is asked: the rules' findings and verdict."""
    log.append(
        "started", started_data(opened.run_uuid, opened.validation_id, opened.simulated)
    )
    judged = opened.judged
    for number, finding in enumerate(judged.findings, start=1):
        values = finding_values(finding, judged.places)
        log.append(
            "finding", {"finding": panel_finding(values, f"r{number}", opened.language)}
        )
    log.append("rules", {"verdict": opened.rules_verdict.value})


def started_data(
    run_uuid: str, validation_id: int, simulated: bool, fresh: bool = False
) -> dict[str, Any]:
    """Return the data of the first event.

    :param fresh: the result is stored, and nothing has changed since
    """
    return {
        "run_uuid": run_uuid,
        "validation_id": validation_id,
        "simulated": simulated,
        "fresh": fresh,
    }


def joined_events(
    dbname: str,
    uid: int,
    context: Mapping[str, Any],
    move_id: int,
    validation_id: int,
    seconds: float,
) -> Iterator[bytes]:
    """Yield the end of a validation that another request began, looking every second.

    A validation whose process died is closed as soon as its lease is over.

    :param seconds: longest time to look; the lease of a validation is shorter
    """
    give_up = time.monotonic() + seconds
    heartbeat_at = time.monotonic() + HEARTBEAT_SECONDS
    while _is_under_way(dbname, validation_id) and time.monotonic() < give_up:
        if time.monotonic() >= heartbeat_at:
            heartbeat_at = time.monotonic() + HEARTBEAT_SECONDS
            yield HEARTBEAT
        time.sleep(JOINED_POLL_SECONDS)
    with open_cursor(dbname) as cursor:
        panel = read_panel(api.Environment(cursor, uid, dict(context)), move_id)
    yield encode_event("done", {"panel": panel})


def _is_under_way(dbname: str, validation_id: int) -> bool:
    with open_cursor(dbname) as cursor:
        # Only the state: whether the user may still read it is for the panel to see.
        env = api.Environment(cursor, SUPERUSER_ID, {})
        return env["account.ai.validation"]._is_under_way(validation_id)


def _refuse(response: EventStreamResponse, error: ClaudeError) -> None:
    if error.code in _TOO_MUCH:
        response.status_code = 429
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(math.ceil(error.retry_after))
    _tell_limit(response, getattr(error, "limit_state", None))


def _tell_limit(response: EventStreamResponse, state: LimitState | None) -> None:
    if state is not None:
        response.headers["X-RateLimit-Limit"] = str(state.limit)
        response.headers["X-RateLimit-Remaining"] = str(state.remaining)
        response.headers["X-RateLimit-Reset"] = str(math.ceil(state.reset_seconds))
