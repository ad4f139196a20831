"""How large and how dear a call can become, before it is made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal

from .defaults import OLD_TOKENIZER
from .own_prices import OwnPrices
from .pricing import NO_OWN_PRICES, UnitPrices, price_of
from .request import ClaudeRequest
from .usage import TokenUsage

_CHARACTERS_PER_TOKEN = 2.5
"""1M tokens are about 2.5M characters with the tokenizer of the models since 4.7."""
_OLD_CHARACTERS_PER_TOKEN = 3.3
_SYSTEM_TOKENS = 400
"""What Claude adds by itself for tools (up to 496 were seen) and for a schema."""
_DEAREST_GEO = "us"
"""A workspace may be set to the USA, which costs a tenth more: a wall counts on it."""


def estimated_tokens(characters: int, model: str) -> int:
    """Return about how many tokens ``characters`` characters are, rounded up."""
    old = OLD_TOKENIZER.match(model)
    return math.ceil(
        characters / (_OLD_CHARACTERS_PER_TOKEN if old else _CHARACTERS_PER_TOKEN)
    )


def estimated_input(request: ClaudeRequest, body_characters: int) -> int:
    """Return about how many input tokens ``request`` has, rather too many than too few.

    :param body_characters: length of the request's body as JSON; its punctuation is
        counted as text, which is the safety margin
    """
    added = _SYSTEM_TOKENS if request.tools or request.output_schema else 0
    return estimated_tokens(body_characters, request.model) + added


def worst_case_usage(request: ClaudeRequest, input_tokens: int) -> TokenUsage:
    """Return the dearest usage that an answer may report.

    All input in the dearest bucket that the request can cause, all output used.
    """
    bucket = {"5m": "cache_write_5m", "1h": "cache_write_1h"}.get(
        request.cache_ttl, "uncached_input"
    )
    return TokenUsage(
        **{bucket: input_tokens},
        output=request.max_tokens,
        inference_geo=_DEAREST_GEO,
    )


def worst_case(
    request: ClaudeRequest,
    input_tokens: int,
    *,
    own: Mapping[str, OwnPrices] = NO_OWN_PRICES,
) -> tuple[Decimal, UnitPrices]:
    """Return the most that the call may cost, in USD, and the unit prices behind it.

    :param own: prices that an administrator set, by model
    :raises ClaudeError: ``price_unknown``
    """
    usage = worst_case_usage(request, input_tokens)
    return price_of(request.model, usage, own=own)
