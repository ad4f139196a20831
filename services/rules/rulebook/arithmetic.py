"""Totals that follow from lines, and lines that follow from quantity and price.

The SII does not refuse wrong sums (format p. 10): nobody else looks at them before the
receiver does. One peso off is a warning, more is an error (policy of this product).
"""

from __future__ import annotations

from collections.abc import Iterator

from ...documents.context import Context
from ...documents.document import Document
from ...translation import _
from ...validation.finding import Severity
from ..amounts import (
    EXEMPT,
    HUNDRED,
    NOT_BILLABLE,
    WITHOUT_AMOUNT,
    ZERO,
    additional_taxes,
    affected_amount,
    compare,
    difference,
    exempt_amount,
    line_gross,
    rounded,
    shown,
    vat_rate,
)
from ..dated_data import DatedData
from ..document_types import EXEMPT_ONLY, EXPORTS, SUPPORTED
from ..registry import Violation, rule

_DTE = "SII, Formato DTE v2.2 (2019-11-15)"
_WITH_VAT = SUPPORTED - EXEMPT_ONLY - EXPORTS
_SIGNED = frozenset({"43"})
"""Liquidación-factura: the one type whose amounts may be negative."""
_CHECK_LINES = _("Check quantity, price and discount of the line.")
_CHECK_TOTALS = _("Have the totals computed again from the lines.")
_CLAIM = _(
    "Compare it with the document; if it came like this, claim it within eight days "
    "or ask the issuer for a note."
)


@rule(
    "LINE_MISMATCH",
    Severity.ERROR,
    message=_(
        "Line %(line)s says %(stated)s, but quantity, price and discount give "
        "%(expected)s."
    ),
    advice=_CHECK_LINES,
    purchase_advice=_CLAIM,
    types=SUPPORTED,
    source=f"{_DTE}, p. 37, MontoItem",
)
def line_amount_follows(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """A line's amount is quantity times price, less discount, plus surcharge."""
    currency = document.currency
    for line in document.lines:
        gross = line_gross(line, currency)
        if gross is None or line.amount is None:
            continue
        if line.exemption in WITHOUT_AMOUNT and not line.amount:
            continue
        expected = gross - line.discount + line.surcharge
        if line.amount == expected:
            continue
        explanation = f"{shown(line.quantity)} × {shown(line.unit_price)}"
        if line.discount:
            explanation += f" − {shown(line.discount)}"
        if line.surcharge:
            explanation += f" + {shown(line.surcharge)}"
        violation = compare(
            "MontoItem", line.amount, expected, currency, explanation, line.number
        )
        if violation:
            yield Violation(
                field=violation.field,
                line=line.number,
                evidence=violation.evidence,
                params={**violation.params, "line": str(line.number)},
                severity=violation.severity,
            )


@rule(
    "LINE_AMOUNT_NOT_ZERO",
    Severity.ERROR,
    message=_("Line %(line)s is not for sale and must have the amount zero."),
    advice=_("Set the amount of the line to zero."),
    types=SUPPORTED,
    source=f"{_DTE}, p. 37, MontoItem (IndExe 4 or 5)",
)
def unsold_lines_are_zero(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """A line that is not sold, or is to be taken off a guide, has the amount zero."""
    for line in document.lines:
        if line.exemption in WITHOUT_AMOUNT and line.amount:
            yield Violation(
                field="MontoItem",
                line=line.number,
                evidence=f"IndExe {line.exemption}: {shown(line.amount)}",
                params={"line": str(line.number)},
            )


@rule(
    "NEG_AMOUNT",
    Severity.ERROR,
    message=_("%(field)s is negative: %(value)s."),
    advice=_("Enter what is taken off as a discount, or issue a credit note."),
    purchase_advice=_CLAIM,
    types=SUPPORTED - _SIGNED,
    source=f"{_DTE}, p. 24-27 and 37 (negative amounts in type 43 only)",
)
def amounts_are_not_negative(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
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
                yield Violation(
                    field=field,
                    line=line.number,
                    evidence=shown(value),
                    params={"field": field, "value": shown(value)},
                )
    totals = document.totals
    for field, value in (
        ("MntNeto", totals.net),
        ("MntExe", totals.exempt),
        ("IVA", totals.vat),
        ("MntTotal", totals.total),
    ):
        if value is not None and value < 0:
            yield Violation(
                field=field,
                evidence=shown(value),
                params={"field": field, "value": shown(value)},
            )


@rule(
    "DISCOUNT_EXCEEDS_LINE",
    Severity.ERROR,
    message=_("The discount of line %(line)s is more than the line itself."),
    advice=_CHECK_LINES,
    purchase_advice=_CLAIM,
    types=SUPPORTED - _SIGNED,
    source=f"{_DTE}, p. 35 and 37, DescuentoMonto",
)
def discount_fits_line(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """A line's discount is not more than quantity times price and surcharge."""
    for line in document.lines:
        if not line.discount:
            continue
        gross = line_gross(line, document.currency)
        if gross is not None and line.discount > gross + line.surcharge:
            yield Violation(
                field="DescuentoMonto",
                line=line.number,
                evidence=f"{shown(line.discount)} > {shown(gross + line.surcharge)}",
                params={"line": str(line.number)},
            )


@rule(
    "DECIMALS_CLP",
    Severity.ERROR,
    message=_("%(field)s has decimals: %(value)s. Amounts in pesos are whole."),
    advice=_("Round the amount to whole pesos."),
    purchase_advice=_CLAIM,
    types=SUPPORTED,
    source="SII, DTE_v10.xsd, MontoType (whole pesos); Formato DTE v2.2, p. 24-27",
)
def pesos_are_whole(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
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
    for field, number, value in amounts:
        if value is not None and value != int(value):
            yield Violation(
                field=field,
                line=number,
                evidence=shown(value),
                params={"field": field, "value": shown(value)},
            )


@rule(
    "NETO_MISMATCH",
    Severity.ERROR,
    message=_("The net amount is %(stated)s, but the lines come to %(expected)s."),
    advice=_CHECK_TOTALS,
    purchase_advice=_CLAIM,
    types=_WITH_VAT - {"39"},
    source=f"{_DTE}, p. 24-25, MntNeto",
)
def net_follows_from_lines(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """The net amount is the affected lines less global discounts, without VAT."""
    if any(line.amount is None for line in document.lines):
        return
    affected = affected_amount(document)
    expected, explanation = affected, "Σ MontoItem"
    if document.global_discounts:
        explanation += " ± DscRcgGlobal"
    if document.gross_lines:
        rate = vat_rate(document, context, rates)
        expected = affected / (1 + rate / HUNDRED)
        explanation = f"{shown(affected)} / {shown(1 + rate / HUNDRED)}"
    violation = compare(
        "MntNeto",
        document.totals.net,
        rounded(expected, document.currency),
        document.currency,
        explanation,
    )
    if violation:
        yield violation


@rule(
    "EXENTO_MISMATCH",
    Severity.ERROR,
    message=_(
        "The exempt amount is %(stated)s, but the exempt lines come to %(expected)s."
    ),
    advice=_CHECK_TOTALS,
    purchase_advice=_CLAIM,
    types=SUPPORTED,
    source=f"{_DTE}, p. 25, MntExe",
)
def exempt_follows_from_lines(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """The exempt amount is the exempt lines less their global discounts."""
    if any(line.amount is None for line in document.lines):
        return
    violation = compare(
        "MntExe",
        document.totals.exempt,
        exempt_amount(document),
        document.currency,
        "Σ MontoItem (IndExe 1)",
    )
    if violation:
        yield violation


@rule(
    "IVA_RATE",
    Severity.ERROR,
    message=_("The VAT rate is %(stated)s %%; by law it is %(expected)s %%."),
    advice=_("Use the tax with the rate in force."),
    purchase_advice=_CLAIM,
    types=_WITH_VAT,
    source="D.L. 825 art. 14; SII, Formato DTE v2.2, p. 25, TasaIVA",
)
def vat_rate_is_the_legal_one(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """The VAT rate is the one in force on the day of issue."""
    stated = document.totals.vat_rate
    if stated is None:
        return
    expected = vat_rate(document, context, rates)
    if stated != expected:
        yield Violation(
            field="TasaIVA",
            evidence=f"{shown(stated)} % ≠ {shown(expected)} %",
            params={"stated": shown(stated), "expected": shown(expected)},
        )


def _vat_difference(
    document: Document, context: Context, rates: DatedData
) -> Violation | None:
    """Return how the VAT differs from rate times net amount, by the stated rate."""
    totals = document.totals
    if totals.net is None and totals.vat is None:
        return None
    net = totals.net or ZERO
    rate = totals.vat_rate
    if rate is None:
        rate = vat_rate(document, context, rates)
    expected = rounded(net * rate / HUNDRED, document.currency)
    return compare(
        "IVA",
        totals.vat,
        expected,
        document.currency,
        f"{shown(rate)} % × {shown(net)}",
    )


@rule(
    "IVA_MISMATCH",
    Severity.ERROR,
    message=_("The VAT is %(stated)s, but the net amount gives %(expected)s."),
    advice=_CHECK_TOTALS,
    purchase_advice=_CLAIM,
    types=_WITH_VAT - {"39"},
    source=f"{_DTE}, p. 25, IVA; D.L. 825 art. 14",
)
def vat_follows_from_net(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """VAT is the rate times the net amount, rounded half-up to the peso."""
    violation = _vat_difference(document, context, rates)
    if violation and violation.severity is Severity.ERROR:
        yield violation


@rule(
    "IVA_ROUNDING_1",
    Severity.WARNING,
    message=_("The VAT is %(stated)s, one off what the net gives: %(expected)s."),
    advice=_("Round the VAT once, on the total and half-up, or leave it as it is."),
    purchase_advice=_("Record it as it came: the SII does not refuse one peso."),
    types=_WITH_VAT - {"39"},
    source=f"{_DTE}, p. 10 and 25, IVA (rounding is seen practice)",
    secondary_source=True,
)
def vat_is_rounded_once(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """VAT is not one peso off by how it was rounded."""
    violation = _vat_difference(document, context, rates)
    if violation and violation.severity is Severity.WARNING:
        yield violation


@rule(
    "BOLETA_NETO_FORMULA",
    Severity.ERROR,
    message=_("The net amount of the boleta is %(stated)s; it should be %(expected)s."),
    advice=_("Take the VAT out of the total: net is the affected amount by 1.19."),
    purchase_advice=_CLAIM,
    types={"39"},
    source="SII, Formato Boletas v4.1 (2024-12-31), MntNeto and IVA",
)
def receipt_net_follows(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """The net amount of a boleta is its affected amount without VAT."""
    if any(line.amount is None for line in document.lines):
        return
    affected = affected_amount(document)
    expected, explanation = affected, "Σ MontoItem"
    if document.gross_lines:
        rate = vat_rate(document, context, rates)
        expected = affected / (1 + rate / HUNDRED)
        explanation = f"{shown(affected)} / {shown(1 + rate / HUNDRED)}"
    violation = compare(
        "MntNeto",
        document.totals.net,
        rounded(expected, document.currency),
        document.currency,
        explanation,
    )
    if violation:
        yield violation


@rule(
    "TOTAL_MISMATCH",
    Severity.ERROR,
    message=_("The total is %(stated)s, but its parts come to %(expected)s."),
    advice=_CHECK_TOTALS,
    purchase_advice=_CLAIM,
    types=SUPPORTED,
    source=f"{_DTE}, p. 27, MntTotal",
    needs=("ImptoReten",),
)
def total_follows_from_parts(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """The total is net, exempt, VAT and additional taxes, less what is withheld."""
    totals = document.totals
    if totals.total is None:
        return
    parts = (
        ("MntNeto", totals.net),
        ("MntExe", totals.exempt),
        ("IVA", totals.vat),
        ("ImptoReten", additional_taxes(document)),
        ("GrntDep", totals.deposit_guarantee),
        ("CredEC", -totals.construction_credit),
        ("ValCom", -totals.commissions),
    )
    present = [(name, value) for name, value in parts if value]
    expected = sum((value for _name, value in present), ZERO)
    if difference(totals.total, expected, document.currency) is None:
        return
    explanation = " + ".join(f"{name} {shown(value)}" for name, value in present)
    violation = compare(
        "MntTotal", totals.total, expected, document.currency, explanation or "0"
    )
    if violation:
        yield violation


@rule(
    "AFECTA_TODO_EXENTO",
    Severity.ERROR,
    message=_("All lines are exempt, but the type %(type)s is for taxed sales."),
    advice=_("Issue an exempt document (34 or 41), or put VAT on the lines."),
    purchase_advice=_CLAIM,
    types={"33", "39"},
    source=f"{_DTE}, p. 31, IndExe",
)
def taxed_document_has_taxed_lines(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """A taxed invoice or boleta has at least one taxed line."""
    lines = document.lines
    if lines and all(line.exemption == EXEMPT for line in lines):
        yield Violation(
            field="IndExe",
            evidence=f"IndExe 1: {len(lines)} / {len(lines)}",
            params={"type": document.document_type},
        )


@rule(
    "EXENTA_CON_AFECTO",
    Severity.ERROR,
    message=_("An exempt document of type %(type)s has taxed amounts."),
    advice=_("Issue a taxed document (33 or 39), or make every line exempt."),
    purchase_advice=_CLAIM,
    types=EXEMPT_ONLY,
    source=f"{_DTE}, p. 24-25 (MntNeto and IVA do not exist in type 34)",
)
def exempt_document_is_exempt(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """An exempt invoice or boleta has neither net amount nor VAT."""
    totals = document.totals
    seen = [
        f"{name} {shown(value)}"
        for name, value in (("MntNeto", totals.net), ("IVA", totals.vat))
        if value
    ]
    marked = [line.exemption for line in document.lines]
    if seen or (EXEMPT in marked and None in marked):
        yield Violation(
            field="IndExe",
            evidence=", ".join(seen) or "IndExe 1 / –",
            params={"type": document.document_type},
        )


@rule(
    "EXPORT_IVA",
    Severity.ERROR,
    message=_("An export document has no net amount and no VAT."),
    advice=_("Make the lines exempt: exports are free of VAT."),
    types=EXPORTS,
    source="D.L. 825 art. 12 letter D; Formato DTE v2.2, p. 24-25",
)
def export_has_no_vat(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """An export document has neither net amount nor VAT."""
    for field, value in (
        ("MntNeto", document.totals.net),
        ("IVA", document.totals.vat),
    ):
        if value:
            yield Violation(field=field, evidence=f"{field} {shown(value)}")
