"""What a labelled case expects, and what the validator said about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from services.validation.verdict import Verdict

NO_PROJECT = "NONE"
"""Expected project of a case that must not be assigned to any."""


@dataclass(frozen=True)
class Expectation:
    """The labels of a case."""

    identifier: str
    title: str
    check_kind: str
    """``none`` (a clean control), ``rule``, ``rule+context`` or ``semantic``."""
    codes: frozenset[str]
    """Codes that must be found; none: any error or warning is a false alarm."""
    verdict: Verdict
    acceptable: frozenset[Verdict]
    """Verdicts that count half."""
    project: str | None
    """Code of the project, :data:`NO_PROJECT`, or ``None`` when nothing is asked."""

    @classmethod
    def of(cls, case: Mapping[str, Any]) -> Expectation:
        """Return the labels of a case.

        :raises ValueError: when one is missing or has the wrong type
        """
        identifier = str(case.get("id", "?"))
        try:
            return cls(
                identifier=identifier,
                title=str(case.get("title", "")),
                check_kind=str(case["check_kind"]),
                codes=frozenset(case["planted_defects"]),
                verdict=Verdict(case["expected_verdict"]),
                acceptable=frozenset(map(Verdict, case.get("acceptable_verdicts", ()))),
                project=case.get("expected_project"),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"Case {identifier} has no label {error}.") from None
        except ValueError as error:
            raise ValueError(f"Case {identifier}: {error}.") from None


@dataclass(frozen=True)
class Answer:
    """What the validator said about one case."""

    verdict: Verdict
    codes: tuple[str, ...]
    """Codes of its errors and warnings, each once, in the order of the findings."""
    confidence: float
    project: str | None = None
    """Code of the project that the books' evidence points to."""
    unread: tuple[str, ...] = ()
    """Parts of the case that nothing could be made of."""
    degraded: str = ""
    """Why a model that was asked gave no answer, a code; empty otherwise."""
    cost_usd: Decimal = Decimal(0)


@dataclass(frozen=True)
class Outcome:
    """A case with its answer, or with the reason why there is none."""

    expectation: Expectation
    answer: Answer | None
    error: str = ""
    """Why the case could not be read; empty when it could."""

    @property
    def is_exact(self) -> bool:
        """Whether the verdict is the expected one."""
        return (
            self.answer is not None and self.answer.verdict is self.expectation.verdict
        )

    @property
    def credit(self) -> Decimal:
        """1 for the expected verdict, a half for another acceptable one, else 0."""
        if self.is_exact:
            return Decimal(1)
        accepted = (
            self.answer is not None
            and self.answer.verdict in self.expectation.acceptable
        )
        return Decimal("0.5") if accepted else Decimal(0)

    @property
    def found(self) -> frozenset[str]:
        """Planted codes that were found."""
        return self.expectation.codes & self._codes

    @property
    def missed(self) -> frozenset[str]:
        """Planted codes that were not found."""
        return self.expectation.codes - self._codes

    @property
    def extra(self) -> frozenset[str]:
        """Codes that were found without having been planted."""
        return self._codes - self.expectation.codes

    @property
    def is_false_alarm(self) -> bool:
        """Whether a clean control got an error or a warning."""
        return not self.expectation.codes and bool(self._codes)

    @property
    def is_miss(self) -> bool:
        """Whether anything about the case is not as it should be."""
        return not self.is_exact or bool(self.missed) or self.is_false_alarm

    @property
    def _codes(self) -> frozenset[str]:
        return frozenset(self.answer.codes) if self.answer else frozenset()
