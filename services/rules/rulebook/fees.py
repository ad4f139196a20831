"""Boletas de honorarios: the fee and what is withheld from it."""

from dataclasses import dataclass
from decimal import Decimal

from ...common.translation import _
from ...common.wording import joined, money, number
from ...documents.context import Context
from ...documents.document import Document
from ...validation.finding import Severity
from ..amounts import HUNDRED, LINES, ZERO, compare, issue_day, rounded, untaxed
from ..dated_data import DatedData, required
from ..document_types import FEES
from ..registry import Violation, Violations, rule

_LAW = "Ley sobre Impuesto a la Renta art. 74 no. 2; Ley 21.133 transitory art. 5"
_FAQ = "SII, FAQ 001.140.7297 and 001.140.8398"
_FEE_RETENTION = "15"
"""Odoo gives its tax of withheld fees this code."""
_ASK_AGAIN = _("Ask the professional for a boleta with the right retention.")


@dataclass(frozen=True)
class _Fee:
    gross: Decimal | None
    rate: Decimal | None
    withheld: Decimal | None
    net: Decimal | None


def _fee(document: Document) -> _Fee:
    """Return the amounts, from the boleta's own fields or from an entry with taxes."""
    totals = document.totals
    if totals.fee is not None:
        return _Fee(totals.fee, totals.retention_rate, totals.retention, totals.total)
    taxes = [each for each in totals.additional_taxes if each.code == _FEE_RETENTION]
    gross = None
    if totals.net is not None or totals.exempt is not None:
        gross = untaxed(document)
    rates = {each.rate for each in taxes}
    return _Fee(
        gross,
        rates.pop() if len(rates) == 1 else None,
        sum((each.amount for each in taxes), ZERO) if taxes else None,
        totals.total,
    )


def _is_unwithheld(fee: _Fee) -> bool:
    return fee.withheld is None and fee.net in (None, fee.gross)


@rule(
    "HON_RATE",
    Severity.ERROR,
    message=_("The retention is %(stated)s %%; for %(year)s it is %(expected)s %%."),
    advice=_ASK_AGAIN,
    types=FEES,
    source=f"{_LAW}; {_FAQ}",
)
def retention_rate_is_of_the_year(
    document: Document, context: Context, rates: DatedData
) -> Violations:
    """What is withheld from a fee has the rate of the year of issue."""
    stated = _fee(document).rate
    if stated is None:
        return
    day = issue_day(document, context)
    expected = required(rates, "honorarios_retention", day)
    if stated != expected:
        yield Violation.of(
            "tasa_retencion",
            joined(number(stated), " % ≠ ", number(expected), f" % ({day.year})"),
            stated=number(stated),
            expected=number(expected),
            year=day.year,
        )


@rule(
    "HON_AMOUNT",
    Severity.ERROR,
    message=_("%(field)s is %(stated)s, but the fee gives %(expected)s."),
    advice=_ASK_AGAIN,
    types=FEES,
    source=f"{_LAW}; {_FAQ}",
)
def retention_follows_from_fee(
    document: Document, context: Context, rates: DatedData
) -> Violations:
    """The retention is rate times fee, and what is paid is the fee less retention."""
    fee = _fee(document)
    if fee.gross is None or _is_unwithheld(fee):
        return
    rate = fee.rate
    if rate is None:
        rate = required(rates, "honorarios_retention", issue_day(document, context))
    withheld = rounded(fee.gross * rate / HUNDRED, document.currency)
    paid = fee.gross - (withheld if fee.withheld is None else fee.withheld)
    lines = [line.amount for line in document.lines if line.amount is not None]
    gross = money(fee.gross, document.currency)
    retained = money(fee.gross - paid, document.currency)
    for field, stated, expected, explanation in (
        ("bruto", fee.gross, sum(lines, ZERO) if lines else fee.gross, LINES),
        ("retencion", fee.withheld, withheld, joined(number(rate), " % × ", gross)),
        ("liquido", fee.net, paid, joined(gross, " − ", retained)),
    ):
        if stated is None:
            continue
        violation = compare(field, stated, expected, document.currency, explanation)
        if violation:
            yield violation


@rule(
    "HON_NO_RETENTION",
    Severity.WARNING,
    message=_("Nothing is withheld from the fee."),
    advice=_("Withhold by law, unless the professional pays it himself (PPM)."),
    types=FEES,
    source=_LAW,
)
def fee_is_withheld_from(document: Document) -> Violations:
    """A company withholds from the fees that it pays."""
    fee = _fee(document)
    if fee.gross and _is_unwithheld(fee):
        yield Violation.of("retencion", money(fee.gross, document.currency))


@rule(
    "HON_IVA",
    Severity.ERROR,
    message=_("A boleta de honorarios has no VAT, but this one has %(vat)s."),
    advice=_("Take the VAT off: fees are free of it."),
    types=FEES,
    source="D.L. 825 art. 12 letter E no. 8",
)
def fee_has_no_vat(document: Document) -> Violations:
    """Fees have no VAT."""
    vat = document.totals.vat
    if vat:
        shown = money(vat, document.currency)
        yield Violation.of("IVA", shown, vat=shown)
