"""Everything the running simulator remembers."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from .batch_store import BatchStore
from .catalogue import Catalogue
from .clock import Clock, parse_time, rfc3339
from .errors import ApiError, invalid
from .faults import FaultQueue
from .journal import Entry, Journal
from .prompt_cache import PromptCache
from .rate_limits import RateLimits
from .settings import Settings


class State:
    """The parts of the simulator; ``reset`` gives all of them anew."""

    def __init__(
        self, initial: dict[str, Any] | None = None, clock: str | None = None
    ) -> None:
        self._initial = initial or {}
        self._initial_clock = clock
        self.clock = Clock()
        self.batches = BatchStore(self.clock)
        self.reset()

    def reset(self) -> None:
        """Return to the state in which the process started."""
        self.settings = Settings()
        self.settings.change(self._initial)
        self.clock.reset()
        if self._initial_clock:
            self.clock.set(parse_time(self._initial_clock))
        self.cache = PromptCache()
        self.faults = FaultQueue()
        self.journal = Journal()
        self.limits = RateLimits(self.settings, self.clock)
        self.catalogue = Catalogue(
            self.settings.model_dates, self.settings.tokens_per_character
        )
        self.batches.clear()

    def change(self, changes: dict[str, Any]) -> None:
        """Change settings, and the time by ``clock`` or ``advance_seconds``.

        :raise ApiError: 400 for what is unknown or has the wrong type
        """
        changes = dict(changes)
        clock = changes.pop("clock", None)
        advance = changes.pop("advance_seconds", None)
        try:
            timestamp = parse_time(clock) if clock else None
            seconds = float(advance or 0)
            catalogue = Catalogue(
                changes.get("model_dates", self.settings.model_dates),
                float(
                    changes.get(
                        "tokens_per_character", self.settings.tokens_per_character
                    )
                ),
            )
        except (TypeError, ValueError, AttributeError) as error:
            raise invalid(f"settings: {error}") from error
        self.settings.change(changes)
        self.catalogue = catalogue
        if timestamp is not None:
            self.clock.set(timestamp)
        self.clock.advance(seconds)

    def as_dict(self) -> dict[str, Any]:
        """Return all settings and the simulated time."""
        return {**self.settings.as_dict(), "clock": rfc3339(self.clock.now())}

    def check_spend_limit(self) -> None:
        """Refuse when the organization has spent what it may.

        :raise ApiError: 429 ``enforced_spend_limit_reached``
        """
        limit = self.settings.spend_limit_usd
        if limit is not None and self.journal.total_usd >= limit:
            raise ApiError(
                429,
                "You have reached your API usage limits: your organization has "
                "crossed its monthly API usage threshold, set based on your "
                "organization's API tier. You will regain access at the start of "
                "the next month at 00:00 UTC.",
                details={"error_code": "enforced_spend_limit_reached"},
            )


STATE: web.AppKey[State] = web.AppKey("state", State)


def entry_of(request: web.Request) -> Entry:
    """Return the journal's entry of ``request``."""
    return request["entry"]
