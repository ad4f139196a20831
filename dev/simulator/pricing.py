"""What a request costs, in US dollars, from the buckets of its usage."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .catalogue import Model, Price

_MILLION = Decimal(1_000_000)
#: A prompt of more tokens than this is billed at ``Model.long_price``.
LONG_PROMPT = 100_000


def price_of(model: Model, usage: dict[str, Any]) -> Price:
    """Return the price row that applies to ``usage`` (tier by prompt length)."""
    prompt = (
        usage["input_tokens"]
        + usage["cache_read_input_tokens"]
        + usage["cache_creation_input_tokens"]
    )
    if usage.get("speed") == "fast" and model.fast_price:
        return model.fast_price
    if model.long_price and prompt > LONG_PROMPT:
        return model.long_price
    return model.price


def cost_parts(model: Model, usage: dict[str, Any]) -> dict[str, Decimal]:
    """Return the US dollars that ``usage`` (the API's object) is billed at, for each
    ``token_type`` of the cost report.

    Thinking tokens are inside ``output_tokens``. Batches cost half; the
    ``us`` inference geography costs 1.1 times as much; both multiply.
    """
    price = price_of(model, usage)
    written = usage["cache_creation"]
    factor = Decimal(1)
    if usage["service_tier"] == "batch":
        factor /= 2
    if usage["inference_geo"] == "us":
        factor *= Decimal("1.1")
    parts = {
        "uncached_input_tokens": usage["input_tokens"] * price.input,
        "cache_read_input_tokens": usage["cache_read_input_tokens"] * price.cache_read,
        "cache_creation.ephemeral_5m_input_tokens": (
            written["ephemeral_5m_input_tokens"] * price.cache_write_5m
        ),
        "cache_creation.ephemeral_1h_input_tokens": (
            written["ephemeral_1h_input_tokens"] * price.cache_write_1h
        ),
        "output_tokens": usage["output_tokens"] * price.output,
    }
    return {name: amount * factor / _MILLION for name, amount in parts.items()}
