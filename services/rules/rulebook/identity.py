"""Who issues and who receives: RUT and parties."""

from ...common.translation import _
from ...documents import rut
from ...documents.context import Context
from ...documents.document import Document
from ...validation.finding import Severity
from ..document_types import (
    ALL_NOTES,
    DOMESTIC,
    EXPORTS,
    FOREIGNER,
    GENERIC_RUTS,
    KNOWN,
    RECEIPT_CODES,
    RECEIPTS,
)
from ..registry import Violation, Violations, rule
from ..sentences import DTE_FORMAT

_PLACEHOLDER_DIGITS = frozenset("1234789")
_TOURIST_INVOICE = 1
_INTERNAL_TRANSFER = 5


def _ruts(document: Document) -> tuple[tuple[str, str], ...]:
    parties = (
        ("RUTEmisor", document.issuer.rut.strip()),
        ("RUTRecep", document.receiver.rut.strip()),
    )
    transport = document.transport
    if transport is None:
        return parties
    return (
        *parties,
        ("RUTTrans", transport.carrier_rut.strip()),
        ("RUTChofer", transport.driver_rut.strip()),
    )


@rule(
    "DOCTYPE_UNSUPPORTED",
    Severity.WARNING,
    message=_("The document type “%(type)s” is not one that the rules know."),
    advice=_("Choose the document type of the SII, or check the document by hand."),
    source=f"{DTE_FORMAT}, p. 11, TipoDTE",
)
def document_type_is_known(document: Document) -> Violations:
    """The document type is one that the rulebook covers."""
    if document.document_type not in KNOWN:
        yield Violation.of(
            "TipoDTE", document.document_type, type=document.document_type
        )


@rule(
    "RUT_FORMAT",
    Severity.ERROR,
    message=_("The RUT “%(rut)s” is not written as the SII wants it."),
    advice=_("Write the RUT without dots, with a dash and a capital K: 12345678-K."),
    purchase_advice=_(
        "Correct the RUT of the supplier, or claim the document if it came like this."
    ),
    types=KNOWN,
    source="SII, SiiTypes_v10.xsd, RUTType; Formato DTE v2.2, p. 15-17",
)
def rut_is_well_written(document: Document) -> Violations:
    """A RUT has digits, a dash and a check digit, without dots and with a capital K."""
    for field, value in _ruts(document):
        if field == "RUTRecep" and document.document_type in EXPORTS:
            continue  # EXPORT_RUT asks for one certain value
        if field == "RUTRecep" and _is_customer_code(document):
            continue
        if value and not rut.has_xml_format(value):
            yield Violation.of(field, value, rut=value)


@rule(
    "RUT_DV",
    Severity.ERROR,
    message=_("The check digit of the RUT %(rut)s is wrong: it should be %(digit)s."),
    advice=_("Ask for the right RUT and correct it in the contact."),
    purchase_advice=_(
        "Compare the RUT with the document; if it came like this, claim it within "
        "eight days."
    ),
    types=KNOWN,
    source="SII, Formato DTE v2.2, p. 15-17, RUTEmisor and RUTRecep (modulo 11)",
)
def rut_check_digit(document: Document) -> Violations:
    """The check digit follows from the body by modulo 11."""
    for field, value in _ruts(document):
        plain = rut.normalise(value)
        if plain and not rut.is_valid(plain):
            digit = rut.check_digit(rut.body(plain))
            yield Violation.of(
                field, f"{value} ≠ {plain[:-1]}{digit}", rut=value, digit=digit
            )


@rule(
    "RUT_PLACEHOLDER",
    Severity.WARNING,
    message=_("The RUT %(rut)s looks like a filler, not like a taxpayer's."),
    advice=_("Ask for the real RUT and correct it in the contact."),
    types=KNOWN,
    source="Practice: the SII does not assign repeated digits",
    secondary_source=True,
)
def rut_is_no_placeholder(document: Document) -> Violations:
    """A RUT of one repeated digit, right by modulo 11, is nobody's."""
    for field, value in _ruts(document):
        plain = rut.normalise(value)
        digits = plain[:-2]
        if (
            len(digits) >= 7
            and len(set(digits)) == 1
            and digits[0] in _PLACEHOLDER_DIGITS
        ):
            yield Violation.of(field, value, rut=value)


@rule(
    "RUT_GENERIC_NOT_ALLOWED",
    Severity.ERROR,
    message=_("The generic RUT %(rut)s cannot be used in a document of type %(type)s."),
    advice=_("Use the receiver's own RUT, or issue a boleta."),
    types=KNOWN,
    source="SII, Formato Boletas v4.1 (2024-12-31), RUTRecep",
)
def rut_is_not_anonymous(document: Document) -> Violations:
    """Only boletas go to the anonymous buyer; nobody issues with a generic RUT.

    A boleta to the foreigners' RUT is to be looked at: its format knows one generic.
    For other documents to that RUT see ``FOREIGN_WRONG_DOCTYPE``.
    """
    is_receipt = document.document_type in RECEIPTS
    for field, value in _ruts(document):
        plain = rut.normalise(value)
        if plain not in GENERIC_RUTS:
            continue
        severity = None
        if field != "RUTEmisor" and plain == FOREIGNER:
            severity = Severity.WARNING
            if not is_receipt:
                continue
        elif field == "RUTRecep" and is_receipt:
            continue
        yield Violation.of(
            field, value, severity=severity, rut=value, type=document.document_type
        )


@rule(
    "FOREIGN_WRONG_DOCTYPE",
    Severity.ERROR,
    message=_("A receiver abroad without RUT cannot get a document of type %(type)s."),
    advice=_("Issue an export document (110, 111 or 112), or enter the Chilean RUT."),
    types=DOMESTIC - RECEIPTS - {"46"},
    flow="sale",
    source="SII, Formato DTE v2.2, p. 15 (TipoFactEsp) and p. 17-18 (RUTRecep)",
)
def foreign_receiver_gets_export_document(document: Document) -> Violations:
    """A foreigner without a RUT gets export documents, or a tourist's invoice."""
    if document.special_invoice == _TOURIST_INVOICE or _corrects_receipt(document):
        return
    value = document.receiver.rut.strip()
    country = document.receiver.country
    if rut.normalise(value) == FOREIGNER or (
        country not in ("", "CL") and not rut.is_valid(value)
    ):
        yield Violation.of(
            "RUTRecep", f"{value} {country}".strip(), type=document.document_type
        )


@rule(
    "EXPORT_RUT",
    Severity.ERROR,
    message=_("An export document carries the RUT 55555555-5, not %(rut)s."),
    advice=_("Use the RUT 55555555-5 for the receiver abroad."),
    types=EXPORTS,
    flow="sale",
    source="SII, Formato DTE v2.2, p. 17-18, RUTRecep (documentos de exportación)",
)
def export_receiver_is_foreign(document: Document) -> Violations:
    """The receiver of an export document has the foreigners' RUT."""
    value = document.receiver.rut.strip()
    if value and rut.normalise(value) != FOREIGNER:
        yield Violation.of("RUTRecep", value, rut=value)


@rule(
    "RECEIVER_NOT_US",
    Severity.ERROR,
    message=_("The document is addressed to %(rut)s, not to this company."),
    advice=_("Claim the document within eight days and do not record it."),
    types=KNOWN,
    flow="purchase",
    source="D.L. 825 art. 23 no. 5; Ley 19.983 art. 3 (reclamo)",
)
def receiver_is_the_company(document: Document, context: Context) -> Violations:
    """A received document is addressed to the company's RUT."""
    ours = rut.normalise(context.company_rut)
    theirs = rut.normalise(document.receiver.rut)
    if ours and theirs and ours != theirs:
        yield Violation.of("RUTRecep", f"{theirs} ≠ {ours}", rut=document.receiver.rut)


@rule(
    "RUT_SELF",
    Severity.ERROR,
    message=_("Issuer and receiver have the same RUT, %(rut)s."),
    advice=_("Enter the RUT of the other party."),
    types=KNOWN,
    source="SII, Formato DTE v2.2, p. 12 (IndTraslado 5); FAQ 001.380.6571",
)
def issuer_is_not_receiver(document: Document) -> Violations:
    """Nobody bills himself, but for internal transfers and notes on boletas."""
    ours = rut.normalise(document.issuer.rut)
    if not ours or ours != rut.normalise(document.receiver.rut):
        return
    if document.transfer_indicator == _INTERNAL_TRANSFER or _corrects_receipt(document):
        return
    yield Violation.of("RUTRecep", ours, rut=document.receiver.rut)


def _is_customer_code(document: Document) -> bool:
    """Return whether a boleta names its buyer by a code of the issuer's (RUT 0)."""
    return (
        document.document_type in RECEIPTS
        and document.receiver.rut.strip() == "0"
        and bool(document.receiver.customer_code.strip())
    )


def _corrects_receipt(document: Document) -> bool:
    """Return whether the document is a note on a boleta, whose buyer may be unknown."""
    return document.document_type in ALL_NOTES and any(
        reference.document_type in RECEIPT_CODES for reference in document.references
    )
