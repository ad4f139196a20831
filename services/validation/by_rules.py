"""Everything that is found without a model: the rulebook, the XML that a bill came
with, and texts meant for a model."""

from __future__ import annotations

from dataclasses import replace

from ..common.translation import _
from ..documents.context import Context, ReceivedXml
from ..documents.document import Document
from ..documents.received_xml import compare_with_received
from ..privacy.check_time import CheckTime, is_too_long
from ..privacy.hostile_text import find_hostile_text
from ..privacy.shown_text import find_cut_text
from ..rules.checking import RulesReport, check
from ..rules.dated_data import DatedData
from .finding import Finding, Origin, Severity
from .verdict import verdict_of


def judge_by_rules(
    document: Document,
    context: Context,
    rates: DatedData,
    time: CheckTime | None = None,
) -> RulesReport:
    """Return the report of the rulebook, with what a bill's XML says against it and
    what hostile texts add.

    The stamp of that XML tells which folios its issuer may use: the bill is judged as
    if it stood on it.

    A text that gives orders to whoever reads the document is found here, so that a
    model that obeys it cannot lift the verdict.

    :param time: of all checks of this document; what it does not reach is a finding
    """
    time = time or CheckTime()
    if is_too_long(document):
        time.refuse_all()
    with time.spending():
        return _judge(document, context, rates, time)


def _judge(
    document: Document, context: Context, rates: DatedData, time: CheckTime
) -> RulesReport:
    received = context.received
    report = check(_stamped(document, received), context, rates, time)
    more = [
        *(compare_with_received(document, received) if received else ()),
        *find_cut_text(document),
        *find_hostile_text(document, time),
    ]
    if time.ran_out:
        more.append(unchecked_text())
    if not more:
        return report
    findings = (*report.findings, *more)
    return replace(report, findings=findings, verdict=verdict_of(findings))


def unchecked_text() -> Finding:
    """Return the finding that a document was not checked to its end."""
    return Finding(
        code="TEXT_UNCHECKED",
        severity=Severity.WARNING,
        origin=Origin.RULE,
        message=_("The texts are too long to be checked completely."),
        advice=_("Shorten the texts or split the document; nothing of it is sent."),
    )


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
