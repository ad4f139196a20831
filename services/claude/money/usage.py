"""Token usage in raw buckets, as Claude bills them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...common.storable import storable_text

MOST_TOKENS = 2**31 - 1
"""What a column of the ledger holds; no call comes near it."""
_LONGEST_WORD = 200


@dataclass(frozen=True)
class TokenUsage:
    """Tokens of one call. Buckets do not overlap, but thinking is part of output."""

    uncached_input: int = 0
    """``input_tokens``: neither read from nor written to the cache."""
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    cache_read: int = 0
    output: int = 0
    """``output_tokens``, thinking included."""
    thinking: int = 0
    web_searches: int = 0
    service_tier: str = "standard"
    """``standard``, ``priority`` or ``batch``."""
    inference_geo: str = "global"
    speed: str = "standard"

    @property
    def prompt(self) -> int:
        """All input tokens; decides the price tier."""
        return (
            self.uncached_input
            + self.cache_write_5m
            + self.cache_write_1h
            + self.cache_read
        )

    @classmethod
    def from_api(cls, usage: Mapping[str, Any]) -> TokenUsage:
        """Return the buckets of the API's ``usage``; what it leaves out counts zero.

        Cache writes that the breakdown by lifetime does not name are 5-minute writes.

        :raises ValueError: when a figure is no number of tokens
        :raises AttributeError: when a breakdown is none
        """
        written = _count(usage.get("cache_creation_input_tokens"))
        breakdown = usage.get("cache_creation") or {}
        written_1h = _count(breakdown.get("ephemeral_1h_input_tokens"))
        written_5m = _count(breakdown.get("ephemeral_5m_input_tokens"))
        output_details = usage.get("output_tokens_details") or {}
        server_tools = usage.get("server_tool_use") or {}
        return cls(
            uncached_input=_count(usage.get("input_tokens")),
            cache_write_5m=max(written_5m, written - written_1h),
            cache_write_1h=written_1h,
            cache_read=_count(usage.get("cache_read_input_tokens")),
            output=_count(usage.get("output_tokens")),
            thinking=_count(output_details.get("thinking_tokens")),
            web_searches=_count(server_tools.get("web_search_requests")),
            service_tier=word(usage.get("service_tier")) or "standard",
            inference_geo=word(usage.get("inference_geo")) or "global",
            speed=word(usage.get("speed")) or "standard",
        )


def _count(value: Any) -> int:
    """Return a number of tokens; nothing counts zero.

    :raises ValueError: when it is none
    """
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("not a number of tokens")
    if not 0 <= value <= MOST_TOKENS:
        raise ValueError("not a number of tokens")
    return value


def word(value: Any) -> str:
    """Return a name that an answer tells (a model, an id, a reason), to be stored;
    empty when it is none."""
    return storable_text(value)[:_LONGEST_WORD] if isinstance(value, str) else ""
