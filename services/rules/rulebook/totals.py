"""Totals that follow from the lines.

The SII does not refuse wrong sums (format p. 10): nobody else looks at them before the
receiver does. One peso off is a warning, more is an error (policy of this product).
"""

from decimal import Decimal

from ...common.translation import _
from ...common.wording import field_named, joined, money, number, phrase
from ...documents.context import Context
from ...documents.document import Document
from ...validation.finding import Severity
from ..amounts import (
    HUNDRED,
    LINES,
    ONE,
    ZERO,
    additional_taxes,
    affected_amount,
    compare,
    difference,
    exempt_amount,
    has_fractions,
    rounded,
    summed,
    unrounded_affected_amount,
    unrounded_exempt_amount,
    vat_rate,
)
from ..dated_data import DatedData
from ..document_types import (
    DELIVERY_GUIDES,
    EXEMPT_ONLY,
    EXPORTS,
    SUPPORTED,
    TRANSFER_SALES,
)
from ..registry import Violation, Violations, rule
from ..sentences import CLAIM, COMPUTE_TOTALS, DTE_FORMAT

_WITHOUT_PAYMENT = 21
"""FmaPagExp of samples without commercial value."""
_WITH_VAT = SUPPORTED - EXEMPT_ONLY - EXPORTS


def _is_unpriced(document: Document) -> bool:
    """Return whether a guide moves goods that are not sold, and adds nothing up."""
    totals = document.totals
    return (
        document.document_type in DELIVERY_GUIDES
        and document.transfer_indicator not in TRANSFER_SALES
        and not (totals.total or totals.net or totals.exempt or totals.vat)
    )


def _is_free_export(document: Document) -> bool:
    """Return whether an export is not paid for: its total is zero (format p. 27)."""
    return (
        document.document_type in EXPORTS
        and document.export_payment_form == _WITHOUT_PAYMENT
        and not document.totals.total
    )


def _net_difference(
    document: Document, context: Context, rates: DatedData
) -> Violation | None:
    """Return how the net amount differs from the affected lines without VAT."""
    if _is_unpriced(document):
        return None
    if any(line.amount is None for line in document.lines):
        return None
    affected = affected_amount(document)
    expected, explanation = affected, LINES
    if document.global_discounts:
        explanation = joined(LINES, " ± ", field_named("DscRcgGlobal"))
    if document.gross_lines:
        factor = 1 + vat_rate(document, context, rates) / HUNDRED
        expected = affected / factor
        explanation = joined(money(affected, document.currency), " / ", number(factor))
    violation = compare(
        "MntNeto",
        document.totals.net,
        rounded(expected, document.currency),
        document.currency,
        explanation,
    )
    if violation and has_fractions(document):
        exact = _unrounded_net(document, context, rates)
        if _is_rounding(document.totals.net, exact):
            return None
    return violation


def _unrounded_net(document: Document, context: Context, rates: DatedData) -> Decimal:
    affected = unrounded_affected_amount(document)
    if document.gross_lines:
        affected /= 1 + vat_rate(document, context, rates) / HUNDRED
    return affected


def _is_rounding(stated: Decimal | None, exact: Decimal) -> bool:
    """Return whether rounding at another place explains the difference."""
    return abs((stated or ZERO) - exact) < ONE


@rule(
    "NETO_MISMATCH",
    Severity.ERROR,
    message=_("The net amount is %(stated)s, but the lines come to %(expected)s."),
    advice=COMPUTE_TOTALS,
    purchase_advice=CLAIM,
    types=_WITH_VAT - {"39"},
    source=f"{DTE_FORMAT}, p. 24-25, MntNeto",
)
def net_follows_from_lines(
    document: Document, context: Context, rates: DatedData
) -> Violations:
    """The net amount is the affected lines less global discounts, without VAT."""
    violation = _net_difference(document, context, rates)
    if violation:
        yield violation


@rule(
    "EXENTO_MISMATCH",
    Severity.ERROR,
    message=_(
        "The exempt amount is %(stated)s, but the exempt lines come to %(expected)s."
    ),
    advice=COMPUTE_TOTALS,
    purchase_advice=CLAIM,
    types=SUPPORTED,
    source=f"{DTE_FORMAT}, p. 25, MntExe",
)
def exempt_follows_from_lines(document: Document) -> Violations:
    """The exempt amount is the exempt lines less their global discounts."""
    if _is_unpriced(document) or any(line.amount is None for line in document.lines):
        return
    violation = compare(
        "MntExe",
        document.totals.exempt,
        exempt_amount(document),
        document.currency,
        phrase(_("sum of the exempt lines"), "Σ MontoItem (IndExe 1)"),
    )
    if violation and has_fractions(document):
        exact = unrounded_exempt_amount(document)
        if _is_rounding(document.totals.exempt, exact):
            return
    if violation:
        yield violation


@rule(
    "IVA_RATE",
    Severity.ERROR,
    message=_("The VAT rate is %(stated)s %%; by law it is %(expected)s %%."),
    advice=_("Use the tax with the rate in force."),
    purchase_advice=CLAIM,
    types=_WITH_VAT,
    source="D.L. 825 art. 14; SII, Formato DTE v2.2, p. 25, TasaIVA",
)
def vat_rate_is_the_legal_one(
    document: Document, context: Context, rates: DatedData
) -> Violations:
    """The VAT rate is the one in force on the day of issue."""
    stated = document.totals.vat_rate
    if stated is None:
        return
    expected = vat_rate(document, context, rates)
    if stated != expected:
        yield Violation.of(
            "TasaIVA",
            joined(number(stated), " % ≠ ", number(expected), " %"),
            stated=number(stated),
            expected=number(expected),
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
    violation = compare(
        "IVA",
        totals.vat,
        expected,
        document.currency,
        joined(number(rate), " % × ", money(net, document.currency)),
    )
    if violation and has_fractions(document):
        exact = _unrounded_net(document, context, rates)
        exact_vat = exact * rate / HUNDRED
        if not _is_rounding(net, exact):
            return violation
        if totals.vat in (
            rounded(exact_vat, document.currency),
            rounded(exact + exact_vat, document.currency) - net,
        ):
            return None  # rounded once: from the exact net, or with the total
        if document.gross_lines and _is_rounding(totals.vat, exact_vat):
            return None  # gross prices are rounded themselves, the exact net is lost
    return violation


@rule(
    "IVA_MISMATCH",
    Severity.ERROR,
    message=_("The VAT is %(stated)s, but the net amount gives %(expected)s."),
    advice=COMPUTE_TOTALS,
    purchase_advice=CLAIM,
    types=_WITH_VAT - {"39"},
    source=f"{DTE_FORMAT}, p. 25, IVA; D.L. 825 art. 14",
)
def vat_follows_from_net(
    document: Document, context: Context, rates: DatedData
) -> Violations:
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
    source=f"{DTE_FORMAT}, p. 10 and 25, IVA (rounding is seen practice)",
    secondary_source=True,
)
def vat_is_rounded_once(
    document: Document, context: Context, rates: DatedData
) -> Violations:
    """VAT is not one peso off by how it was rounded."""
    violation = _vat_difference(document, context, rates)
    if violation and violation.severity is Severity.WARNING:
        yield violation


@rule(
    "BOLETA_NETO_FORMULA",
    Severity.ERROR,
    message=_("The net amount of the boleta is %(stated)s; it should be %(expected)s."),
    advice=_("Take the VAT out of the total: net is the affected amount by 1.19."),
    purchase_advice=CLAIM,
    types={"39"},
    source="SII, Formato Boletas v4.1 (2024-12-31), MntNeto and IVA",
)
def receipt_net_follows(
    document: Document, context: Context, rates: DatedData
) -> Violations:
    """Net amount and VAT of a boleta are its affected amount, taken apart.

    The VAT is what is left of the amount, or the rate of the net: both are in use.
    """
    violation = _net_difference(document, context, rates)
    if violation:
        yield violation
        return
    totals = document.totals
    if not document.gross_lines or any(line.amount is None for line in document.lines):
        violation = _vat_difference(document, context, rates)
        if violation:
            yield violation
        return
    net = totals.net or ZERO
    rest = rounded(affected_amount(document), document.currency) - net
    once = rounded(unrounded_affected_amount(document), document.currency) - net
    if totals.vat in (rest, once) or not _vat_difference(document, context, rates):
        return
    violation = compare(
        "IVA",
        totals.vat,
        rest,
        document.currency,
        joined(LINES, " − ", field_named("MntNeto")),
    )
    if violation:
        yield violation


@rule(
    "COMMISSIONS_MISMATCH",
    Severity.ERROR,
    message=_("The commissions are %(stated)s, but their lines come to %(expected)s."),
    advice=COMPUTE_TOTALS,
    purchase_advice=CLAIM,
    types={"43", "46", "56", "61"},
    source=f"{DTE_FORMAT}, p. 27 and 43, ValComNeto, ValComExe and ValComIVA",
    needs=("Comisiones",),
)
def commissions_follow_from_lines(document: Document) -> Violations:
    """The commissions taken off the total are what their lines come to."""
    if not document.commissions:
        return
    expected = sum(
        (
            (each.net or ZERO) + (each.exempt or ZERO) + (each.vat or ZERO)
            for each in document.commissions
        ),
        ZERO,
    )
    violation = compare(
        "ValCom",
        document.totals.commissions,
        expected,
        document.currency,
        phrase(_("sum of the commissions"), "Σ Comisiones"),
    )
    if violation:
        yield violation


@rule(
    "TOTAL_MISMATCH",
    Severity.ERROR,
    message=_("The total is %(stated)s, but its parts come to %(expected)s."),
    advice=COMPUTE_TOTALS,
    purchase_advice=CLAIM,
    types=SUPPORTED,
    source=f"{DTE_FORMAT}, p. 27, MntTotal",
    needs=("ImptoReten",),
)
def total_follows_from_parts(document: Document) -> Violations:
    """The total is net, exempt, VAT and additional taxes, less what is withheld."""
    totals = document.totals
    if totals.total is None or _is_free_export(document):
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
    violation = compare(
        "MntTotal",
        totals.total,
        expected,
        document.currency,
        summed(present, document.currency),
    )
    if violation:
        yield violation
