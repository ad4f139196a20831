"""Whether our books and the provider's agree, and how much of theirs we saw."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Tolerance:
    """Differences up to one of these are of no interest."""

    percent: Decimal = Decimal(1)
    """Of what the provider bills."""
    usd: Decimal = Decimal("0.01")

    def allows(self, ours: Decimal, theirs: Decimal) -> bool:
        """Return whether the difference of two amounts in USD is within bounds.

        It has to be above both to be of interest: a cent of a cent is no alert, and
        neither is a dollar of ten thousand.
        """
        difference = abs(ours - theirs)
        return difference <= self.usd or difference <= theirs * self.percent / 100


def share_captured(ours: Decimal, theirs: Decimal) -> Decimal:
    """Return how much of the provider's bill our books have, from 0 to 1.

    One when nothing is billed: there was nothing to miss.
    """
    if theirs <= 0:
        return Decimal(1)
    return max(Decimal(0), min(ours, theirs)) / theirs
