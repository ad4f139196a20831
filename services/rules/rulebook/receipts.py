"""Boletas: who buys for a large amount, and services that are billed by period."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from ...common.translation import _
from ...common.wording import field_named, joined, money
from ...documents import rut
from ...documents.context import Context
from ...documents.document import Document
from ...validation.finding import Severity
from ..amounts import issue_day
from ..dated_data import DatedData, required
from ..document_types import GENERIC_RUTS, RECEIPTS
from ..registry import Violation, Violations, rule
from ..sentences import RECEIPT_FORMAT

_NEVER_LESS = Decimal(5_000_000)
"""135 UF have been more pesos than this since 2024: below it no threshold is needed."""
_CASH = frozenset({"1", "EF"})
_PERIODIC = frozenset({1, 2})
_HOUSEHOLD = 2


@rule(
    "BOLETA_ID_REQUIRED",
    Severity.ERROR,
    message=_("A boleta of more than %(limit)s pesos must say %(field)s."),
    advice=_("Ask the buyer for RUT and name, and record how it was paid."),
    types=RECEIPTS,
    flow="sale",
    valid_from=date(2025, 9, 1),
    source=f"SII, Res. Ex. 44 of 2025; Ley 21.713; {RECEIPT_FORMAT}, p. 8-10",
)
def large_receipt_names_buyer(
    document: Document, context: Context, rates: DatedData
) -> Violations:
    """A boleta of more than 135 UF names its buyer and how it was paid.

    Paid in cash it also holds the buyer's mail and telephone.
    """
    total = document.totals.total
    if total is None or total <= _NEVER_LESS:
        return
    missing = list(_unnamed(document))
    if not missing:
        return
    limit = context.receipt_threshold
    if limit is None:
        day = issue_day(document, context)
        limit = required(rates, "receipt_identification", day)
    if total > limit:
        for field, value in missing:
            yield Violation.of(
                field,
                joined(
                    money(total, document.currency),
                    " > ",
                    money(limit, "CLP"),
                    ": ",
                    field_named(field, "sale"),
                    f" {value or '–'}",
                ),
                limit=money(limit, "CLP"),
            )


def _unnamed(document: Document) -> Iterator[tuple[str, str]]:
    """Yield the fields, with their values, that do not name buyer or payment."""
    buyer = document.receiver
    plain = rut.normalise(buyer.rut)
    if plain in GENERIC_RUTS or not rut.is_valid(plain):
        yield "RUTRecep", buyer.rut
    if not buyer.name.strip():
        yield "RznSocRecep", ""
    if not document.not_representable.isdisjoint(("MedioPago", "FmaPago")):
        return
    if not document.means_of_payment.strip():
        yield "MedioPago", ""
    elif document.means_of_payment.strip().upper() in _CASH:
        if not buyer.email.strip():
            yield "CorreoRecep", ""
        if not buyer.phone.strip():
            yield "TelefonoRecep", ""


@rule(
    "BOLETA_PERIODIC_DATA",
    Severity.ERROR,
    message=_("A boleta of periodic services must say %(field)s."),
    advice=_("Fill it in, or set IndServicio to 3 when the service is not periodic."),
    types=RECEIPTS,
    flow="sale",
    source=f"{RECEIPT_FORMAT}, p. 8 and 10, FchVenc, DirRecep and CmnaRecep",
    needs=("IndServicio",),
)
def periodic_receipt_says_where(document: Document) -> Violations:
    """A boleta of periodic services says where, and of households when it is due."""
    if document.service_indicator not in _PERIODIC:
        return
    fields = [
        ("DirRecep", bool(document.receiver.address.strip())),
        ("CmnaRecep", bool(document.receiver.comuna.strip())),
    ]
    if document.service_indicator == _HOUSEHOLD:
        fields.append(("FchVenc", document.due_date is not None))
    for field, present in fields:
        if not present:
            yield Violation.of(field)
