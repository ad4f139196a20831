"""Validates labelled invoices, notes, boletas, guides and honorarios."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.claude.errors import ClaudeError
from services.rules import shipped_rates
from services.rules.checking import RulesReport
from services.rules.projects import charged_project
from services.validation.by_rules import judge_by_rules
from services.validation.finding import Finding, Severity
from services.validation.judgement import judge

from .asking import Asked, Asking
from .case import Answer
from .gold_case import GoldCase, read_gold_case


def has_invoice(case: Mapping[str, Any]) -> bool:
    """Return whether a case is about a tax document."""
    return "document" in case and "flow" in case


def validate_invoice(
    case: Mapping[str, Any], master: Mapping[str, Any], asking: Asking | None
) -> Answer:
    """Return what the rules say, and the model with them when there is one to ask.

    Without a model the verdict is the rules' own, *send* included.

    :raises UnreadableDocument: for a document of an unknown shape
    """
    gold = read_gold_case(case, master)
    report = judge_by_rules(gold.document, gold.context, shipped_rates())
    if asking is None:
        return _rules_alone(gold, report)
    return _with_model(gold, report, asking)


def _rules_alone(gold: GoldCase, report: RulesReport) -> Answer:
    return Answer(
        verdict=report.verdict,
        codes=_codes(report.findings),
        confidence=judge(gold.document, report, None).confidence,
        project=_project(gold),
        unread=gold.unread,
    )


def _with_model(gold: GoldCase, report: RulesReport, asking: Asking) -> Answer:
    degraded = ""
    try:
        asked = asking.ask(gold.document, gold.context)
    except ClaudeError as error:
        asked = Asked()
        degraded = error.code
    judgement = judge(gold.document, report, asked.answer)
    return Answer(
        verdict=judgement.verdict,
        codes=_codes(judgement.findings),
        confidence=judgement.confidence,
        project=_project(gold),
        unread=gold.unread,
        degraded=degraded or asked.error_code,
        cost_usd=asked.cost_usd,
    )


def _project(gold: GoldCase) -> str | None:
    """Return the code of the project that the document is charged to for certain."""
    project = charged_project(gold.document, gold.context)
    return project.code if project else None


def _codes(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return the codes of errors and warnings, each once."""
    weighty = (
        finding.code
        for finding in findings
        if finding.severity is not Severity.INFORMATION
    )
    return tuple(dict.fromkeys(weighty))
