"""Runs a file of labelled cases."""

from __future__ import annotations

import json
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from services.documents.errors import UnreadableDocument
from services.rules import RULEBOOK_VERSION

from .asking import Asking
from .case import Answer, Expectation, Outcome
from .case_kinds import kind_of
from .floors import Floor
from .scoring import Score

_logger = logging.getLogger(__name__)

Told = Callable[[Outcome], None]


@dataclass(frozen=True)
class CaseFile:
    """A file of labelled cases."""

    cases: Sequence[Mapping[str, Any]]
    master: Mapping[str, Any]
    """Data that all cases share."""


@dataclass(frozen=True)
class Evaluation:
    """The outcome of a file of cases."""

    outcomes: tuple[Outcome, ...]
    total: Score
    by_kind: Mapping[str, Score]
    """Figures of ``none``, ``rule``, ``rule+context``, ``semantic``, as there are."""
    source: Mapping[str, Any]
    """Who gave the verdicts: the rules alone, or which model of which endpoint."""

    def broken(self, floors: Iterable[Floor]) -> tuple[Floor, ...]:
        """Return the floors that were not reached."""
        return tuple(
            each for each in floors if not each.is_kept(self.total, self.by_kind)
        )

    def to_data(self) -> dict[str, Any]:
        """Return everything as plain JSON data: one entry for each case."""
        recall: dict[str, dict[str, int]] = {
            code: {"planted": planted, "found": self.total.found[code]}
            for code, planted in sorted(self.total.planted.items())
        }
        return {
            "cases": [_case_data(each) for each in self.outcomes],
            "summary": {
                **self.total.to_data(),
                "by_kind": {k: score.to_data() for k, score in self.by_kind.items()},
                "recall_by_code": recall,
                "false_alarm_codes": dict(sorted(self.total.false_codes.items())),
                "source": dict(self.source),
                "rulebook_version": RULEBOOK_VERSION,
            },
        }


def read_case_file(path: Path) -> CaseFile:
    """Return the cases of a JSON file; numbers with a fraction are exact.

    :raises ValueError: when it is not a file of cases
    """
    data = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    cases = data.get("cases") if isinstance(data, dict) else data
    if not isinstance(cases, list) or not all(isinstance(each, dict) for each in cases):
        raise ValueError(f"{path.name} holds no list of cases")
    repeated = [
        name
        for name, count in Counter(str(each.get("id")) for each in cases).items()
        if count > 1
    ]
    if repeated:
        raise ValueError(f"{path.name} repeats cases: {', '.join(repeated)}")
    master = data.get("master") if isinstance(data, dict) else None
    return CaseFile(cases, master or {})


def evaluate(
    case_file: CaseFile, asking: Asking | None = None, told: Told | None = None
) -> Evaluation:
    """Return what the validator makes of the cases of a file.

    A case that cannot be read does not stop the others: its outcome says why.

    :param asking: the model to ask; ``None`` for the rules' own verdicts
    :param told: gets each outcome as it comes
    :raises ValueError: when a case has no labels to compare with
    """
    outcomes = []
    for case in case_file.cases:
        outcome = _outcome(case, case_file.master, asking)
        outcomes.append(outcome)
        if told:
            told(outcome)
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        groups[outcome.expectation.check_kind].append(outcome)
    return Evaluation(
        outcomes=tuple(outcomes),
        total=Score.of(outcomes),
        by_kind={kind: Score.of(groups[kind]) for kind in sorted(groups)},
        source=asking.description() if asking else {"by": "rules"},
    )


def _outcome(
    case: Mapping[str, Any], master: Mapping[str, Any], asking: Asking | None
) -> Outcome:
    expectation = Expectation.of(case)
    answer: Answer | None = None
    error = ""
    try:
        answer = kind_of(case).validate(case, master, asking)
    except UnreadableDocument as unreadable:
        error = unreadable.reason
    except Exception as fault:
        # An error of our code in one case must not hide the figures of the others; the
        # case counts as unreadable, so that the evaluation does not pass.
        _logger.exception("case %s", expectation.identifier)
        error = f"Case {expectation.identifier}: {type(fault).__name__}: {fault}"
    return Outcome(expectation, answer, error)


def _case_data(outcome: Outcome) -> dict[str, Any]:
    data: dict[str, Any] = {
        "id": outcome.expectation.identifier,
        "verdict": None,
        "codes": [],
        "project": None,
        "confidence": None,
    }
    if outcome.error:
        data["error"] = outcome.error
    if answer := outcome.answer:
        data |= {
            "verdict": answer.verdict.value,
            "codes": list(answer.codes),
            "project": answer.project,
            "confidence": answer.confidence,
        }
        if answer.degraded:
            data["degraded"] = answer.degraded
        if answer.unread:
            data["unread"] = list(answer.unread)
    return data
