"""The part of a validation that waits for Claude, and what must follow whatever comes.

It runs where no request is: in a thread beside a stream, so that a browser that leaves
does not lose an answer that is paid for, or in a cron between two transactions.
"""

from __future__ import annotations

import functools
import random
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import psycopg2
from psycopg2.pool import PoolError

from odoo import api
from odoo.exceptions import AccessError, MissingError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ....services.claude.call import (
    Admission,
    CallResult,
    Finished,
    FirstToken,
    ItemParsed,
    TextDelta,
)
from ....services.claude.errors import ClaudeError, interrupted
from ....services.claude.http.log import log_context
from ....services.common.failure_trace import failure_trace
from ....services.common.structured_log import structured_logger
from ....services.common.translation import _ as _lt
from ....services.common.turns import beginning, storing
from ....services.validation.evidence import is_quoted
from ....services.validation.merge import weighed_model_finding
from ...common.cursor import open_cursor
from ...common.presentation import finding_values, panel_finding, sentence
from .fallback import may_be_gone, replace_model
from .open_validation import OpenValidation, Outcome

_log = structured_logger(__name__)

Emit = Callable[[str, Mapping[str, Any]], None]
"""Takes an event of the stream: its name and its data."""

PROGRESS_SECONDS = 0.5
_STORE_ATTEMPTS = 6
_LONGEST_STORE_PAUSE = 2.0


def _in_log_context(act: Callable[..., Any]) -> Callable[..., Any]:
    """Have lines that are logged meanwhile say which validation they are about."""

    @functools.wraps(act)
    def with_context(opened: OpenValidation, *arguments: Any, **options: Any) -> Any:
        with log_context(
            opened.owner, opened.call_key, validation_id=opened.validation_id
        ):
            return act(opened, *arguments, **options)

    return with_context


@_in_log_context
def admit(opened: OpenValidation) -> Admission:
    """Let the validation's call pass the guards, in a transaction of its own.

    Where the bound of its tokens decides, Claude is asked to count them, before the
    transaction: near the limit, near a budget, and for the price of long prompts.

    :raises ClaudeError: when it may not be made
    """
    if opened.gateway is None:
        raise opened.error or ValueError("a run without a gateway needs a reason")
    planned = opened.gateway.plan(
        opened.request, opened.owner, opened.call_key, use_stored=opened.use_stored
    )
    with beginning.ahead():
        (admitted,) = opened.gateway.admit_all([planned])
    if not isinstance(admitted, ClaudeError):
        return admitted
    if admitted.code == "too_large":
        raise _too_large_error(opened, admitted) from admitted
    raise admitted


def _too_large_error(opened: OpenValidation, refusal: ClaudeError) -> ClaudeError:
    """Return ``refusal`` with what the request is made of, so that somebody can leave
    something out."""
    return ClaudeError(
        refusal.code,
        _lt(
            "The document is too large for Claude: %(tokens)s tokens, %(limit)s are "
            "allowed. Split it or shorten its texts. What it is made of: %(parts)s."
        ),
        params={
            **refusal.params,
            "parts": [
                (_lt("%(part)s %(share)s %%"), {"part": [(name, {})], "share": share})
                for name, share in _shares(opened)
            ],
        },
    )


def _shares(opened: OpenValidation) -> list[tuple[str, str]]:
    """Return the parts of the request that matter, with their share in per cent."""
    parts = opened.agent.parts(opened.request)
    return [(name, f"{share:.0%}"[:-1]) for name, share in parts if share >= 0.01]


@_in_log_context
def carry_out(
    opened: OpenValidation, admission: Admission, emit: Emit
) -> dict[str, Any] | None:
    """Ask Claude, book what it cost and store the result; return the panel's data.

    Never raises for what may happen: that is the outcome of the run. ``None`` when even
    storing failed; then the sweeper closes the run, and the ledger row with it.

    :param emit: gets the model's findings, the progress and an error as they come
    """
    thread = threading.current_thread()
    thread.dbname, thread.uid = opened.dbname, opened.uid  # for Odoo's log lines
    try:
        outcome = ask(opened, admission, emit)
        if outcome.error:
            emit("error", error_data(outcome.error, opened))
        beginning.let_others_begin()
        with storing.turn():
            return store(opened, outcome)
    except Exception as error:
        _log.error("validation_not_stored", failure=failure_trace(error))
        return None


@_in_log_context
def ask(opened: OpenValidation, admission: Admission, emit: Emit) -> Outcome:
    """Ask Claude and book what it cost, whatever happens; return how it ended.

    When Claude does not know the model, and its list of models says so too, the
    company's fallback is asked at once, if the guards let it pass; both are booked.
    """
    started = time.monotonic()
    outcome = _ask_and_book(opened, admission, emit)
    if outcome.error and admission.answer is not None:
        # What was stored of its answer cannot be read any more.
        opened.gateway.forget(admission)
        opened.use_stored, opened.asks_anew = False, True
        outcome = _ask_again(opened, emit, outcome)
    if may_be_gone(outcome.error) and _is_replaced(opened):
        outcome = _ask_again(opened, emit, outcome)
    outcome.duration_ms = round((time.monotonic() - started) * 1000)
    return outcome


def _ask_again(opened: OpenValidation, emit: Emit, outcome: Outcome) -> Outcome:
    """Ask Claude once more, if the guards let it pass, and return how that ended;
    ``outcome`` with their refusal otherwise."""
    try:
        admission = admit(opened)
    except ClaudeError as refusal:
        outcome.error, outcome.result = refusal, None
        return outcome
    emit("waiting", {"model": opened.request.model})
    return _ask_and_book(opened, admission, emit)


def _is_replaced(opened: OpenValidation) -> bool:
    """Return whether another model is in the request of ``opened`` now.

    Whatever fails here, the verdict of the rules is to be stored.
    """
    try:
        return replace_model(opened)
    except Exception as error:
        _log.error("no_other_model_found", failure=failure_trace(error))
        return False


def _ask_and_book(opened: OpenValidation, admission: Admission, emit: Emit) -> Outcome:
    outcome = Outcome(admission=admission)
    try:
        _ask(opened, admission, emit, outcome)
    finally:
        # Also when the process is told to end: what was seen is to be booked.
        outcome.settlement = opened.gateway.settle(
            admission, outcome.error or outcome.result or interrupted()
        )
    return outcome


def _ask(
    opened: OpenValidation, admission: Admission, emit: Emit, outcome: Outcome
) -> None:
    try:
        outcome.result = result = _listen(opened, admission, emit, outcome)
        outcome.answer = opened.reader.read(result.text, result.stop_reason)
    except ClaudeError as error:
        outcome.error = error
    except Exception as error:
        # A fault of ours must not leave a paid call unbooked or a panel without a word.
        _log.error("validation_failed", failure=failure_trace(error))
        outcome.error = interrupted()


def _listen(
    opened: OpenValidation, admission: Admission, emit: Emit, outcome: Outcome
) -> CallResult:
    """Return the complete answer, telling what arrives on the way."""
    number = characters = 0
    told_at = 0.0
    result: CallResult | None = None
    for event in opened.gateway.stream(admission):
        if isinstance(event, TextDelta):
            characters += len(event.text)
            now = time.monotonic()
            if now - told_at >= PROGRESS_SECONDS:
                told_at = now
                emit("progress", {"characters": characters})
        elif isinstance(event, ItemParsed):
            number += 1
            _emit_finding(opened, event.item, f"m{number}", emit)
        elif isinstance(event, FirstToken):
            outcome.first_token_ms = event.milliseconds
            told_at = time.monotonic()
            emit("progress", {"characters": characters})
        elif isinstance(event, Finished):
            result = event.result
    if result is None:
        raise interrupted()
    return result


def _emit_finding(
    opened: OpenValidation, item: Mapping[str, Any], identifier: str, emit: Emit
):
    judged = opened.judged
    finding = opened.reader.finding(item)
    if finding is not None:
        # As it will be stored: a warning at most, and less without its evidence.
        has_quote = is_quoted(finding.evidence, judged.document)
        finding = weighed_model_finding(finding, has_quote=has_quote)
        values = finding_values(finding, judged.places)
        panel = panel_finding(values, identifier, opened.language)
        emit("finding", {"finding": panel})


def error_data(error: ClaudeError, opened: OpenValidation) -> dict[str, Any]:
    """Return an error as the stream tells it, in the user's language."""
    return {
        "code": error.code,
        "message": sentence(error.message, error.params, opened.language),
        "retry_after": error.retry_after,
        "retryable": error.retryable,
    }


@_in_log_context
def store(opened: OpenValidation, outcome: Outcome) -> dict[str, Any]:
    """Store how the validation ended, in one short transaction; return the panel's
    data.

    Only then is a good answer kept for others who ask the same; a stored one whose
    result cannot be stored is thrown away, so that it is not served for ever.
    """
    try:
        panel = _store(opened, outcome)
    except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
        raise
    except Exception:
        if outcome.admission and outcome.admission.answer is not None:
            opened.gateway.forget(outcome.admission)
        raise
    if outcome.admission and outcome.answer and outcome.result:
        _keep(opened, outcome.admission, outcome.result)
    return panel


def _keep(opened: OpenValidation, admission: Admission, result: CallResult) -> None:
    try:
        opened.gateway.keep(admission, result)
    except (psycopg2.Error, PoolError) as error:
        # The validation is stored; the worst is that the same question is paid again.
        _log.error("answer_not_kept", failure=failure_trace(error))


def _store(opened: OpenValidation, outcome: Outcome) -> dict[str, Any]:
    """Store how the validation ended.

    A conflict with another transaction is tried again: the result is here, and only
    here.
    """
    pause = 0.05
    for attempts_left in reversed(range(_STORE_ATTEMPTS)):
        try:
            with open_cursor(opened.dbname) as cursor:
                env = api.Environment(cursor, opened.uid, dict(opened.context))
                validation = env["account.ai.validation"]._own(opened.validation_id)
                validation._finish(opened, outcome)
                return read_panel(env, opened.move_id)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            if not attempts_left:
                raise
        time.sleep(pause * random.uniform(0.5, 1.5))
        pause = min(pause * 2, _LONGEST_STORE_PAUSE)
    raise AssertionError("unreachable")


def panel_of(opened: OpenValidation) -> dict[str, Any]:
    """Return what the panel shows now, read in a short transaction."""
    with open_cursor(opened.dbname) as cursor:
        env = api.Environment(cursor, opened.uid, dict(opened.context))
        return read_panel(env, opened.move_id)


def read_panel(env: api.Environment, move_id: int) -> dict[str, Any]:
    """Return what the panel shows; nothing for an invoice that was deleted meanwhile,
    or that the user may not read any more."""
    try:
        return env["account.move"].browse(move_id).account_ai_panel()
    except (AccessError, MissingError):
        return {"available": False, "validation": None}
