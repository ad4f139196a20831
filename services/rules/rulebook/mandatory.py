"""Fields that the SII wants filled, by type of document.

Names, giro and addresses come from our own contacts when somebody else issued the
document: nothing can be said about theirs, so these rules ask only for what we issue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...common.translation import _
from ...documents.context import Context
from ...documents.document import Document
from ...validation.finding import Severity
from ..amounts import issue_day
from ..dated_data import (
    PAYMENT_FORMS,
    TRANSFER_INDICATORS,
    DatedData,
    listed,
)
from ..document_types import DELIVERY_GUIDES, EXPORTS, KNOWN, RECEIPTS, SUPPORTED
from ..registry import Violation, rule

_DTE = "SII, Formato DTE v2.2 (2019-11-15)"
_WITH_ADDRESSES = frozenset({"33", "34", "43", "46", "52"})
_RECEIPT_SERVICES = frozenset({1, 2, 3, 4})


def _mandatory(
    field: str,
    code: str,
    value: Callable[[Document], object],
    types: frozenset[str],
    page: str,
    flow: str = "sale",
    needs: tuple[str, ...] = (),
) -> None:
    """Register the rule that a header field is not blank."""

    def check(
        document: Document, context: Context, rates: DatedData
    ) -> Iterator[Violation]:
        found = value(document)
        if found is None or (isinstance(found, str) and not found.strip()):
            yield Violation(field=field, params={"field": field})

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
        source=f"{_DTE}, {page}, {field}",
        needs=needs,
        title=f"{field} is filled in.",
    )(check)


_mandatory(
    "FchEmis",
    "MISSING_FCHEMIS",
    lambda document: document.issue_date,
    KNOWN,
    "p. 11",
    flow="",
)
_mandatory(
    "RUTEmisor",
    "MISSING_RUTEMISOR",
    lambda document: document.issuer.rut,
    KNOWN,
    "p. 16",
    flow="",
)
_mandatory(
    "RznSoc",
    "MISSING_RZNSOC",
    lambda document: document.issuer.name,
    SUPPORTED - RECEIPTS,
    "p. 16",
    flow="",
)
_mandatory(
    "GiroEmis",
    "MISSING_GIROEMIS",
    lambda document: document.issuer.giro,
    SUPPORTED - RECEIPTS,
    "p. 16",
)
_mandatory(
    "DirOrigen",
    "MISSING_DIR_ORIGEN",
    lambda document: document.issuer.address,
    _WITH_ADDRESSES | {"110"},
    "p. 17",
)
_mandatory(
    "CmnaOrigen",
    "MISSING_CMNA_ORIGEN",
    lambda document: document.issuer.comuna,
    _WITH_ADDRESSES,
    "p. 17",
)
_mandatory(
    "RUTRecep",
    "MISSING_RUTRECEP",
    lambda document: document.receiver.rut,
    KNOWN,
    "p. 17",
    flow="",
)
_mandatory(
    "RznSocRecep",
    "MISSING_RZNSOCRECEP",
    lambda document: document.receiver.name,
    SUPPORTED - RECEIPTS,
    "p. 18",
    flow="",
)
_mandatory(
    "GiroRecep",
    "MISSING_GIRO_RECEP",
    lambda document: document.receiver.giro,
    _WITH_ADDRESSES,
    "p. 18",
)
_mandatory(
    "DirRecep",
    "MISSING_DIR_RECEP",
    lambda document: document.receiver.address,
    _WITH_ADDRESSES | {"110"},
    "p. 19",
)
_mandatory(
    "CmnaRecep",
    "MISSING_CMNA_RECEP",
    lambda document: document.receiver.comuna,
    _WITH_ADDRESSES,
    "p. 19",
)
_mandatory(
    "CiudadOrigen",
    "MISSING_CIUDAD_ORIGEN",
    lambda document: document.issuer.city,
    frozenset({"110"}),
    "p. 17",
    needs=("CiudadOrigen",),
)
_mandatory(
    "CiudadRecep",
    "MISSING_CIUDAD_RECEP",
    lambda document: document.receiver.city,
    frozenset({"110"}),
    "p. 19",
    needs=("CiudadRecep",),
)
_mandatory(
    "Folio",
    "MISSING_FOLIO",
    lambda document: document.folio if document.stamp is not None else 0,
    SUPPORTED,
    "p. 11",
    flow="",
)
_mandatory(
    "Comisiones",
    "MISSING_COMISIONES",
    lambda document: document.commissions or document.totals.commissions or None,
    frozenset({"43"}),
    "p. 9 and 43",
    needs=("Comisiones",),
)
_mandatory(
    "MntTotal",
    "MISSING_MNTTOTAL",
    lambda document: document.totals.total,
    KNOWN,
    "p. 27",
    flow="",
)


@rule(
    "MISSING_ACTECO",
    Severity.ERROR,
    message=_("The issuer has no economic activity code (Acteco)."),
    advice=_("Enter at least one activity code of the company."),
    types=SUPPORTED - RECEIPTS,
    flow="sale",
    source=f"{_DTE}, p. 16, Acteco",
    needs=("Acteco",),
)
def issuer_has_activity(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """The issuer has an economic activity code."""
    if not any(code.strip() for code in document.issuer.acteco):
        yield Violation(field="Acteco")


@rule(
    "MISSING_NMBITEM",
    Severity.ERROR,
    message=_("Line %(line)s has no name."),
    advice=_("Say in the line what is sold, in words that the buyer understands."),
    types=SUPPORTED,
    source=f"{_DTE}, p. 32, NmbItem; Res. Ex. SII 36/2024",
)
def lines_have_names(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """Every line has a name."""
    for line in document.lines:
        if not line.name.strip():
            yield Violation(
                field="NmbItem", line=line.number, params={"line": str(line.number)}
            )


@rule(
    "MISSING_MONTOITEM",
    Severity.ERROR,
    message=_("Line %(line)s has no amount."),
    advice=_("Enter the amount of the line, zero when it is free of charge."),
    types=SUPPORTED,
    source=f"{_DTE}, p. 37, MontoItem",
)
def lines_have_amounts(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """Every line has an amount."""
    for line in document.lines:
        if line.amount is None:
            yield Violation(
                field="MontoItem", line=line.number, params={"line": str(line.number)}
            )


@rule(
    "ENUM_FMAPAGO",
    Severity.ERROR,
    message=_("The payment form %(value)s does not exist."),
    advice=_("Choose 1 (cash), 2 (credit) or 3 (free of charge)."),
    types=SUPPORTED - EXPORTS,
    source=f"{_DTE}, p. 13, FmaPago",
    needs=("FmaPago",),
)
def payment_form_is_known(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """The payment form is one of the list; absent means credit."""
    value = document.payment_form
    if value is not None and not listed(
        rates, PAYMENT_FORMS, str(value), issue_day(document, context)
    ):
        yield Violation(
            field="FmaPago", evidence=str(value), params={"value": str(value)}
        )


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
def receipt_says_its_kind(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """A boleta has IndServicio from 1 to 4."""
    value = document.service_indicator
    if value not in _RECEIPT_SERVICES:
        yield Violation(
            field="IndServicio", evidence="" if value is None else str(value)
        )


@rule(
    "GUIA_NO_INDTRASLADO",
    Severity.ERROR,
    message=_("The delivery guide does not say why goods are moved (IndTraslado)."),
    advice=_("Set IndTraslado from 1 to 9; 1 is a sale."),
    types=DELIVERY_GUIDES,
    flow="sale",
    source=f"{_DTE}, p. 11-12, IndTraslado",
    needs=("IndTraslado",),
)
def guide_says_why(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """A delivery guide has IndTraslado from 1 to 9."""
    value = document.transfer_indicator
    if value is None or not listed(
        rates, TRANSFER_INDICATORS, str(value), issue_day(document, context)
    ):
        yield Violation(
            field="IndTraslado", evidence="" if value is None else str(value)
        )


@rule(
    "GUIA_QTY_MISSING",
    Severity.ERROR,
    message=_("Line %(line)s of the delivery guide has no quantity."),
    advice=_("Enter how many are moved."),
    types=DELIVERY_GUIDES,
    source=f"{_DTE}, p. 33, QtyItem",
    needs=("QtyItem",),
)
def guide_lines_have_quantities(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """Every line of a delivery guide has a quantity."""
    for line in document.lines:
        if not line.quantity:
            yield Violation(
                field="QtyItem", line=line.number, params={"line": str(line.number)}
            )
