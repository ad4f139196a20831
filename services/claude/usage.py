"""Token usage in raw buckets, as Claude bills them."""

from __future__ import annotations

from dataclasses import dataclass


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
