"""How large and how expensive a call can become, before it is made.

Two sizes of the same request: what ordinary text comes to, which forecasts show, and a
bound that no text passes, on which budgets stand. Claude's own count takes the bound's
place where it decides; see :mod:`.measure`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from ..defaults import OLD_TOKENIZER
from ..request import ClaudeRequest
from .own_prices import OwnPrices
from .pricing import NO_OWN_PRICES, UnitPrices, unit_prices
from .usage import TokenUsage

_CHARACTERS_PER_TOKEN = 2.5
"""1M tokens are about 2.5M characters of ordinary text with the tokenizer of the models
since 4.7; a digit, a Chinese character or base64 is up to nine times as dense."""
_OLD_CHARACTERS_PER_TOKEN = 3.3
_SYSTEM_TOKENS = 600
"""What Claude adds by itself at most for tools, and for a schema as much again: up to
588 were seen, for tools of which one has to be called."""
_USUAL_SYSTEM_TOKENS = 400
_MOST_EXPENSIVE_GEO = "us"
"""A workspace may be set to the USA, which costs a tenth more: a budget has to count on
it."""
_COUNT_MARGIN_PERCENT = 105
_COUNT_MARGIN_TOKENS = 100
CONTEXT_TOKENS = 1_000_000
"""More than any model reads: the one bound of what its bytes say nothing about."""
_TEXT_BLOCKS = frozenset(
    {"text", "tool_use", "tool_result", "thinking", "redacted_thinking"}
    | {"search_result"}
)
_TEXT_SOURCES = frozenset({"text", "content"})


def estimated_tokens(characters: int, model: str) -> int:
    """Return about how many tokens ``characters`` of ordinary text are, rounded up."""
    old = OLD_TOKENIZER.match(model)
    return math.ceil(
        characters / (_OLD_CHARACTERS_PER_TOKEN if old else _CHARACTERS_PER_TOKEN)
    )


def estimated_input(request: ClaudeRequest, body_characters: int) -> int:
    """Return about how many input tokens ``request`` has when its text is ordinary.

    :param body_characters: length of the request's body as JSON; its punctuation is
        counted as text
    """
    added = _USUAL_SYSTEM_TOKENS if request.tools or request.output_schema else 0
    return estimated_tokens(body_characters, request.model) + added


def with_margin(counted: int) -> int:
    """Return what Claude may bill of what it counted: its count "may differ by a small
    amount", and a budget has to hold for more than was ever seen."""
    return -(-counted * _COUNT_MARGIN_PERCENT // 100) + _COUNT_MARGIN_TOKENS


def bound_of_bytes(size: int) -> int:
    """Return how many tokens ``size`` bytes of text have at most.

    A tokenizer has a token for each byte in the worst case; a quarter is added for
    what is put around it.
    """
    return -(-size * 5 // 4)


def bound_of_input(request: ClaudeRequest, prefix_tokens: int | None = None) -> int:
    """Return how many input tokens ``request`` has at most, whatever its text.

    :param prefix_tokens: Claude's count of what is the same for all documents, one
        short message included; ``None`` when it is not known: bytes bound that, too
    """
    if prefix_tokens is None:
        prefix = bound_of_bytes(_size(request.prefix()))
        prefix += _SYSTEM_TOKENS * (bool(request.tools) + bool(request.output_schema))
    else:
        prefix = with_margin(prefix_tokens)
    if has_unbounded_parts(request):
        return prefix + CONTEXT_TOKENS
    return prefix + bound_of_bytes(_size(request.messages_json()))


def has_unbounded_parts(request: ClaudeRequest) -> bool:
    """Return whether something is asked whose bytes say nothing about its tokens: a
    picture, a file, a tool that Claude itself uses."""
    return grows_by_itself(request) or any(
        _is_unbounded(block)
        for message in request.messages
        for block in _blocks(message.get("content"))
    )


def grows_by_itself(request: ClaudeRequest) -> bool:
    """Return whether a tool of Claude's own may add to the input while it answers:
    then a count before says too little."""
    return any(tool.get("type", "custom") != "custom" for tool in request.tools)


def _is_unbounded(block: Mapping[str, Any]) -> bool:
    kind = block.get("type")
    if kind == "document":
        source = block.get("source") or {}
        if source.get("type") not in _TEXT_SOURCES:
            return True
        return any(map(_is_unbounded, _blocks(source.get("content"))))
    if kind not in _TEXT_BLOCKS:
        return True
    return any(map(_is_unbounded, _blocks(block.get("content"))))


def _blocks(content: Any) -> Iterable[Mapping[str, Any]]:
    """Return the blocks of a content; text alone has none that could be unbounded."""
    return () if content is None or isinstance(content, str) else content


def _size(text: str) -> int:
    """Return the bytes of ``text``; what cannot be sent is refused later, not here."""
    return len(text.encode("utf-8", "surrogatepass"))


def worst_case_usage(request: ClaudeRequest, input_tokens: int) -> TokenUsage:
    """Return the most expensive usage that an answer may report, by Claude's list of
    prices.

    All input in the most expensive bucket that the request can cause, all output used.
    """
    return _usage(request, input_tokens, _buckets(request)[-1])


def worst_case(
    request: ClaudeRequest,
    input_tokens: int,
    *,
    own: Mapping[str, OwnPrices] = NO_OWN_PRICES,
) -> tuple[Decimal, UnitPrices]:
    """Return the most that the call may cost, in USD, and the unit prices behind it.

    :param own: prices that an administrator set, by model; they may make another
        bucket the most expensive than the list does
    :raises ClaudeError: ``price_unknown``
    """
    prices = unit_prices(
        request.model, input_tokens, inference_geo=_MOST_EXPENSIVE_GEO, own=own
    )
    most_expensive = max(_buckets(request), key=lambda bucket: getattr(prices, bucket))
    return prices.cost(_usage(request, input_tokens, most_expensive)), prices


def _buckets(request: ClaudeRequest) -> tuple[str, ...]:
    """Return in which buckets the input may be billed, the most expensive of the list
    last."""
    if not request.cache_ttl:
        return ("uncached_input",)
    return ("cache_read", "uncached_input", f"cache_write_{request.cache_ttl}")


def _usage(request: ClaudeRequest, input_tokens: int, bucket: str) -> TokenUsage:
    counts: dict[str, Any] = {bucket: input_tokens, "output": request.max_tokens}
    return TokenUsage(inference_geo=_MOST_EXPENSIVE_GEO, **counts)
