"""Received documents against the purchase order and what was received on it."""

from decimal import Decimal
from functools import partial

from ...common.translation import _
from ...common.wording import Value, joined, money, number
from ...documents import rut
from ...documents.context import Context, OrderLine
from ...documents.document import Document, Line
from ...validation.finding import Severity
from ..amounts import EXEMPT, HUNDRED, ONE, ZERO, untaxed, vat_rate
from ..dated_data import DatedData
from ..document_types import INVOICES
from ..matching import ordered_lines
from ..registry import Violation, Violations, rule

_order_rule = partial(
    rule,
    severity=Severity.WARNING,
    types=INVOICES - {"46"},
    flow="purchase",
    source="Internal control: order, receipt and invoice say the same",
    secondary_source=True,
)
_CLAIM_PART = _("Claim it within eight days, or agree on it with the supplier.")


def _lines(document: Document, context: Context) -> list[tuple[Line, OrderLine]]:
    order = context.purchase_order
    if order is None or order.currency != document.currency:
        return []
    return ordered_lines(document, order.lines)


def _net_price(
    line: Line, document: Document, context: Context, rates: DatedData
) -> Decimal | None:
    """Return what one unit of a line costs without VAT, discounts taken off."""
    if not line.quantity or line.amount is None:
        return None
    price = line.amount / line.quantity
    if document.gross_lines and line.exemption != EXEMPT:
        price /= 1 + vat_rate(document, context, rates) / HUNDRED
    return price


def _differs(
    field: str,
    stated: Value,
    sign: str,
    expected: Value,
    line: Line | None = None,
    severity: Severity | None = None,
) -> Violation:
    """Return the violation that a bill states another value than the order."""
    return Violation.of(
        field,
        joined(stated, f" {sign} ", expected),
        line=line.number if line else 0,
        severity=severity,
        stated=stated,
        expected=expected,
    )


def _to_cents(price: Decimal) -> Decimal:
    return (price * HUNDRED).to_integral_value() / HUNDRED


@_order_rule(
    "PO_PRICE_DIFF",
    message=_("Line %(line)s costs %(stated)s a unit; %(expected)s was ordered."),
    advice=_CLAIM_PART,
)
def price_is_the_ordered_one(
    document: Document, context: Context, rates: DatedData
) -> Violations:
    """A line costs what was ordered; a lower price is only worth knowing.

    What rounding the amount of the line to the peso can explain is no difference.
    """
    for line, ordered in _lines(document, context):
        price = _net_price(line, document, context, rates)
        if price is None or ordered.unit_price is None or not line.quantity:
            continue
        difference = (price - ordered.unit_price) * abs(line.quantity)
        if abs(difference) <= ONE:
            continue
        stated = money(_to_cents(price), document.currency)
        expected = money(ordered.unit_price, document.currency)
        if difference < 0:
            yield _differs("PrcItem", stated, "<", expected, line, Severity.INFORMATION)
        else:
            yield _differs("PrcItem", stated, ">", expected, line)


@_order_rule(
    "PO_QTY_OVER_RECEIVED",
    message=_("Line %(line)s charges %(stated)s, but %(expected)s came in."),
    advice=_CLAIM_PART,
)
def quantity_was_received(document: Document, context: Context) -> Violations:
    """No more is charged than was received, or ordered when receipts are not kept."""
    order = context.purchase_order
    lines = _lines(document, context)
    if order is None or not lines:
        return
    by_line = any(ordered.received is not None for _line, ordered in lines)
    if not by_line and order.received is not None:
        charged = sum((line.quantity or ZERO for line, _ordered in lines), ZERO)
        charged += sum((each.billed for each in order.lines), ZERO)
        if charged > order.received:
            came = number(order.received)
            yield _differs("QtyItem", number(charged), ">", came, lines[0][0])
        return
    for line, ordered in lines:
        limit = ordered.received if ordered.received is not None else ordered.quantity
        charged = (line.quantity or ZERO) + ordered.billed
        if limit is not None and charged > limit:
            yield _differs("QtyItem", number(charged), ">", number(limit), line)


@_order_rule(
    "PO_AMOUNT_OVER",
    message=_("The net amount %(stated)s is more than the order's %(expected)s."),
    advice=_CLAIM_PART,
)
def amount_fits_the_order(document: Document, context: Context) -> Violations:
    """What is charged fits the order, when its lines cannot be compared one by one."""
    order = context.purchase_order
    if order is None or order.net is None or order.currency != document.currency:
        return
    if len(_lines(document, context)) == len(document.lines):
        return
    net = untaxed(document)
    if net > order.net + ONE:
        shown = partial(money, currency=document.currency)
        yield _differs("MntNeto", shown(net), ">", shown(order.net))


@_order_rule(
    "PO_VENDOR_DIFF",
    message=_("The order %(order)s was placed with %(vendor)s, not with %(rut)s."),
    advice=_("Choose the order of this supplier, or ask who charges it and why."),
)
def order_is_the_suppliers(document: Document, context: Context) -> Violations:
    """Who charges an order is who it was placed with."""
    order = context.purchase_order
    if order is None:
        return
    vendor = rut.normalise(order.vendor_rut)
    issuer = rut.normalise(document.issuer.rut)
    if vendor and issuer and vendor != issuer:
        yield Violation.of(
            "RUTEmisor",
            f"{issuer} ≠ {vendor}",
            order=order.name,
            vendor=vendor,
            rut=issuer,
        )
