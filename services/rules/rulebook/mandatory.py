"""Fields that the SII wants filled, by type of document.

Names, giro and addresses come from our own contacts when somebody else issued the
document: nothing can be said about theirs, so these rules ask only for what we issue.
"""

from collections.abc import Callable, Iterable
from operator import attrgetter

from ...common.translation import _
from ...documents.context import Context
from ...documents.document import Document, Line
from ...validation.finding import Severity
from ..amounts import issue_day
from ..dated_data import (
    PAYMENT_FORMS,
    TRANSFER_INDICATORS,
    DatedData,
    listed,
)
from ..document_types import DELIVERY_GUIDES, EXPORTS, KNOWN, RECEIPTS, SUPPORTED
from ..registry import Violation, Violations, rule
from ..sentences import DTE_FORMAT

_NAMED = SUPPORTED - RECEIPTS
_LOCAL = frozenset({"33", "34", "43", "46", "52"})
_PLACED = _LOCAL | {"110"}
_RECEIPT_SERVICES = frozenset({1, 2, 3, 4})


def _mandatory(
    code: str,
    field: str,
    value: Callable[[Document], object],
    types: Iterable[str],
    page: str,
    flow: str = "",
    needs: tuple[str, ...] = (),
) -> None:
    """Register the rule that a header field is not blank."""

    def check(document: Document) -> Violations:
        found = value(document)
        if found is None or (isinstance(found, str) and not found.strip()):
            yield Violation.of(field)

    rule(
        code,
        Severity.ERROR,
        message=_("The mandatory field %(field)s is empty."),
        advice=_("Fill in %(field)s in the company, the contact or the document."),
        purchase_advice=_(
            "Complete %(field)s from the document that you received; if it is not "
            "there, claim it within eight days."
        ),
        types=types,
        flow=flow,
        source=f"{DTE_FORMAT}, p. {page}, {field}",
        needs=needs,
        title=f"{field} is filled in.",
    )(check)


def _stamped_folio(document: Document) -> int | None:
    """Return the folio; 0 without a stamp, since a draft has no folio yet."""
    return document.folio if document.stamp is not None else 0


def _commissions(document: Document) -> object:
    return document.commissions or document.totals.commissions or None


_Mandatory = tuple[str, str, Callable[[Document], object], Iterable[str], str]
_BOTH_FLOWS: tuple[_Mandatory, ...] = (
    ("MISSING_FCHEMIS", "FchEmis", attrgetter("issue_date"), KNOWN, "11"),
    ("MISSING_RUTEMISOR", "RUTEmisor", attrgetter("issuer.rut"), KNOWN, "16"),
    ("MISSING_RZNSOC", "RznSoc", attrgetter("issuer.name"), _NAMED, "16"),
    ("MISSING_RUTRECEP", "RUTRecep", attrgetter("receiver.rut"), KNOWN, "17"),
    ("MISSING_RZNSOCRECEP", "RznSocRecep", attrgetter("receiver.name"), _NAMED, "18"),
    ("MISSING_FOLIO", "Folio", _stamped_folio, SUPPORTED, "11"),
    ("MISSING_MNTTOTAL", "MntTotal", attrgetter("totals.total"), KNOWN, "27"),
)
_ISSUED: tuple[_Mandatory, ...] = (
    ("MISSING_GIROEMIS", "GiroEmis", attrgetter("issuer.giro"), _NAMED, "16"),
    ("MISSING_DIR_ORIGEN", "DirOrigen", attrgetter("issuer.address"), _PLACED, "17"),
    ("MISSING_CMNA_ORIGEN", "CmnaOrigen", attrgetter("issuer.comuna"), _LOCAL, "17"),
    ("MISSING_GIRO_RECEP", "GiroRecep", attrgetter("receiver.giro"), _LOCAL, "18"),
    ("MISSING_DIR_RECEP", "DirRecep", attrgetter("receiver.address"), _PLACED, "19"),
    ("MISSING_CMNA_RECEP", "CmnaRecep", attrgetter("receiver.comuna"), _LOCAL, "19"),
)
_WHERE_REPRESENTABLE: tuple[_Mandatory, ...] = (
    ("MISSING_CIUDAD_ORIGEN", "CiudadOrigen", attrgetter("issuer.city"), {"110"}, "17"),
    ("MISSING_CIUDAD_RECEP", "CiudadRecep", attrgetter("receiver.city"), {"110"}, "19"),
    ("MISSING_COMISIONES", "Comisiones", _commissions, {"43"}, "9 and 43"),
)
for _row in _BOTH_FLOWS:
    _mandatory(*_row)
for _row in _ISSUED:
    _mandatory(*_row, flow="sale")
for _row in _WHERE_REPRESENTABLE:
    _mandatory(*_row, flow="sale", needs=_row[1:2])


@rule(
    "MISSING_ACTECO",
    Severity.ERROR,
    message=_("The issuer has no economic activity code (Acteco)."),
    advice=_("Enter at least one activity code of the company."),
    types=SUPPORTED - RECEIPTS,
    flow="sale",
    source=f"{DTE_FORMAT}, p. 16, Acteco",
    needs=("Acteco",),
)
def issuer_has_activity(document: Document) -> Violations:
    """The issuer has an economic activity code."""
    if not any(code.strip() for code in document.issuer.acteco):
        yield Violation.of("Acteco")


def _mandatory_in_lines(
    code: str,
    field: str,
    page: str,
    is_missing: Callable[[Line], bool],
    types: Iterable[str] = SUPPORTED,
    needs: tuple[str, ...] = (),
    *,
    title: str,
    message: str,
    advice: str,
) -> None:
    """Register the rule that every line has a field."""

    def check(document: Document) -> Violations:
        for line in document.lines:
            if is_missing(line):
                yield Violation.of(field, line=line.number)

    rule(
        code,
        Severity.ERROR,
        title=title,
        message=message,
        advice=advice,
        types=types,
        source=f"{DTE_FORMAT}, {page}",
        needs=needs,
    )(check)


_mandatory_in_lines(
    "MISSING_NMBITEM",
    "NmbItem",
    "p. 32, NmbItem; Res. Ex. SII 36/2024",
    lambda line: not line.name.strip(),
    title="Every line has a name.",
    message=_("Line %(line)s has no name."),
    advice=_("Say in the line what is sold, in words that the buyer understands."),
)
_mandatory_in_lines(
    "MISSING_MONTOITEM",
    "MontoItem",
    "p. 37, MontoItem",
    lambda line: line.amount is None,
    title="Every line has an amount.",
    message=_("Line %(line)s has no amount."),
    advice=_("Enter the amount of the line, zero when it is free of charge."),
)
_mandatory_in_lines(
    "GUIA_QTY_MISSING",
    "QtyItem",
    "p. 33, QtyItem",
    lambda line: not line.quantity,
    types=DELIVERY_GUIDES,
    needs=("QtyItem",),
    title="Every line of a delivery guide has a quantity.",
    message=_("Line %(line)s of the delivery guide has no quantity."),
    advice=_("Enter how many are moved."),
)


@rule(
    "ENUM_FMAPAGO",
    Severity.ERROR,
    message=_("The payment form %(value)s does not exist."),
    advice=_("Choose 1 (cash), 2 (credit) or 3 (free of charge)."),
    types=SUPPORTED - EXPORTS,
    source=f"{DTE_FORMAT}, p. 13, FmaPago",
    needs=("FmaPago",),
)
def payment_form_is_known(
    document: Document, context: Context, rates: DatedData
) -> Violations:
    """The payment form is one of the list; absent means credit."""
    value = document.payment_form
    if value is not None and not listed(
        rates, PAYMENT_FORMS, str(value), issue_day(document, context)
    ):
        yield Violation.of("FmaPago", str(value), value=value)


@rule(
    "BOLETA_NO_INDSERVICIO",
    Severity.ERROR,
    message=_("The boleta does not say which kind of service it is (IndServicio)."),
    advice=_("Set IndServicio from 1 to 4; 3 is for sales and services."),
    types=RECEIPTS,
    flow="sale",
    source="SII, Formato Boletas v4.1 (2024-12-31), IndServicio",
    needs=("IndServicio",),
)
def receipt_says_its_kind(document: Document) -> Violations:
    """A boleta has IndServicio from 1 to 4."""
    value = document.service_indicator
    if value not in _RECEIPT_SERVICES:
        yield Violation.of("IndServicio", "" if value is None else str(value))


@rule(
    "GUIA_NO_INDTRASLADO",
    Severity.ERROR,
    message=_("The delivery guide does not say why goods are moved (IndTraslado)."),
    advice=_("Set IndTraslado from 1 to 9; 1 is a sale."),
    types=DELIVERY_GUIDES,
    flow="sale",
    source=f"{DTE_FORMAT}, p. 11-12, IndTraslado",
    needs=("IndTraslado",),
)
def guide_says_why(
    document: Document, context: Context, rates: DatedData
) -> Violations:
    """A delivery guide has IndTraslado from 1 to 9."""
    value = document.transfer_indicator
    if value is None or not listed(
        rates, TRANSFER_INDICATORS, str(value), issue_day(document, context)
    ):
        yield Violation.of("IndTraslado", "" if value is None else str(value))
