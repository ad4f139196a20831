"""Lines that follow from quantity and price, and amounts that may not be."""

from ...common.translation import _
from ...common.wording import field_named, joined, money, number
from ...documents.document import Document
from ...validation.finding import Severity
from ..amounts import (
    NOT_BILLABLE,
    WITHOUT_AMOUNT,
    compare,
    line_gross,
    rounded,
)
from ..document_types import DELIVERY_GUIDES, SUPPORTED, TRANSFER_SALES
from ..references import corrects_text
from ..registry import Violation, Violations, rule
from ..sentences import CLAIM, DTE_FORMAT

_SIGNED = frozenset({"43"})
"""Liquidación-factura: the one type whose amounts may be negative."""
_CHECK_LINES = _("Check quantity, price and discount of the line.")


def _may_be_unpriced(document: Document) -> bool:
    """Return whether lines may have the amount zero although they name a price.

    Guides whose goods are not sold, and notes that correct a text (format p. 37).
    """
    if document.document_type in DELIVERY_GUIDES:
        return document.transfer_indicator not in TRANSFER_SALES
    return corrects_text(document)


@rule(
    "LINE_MISMATCH",
    Severity.ERROR,
    message=_(
        "Line %(line)s says %(stated)s, but quantity, price and discount give "
        "%(expected)s."
    ),
    advice=_CHECK_LINES,
    purchase_advice=CLAIM,
    types=SUPPORTED,
    source=f"{DTE_FORMAT}, p. 37, MontoItem",
)
def line_amount_follows(document: Document) -> Violations:
    """A line's amount is quantity times price, less discount, plus surcharge."""
    currency = document.currency
    unpriced = _may_be_unpriced(document)
    for line in document.lines:
        if line.quantity is None or line.unit_price is None or line.amount is None:
            continue
        if not line.amount and (unpriced or line.exemption in WITHOUT_AMOUNT):
            continue
        gross = rounded(line.quantity * line.unit_price, currency)
        expected = gross - line.discount + line.surcharge
        if line.amount == expected:
            continue
        parts = [number(line.quantity), " × ", money(line.unit_price, currency)]
        if line.discount:
            parts += [" − ", money(line.discount, currency)]
        if line.surcharge:
            parts += [" + ", money(line.surcharge, currency)]
        violation = compare(
            "MontoItem", line.amount, expected, currency, joined(*parts), line.number
        )
        if violation:
            yield violation


@rule(
    "LINE_AMOUNT_NOT_ZERO",
    Severity.ERROR,
    message=_("Line %(line)s is not for sale and must have the amount zero."),
    advice=_("Set the amount of the line to zero."),
    types=SUPPORTED,
    source=f"{DTE_FORMAT}, p. 37, MontoItem (IndExe 4 or 5)",
)
def unsold_lines_are_zero(document: Document) -> Violations:
    """A line that is not sold, or is to be taken off a guide, has the amount zero."""
    for line in document.lines:
        if line.exemption in WITHOUT_AMOUNT and line.amount:
            yield Violation.of(
                "MontoItem",
                joined(
                    field_named("IndExe"),
                    f" {line.exemption}: ",
                    money(line.amount, document.currency),
                ),
                line=line.number,
            )


@rule(
    "DISCOUNT_EXCEEDS_LINE",
    Severity.ERROR,
    message=_("The discount of line %(line)s is more than the line itself."),
    advice=_CHECK_LINES,
    purchase_advice=CLAIM,
    types=SUPPORTED - _SIGNED,
    source=f"{DTE_FORMAT}, p. 35 and 37, DescuentoMonto",
)
def discount_fits_line(document: Document) -> Violations:
    """A line's discount is not more than quantity times price and surcharge."""
    for line in document.lines:
        if not line.discount:
            continue
        gross = line_gross(line, document.currency)
        if gross is not None and line.discount > gross + line.surcharge:
            yield Violation.of(
                "DescuentoMonto",
                joined(
                    money(line.discount, document.currency),
                    " > ",
                    money(gross + line.surcharge, document.currency),
                ),
                line=line.number,
            )


@rule(
    "NEG_AMOUNT",
    Severity.ERROR,
    message=_("%(field)s is negative: %(value)s."),
    advice=_("Enter what is taken off as a discount, or issue a credit note."),
    purchase_advice=CLAIM,
    types=SUPPORTED - _SIGNED,
    source=f"{DTE_FORMAT}, p. 24-27 and 37 (negative amounts in type 43 only)",
)
def amounts_are_not_negative(document: Document) -> Violations:
    """Only a liquidación-factura has negative amounts."""
    for line in document.lines:
        if line.exemption in NOT_BILLABLE:
            continue
        for field, value in (
            ("MontoItem", line.amount),
            ("PrcItem", line.unit_price),
            ("QtyItem", line.quantity),
            ("DescuentoMonto", line.discount),
            ("RecargoMonto", line.surcharge),
        ):
            if value is not None and value < 0:
                shown = number(value)
                if field != "QtyItem":
                    shown = money(value, document.currency)
                yield Violation.of(field, shown, line=line.number, value=shown)
    totals = document.totals
    for field, value in (
        ("MntNeto", totals.net),
        ("MntExe", totals.exempt),
        ("IVA", totals.vat),
        ("MntTotal", totals.total),
    ):
        if value is not None and value < 0:
            shown = money(value, document.currency)
            yield Violation.of(field, shown, value=shown)


@rule(
    "DECIMALS_CLP",
    Severity.ERROR,
    message=_("%(field)s has decimals: %(value)s. Amounts in pesos are whole."),
    advice=_("Round the amount to whole pesos."),
    purchase_advice=CLAIM,
    types=SUPPORTED,
    source="SII, DTE_v10.xsd, MontoType (whole pesos); Formato DTE v2.2, p. 24-27",
)
def pesos_are_whole(document: Document) -> Violations:
    """Amounts in pesos have no decimals; prices and quantities may."""
    if document.currency != "CLP":
        return
    totals = document.totals
    amounts = [
        ("MntNeto", 0, totals.net),
        ("MntExe", 0, totals.exempt),
        ("IVA", 0, totals.vat),
        ("IVANoRet", 0, totals.vat_not_withheld),
        ("MntTotal", 0, totals.total),
    ]
    amounts += [("MontoImp", 0, tax.amount) for tax in totals.additional_taxes]
    for line in document.lines:
        amounts.append(("MontoItem", line.number, line.amount))
        if line.discount:
            amounts.append(("DescuentoMonto", line.number, line.discount))
        if line.surcharge:
            amounts.append(("RecargoMonto", line.number, line.surcharge))
    for field, line_number, value in amounts:
        if value is not None and value != value.to_integral_value():
            shown = number(value)
            yield Violation.of(field, shown, line=line_number, value=shown)
