"""An evaluation as text, for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .case import Outcome
from .evaluation import Evaluation
from .floors import Floor
from .scoring import Score

_ALL = "all"
_NOTHING = "–"
_TITLE_LENGTH = 44


def report_text(evaluation: Evaluation, floors: Iterable[Floor] = ()) -> str:
    """Return figures, recall by code, false alarms and the table of misses."""
    parts = [
        _heading(evaluation),
        _figures(evaluation),
        _recall(evaluation.total),
        _misses(evaluation.outcomes),
        *_remarks(evaluation.outcomes),
        *_floors(evaluation, tuple(floors)),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _heading(evaluation: Evaluation) -> str:
    source = evaluation.source
    if "model" not in source:
        return "Verdicts of the rules alone: no model was asked."
    lines = [
        f"Final verdicts of rules and {source['model']} (effort {source['effort']}) "
        f"at {source['endpoint']}; guards {source['guards']}."
    ]
    if source["simulated"]:
        lines.append("SIMULATED: these figures say nothing about a model.")
    lines.append(
        f"Cost: US$ {evaluation.total.cost_usd}; cases without an answer of the model: "
        f"{evaluation.total.degraded}."
    )
    return "\n".join(lines)


def _figures(evaluation: Evaluation) -> str:
    rows = [
        (
            "cases",
            "number",
            "exact verdict",
            "with half credit",
            "codes found",
            "false alarms",
            "unreadable",
        )
    ]
    groups = {**evaluation.by_kind, _ALL: evaluation.total}
    rows += [
        (
            name,
            str(score.cases),
            f"{score.exact} ({_percent(score.exactness)})",
            _percent(score.verdict_score),
            f"{score.found.total()}/{score.planted.total()} ({_percent(score.recall)})",
            f"{score.false_alarms}/{score.clean}",
            str(score.unreadable),
        )
        for name, score in groups.items()
    ]
    total = evaluation.total
    projects = f"Projects: {total.projects_exact} of {total.projects} as expected."
    return f"{table(rows)}\n{projects}"


def _recall(total: Score) -> str:
    incomplete = [
        (code, f"{total.found[code]}/{planted}")
        for code, planted in sorted(total.planted.items())
        if total.found[code] < planted
    ]
    complete = len(total.planted) - len(incomplete)
    text = f"Codes always found: {complete} of {len(total.planted)}."
    return f"{text}\n{table([('code', 'found'), *incomplete])}" if incomplete else text


def _misses(outcomes: Iterable[Outcome]) -> str:
    rows = [
        (
            each.expectation.identifier,
            each.expectation.check_kind,
            each.answer.verdict.value if each.answer else _NOTHING,
            each.expectation.verdict.value,
            " ".join(sorted(each.missed)) or _NOTHING,
            " ".join(sorted(each.extra)) or _NOTHING,
            each.expectation.title[:_TITLE_LENGTH],
        )
        for each in outcomes
        if each.is_miss
    ]
    if not rows:
        return "No misses."
    head = ("case", "kind", "verdict", "expected", "missed", "not planted", "title")
    return f"Misses:\n{table([head, *rows])}"


def _remarks(outcomes: Sequence[Outcome]) -> Iterator[str]:
    if errors := [each.error for each in outcomes if each.error]:
        yield "Not read:\n" + "\n".join(errors)
    unread = [
        f"{each.expectation.identifier}: {', '.join(each.answer.unread)}"
        for each in outcomes
        if each.answer and each.answer.unread
    ]
    if unread:
        yield "Parts of cases that nothing was made of:\n" + "\n".join(unread)
    more = [
        f"{each.expectation.identifier}: {' '.join(sorted(each.extra))}"
        for each in outcomes
        if each.extra and not each.is_miss
    ]
    if more:
        yield "Found beyond what was planted:\n" + "\n".join(more)


def _floors(evaluation: Evaluation, floors: Sequence[Floor]) -> Iterator[str]:
    if not floors:
        return
    broken = evaluation.broken(floors)
    lines = [f"{'BROKEN' if each in broken else 'kept  '} {each}" for each in floors]
    yield "Floors:\n" + "\n".join(lines)


def _percent(share: float | None) -> str:
    return _NOTHING if share is None else f"{share:.1%}"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of cells as text in columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    )
