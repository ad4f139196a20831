"""Prices that an administrator knows better than the list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from genai_prices.types import Tier, TieredPrices

from ..http.catalogue import undated

_FACTORS = {
    "cache_write_5m": Decimal("1.25"),
    "cache_write_1h": Decimal(2),
    "cache_read": Decimal("0.1"),
}
_WEB_SEARCH = Decimal(10)
"""USD per thousand searches, of all models."""


@dataclass(frozen=True)
class OwnPrices:
    """Prices of one model, in USD per million tokens.

    What is left out follows from the price of input as Claude's price list has it:
    writes 1.25 and 2 times, reads a tenth, batches half.
    """

    uncached_input: Decimal
    output: Decimal
    cache_write_5m: Decimal | None = None
    cache_write_1h: Decimal | None = None
    cache_read: Decimal | None = None
    batch_factor: Decimal = Decimal("0.5")
    """What a batch pays of every price."""
    long_prompt_tokens: int = 0
    """Above so many prompt tokens the long prices hold; 0: never."""
    long_input: Decimal | None = None
    """The prices of the cache rise as that of input does."""
    long_output: Decimal | None = None

    def buckets(self, *, batch: bool = False) -> Mapping[str, Any]:
        """Return the price of each bucket: a Decimal, or one with a tier."""
        prices: dict[str, Any] = {
            "uncached_input": self.uncached_input,
            "output": self.output,
        }
        for name, factor in _FACTORS.items():
            own: Decimal | None = getattr(self, name)
            prices[name] = self.uncached_input * factor if own is None else own
        if self.long_prompt_tokens:
            prices = {
                name: TieredPrices(
                    price, [Tier(self.long_prompt_tokens, self._long(name, price))]
                )
                for name, price in prices.items()
            }
        if batch:
            prices = {
                name: scaled(price, self.batch_factor) for name, price in prices.items()
            }
        return {**prices, "web_search": _WEB_SEARCH}

    def _long(self, name: str, price: Decimal) -> Decimal:
        if name == "output":
            return price if self.long_output is None else self.long_output
        if self.long_input is None or not self.uncached_input:
            return price
        return price * self.long_input / self.uncached_input


def own_prices_of(model: str, own: Mapping[str, OwnPrices]) -> OwnPrices | None:
    """Return the prices set for ``model``, or for its alias; ``None`` for none."""
    return own.get(model) or next(
        (own[name] for name in own if undated(name) == undated(model)), None
    )


def scaled(price: Any, factor: Decimal) -> Any:
    """Return ``price``, a Decimal or one with tiers, times ``factor``."""
    if isinstance(price, Decimal):
        return price * factor
    return TieredPrices(
        price.base * factor,
        [Tier(tier.start, tier.price * factor) for tier in price.tiers],
    )
