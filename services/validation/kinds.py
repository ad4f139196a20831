"""The kinds of findings that need no model: those of the rulebook, and those beside it.

What a company can have weigh less is chosen from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from ..documents import comparison, received_xml, stamp_comparison
from ..rules.registry import rules
from .finding import Severity


@dataclass(frozen=True)
class Kind:
    """What findings with one code have in common."""

    code: str
    severity: Severity
    """The most that they weigh by themselves."""
    title: str
    """What is checked, one English sentence."""
    source: str
    """Legal source."""


@cache
def kinds() -> Mapping[str, Kind]:
    """Return all kinds by their code, those of the rulebook first."""
    return {kind.code: kind for kind in (*_of_rules(), *_of_files())}


def _of_rules() -> Iterator[Kind]:
    for rule in sorted(rules(), key=lambda each: each.code):
        yield Kind(rule.code, rule.severity, rule.title, rule.source)


def _of_files() -> Iterator[Kind]:
    """Yield what the XML that came with a bill is checked for."""
    for code, (severity, title) in received_xml.CHECKS.items():
        yield Kind(code, severity, title, received_xml.SOURCE)
    for field, severity in comparison.FIELDS.items():
        title = f"{field} is the same in a bill and in its XML."
        yield Kind(comparison.code_of(field), severity, title, comparison.SOURCE)
    for field in stamp_comparison.FIELDS:
        title = f"{field} is the same in an XML and in its own stamp."
        yield Kind(
            stamp_comparison.code_of(field),
            Severity.ERROR,
            title,
            stamp_comparison.SOURCE,
        )
