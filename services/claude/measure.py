"""How large a request is: estimated for nothing, or counted by Claude itself.

The estimate errs on the high side, which near a limit refuses what would have fitted.
There Claude is asked: counting is free, but it is a call over the network, so it comes
before *admit*, outside of every transaction.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

from .estimate import estimated_input
from .request import ClaudeRequest

_MARGIN = 1.02
"""Claude's count "may differ by a small amount" from what it bills: a wall counts on
more than was ever seen."""


@dataclass(frozen=True)
class Measure:
    """A request as it goes out, and how many tokens it has."""

    body: str
    """The request as JSON."""
    estimated: int
    """By its length; rather too many than too few."""
    counted: int | None = None
    """By Claude; ``None`` when it was not asked, or did not answer in time."""

    @property
    def tokens(self) -> int:
        """The tokens to reckon with: limits and reservations go by them."""
        if self.counted is None:
            return self.estimated
        return math.ceil(self.counted * _MARGIN)


def measure_of(request: ClaudeRequest) -> Measure:
    """Return ``request`` with its estimated size."""
    body = json.dumps(request.parameters(), ensure_ascii=False, separators=(",", ":"))
    return Measure(body, estimated_input(request, len(body)))
