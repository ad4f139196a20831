"""Export documents: amounts in pesos and what customs want to know."""

from decimal import Decimal

from ...common.translation import _
from ...common.wording import joined, money, number
from ...documents.context import Context
from ...documents.currencies import ISO_CODES
from ...documents.document import Document, OtherCurrency
from ...documents.transport import Customs
from ...validation.finding import Severity
from ..amounts import issue_day, rounded, unequal
from ..document_types import EXPORTS
from ..registry import Violation, Violations, rule
from ..sentences import DTE_FORMAT

_PESOS = "PESO CL"
_SERVICES = frozenset({3, 4, 5, 6})
"""IndServicio of services, which do not pass customs; 6 came after v2.2."""
_MOST_DECIMALS = 4
_CURRENCIES = frozenset(ISO_CODES).union(
    (
        "CHELIN;CRUZEIRO REAL;DRACMA;ESCUDO;FLORIN;FRANCO BEL;FRANCO FR;LIRA;"
        "MARCO AL;MARCO FIN;OTRAS MONEDAS;PESETA;SUCRE"
    ).split(";")
)
"""TipMonType: those with an ISO code, and those no longer used."""


def _in_pesos(document: Document) -> OtherCurrency | None:
    """Return the totals in pesos (OtraMoneda), ``None`` when there are none."""
    for each in document.other_currencies:
        if each.name.strip() == _PESOS:
            return each
    return None


def _is_in_pesos(document: Document) -> bool:
    if document.currency_name:
        return document.currency_name.strip() == _PESOS
    return document.currency == "CLP"


@rule(
    "EXPORT_NO_OTRAMONEDA",
    Severity.ERROR,
    message=_("An export document must also state its amounts in pesos: %(field)s."),
    advice=_("Add OtraMoneda in PESO CL with the exchange rate and both amounts."),
    types=EXPORTS,
    source=f"{DTE_FORMAT}, p. 28-30, OtraMoneda (documentos de exportación)",
    needs=("OtraMoneda",),
)
def export_is_stated_in_pesos(document: Document) -> Violations:
    """An export document in another currency has its amounts in pesos as well."""
    if _is_in_pesos(document):
        return
    pesos = _in_pesos(document)
    if pesos is None:
        names = ", ".join(each.name for each in document.other_currencies)
        yield Violation.of("OtraMoneda", names)
        return
    for field, value in (
        ("TpoCambio", pesos.rate),
        ("MntExeOtrMnda", pesos.exempt),
        ("MntTotOtrMnda", pesos.total),
    ):
        if value is None:
            yield Violation.of(field)


@rule(
    "EXPORT_FX_ROUND",
    Severity.ERROR,
    message=_("%(field)s is %(stated)s, but the exchange rate gives %(expected)s."),
    advice=_("Convert each amount by itself and round half up to the peso."),
    types=EXPORTS,
    source="SII recalculates the pesos and refuses one peso, as seen in practice",
    secondary_source=True,
    needs=("OtraMoneda",),
)
def pesos_follow_from_rate(document: Document) -> Violations:
    """The amounts in pesos are the amounts times the exchange rate, rounded."""
    pesos = _in_pesos(document)
    if pesos is None or pesos.rate is None or _is_in_pesos(document):
        return
    totals = document.totals
    for field, stated, amount in (
        ("MntExeOtrMnda", pesos.exempt, totals.exempt),
        ("MntTotOtrMnda", pesos.total, totals.total),
    ):
        if stated is None or amount is None:
            continue
        expected = rounded(amount * pesos.rate, "CLP")
        if stated != expected:
            yield unequal(
                field,
                money(stated, "CLP"),
                money(expected, "CLP"),
                joined(money(amount, document.currency), " × ", number(pesos.rate)),
            )


@rule(
    "EXPORT_FX_RATE",
    Severity.WARNING,
    message=_("The exchange rate is %(stated)s; on %(date)s it was %(expected)s."),
    advice=_("Use the rate that the Banco Central published for the day of issue."),
    types=EXPORTS,
    source=f"{DTE_FORMAT}, p. 28, TpoCambio",
    needs=("OtraMoneda",),
)
def exchange_rate_is_of_the_day(document: Document, context: Context) -> Violations:
    """The exchange rate is the one published for the day of issue, when it is known."""
    pesos = _in_pesos(document)
    if pesos is None or pesos.rate is None:
        return
    day = issue_day(document, context)
    for known in context.exchange_rates:
        if known.currency != document.currency or known.on != day:
            continue
        if known.pesos != pesos.rate:
            yield Violation.of(
                "TpoCambio",
                joined(number(pesos.rate), " ≠ ", number(known.pesos)),
                stated=number(pesos.rate),
                expected=number(known.pesos),
                date=day,
            )


@rule(
    "EXPORT_NO_ADUANA",
    Severity.ERROR,
    message=_("An export of goods must say for customs: %(fields)s."),
    advice=_("Enter the data of the DUS, or set IndServicio when it is a service."),
    types={"110"},
    flow="sale",
    source=f"{DTE_FORMAT}, p. 20-24, Transporte/Aduana",
    needs=("Aduana",),
)
def export_has_customs_data(document: Document) -> Violations:
    """An export invoice of goods has the data of customs."""
    if document.service_indicator in _SERVICES:
        return
    customs = document.transport.customs if document.transport else None
    missing = ["Aduana"] if customs is None else _missing_customs(customs)
    if missing:
        yield Violation.of("Aduana", ", ".join(missing), fields=", ".join(missing))


def _missing_customs(customs: Customs) -> list[str]:
    fields = (
        ("CodModVenta", customs.sale_mode.strip()),
        ("CodClauVenta", customs.sale_clause.strip()),
        ("TotClauVenta", customs.clause_total is not None),
        ("CodViaTransp", customs.transport_mode.strip()),
        ("CodPtoEmbarque", customs.port_of_loading.strip()),
        ("CodPtoDesemb", customs.port_of_unloading.strip()),
        ("CodPaisRecep", customs.receiver_country.strip()),
    )
    return [name for name, value in fields if not value]


@rule(
    "ENUM_TPOMONEDA",
    Severity.ERROR,
    message=_("The currency “%(value)s” is not one of the SII's list."),
    advice=_("Use the SII's name of the currency: DOLAR USA, EURO, PESO CL."),
    types=EXPORTS,
    source="SII, SiiTypes_v10.xsd, TipMonType",
    needs=("TpoMoneda",),
)
def currency_is_of_the_list(document: Document) -> Violations:
    """Currencies are named as in the SII's list."""
    names = [document.currency_name, *(each.name for each in document.other_currencies)]
    for name in names:
        if name.strip() and name.strip() not in _CURRENCIES:
            yield Violation.of("TpoMoneda", name, value=name)


def _decimals(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


@rule(
    "EXPORT_DECIMALS",
    Severity.ERROR,
    message=_("%(field)s has more than four decimals: %(value)s."),
    advice=_("Round the amount to four decimals at most."),
    types=EXPORTS,
    source="SII, DTE_v10.xsd, Exportaciones (Dec14_4Type)",
)
def amounts_have_four_decimals(document: Document) -> Violations:
    """Amounts of exports have at most four decimals."""
    amounts: list[tuple[str, int, Decimal | None]] = [
        ("MntExe", 0, document.totals.exempt),
        ("MntTotal", 0, document.totals.total),
        *(("MontoItem", line.number, line.amount) for line in document.lines),
    ]
    for field, line_number, value in amounts:
        if value is not None and _decimals(value) > _MOST_DECIMALS:
            shown = number(value)
            yield Violation.of(field, shown, line=line_number, value=shown)
