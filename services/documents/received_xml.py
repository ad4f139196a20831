"""The XML file of a vendor bill: read, matched with the bill, compared with it."""

from __future__ import annotations

from collections.abc import Sequence

from ..translation import _
from ..validation.finding import Finding, Origin, Severity
from . import rut
from .comparison import compare_with_xml
from .document import Document
from .dte_xml import DteXml, read_dte_xml
from .errors import UnreadableDocument
from .stamp_comparison import compare_with_stamp
from .xml_checks import Check, check_xml

_FORMAT = "SII, Formato DTE v2.2; schema DTE_v10"


def compare_with_file(
    entered: Document, data: bytes, company_rut: str
) -> tuple[Finding, ...]:
    """Return what the DTE XML that came with a bill says against it.

    Never raises for what is in the file: a file that cannot be read, or that holds
    other documents only, is itself a finding. Schema and signature count where they
    can be checked.

    :param entered: the bill as the books have it
    :param data: the XML file
    :param company_rut: RUT of the company of the books
    """
    try:
        found = read_dte_xml(data, company_rut)
        checks = check_xml(data)
    except UnreadableDocument as error:
        return (
            _finding(
                "XML_UNREADABLE",
                Severity.WARNING,
                _("The XML cannot be read: %(reason)s"),
                _("Ask the issuer for the XML as it was sent to the SII."),
                error.reason,
            ),
        )
    dte = matching_dte(entered, found)
    if dte is None:
        return (
            _finding(
                "XML_OTHER_DOCUMENT",
                Severity.ERROR,
                _("The XML holds other documents than this bill: %(reason)s."),
                _("Attach the XML that belongs to this bill."),
                ", ".join(_name(each.document) for each in found),
            ),
        )
    findings = [*compare_with_xml(entered, dte.document)]
    findings += compare_with_stamp(dte.document)
    if checks.schema is Check.BAD:
        findings.append(
            _finding(
                "XML_SCHEMA",
                Severity.INFORMATION,
                _("The XML does not follow the SII's schema: %(reason)s"),
                _("Ask the issuer for the XML as it was sent to the SII."),
                checks.schema_reason,
            )
        )
    if checks.signature is Check.BAD:
        findings.append(
            _finding(
                "XML_SIGNATURE",
                Severity.WARNING,
                _("The signature of the XML is not good: %(reason)s"),
                _("Look the document up at the SII before you accept it."),
                checks.signature_reason,
            )
        )
    return tuple(findings)


def matching_dte(entered: Document, found: Sequence[DteXml]) -> DteXml | None:
    """Return the document of a file that a bill is a copy of.

    The one with the same issuer, type and folio; a file with a single document is
    taken for it, so that a wrong folio shows as a difference and not as another bill.
    ``None`` when several were sent and none of them fits.
    """
    for each in found:
        document = each.document
        if (
            document.document_type == entered.document_type
            and document.folio == entered.folio
            and rut.normalise(document.issuer.rut) == rut.normalise(entered.issuer.rut)
        ):
            return each
    return found[0] if len(found) == 1 else None


def _name(document: Document) -> str:
    return f"{document.document_type}/{document.folio} ({document.issuer.rut})"


def _finding(
    code: str, severity: Severity, message: str, advice: str, reason: str
) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        origin=Origin.RULE,
        message=message,
        advice=advice,
        params={"reason": reason},
        evidence=reason,
        source=_FORMAT,
    )
