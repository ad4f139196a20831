"""Guías de despacho: how goods travel, and invoices that are made from them later."""

from datetime import date

from ...common.translation import _
from ...common.wording import joined
from ...documents.context import Context
from ...documents.document import Document
from ...documents.transport import Transport
from ...validation.finding import Severity
from ..calendar import tax_period
from ..dated_data import DatedData, required
from ..document_types import DELIVERY_GUIDES, GUIDE_CODES
from ..references import named
from ..registry import Violation, Violations, rule
from ..sentences import DTE_FORMAT

_BY_RECEIVER = 1
_BY_ISSUER = frozenset({2, 3})
_EXPORT_TRANSFERS = frozenset({8, 9})
_TRANSFER_CODES = frozenset({1, 2, 3, 4})
_TRANSPORT_SINCE = date(2026, 11, 1)
_TRANSPORT_SOURCE = "SII, Res. Ex. 154 of 2025 and 52 of 2026, as told by others"
_NOTHING = Transport()


def _missing_transport(document: Document) -> list[str]:
    """Return the SII names of what a transport must say and the document does not.

    Where to: the receiver's address when no other is given (format p. 20). The plate of
    a trailer is not asked for, since there need not be one.
    """
    transport = document.transport or _NOTHING
    receiver = document.receiver
    fields = (
        ("Patente", transport.plate),
        ("RUTTrans", transport.carrier_rut),
        ("RUTChofer", transport.driver_rut),
        ("NombreChofer", transport.driver_name),
        ("DirDest", transport.address or receiver.address),
        ("CmnaDest", transport.comuna or receiver.comuna),
        ("FchSalida", transport.departure_date),
        ("HraSalida", transport.departure_time),
        ("FchLlegada", transport.arrival_date),
    )
    return [
        name
        for name, value in fields
        if not value or (isinstance(value, str) and not value.strip())
    ]


@rule(
    "GUIA_NO_TRANSPORT",
    Severity.ERROR,
    message=_("The guide does not say how the goods travel: %(fields)s."),
    advice=_("Enter plate, carrier, driver, destination, departure and arrival."),
    types=DELIVERY_GUIDES,
    flow="sale",
    valid_from=_TRANSPORT_SINCE,
    source=_TRANSPORT_SOURCE,
    secondary_source=True,
    needs=("Transporte",),
)
def guide_says_how_goods_travel(document: Document) -> Violations:
    """A delivery guide names vehicle, carrier, driver, destination and times.

    When the receiver fetches the goods it is only to be looked at: the issuer may not
    know it when the guide is made.
    """
    missing = _missing_transport(document)
    if missing:
        fetched = document.dispatch_type == _BY_RECEIVER
        yield Violation.of(
            "Transporte",
            ", ".join(missing),
            severity=Severity.WARNING if fetched else None,
            fields=", ".join(missing),
        )


@rule(
    "INVOICE_NO_TRANSPORT",
    Severity.WARNING,
    message=_("The invoice goes with the goods, but does not say: %(fields)s."),
    advice=_("Enter how the goods travel, or send them with a delivery guide."),
    types={"33", "34"},
    flow="sale",
    valid_from=_TRANSPORT_SINCE,
    source=_TRANSPORT_SOURCE,
    secondary_source=True,
    needs=("Transporte", "TipoDespacho"),
)
def invoice_with_goods_says_how(document: Document) -> Violations:
    """An invoice that the issuer sends with the goods says how they travel.

    Goods that went with a guide of their own are the guide's matter.
    """
    if document.dispatch_type not in _BY_ISSUER:
        return
    if any(each.document_type in GUIDE_CODES for each in document.references):
        return
    missing = _missing_transport(document)
    if missing:
        yield Violation.of("Transporte", ", ".join(missing), fields=", ".join(missing))


@rule(
    "MISSING_CMNA_DEST",
    Severity.ERROR,
    message=_("The guide has an address of destination, but no comuna for it."),
    advice=_("Enter the comuna of destination."),
    types=DELIVERY_GUIDES,
    flow="sale",
    source=f"{DTE_FORMAT}, p. 20, CmnaDest",
    needs=("CmnaDest",),
)
def destination_has_comuna(document: Document) -> Violations:
    """The destination of a guide, when it has one of its own, has a comuna."""
    transport = document.transport
    if transport and transport.address.strip() and not transport.comuna.strip():
        yield Violation.of("CmnaDest", transport.address)


@rule(
    "GUIA_NO_CDGTRASLADO",
    Severity.ERROR,
    message=_("A guide for export must say who moves the goods (CdgTraslado)."),
    advice=_("Set CdgTraslado from 1 to 4; 1 is the exporter."),
    types=DELIVERY_GUIDES,
    flow="sale",
    source=f"{DTE_FORMAT}, p. 16, CdgTraslado",
    needs=("IndTraslado",),
)
def export_guide_says_who(document: Document) -> Violations:
    """A guide for export (IndTraslado 8 or 9) has CdgTraslado from 1 to 4."""
    if document.transfer_indicator not in _EXPORT_TRANSFERS:
        return
    if document.transfer_code not in _TRANSFER_CODES:
        value = document.transfer_code
        yield Violation.of("CdgTraslado", "" if value is None else str(value))


@rule(
    "INVOICE_FROM_GUIDE_LATE",
    Severity.WARNING,
    message=_("The goods of %(document)s went out on %(date)s, in an earlier period."),
    advice=_("Date it in the period of the guides, until day 10 of the next month."),
    types={"33", "34"},
    flow="sale",
    source="D.L. 825 art. 55; SII, FAQ 001.003.4136",
    needs=("Referencia",),
)
def guides_are_invoiced_in_time(
    document: Document, context: Context, rates: DatedData
) -> Violations:
    """Guides are invoiced with a date of their period, until day 10 of the next."""
    day = document.issue_date
    if day is None:
        return
    for reference in document.references:
        if reference.document_type not in GUIDE_CODES or reference.date is None:
            continue
        period = tax_period(reference.date)
        last = required(rates, "guide_invoice_day", reference.date)
        passed = tax_period(context.today) - period
        too_late = not context.is_issued and (
            passed > 1 or (passed == 1 and context.today.day > last)
        )
        if tax_period(day) > period or too_late:
            yield Violation.of(
                "FchEmis",
                joined(named(reference), " ", reference.date, " … ", day),
                document=named(reference),
                date=reference.date,
            )
