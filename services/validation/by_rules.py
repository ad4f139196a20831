"""Everything that is found without a model: the rulebook, the XML that a bill came
with, and texts meant for a model."""

from __future__ import annotations

from dataclasses import replace

from ..documents.context import Context, ReceivedXml
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

    The stamp of that XML tells which folios its issuer may use: the bill is judged as
    if it stood on it.

    A text that gives orders to whoever reads the document is found here, so that a
    model that obeys it cannot lift the verdict.
    """
    received = context.received
    report = check(_stamped(document, received), context, rates)
    more = (
        *(compare_with_received(document, received) if received else ()),
        *find_hostile_text(document),
    )
    if not more:
        return report
    findings = (*report.findings, *more)
    return replace(report, findings=findings, verdict=verdict_of(findings))


def _stamped(document: Document, received: ReceivedXml | None) -> Document:
    """Return a bill with the stamp of its XML, when that is of the same type and folio:
    that they differ is another finding."""
    sent = received.document if received else None
    if (
        sent is None
        or sent.stamp is None
        or (sent.document_type, sent.folio) != (document.document_type, document.folio)
    ):
        return document
    return replace(
        document,
        stamp=sent.stamp,
        not_representable=document.not_representable - {"CAF"},
    )
