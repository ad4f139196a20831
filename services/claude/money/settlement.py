"""What a call cost, whatever became of it: from what was seen to what is booked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from ...common.storable import storable, storable_text
from ..call import Admission, CallResult, Seen
from ..errors import ClaudeError
from ..ports import Settlement
from ..structured_output import check_stop_reason, read_json_answer
from .estimate import worst_case_usage
from .own_prices import own_prices_of
from .pricing import price_of
from .usage import TokenUsage


def result_of(seen: Seen, admission: Admission) -> CallResult:
    """Return the result of an answer that is complete."""
    call = admission.call
    usage = seen.usage or TokenUsage()
    cost_usd, prices = _price(usage, seen, admission)
    return CallResult(
        text=storable_text(seen.text),
        stop_reason=seen.stop_reason,
        usage=usage,
        cost_usd=cost_usd,
        unit_prices=prices,
        model=seen.model or call.model,
        request_id=seen.request_id,
        message_id=seen.message_id,
        simulated=seen.simulated or call.simulated,
        latency_ms=seen.latency_ms,
        first_token_ms=seen.first_token_ms,
        retries=seen.retries,
        content=tuple(storable(seen.whole_content())),
    )


def judged(
    admission: Admission, outcome: CallResult | ClaudeError
) -> CallResult | ClaudeError:
    """Return ``outcome``, or the error that its text is.

    The gateway looks for itself whether an answer is good, so that a degraded one can
    never be kept as a good one, whoever calls.
    """
    if isinstance(outcome, ClaudeError):
        return outcome
    request = admission.request
    schema = request.output_schema
    # The schema is that of the last answer, not of those that ask for tools before it.
    calls_tools = bool(request.tools) and outcome.stop_reason == "tool_use"
    try:
        if schema is None or calls_tools:
            check_stop_reason(outcome.stop_reason)
        else:
            read_json_answer(outcome.text, outcome.stop_reason, schema)
    except ClaudeError as error:
        error.request_id = outcome.request_id
        return error
    return outcome


def settlement_of(
    admission: Admission, outcome: CallResult | ClaudeError
) -> Settlement:
    """Return how the open ledger row of ``admission`` is to be closed.

    - an answer that came to its end is booked as Claude bills it, good or not;
    - one that broke off is *unknown*: booked with the input it told of and all the
      output that was allowed. What was seen of it says too little: thinking is hidden,
      and what was sent last is lost with its connection;
    - one that nothing is known of, though the request was sent, is *unknown* at its
      worst-case cost;
    - one that was not executed *failed* at zero.
    """
    call, seen = admission.call, admission.seen
    failed = Settlement(
        state="failed",
        usage=TokenUsage(),
        cost_usd=Decimal(0),
        estimated=False,
        unit_prices=call.unit_prices,
        outcome=outcome.code if isinstance(outcome, ClaudeError) else "ok",
        stop_reason=seen.stop_reason,
        request_id=seen.request_id or outcome.request_id,
        message_id=seen.message_id,
        latency_ms=seen.latency_ms,
        first_token_ms=seen.first_token_ms,
        retries=seen.retries,
        simulated=seen.simulated,
    )
    if seen.usage is not None:
        usage = seen.usage
        if not seen.has_final_usage:
            usage = replace(usage, output=max(usage.output, call.max_output))
        cost_usd, prices = _price(usage, seen, admission)
        return replace(
            failed,
            state="settled" if seen.has_final_usage else "unknown",
            usage=usage,
            cost_usd=cost_usd,
            estimated=not seen.has_final_usage,
            unit_prices=prices,
        )
    if seen.in_flight:
        return replace(
            failed,
            state="unknown",
            usage=worst_case_usage(admission.request, call.estimated_input),
            cost_usd=call.worst_case_usd,
            estimated=True,
        )
    return failed


def stored_settlement(answer: CallResult) -> Settlement:
    """Return how the row of an answer from the store was closed: at zero, at once."""
    return Settlement(
        state="settled",
        usage=TokenUsage(),
        cost_usd=Decimal(0),
        estimated=False,
        outcome="ok",
        stop_reason=answer.stop_reason,
        unit_prices=answer.unit_prices,
    )


def _price(
    usage: TokenUsage, seen: Seen, admission: Admission
) -> tuple[Decimal, Mapping[str, str]]:
    asked, own = admission.call.model, admission.own_prices
    # Refused before any output: usage shows tokens, but Claude does not charge them.
    billed = not (seen.stop_reason == "refusal" and not seen.content)
    # What was set for the model that was asked holds, whatever it calls itself.
    model = asked if own_prices_of(asked, own) else seen.model or asked
    try:
        cost_usd, prices = price_of(model, usage, billed=billed, own=own)
    except ClaudeError:
        # The answer names its model or its mode in a way that has no price. The model
        # that was asked for has one: it was known when the call was admitted.
        usage = replace(usage, speed="standard")
        cost_usd, prices = price_of(asked, usage, billed=billed, own=own)
    return cost_usd, prices.to_data()
