"""Everything that is found without a model: the rulebook, and texts meant for it."""

from __future__ import annotations

from dataclasses import replace

from ..documents.context import Context
from ..documents.document import Document
from ..privacy.hostile_text import find_hostile_text
from ..rules.checking import RulesReport, check
from ..rules.dated_data import DatedData
from .verdict import verdict_of


def judge_by_rules(
    document: Document, context: Context, rates: DatedData
) -> RulesReport:
    """Return the report of the rulebook with what hostile texts add to it.

    A text that gives orders to whoever reads the document is found here, so that a
    model that obeys it cannot lift the verdict.
    """
    report = check(document, context, rates)
    hostile = find_hostile_text(document)
    if not hostile:
        return report
    findings = (*report.findings, *hostile)
    return replace(report, findings=findings, verdict=verdict_of(findings))
