"""The XML file of a vendor bill: read, matched with the bill, compared with it."""

from collections.abc import Iterator, Mapping, Sequence

from ..common.translation import _
from ..validation.finding import Finding, Origin, Severity
from . import rut
from .comparison import compare_with_xml
from .context import ReceivedXml
from .document import Document
from .dte_xml import DteXml, read_dte_xml
from .errors import RefusedXml, UnreadableDocument
from .stamp_comparison import compare_with_stamp
from .xml_checks import Check, check_xml

SOURCE = "SII, Formato DTE v2.2; schema DTE_v10"
CHECKS: Mapping[str, tuple[Severity, str]] = {
    "XML_UNREADABLE": (
        Severity.WARNING,
        "The XML that came with a bill can be read.",
    ),
    "XML_OTHER_DOCUMENT": (
        Severity.ERROR,
        "The XML that came with a bill holds the bill.",
    ),
    "XML_SCHEMA": (
        Severity.INFORMATION,
        "The XML that came with a bill follows the SII's schema.",
    ),
    "XML_SIGNATURE": (
        Severity.WARNING,
        "The XML that came with a bill is as it was signed.",
    ),
}
"""What a file is checked for besides its fields: by code, what a finding weighs, and
what must hold."""
_MOST_NAMED = 10
_ASK_FOR_THE_FILE = _("Ask the issuer for the XML as it was sent to the SII.")
_UNREADABLE = _("The XML that came with the bill cannot be read.")
_REFUSED = {
    "document_type": _(
        "The XML that came with the bill was not read: it declares entities or a "
        "document type, as an attack does."
    ),
    "too_large": _(
        "The XML that came with the bill was not read: it is larger than can be read "
        "safely."
    ),
    "too_deep": _(
        "The XML that came with the bill was not read: its elements are nested deeper "
        "than those of any DTE."
    ),
    "encoding": _(
        "The XML that came with the bill was not read: it is written in an encoding "
        "that no DTE has."
    ),
}


def read_received(entered: Document, data: bytes, company_rut: str) -> ReceivedXml:
    """Return what is compared of the DTE XML that came with a bill.

    Schema and signature count where they can be checked.

    :param entered: the bill as the books have it
    :param data: the XML file
    :param company_rut: RUT of the company of the books
    :raises UnreadableDocument: as :func:`~.dte_xml.read_dte_xml` does
    """
    found = read_dte_xml(data, company_rut)
    checks = check_xml(data)
    dte = matching_dte(entered, found)
    if dte is None:
        return ReceivedXml(others=tuple(map(_name, found[:_MOST_NAMED])))
    return ReceivedXml(
        document=dte.document,
        schema_fault=checks.schema_reason if checks.schema is Check.BAD else "",
        signature_fault=checks.signature_reason
        if checks.signature is Check.BAD
        else "",
    )


def unreadable(error: UnreadableDocument) -> ReceivedXml:
    """Return that a file cannot be read, and why."""
    code = error.code if isinstance(error, RefusedXml) else ""
    return ReceivedXml(unreadable=error.reason, refused=code)


def compare_with_received(
    entered: Document, received: ReceivedXml
) -> tuple[Finding, ...]:
    """Return what the XML that came with a bill says against it: the same findings for
    the same bill and the same :class:`~.context.ReceivedXml`, always.

    An XML that cannot be read, or that holds other documents, is itself a finding.
    """
    if received.unreadable:
        message = _REFUSED.get(received.refused, _UNREADABLE)
        return (
            _finding(
                "XML_UNREADABLE",
                message,
                _ASK_FOR_THE_FILE,
                received.unreadable,
            ),
        )
    if received.document is None:
        return (
            _finding(
                "XML_OTHER_DOCUMENT",
                _("The XML that came with the bill holds other documents than it."),
                _("Attach the XML that belongs to this bill."),
                ", ".join(received.others),
            ),
        )
    return (
        *compare_with_xml(entered, received.document),
        *compare_with_stamp(received.document),
        *_faults(received),
    )


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


def _faults(received: ReceivedXml) -> Iterator[Finding]:
    if received.schema_fault:
        yield _finding(
            "XML_SCHEMA",
            _("The XML that came with the bill does not follow the SII's schema."),
            _ASK_FOR_THE_FILE,
            received.schema_fault,
        )
    if received.signature_fault:
        yield _finding(
            "XML_SIGNATURE",
            _("The signature of the XML that came with the bill is not good."),
            _("Look the document up at the SII before you accept it."),
            received.signature_fault,
        )


def _name(dte: DteXml) -> str:
    document = dte.document
    return f"{document.document_type}/{document.folio} ({document.issuer.rut})"


def _finding(code: str, message: str, advice: str, reason: str) -> Finding:
    severity, _title = CHECKS[code]
    return Finding(
        code=code,
        severity=severity,
        origin=Origin.RULE,
        message=message,
        advice=advice,
        evidence=reason,
        source=SOURCE,
    )
