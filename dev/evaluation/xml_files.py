"""Reads DTE XML files and lists their recomputed totals and their findings."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from services.documents.context import Context
from services.documents.dte_xml import DteXml, read_dte_xml
from services.documents.errors import UnreadableDocument
from services.documents.stamp_comparison import compare_with_stamp
from services.documents.xml_checks import Check, XmlChecks, check_xml
from services.rules import check, shipped_rates
from services.rules.checking import RulesReport
from services.validation.finding import Severity

from .report import table

_ARITHMETIC = frozenset(
    """
    LINE_MISMATCH NETO_MISMATCH EXENTO_MISMATCH IVA_MISMATCH IVA_ROUNDING_1
    TOTAL_MISMATCH IVA_RATE ADDTAX_RATE BOLETA_NETO_FORMULA EXPORT_FX_ROUND
    """.split()
)
_NOTHING = "–"


@dataclass(frozen=True)
class XmlResult:
    """One document of a file, or a file that could not be read."""

    file: str
    dte: DteXml | None = None
    report: RulesReport | None = None
    checks: XmlChecks | None = None
    milliseconds: float = 0.0
    """To read the file."""
    error: str = ""

    @property
    def is_read(self) -> bool:
        """Whether there is a document."""
        return self.dte is not None


def read_xml_folder(folder: Path) -> tuple[XmlResult, ...]:
    """Return the documents of all XML files of a folder, as bills that were received.

    Each is judged on the day of its issue: what is right does not expire.
    """
    return tuple(
        result for path in sorted(folder.glob("*.xml")) for result in _read_file(path)
    )


def _read_file(path: Path) -> list[XmlResult]:
    data = path.read_bytes()
    started = time.perf_counter()
    try:
        found = read_dte_xml(data)
        milliseconds = (time.perf_counter() - started) * 1000
        checks = check_xml(data)
        return [
            XmlResult(path.name, dte, _judged(dte), checks, milliseconds)
            for dte in found
        ]
    except UnreadableDocument as error:
        return [XmlResult(path.name, error=error.reason)]


def _judged(dte: DteXml) -> RulesReport:
    document = dte.document
    context = Context(
        today=document.issue_date or document.due_date or _day_of_stamp(dte),
        company_rut=document.receiver.rut,
    )
    return check(document, context, shipped_rates())


def _day_of_stamp(dte: DteXml) -> date:
    stamp = dte.document.stamp
    if stamp is None or stamp.issue_date is None:
        raise UnreadableDocument("It has no date at all.")
    return stamp.issue_date


def xml_table(results: Sequence[XmlResult]) -> str:
    """Return the results as a table, with a sum below it."""
    head = (
        "file",
        "root",
        "document",
        "issued",
        "lines",
        "net + exempt + VAT",
        "total",
        "recomputed",
        "schema",
        "signature",
        "ms",
        "findings",
    )
    read = sum(each.is_read for each in results)
    rows = [head, *(_row(each) for each in results)]
    unchecked = {
        each.checks.signature_reason
        for each in results
        if each.checks and each.checks.signature is Check.UNCHECKED
    }
    notes = [f"Unchecked: {reason}." for reason in sorted(unchecked)]
    return "\n".join((table(rows), "", f"{read} of {len(results)} read.", *notes))


def _row(result: XmlResult) -> tuple[str, ...]:
    if not (result.dte and result.report and result.checks):
        return (result.file, *(_NOTHING,) * 10, result.error)
    document, totals = result.dte.document, result.dte.document.totals
    findings = [
        each
        for each in (*result.report.findings, *compare_with_stamp(document))
        if each.severity is not Severity.INFORMATION
    ]
    sums = [each for each in findings if each.code in _ARITHMETIC]
    return (
        result.file,
        result.dte.container,
        f"{document.document_type}/{document.folio}",
        document.issue_date.isoformat() if document.issue_date else _NOTHING,
        str(len(document.lines)),
        " + ".join(map(_amount, (totals.net, totals.exempt, totals.vat))),
        _amount(totals.total),
        "; ".join(each.evidence for each in sums) or "agrees",
        result.checks.schema.value,
        result.checks.signature.value,
        f"{result.milliseconds:.1f}",
        " ".join(each.code for each in findings) or _NOTHING,
    )


def _amount(value: Decimal | None) -> str:
    return _NOTHING if value is None else f"{value:f}"
