"""The prompt cache: entries by prefix, with lifetimes and minimums."""

from __future__ import annotations

from dataclasses import dataclass

from .catalogue import Model
from .prompt import Prompt

LIFETIMES = {"5m": 300.0, "1h": 3600.0}
#: A breakpoint looks back over so many positions, itself included.
LOOK_BACK = 20


@dataclass
class _Entry:
    expires_at: float
    lifetime: float


@dataclass(frozen=True)
class CacheOutcome:
    """How the prompt's tokens are billed; the four add up to the prompt.

    ``written`` is what :meth:`PromptCache.store` makes readable.
    """

    uncached: int
    read: int
    written_5m: int
    written_1h: int
    written: tuple[tuple[bytes, float], ...]
    started_at: float


class PromptCache:
    """Prefixes that were written, of all workspaces and models.

    A prefix is written at breakpoints only, becomes readable when the answer of
    the request that writes it starts, lives from the start of that request, and
    lives anew from the start of every request that reads it.
    """

    def __init__(self) -> None:
        self._entries: dict[bytes, _Entry] = {}

    def look_up(self, prompt: Prompt, model: Model, now: float) -> CacheOutcome:
        """Return how ``prompt`` is billed at ``now``; refreshes what it reads."""
        positions = prompt.positions
        breakpoints = [
            index
            for index, position in enumerate(positions)
            if position.ttl and position.total >= model.cache_minimum
        ]
        hit = -1
        for index in breakpoints:
            for back in range(index, max(index - LOOK_BACK, -1), -1):
                if back <= hit:
                    break
                entry = self._entries.get(positions[back].digest)
                if entry is not None and entry.expires_at > now:
                    entry.expires_at = now + entry.lifetime
                    hit = back
                    break
        read = positions[hit].total if hit >= 0 else 0
        later = [index for index in breakpoints if index > hit]
        until_1h = max(
            (positions[index].total for index in later if positions[index].ttl == "1h"),
            default=read,
        )
        until_5m = max((positions[index].total for index in later), default=read)
        return CacheOutcome(
            uncached=prompt.total - max(until_5m, until_1h),
            read=read,
            written_5m=max(until_5m - until_1h, 0),
            written_1h=until_1h - read,
            written=tuple(
                (positions[index].digest, LIFETIMES[positions[index].ttl or "5m"])
                for index in later
            ),
            started_at=now,
        )

    def store(self, outcome: CacheOutcome, now: float) -> None:
        """Make what ``outcome`` writes readable: its answer starts at ``now``."""
        for digest, lifetime in outcome.written:
            self._entries[digest] = _Entry(outcome.started_at + lifetime, lifetime)
        if len(self._entries) > 10_000:
            self._entries = {
                digest: entry
                for digest, entry in self._entries.items()
                if entry.expires_at > now
            }

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
