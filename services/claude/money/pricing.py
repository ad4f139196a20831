"""What a call costs, in USD: unit prices of ``genai-prices``, multiplied by hand.

The package knows buckets, price tiers, batch and fast mode. The factor of inference in
the USA is not in it and is applied here, as is the batch discount of models for which
it has no batch prices. Prices that an administrator set come before the listed ones:
they are handed in with every question. An unknown price is never zero: it refuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timezone
from decimal import Decimal
from functools import lru_cache
from importlib.metadata import version
from types import MappingProxyType
from typing import Any

import genai_prices
from genai_prices.types import TieredPrices

from ...common.translation import _
from ..errors import ClaudeError
from .own_prices import OwnPrices, own_prices_of, scaled
from .usage import TokenUsage

NO_OWN_PRICES: Mapping[str, OwnPrices] = MappingProxyType({})

_MILLION = Decimal(1_000_000)
_BATCH_FACTOR = Decimal("0.5")
_US_FACTOR = Decimal("1.1")

_REFERENCE = TokenUsage(uncached_input=10_000, output=1_000)

_PRICE_KEYS = {
    "uncached_input": "input_mtok",
    "cache_write_5m": "cache_write_mtok",
    "cache_write_1h": "cache_write_1h_mtok",
    "cache_read": "cache_read_mtok",
    "output": "output_mtok",
}
_WRITE_1H_FACTOR = Decimal(2)
"""A 1-hour write costs twice the input, for models whose price is not listed."""


@dataclass(frozen=True)
class UnitPrices:
    """USD per million tokens of each bucket, in one price tier."""

    uncached_input: Decimal
    cache_write_5m: Decimal
    cache_write_1h: Decimal
    cache_read: Decimal
    output: Decimal
    web_search: Decimal
    """USD per thousand searches."""
    undiscounted: UnitPrices | None = None
    """Of a batch: what the same would have cost as single calls."""

    def cost(self, usage: TokenUsage) -> Decimal:
        """Return the USD of ``usage``; thinking is part of its output."""
        return (
            usage.uncached_input * self.uncached_input
            + usage.cache_write_5m * self.cache_write_5m
            + usage.cache_write_1h * self.cache_write_1h
            + usage.cache_read * self.cache_read
            + usage.output * self.output
        ) / _MILLION + usage.web_searches * self.web_search / 1000

    def to_data(self) -> dict[str, str]:
        """Return the prices as decimal strings, for the ledger.

        Those of single calls have ``undiscounted_`` before their names.
        """
        data = {
            name: format(value, "f")
            for name, value in vars(self).items()
            if value is not None and name != "undiscounted"
        }
        if self.undiscounted is not None:
            single = self.undiscounted.to_data().items()
            data.update({f"undiscounted_{name}": value for name, value in single})
        return data


def unit_prices(
    model: str,
    prompt_tokens: int,
    *,
    service_tier: str = "standard",
    speed: str = "standard",
    inference_geo: str = "global",
    own: Mapping[str, OwnPrices] = NO_OWN_PRICES,
) -> UnitPrices:
    """Return the prices of a request whose whole prompt has ``prompt_tokens`` tokens.

    The prompt, cached tokens included, decides the tier, and the tier holds for every
    token of the request, those of the answer too.

    :param own: prices that an administrator set, by model; they come first
    :raises ClaudeError: ``price_unknown``
    """
    is_batch = service_tier == "batch"
    listed = _prices(model, is_batch, speed == "fast", own)
    # Where it runs is charged for by what was asked or set for the workspace, and the
    # answer echoes it; models before 4.6 cannot choose and answer nothing.
    factor = _US_FACTOR if inference_geo == "us" else Decimal(1)
    prices = {
        name: _of_tier(listed[name], prompt_tokens) * factor for name in _PRICE_KEYS
    }
    undiscounted = None
    if is_batch:
        undiscounted = unit_prices(
            model, prompt_tokens, speed=speed, inference_geo=inference_geo, own=own
        )
    return UnitPrices(
        **prices, web_search=listed["web_search"], undiscounted=undiscounted
    )


def price_of(
    model: str,
    usage: TokenUsage,
    *,
    billed: bool = True,
    own: Mapping[str, OwnPrices] = NO_OWN_PRICES,
) -> tuple[Decimal, UnitPrices]:
    """Return what ``usage`` costs in USD and the unit prices behind it.

    :param billed: false for an answer that Claude does not charge for: a refusal
        before any output, whose usage shows tokens all the same
    :param own: prices that an administrator set, by model; they come first
    :raises ClaudeError: ``price_unknown``
    """
    prices = unit_prices(
        model,
        usage.prompt,
        service_tier=usage.service_tier,
        speed=usage.speed,
        inference_geo=usage.inference_geo,
        own=own,
    )
    return (prices.cost(usage) if billed else Decimal(0)), prices


def reference_price(
    model: str, own: Mapping[str, OwnPrices] = NO_OWN_PRICES
) -> Decimal | None:
    """Return what one validation of a usual length costs with ``model``, to compare
    models by; ``None`` when its price is not known."""
    try:
        return price_of(model, _REFERENCE, own=own)[0]
    except ClaudeError:
        return None


def long_prompt_tokens(model: str, own: Mapping[str, OwnPrices] = NO_OWN_PRICES) -> int:
    """Return above how many prompt tokens the next price tier begins, 0 for none.

    :raises ClaudeError: ``price_unknown``
    """
    price = _prices(model, False, False, own)["uncached_input"]
    return 0 if isinstance(price, Decimal) else price.tiers[0].start


def listed_source() -> str:
    """Return where listed prices come from, with the version of the list."""
    return f"genai-prices {version('genai-prices')}"


def _prices(
    model: str, batch: bool, fast: bool, own: Mapping[str, OwnPrices]
) -> Mapping[str, Any]:
    prices = own_prices_of(model, own) if own else None
    if prices and fast:
        raise _price_unknown(model)
    if prices:
        return prices.buckets(batch=batch)
    return _listed_prices(model, batch, fast, datetime.now(timezone.utc).date())


@lru_cache(maxsize=64)  # looking a model up parses and matches hundreds of rules
def _listed_prices(model: str, batch: bool, fast: bool, day: date) -> Mapping[str, Any]:
    """Return the listed price of each bucket: a Decimal, or one with tiers."""
    moment = datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
    standard = _model_price(model, moment, None)
    context = {}
    if batch:
        context["processing"] = "batch"
    if fast:
        context["speed"] = "fast"
    special = _model_price(model, moment, context) if context else standard
    if fast and special.input_mtok == standard.input_mtok:
        raise _price_unknown(model)
    found = {name: getattr(special, key) for name, key in _PRICE_KEYS.items()}
    if found["cache_write_1h"] is None and found["uncached_input"] is not None:
        found["cache_write_1h"] = scaled(found["uncached_input"], _WRITE_1H_FACTOR)
    if None in found.values():
        raise _price_unknown(model)
    if batch and special.input_mtok == standard.input_mtok:
        found = {name: scaled(price, _BATCH_FACTOR) for name, price in found.items()}
    found["web_search"] = special.web_searches_kcount or Decimal(10)
    return found


def _model_price(model: str, moment: datetime, context: dict[str, str] | None) -> Any:
    try:
        calculation = genai_prices.calc_price(
            genai_prices.Usage(),
            model,
            provider_id="anthropic",
            genai_request_timestamp=moment,
            price_context=context,
        )
    except LookupError as error:
        raise _price_unknown(model) from error
    return calculation.model_price


def _price_unknown(model: str) -> ClaudeError:
    return ClaudeError(
        "price_unknown",
        _(
            "The price of the model %(model)s is not known, so it is not called. A "
            "system administrator can set one: Account AI, Configuration, Models."
        ),
        params={"model": model},
    )


def _of_tier(price: Decimal | TieredPrices, prompt_tokens: int) -> Decimal:
    if isinstance(price, Decimal):
        return price
    applicable = price.base
    for tier in price.tiers:  # in ascending order
        if prompt_tokens > tier.start:
            applicable = tier.price
    return applicable
