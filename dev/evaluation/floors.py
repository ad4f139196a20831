"""Floors: figures that an evaluation must reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .scoring import Score

_CEILINGS = frozenset({"false_alarms", "unreadable", "degraded"})
"""Counts of faults: the bound is the most that is allowed."""
_ALL_KINDS = ""


@dataclass(frozen=True)
class Floor:
    """A bound of one figure."""

    figure: str
    """``exactness``, ``verdict_score``, ``recall``; for ``false_alarms``,
    ``unreadable`` and ``degraded`` the bound is a ceiling."""
    bound: float
    check_kind: str = _ALL_KINDS
    """The kind of cases that it is for; empty for all."""

    def __str__(self) -> str:
        name = f"{self.check_kind}.{self.figure}" if self.check_kind else self.figure
        return f"{name} {'≤' if self.figure in _CEILINGS else '≥'} {self.bound:g}"

    def is_kept(self, total: Score, by_kind: Mapping[str, Score]) -> bool:
        """Return whether the figure keeps its bound; without cases it does not."""
        score = by_kind.get(self.check_kind) if self.check_kind else total
        value = score.figures()[self.figure] if score else None
        if value is None:
            return False
        return value <= self.bound if self.figure in _CEILINGS else value >= self.bound


def read_floors(text: str) -> tuple[Floor, ...]:
    """Return the floors in a text: ``exactness=0.9, rule.recall=1, false_alarms=0``.

    :raises ValueError: when one is not understood
    """
    names = Score.of(()).figures().keys() - {"cases"}
    floors = []
    for part in filter(None, (each.strip() for each in text.split(","))):
        name, equals, bound = part.partition("=")
        kind, _dot, figure = name.strip().rpartition(".")
        if not equals or figure not in names:
            known = ", ".join(sorted(names))
            raise ValueError(f"{part!r} is no floor; figures are {known}")
        try:
            floors.append(Floor(figure, float(bound), kind))
        except ValueError:
            raise ValueError(f"{part!r} is no floor: no number") from None
    return tuple(floors)
