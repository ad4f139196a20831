"""Runs the rulebook over a document."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from ..common.translation import _
from ..documents.context import Context
from ..documents.document import Document
from ..privacy.check_time import CheckTime
from ..validation.finding import Finding, Origin, Severity
from ..validation.verdict import Verdict, verdict_of
from .dated_data import DatedData, MissingRate
from .document_types import acting_flow
from .registry import rules_in_force
from .version import rulebook_version


@dataclass(frozen=True)
class SkippedRule:
    """A rule that could not be judged, and why."""

    code: str
    # SII names of the fields that the source cannot hold, comma-separated, or
    # ``rate:<name>`` when a dated value is missing, or ``time`` when the document
    # took too long.
    reason: str


@dataclass(frozen=True)
class RulesReport:
    """What the rulebook says about a document."""

    findings: tuple[Finding, ...]
    verdict: Verdict
    skipped: tuple[SkippedRule, ...]
    version: str
    # The rulebook that was used; see :mod:`.version`

    # How many rules were judged; with ``skipped`` a measure of how sure it is.
    checked: int = 0


def check(
    document: Document,
    context: Context,
    rates: DatedData,
    time: CheckTime | None = None,
) -> RulesReport:
    """Return the findings and the verdict of the rules, without model or network.

    A rule that needs a field which the source cannot hold is skipped and named. A rule
    that needs a value of a period without data gives ``RATE_MISSING`` (review).

    :param time: when it is over, the rules that are left are skipped
    """
    findings: list[Finding] = []
    skipped: list[SkippedRule] = []
    checked = 0
    on = document.issue_date or context.today
    missing_rates: set[tuple[str, date]] = set()
    absent = document.not_representable
    for rule in rules_in_force(document.document_type, acting_flow(document), on):
        if absent and rule.needs and not absent.isdisjoint(rule.needs):
            skipped.append(_skipped(rule.code, absent & rule.needs))
            continue
        if time and time.is_over():
            skipped.append(SkippedRule(rule.code, "time"))
            continue
        try:
            violations = tuple(rule.check(document, context, rates))
        except MissingRate as missing:
            missing_rates.add((missing.name, missing.on))
            skipped.append(SkippedRule(rule.code, f"rate:{missing.name}"))
            continue
        checked += 1
        findings.extend(rule.finding(violation, document) for violation in violations)
    findings.extend(_missing_rate(name, day) for name, day in sorted(missing_rates))
    return RulesReport(
        findings=tuple(findings),
        verdict=verdict_of(findings),
        skipped=tuple(skipped),
        version=rulebook_version(rates),
        checked=checked,
    )


@lru_cache(maxsize=1024)
def _skipped(code: str, absent: frozenset[str]) -> SkippedRule:
    """Return what a source lacks for a rule: for all its documents the same."""
    return SkippedRule(code, ", ".join(sorted(absent)))


def _missing_rate(name: str, on: date) -> Finding:
    return Finding(
        code="RATE_MISSING",
        severity=Severity.WARNING,
        origin=Origin.RULE,
        message=_("There is no value of %(name)s for %(date)s to check against."),
        advice=_("Check it by hand and ask your administrator for the missing value."),
        params={"name": name, "date": on.isoformat()},
        evidence=f"{name} {on.isoformat()}",
    )
