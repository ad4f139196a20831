"""Amounts: how a total follows from what it is made of.

Amounts in pesos are whole and rounded half-up, as the real documents that were
compared are. In other currencies a difference below half a cent is rounding.
"""

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from ..common.translation import _
from ..common.wording import Value, field_named, joined, money, phrase
from ..documents.context import Context
from ..documents.document import Document, Line
from ..validation.finding import Severity
from .dated_data import DatedData, required
from .document_types import EXEMPT_ONLY, EXPORTS
from .registry import Violation

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)
_HALF_CENT = Decimal("0.005")
_CENT = Decimal("0.015")

EXEMPT = 1
NOT_BILLABLE = frozenset({2, 6})
WITHOUT_AMOUNT = frozenset({4, 5})
"""IndExe 4 (not sold) and 5 (to be taken off): MontoItem is zero, format p. 37."""

WITHHELD = frozenset(
    "15 30 31 32 33 34 36 37 38 39 41 46 47 48 49 301 321 331 341 361 371 481".split()
)
"""Codes of taxes that are withheld: they lower the total (format v2.2, p. 46-49)."""


def untaxed(document: Document) -> Decimal:
    """Return what a document comes to without taxes: its net and its exempt part."""
    return (document.totals.net or ZERO) + (document.totals.exempt or ZERO)


def issue_day(document: Document, context: Context) -> date:
    """Return the day whose rates count: the issue date, today while there is none."""
    return document.issue_date or context.today


def vat_rate(document: Document, context: Context, rates: DatedData) -> Decimal:
    """Return the legal VAT rate in per cent on the day of issue.

    :raises MissingRate: when the dated data do not cover the day
    """
    return required(rates, "vat_rate", issue_day(document, context))


def rounded(value: Decimal, currency: str) -> Decimal:
    """Return ``value`` in whole pesos, half-up; unchanged in other currencies."""
    if currency != "CLP":
        return value
    return value.to_integral_value(rounding=ROUND_HALF_UP)


def difference(stated: Decimal, expected: Decimal, currency: str) -> Severity | None:
    """Return how much a difference weighs: one peso (or cent) off is a warning.

    ``None`` when both agree. Fractions of a peso are the matter of ``DECIMALS_CLP``.
    """
    apart = abs(stated - expected)
    if currency == "CLP":
        if apart < 1:
            return None
        return Severity.WARNING if apart < 2 else Severity.ERROR
    if apart <= _HALF_CENT:
        return None
    return Severity.WARNING if apart <= _CENT else Severity.ERROR


LINES = phrase(_("sum of the lines"), "Σ MontoItem")


def summed(parts: Iterable[tuple[str, Decimal]], currency: str) -> Value:
    """Return a sum of fields as an equation shows it: ``MntNeto 100 + IVA 19``."""
    shown: list[Value] = []
    for field, value in parts:
        shown += [" + ", field_named(field), " ", money(value, currency)]
    return joined(*shown[1:]) if shown else "0"


def compare(
    field: str,
    stated: Decimal | None,
    expected: Decimal,
    currency: str,
    explanation: Value,
    line: int = 0,
) -> Violation | None:
    """Return the violation when ``stated`` is not ``expected``, else ``None``.

    ``explanation`` spells the right side of the equation, e.g. ``19 % × 1.000``.
    """
    value = ZERO if stated is None else stated
    severity = difference(value, expected, currency)
    if severity is None:
        return None
    return unequal(
        field,
        money(value, currency),
        money(expected, currency),
        explanation,
        line,
        severity,
    )


def unequal(
    field: str,
    stated: Value,
    expected: Value,
    explanation: Value,
    line: int = 0,
    severity: Severity | None = None,
) -> Violation:
    """Return the violation that ``stated`` is not ``expected``; see :func:`compare`."""
    return Violation.of(
        field,
        joined(field_named(field), " ", stated, " ≠ ", expected, " = ", explanation),
        line=line,
        severity=severity,
        stated=stated,
        expected=expected,
    )


def line_gross(line: Line, currency: str) -> Decimal | None:
    """Return quantity times price of a line, ``None`` when one of them is absent."""
    if line.quantity is None or line.unit_price is None:
        return None
    return rounded(line.quantity * line.unit_price, currency)


def exempt_lines(document: Document) -> list[Line]:
    """Return the lines that are exempt: marked so, or of a document exempt as a whole.

    The latter need not mark its lines (format p. 31, note 10).
    """
    marked = [line for line in document.lines if line.exemption == EXEMPT]
    if marked or document.totals.net or not _is_exempt_type(document):
        return marked
    return [line for line in document.lines if line.exemption is None]


def _is_exempt_type(document: Document) -> bool:
    return document.document_type in EXEMPT_ONLY or document.document_type in EXPORTS


def _adjusted(document: Document, amount: Decimal, exempt: bool) -> Decimal:
    """Return ``amount`` after the global discounts and surcharges of its part."""
    result = amount
    whole_type_exempt = _is_exempt_type(document)
    for discount in document.global_discounts:
        if discount.exemption in NOT_BILLABLE:
            continue
        if (discount.exemption == EXEMPT or whole_type_exempt) != exempt:
            continue
        value = discount.value
        if discount.value_type == "%":
            value = amount * value / HUNDRED
        result += value if discount.kind == "R" else -value
    return result


def affected_amount(document: Document) -> Decimal:
    """Return what the affected lines and global discounts come to, before rounding.

    With VAT when the lines are gross (``Document.gross_lines``).
    """
    lines = _sum(line.amount for line in document.lines if line.exemption is None)
    return _adjusted(document, lines, exempt=False)


def unrounded_affected_amount(document: Document) -> Decimal:
    """Return :func:`affected_amount` of lines before each was rounded to the peso."""
    lines = _sum(
        unrounded_amount(line) for line in document.lines if line.exemption is None
    )
    return _adjusted(document, lines, exempt=False)


def unrounded_exempt_amount(document: Document) -> Decimal:
    """Return :func:`exempt_amount` of lines before each was rounded to the peso."""
    lines = _sum(unrounded_amount(line) for line in exempt_lines(document))
    return _adjusted(document, lines, exempt=True)


def unrounded_amount(line: Line) -> Decimal | None:
    """Return what quantity, price and discount give, when MontoItem is that, rounded;
    else MontoItem."""
    if line.quantity is None or line.unit_price is None or line.amount is None:
        return line.amount
    exact = line.quantity * line.unit_price
    if line.discount_percent is None:
        exact -= line.discount
    else:
        exact -= exact * line.discount_percent / HUNDRED
    exact += line.surcharge
    return exact if abs(exact - line.amount) < ONE else line.amount


def has_fractions(document: Document) -> bool:
    """Return whether lines come to fractions of a peso, which somebody rounds: each
    line, or once the sum, as Odoo does for Chile. Totals follow from the lines both
    ways, a peso apart."""
    return document.currency == "CLP" and any(
        unrounded_amount(line) != line.amount for line in document.lines
    )


def exempt_amount(document: Document) -> Decimal:
    """Return what MntExe has to be: exempt lines and their global discounts."""
    lines = _sum(line.amount for line in exempt_lines(document))
    return rounded(_adjusted(document, lines, exempt=True), document.currency)


def additional_taxes(document: Document) -> Decimal:
    """Return the additional taxes less what is withheld, as they enter the total."""
    return _sum(
        -tax.amount if tax.code in WITHHELD else tax.amount
        for tax in document.totals.additional_taxes
    )


def withheld_vat(document: Document) -> Decimal:
    """Return the VAT that the buyer withholds."""
    return _sum(
        tax.amount for tax in document.totals.additional_taxes if tax.code in WITHHELD
    )


def _sum(values: Iterable[Decimal | None]) -> Decimal:
    return sum((value for value in values if value is not None), ZERO)
