"""What calls are likely to cost, and at most, before anybody decides to make them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from ..request import ClaudeRequest
from .estimate import estimated_tokens, worst_case
from .measure import measure_of, usual_tokens
from .own_prices import OwnPrices
from .pricing import NO_OWN_PRICES, price_of
from .usage import TokenUsage

_USUAL_OUTPUT_TOKENS = 400
"""Of a validation, thinking at low effort included: a few items in short codes."""


@dataclass(frozen=True)
class CallForecast:
    """One call that may be made."""

    tokens: int
    """Of its input at most; what *admit* goes by."""
    usual_tokens: int
    """Of its input, when its text is ordinary."""
    worst_usd: Decimal
    """What *admit* would reserve."""
    expected_usd: Decimal
    """When its instructions are read from the cache, as of all but the first of many,
    and the answer is of the usual length."""


def forecast_of(
    request: ClaudeRequest,
    *,
    prefix_tokens: int | None = None,
    own: Mapping[str, OwnPrices] = NO_OWN_PRICES,
) -> CallForecast:
    """Return what a call with ``request`` may cost. Neither network nor database.

    :param prefix_tokens: Claude's count of its prefix, when it is known
    :param own: prices that an administrator set, by model
    :raises ClaudeError: ``price_unknown``
    """
    bound = measure_of(request, prefix_tokens).tokens
    worst_usd, _prices = worst_case(request, bound, own=own)
    tokens = min(usual_tokens(request), bound)
    cached = 0
    if request.cache_ttl:
        length = sum(map(len, request.system))
        cached = min(tokens, estimated_tokens(length, request.model))
    usage = TokenUsage(
        cache_read=cached,
        uncached_input=tokens - cached,
        output=min(_USUAL_OUTPUT_TOKENS, request.max_tokens),
    )
    expected_usd, _prices = price_of(request.model, usage, own=own)
    return CallForecast(bound, tokens, worst_usd, min(expected_usd, worst_usd))


def seconds_for(
    documents: int, latency_seconds: float, workers: int, limit_per_minute: int
) -> int:
    """Return how long ``documents`` calls take one after the other.

    :param latency_seconds: of one of them
    :param workers: how many are made at once
    :param limit_per_minute: how many may begin in a minute
    """
    by_work = math.ceil(documents / max(workers, 1)) * latency_seconds
    # A full minute passes before the first call beyond the limit.
    by_limit = 60.0 * ((documents - 1) // limit_per_minute) if documents else 0.0
    return math.ceil(max(by_work, by_limit))
