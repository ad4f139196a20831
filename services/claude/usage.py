"""Token usage in raw buckets, as Claude bills them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


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
        """
        written = usage.get("cache_creation_input_tokens") or 0
        breakdown = usage.get("cache_creation") or {}
        written_1h = breakdown.get("ephemeral_1h_input_tokens") or 0
        written_5m = breakdown.get("ephemeral_5m_input_tokens") or 0
        output_details = usage.get("output_tokens_details") or {}
        server_tools = usage.get("server_tool_use") or {}
        return cls(
            uncached_input=usage.get("input_tokens") or 0,
            cache_write_5m=max(written_5m, written - written_1h),
            cache_write_1h=written_1h,
            cache_read=usage.get("cache_read_input_tokens") or 0,
            output=usage.get("output_tokens") or 0,
            thinking=output_details.get("thinking_tokens") or 0,
            web_searches=server_tools.get("web_search_requests") or 0,
            service_tier=usage.get("service_tier") or "standard",
            inference_geo=usage.get("inference_geo") or "global",
            speed=usage.get("speed") or "standard",
        )
