"""Everything that is found without a model: the rulebook, the XML that a bill came
with, and texts meant for a model."""

from __future__ import annotations

from dataclasses import replace

from ..documents.context import Context
from ..documents.document import Document
from ..documents.received_xml import compare_with_received
from ..privacy.hostile_text import find_hostile_text
from ..rules.checking import RulesReport, check
from ..rules.dated_data import DatedData
from .verdict import verdict_of


def judge_by_rules(
    document: Document, context: Context, rates: DatedData
) -> RulesReport:
    """Return the report of the rulebook, with what a bill's XML says against it and
    what hostile texts add.

    A text that gives orders to whoever reads the document is found here, so that a
    model that obeys it cannot lift the verdict.
    """
    report = check(document, context, rates)
    received = context.received
    more = (
        *(compare_with_received(document, received) if received else ()),
        *find_hostile_text(document),
    )
    if not more:
        return report
    findings = (*report.findings, *more)
    return replace(report, findings=findings, verdict=verdict_of(findings))
