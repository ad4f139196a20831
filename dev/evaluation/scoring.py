"""The figures: verdicts, recall, false alarms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .case import NO_PROJECT, Outcome

_DIGITS = 4


@dataclass(frozen=True)
class Score:
    """Figures over some cases; shares are between 0 and 1, ``None`` over nothing."""

    cases: int
    exact: int
    credit: Decimal
    """Expected verdicts, and half of the other acceptable ones."""
    planted: Counter[str]
    """How often each code was planted."""
    found: Counter[str]
    """How often each of them was found."""
    clean: int
    """Clean controls."""
    false_alarms: int
    """Clean controls with an error or a warning."""
    false_codes: Counter[str]
    """Codes of those."""
    projects: int
    """Cases that expect a project, or none."""
    projects_exact: int
    unreadable: int
    degraded: int
    cost_usd: Decimal

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> Score:
        """Return the figures over ``outcomes``; an unreadable case counts as a miss."""
        outcomes = tuple(outcomes)
        answers = [each.answer for each in outcomes if each.answer]
        clean = [each for each in outcomes if not each.expectation.codes]
        alarms = [each for each in clean if each.is_false_alarm]
        asked = [each for each in outcomes if each.expectation.project is not None]
        return cls(
            cases=len(outcomes),
            exact=sum(each.is_exact for each in outcomes),
            credit=sum((each.credit for each in outcomes), Decimal(0)),
            planted=Counter(
                code for each in outcomes for code in each.expectation.codes
            ),
            found=Counter(code for each in outcomes for code in each.found),
            clean=len(clean),
            false_alarms=len(alarms),
            false_codes=Counter(code for each in alarms for code in each.extra),
            projects=len(asked),
            projects_exact=sum(
                each.answer is not None
                and (each.answer.project or NO_PROJECT) == each.expectation.project
                for each in asked
            ),
            unreadable=sum(each.answer is None for each in outcomes),
            degraded=sum(bool(each.degraded) for each in answers),
            cost_usd=sum((each.cost_usd for each in answers), Decimal(0)),
        )

    @property
    def exactness(self) -> float | None:
        """Share of expected verdicts."""
        return _share(self.exact, self.cases)

    @property
    def verdict_score(self) -> float | None:
        """Share of verdicts, half credit for another acceptable one."""
        return _share(self.credit, self.cases)

    @property
    def recall(self) -> float | None:
        """Share of planted codes that were found."""
        return _share(self.found.total(), self.planted.total())

    def figures(self) -> dict[str, float | int | None]:
        """Return the figures that floors can be set for, by name."""
        return {
            "cases": self.cases,
            "exactness": self.exactness,
            "verdict_score": self.verdict_score,
            "recall": self.recall,
            "false_alarms": self.false_alarms,
            "unreadable": self.unreadable,
            "degraded": self.degraded,
        }

    def to_data(self) -> dict[str, Any]:
        """Return everything as plain JSON data."""
        return {
            **self.figures(),
            "exact": self.exact,
            "planted": self.planted.total(),
            "found": self.found.total(),
            "clean": self.clean,
            "projects": self.projects,
            "projects_exact": self.projects_exact,
            "cost_usd": str(self.cost_usd),
        }


def _share(part: int | Decimal, whole: int) -> float | None:
    return round(float(part) / whole, _DIGITS) if whole else None
