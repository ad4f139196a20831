"""The body of the stream route: events as they come, with no cursor held."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from odoo import SUPERUSER_ID, api
from odoo.http import Response

from ...models.common.cursor import open_cursor
from ...models.common.presentation import finding_values, panel_finding
from ...models.validation.running.asking import Asking
from ...models.validation.running.execution import admit, error_data, read_panel, store
from ...models.validation.running.run import Outcome, Run
from ...services.claude.call import Admission
from ...services.claude.errors import ClaudeError

_logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 10.0
HEARTBEAT = b": heartbeat\n\n"
JOINED_POLL_SECONDS = 1.0
GRACE_SECONDS = 20.0
"""How long a stream listens beyond its run's deadline.

The result is stored then, or the lease of a run whose process died is over. A threaded
or prefork server cuts a request after ``limit_time_real``, 120 by default.
"""
_TOO_MUCH = frozenset(("too_many_requests", "budget"))
"""Refusals for what this person or company did. All others tell of Claude, and the
rules have answered: the status is 200, as a proxy must not take it for our failure."""
HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache",
    "X-Accel-Buffering": "no",
}


def encode_event(name: str, data: Mapping[str, Any]) -> bytes:
    """Return an event as it goes over the wire."""
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


class EventStreamResponse(Response):
    """A response whose events begin after Odoo has committed and closed its cursor.

    Odoo calls a response when the request's transaction is over. Only then is the call
    admitted, in a transaction of its own, and only then the status is known.
    """

    def __init__(self, begin: Callable[[EventStreamResponse], Iterable[bytes]]) -> None:
        super().__init__(headers=HEADERS, direct_passthrough=True)
        self._begin = begin

    def __call__(self, environ, start_response):
        """Begin the stream; override of ``werkzeug``."""
        if environ["REQUEST_METHOD"] != "HEAD":
            self.response = self._begin(self)
        return super().__call__(environ, start_response)


class ValidationStream:
    """The events of one run that Claude is to be asked for."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def begin(self, response: EventStreamResponse) -> Iterator[bytes]:
        """Admit the call, start asking, and return the events.

        A refusal by a guard is told by the status and the headers, and by the events.
        """
        try:
            admission = admit(self._run)
        except ClaudeError as error:
            _refuse(response, error)
            return self._refused(error)
        _tell_limit(response, admission)
        return self._listen(Asking(self._run, admission).start())

    def _opening(self) -> bytes:
        """Return the events that are known before Claude is asked, in one piece."""
        run = self._run
        return b"".join(
            [
                encode_event(
                    "started",
                    {
                        "run_uuid": run.run_uuid,
                        "validation_id": run.validation_id,
                        "simulated": run.simulated,
                        "fresh": False,
                    },
                ),
                *rule_events(run),
            ]
        )

    def _listen(self, asking: Asking) -> Iterator[bytes]:
        run = self._run
        yield self._opening() + encode_event("waiting", {"model": run.request.model})
        give_up = time.monotonic() + run.deadline_seconds + GRACE_SECONDS
        while time.monotonic() < give_up:
            event = asking.next_event(HEARTBEAT_SECONDS)
            if event is None:
                yield HEARTBEAT
                continue
            name, data = event
            if name == "done":
                # Storing failed: the panel says that the run is still under way.
                panel = data["panel"] or panel_of(run.dbname, run.uid, run.context, run)
                yield encode_event("done", {"panel": panel})
                return
            yield encode_event(name, data)

    def _refused(self, error: ClaudeError) -> Iterator[bytes]:
        yield self._opening() + error_event(error, self._run)
        panel = store(self._run, Outcome(error=error))
        yield encode_event("done", {"panel": panel})


def rule_events(run: Run) -> Iterator[bytes]:
    """Yield what the rules found, and their verdict."""
    judged = run.judged
    for number, finding in enumerate(judged.findings, start=1):
        values = finding_values(finding, judged.places)
        yield encode_event(
            "finding", {"finding": panel_finding(values, f"r{number}", run.language)}
        )
    yield encode_event("rules", {"verdict": run.rules_verdict.value})


def finding_events(findings: Iterable[Mapping[str, Any]], verdict: str) -> bytes:
    """Return findings as the panel shows them, and the rules' verdict, as events."""
    return b"".join(
        [
            *(encode_event("finding", {"finding": finding}) for finding in findings),
            encode_event("rules", {"verdict": verdict}),
        ]
    )


def error_event(error: ClaudeError, run: Run) -> bytes:
    """Return an error as an event, in the user's language."""
    return encode_event("error", error_data(error, run))


def joined_events(
    dbname: str,
    uid: int,
    context: Mapping[str, Any],
    move_id: int,
    validation_id: int,
    seconds: float,
) -> Iterator[bytes]:
    """Yield the end of a run that another request began, looking every second.

    A run whose process died is closed as soon as its lease is over.

    :param seconds: longest time to look; the lease of a run is shorter
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


def panel_of(dbname: str, uid: int, context: Mapping[str, Any], run: Run) -> dict:
    """Return the panel's data, read in a short transaction."""
    with open_cursor(dbname) as cursor:
        env = api.Environment(cursor, uid, dict(context))
        return read_panel(env, run.move_id)


def _refuse(response: EventStreamResponse, error: ClaudeError) -> None:
    if error.code in _TOO_MUCH:
        response.status_code = 429
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(math.ceil(error.retry_after))
    limit_state = getattr(error, "limit_state", None)
    if limit_state is not None:
        _tell_limit_state(response, limit_state)


def _tell_limit(response: EventStreamResponse, admission: Admission) -> None:
    if admission.limit_state is not None:
        _tell_limit_state(response, admission.limit_state)


def _tell_limit_state(response: EventStreamResponse, state) -> None:
    response.headers["X-RateLimit-Limit"] = str(state.limit)
    response.headers["X-RateLimit-Remaining"] = str(state.remaining)
    response.headers["X-RateLimit-Reset"] = str(math.ceil(state.reset_seconds))
