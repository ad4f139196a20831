"""Additional taxes and what is withheld, in facturas de compra above all."""

from dataclasses import replace
from functools import partial

from ...common.translation import _
from ...common.wording import field_named, joined, money, number, tax_named
from ...documents.context import Context
from ...documents.document import Document
from ...validation.finding import Severity
from ..amounts import (
    HUNDRED,
    WITHHELD,
    ZERO,
    compare,
    issue_day,
    rounded,
    unequal,
    untaxed,
    vat_rate,
    withheld_vat,
)
from ..dated_data import DatedData, required
from ..document_types import SUPPORTED
from ..registry import Violation, Violations, rule
from ..sentences import DTE_FORMAT

_FULL_RETENTION = frozenset("15 31 38 39 41 46 47 301 321 331 341 361 371 481".split())
"""The whole VAT is withheld: the rate is VAT's."""
_FIXED_RATES = frozenset(
    "17 18 19 23 24 25 26 27 271 30 32 33 34 36 37 44 45 48".split()
)
"""Rates that stand in the dated data as ``tax_<code>``."""


@rule(
    "ADDTAX_RATE",
    Severity.ERROR,
    message=_("The tax %(code)s has the rate %(stated)s %%; it is %(expected)s %%."),
    advice=_("Use the tax with the rate in force for that code."),
    types=SUPPORTED,
    source=f"{DTE_FORMAT}, p. 46-48, tax codes; D.L. 825 art. 37 and 42",
    needs=("ImptoReten",),
)
def additional_tax_rate(
    document: Document, context: Context, rates: DatedData
) -> Violations:
    """An additional tax has the rate of its code on the day of issue."""
    for tax in document.totals.additional_taxes:
        if tax.rate is None:
            continue
        if tax.code in _FULL_RETENTION:
            expected = vat_rate(document, context, rates)
        elif tax.code in _FIXED_RATES:
            day = issue_day(document, context)
            expected = required(rates, f"tax_{tax.code}", day)
        else:
            continue
        if tax.rate != expected:
            yield Violation.of(
                "TasaImp",
                joined(
                    tax_named(tax.code),
                    ": ",
                    number(tax.rate),
                    " % ≠ ",
                    number(expected),
                    " %",
                ),
                code=tax_named(tax.code),
                stated=number(tax.rate),
                expected=number(expected),
            )


@rule(
    "ADDTAX_MISMATCH",
    Severity.ERROR,
    message=_("The tax %(code)s is %(stated)s, but its lines give %(expected)s."),
    advice=_("Have the taxes computed again from the lines."),
    types=SUPPORTED,
    source=f"{DTE_FORMAT}, p. 26, MontoImp",
    needs=("ImptoReten", "CodImpAdic"),
)
def additional_tax_follows(document: Document) -> Violations:
    """An additional tax is its rate times the lines that carry its code."""
    if document.global_discounts or document.gross_lines:
        return  # how a global discount falls on a tax is not in the format
    for tax in document.totals.additional_taxes:
        if tax.rate is None or tax.code not in _FIXED_RATES | _FULL_RETENTION:
            continue
        if tax.code == "17":
            continue  # its base is MntBase, not the lines
        base = sum(
            (
                line.amount or ZERO
                for line in document.lines
                if tax.code in line.tax_codes
            ),
            ZERO,
        )
        if not base:
            continue
        violation = compare(
            "MontoImp",
            tax.amount,
            rounded(base * tax.rate / HUNDRED, document.currency),
            document.currency,
            joined(number(tax.rate), " % × ", money(base, document.currency)),
        )
        if violation:
            yield replace(
                violation,
                evidence=joined(tax_named(tax.code), ": ", violation.evidence),
                params={**violation.params, "code": tax_named(tax.code)},
            )


@rule(
    "COMPRA_RETENTION",
    Severity.ERROR,
    message=_(
        "The VAT withheld in the factura de compra does not fit: %(stated)s instead "
        "of %(expected)s."
    ),
    advice=_("Take the withheld VAT off the total and state the rest as IVANoRet."),
    types={"46"},
    source=f"{DTE_FORMAT}, p. 26-27, IVANoRet and MntTotal",
    needs=("ImptoReten",),
)
def withheld_vat_is_taken_off(document: Document) -> Violations:
    """The withheld VAT is part of the VAT, and is taken off the total."""
    totals = document.totals
    withheld = withheld_vat(document)
    vat = totals.vat or ZERO
    if not withheld:
        return
    pesos = partial(money, currency=document.currency)
    if withheld > vat + 1:
        yield unequal("MontoImp", pesos(withheld), pesos(vat), field_named("IVA"))
    if totals.vat_not_withheld is not None:
        rest = vat - withheld
        if abs(totals.vat_not_withheld - rest) > 1:
            yield unequal(
                "IVANoRet",
                pesos(totals.vat_not_withheld),
                pesos(rest),
                joined(field_named("IVA"), " ", pesos(vat), " − ", pesos(withheld)),
            )
    whole = untaxed(document) + vat
    if totals.total is not None and totals.total == whole:
        yield unequal(
            "MntTotal",
            pesos(totals.total),
            pesos(whole - withheld),
            joined(pesos(whole), " − ", pesos(withheld)),
        )


@rule(
    "COMPRA_NO_RETENTION",
    Severity.WARNING,
    message=_("The factura de compra withholds no VAT."),
    advice=_("Add the retention, or tax code 49 when there is none to withhold."),
    types={"46"},
    source="D.L. 825 art. 3 (change of subject); Formato DTE v2.2, p. 46-48",
    needs=("ImptoReten",),
)
def purchase_invoice_withholds(document: Document) -> Violations:
    """A factura de compra with VAT withholds it, or says that it does not."""
    codes = {tax.code for tax in document.totals.additional_taxes}
    if document.totals.vat and not codes & WITHHELD:
        vat = money(document.totals.vat, document.currency)
        yield Violation.of("ImptoReten", joined(field_named("IVA"), " ", vat))
