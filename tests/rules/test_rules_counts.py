from dataclasses import replace
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.account_ai.services.documents.document import (
    AdditionalTax,
    Commission,
    GlobalDiscount,
    Payment,
    Totals,
)

from .rules_documents import (
    guide,
    invoice,
    line,
    receipt,
    reference,
    settlement,
    totals,
    with_issuer,
    with_line,
    with_references,
    with_totals,
)
from .rules_table import Broken, RulesTable, Sound


def invoice_of(count):
    """Return an invoice of so many lines of 1.000 pesos."""
    lines = tuple(line(number + 1, 1, 1000) for number in range(count))
    return invoice(lines=lines, totals=totals(1000 * count))


def receipt_of(count):
    """Return a boleta of so many lines of 119 pesos."""
    lines = tuple(line(number + 1, 1, 119) for number in range(count))
    amounts = Totals(
        net=Decimal(100 * count), vat=Decimal(19 * count), total=Decimal(119 * count)
    )
    return receipt(lines=lines, totals=amounts)


def orders(count):
    """Return so many references to orders."""
    return tuple(
        reference(number=number + 1, document_type="801", code=None)
        for number in range(count)
    )


def discounts(count):
    """Return so many global discounts of nothing."""
    return (GlobalDiscount("D", "$", Decimal(0)),) * count


def taxes(count):
    """Return so many fuel taxes of nothing."""
    return (AdditionalTax("28", None, Decimal(0)),) * count


NO_COMMISSION = Commission("C", net=Decimal(0))
NO_PAYMENT = Payment(None, None)


def commissions(count):
    """Return a liquidación-factura with so many more commissions of nothing."""
    return settlement(
        commissions=(*settlement().commissions, *(NO_COMMISSION,) * count)
    )


class TestCountRules(RulesTable, BaseCase):
    BROKEN = (
        Broken(
            "SUBTOTALS_MAX", invoice(subtotals=21), field="SubTotInfo", evidence="21"
        ),
        Broken("COMMISSIONS_MAX", commissions(20), field="Comisiones", evidence="21"),
        Broken("PAYMENTS_MAX", invoice(payments=(NO_PAYMENT,) * 31), field="MntPagos"),
        Broken(
            "ITEM_CODES_MAX",
            with_line(invoice(), item_codes=tuple("ABCDEF")),
            field="CdgItem",
            evidence="6 > 5",
        ),
        Broken(
            "DISCOUNTS_NOT_ALLOWED",
            guide(global_discounts=discounts(1)),
            field="DscRcgGlobal",
        ),
        Broken("LINES_ZERO", invoice_of(0), field="NroLinDet"),
        Broken("LINES_MAX", invoice_of(61), field="NroLinDet", evidence="61 > 60"),
        Broken(
            "LINES_MAX", receipt_of(1001), field="NroLinDet", evidence="1001 > 1000"
        ),
        Broken("REFS_MAX", with_references(invoice(), *orders(41)), field="Referencia"),
        Broken(
            "DISCOUNTS_MAX",
            invoice(global_discounts=discounts(21)),
            field="DscRcgGlobal",
        ),
        Broken(
            "TAXES_MAX",
            with_totals(invoice(), additional_taxes=taxes(21)),
            field="ImptoReten",
        ),
        Broken(
            "ACTECO_MAX", with_issuer(invoice(), acteco=("429000",) * 5), field="Acteco"
        ),
        Broken(
            "LINE_TAXES_MAX",
            with_line(invoice(), tax_codes=("28", "35", "51")),
            field="CodImpAdic",
            line=1,
            evidence="28, 35, 51",
        ),
    )
    SOUND = (
        Sound("SUBTOTALS_MAX", invoice(subtotals=20)),
        Sound("COMMISSIONS_MAX", commissions(19)),
        Sound("PAYMENTS_MAX", invoice(payments=(NO_PAYMENT,) * 30)),
        Sound("ITEM_CODES_MAX", with_line(invoice(), item_codes=tuple("ABCDE"))),
        Sound("LINES_ZERO", invoice_of(1)),
        Sound("LINES_MAX", invoice_of(60)),
        Sound("LINES_MAX", receipt_of(1000)),
        Sound("REFS_MAX", with_references(invoice(), *orders(40))),
        Sound("DISCOUNTS_MAX", invoice(global_discounts=discounts(20))),
        Sound("TAXES_MAX", with_totals(invoice(), additional_taxes=taxes(20))),
        Sound("ACTECO_MAX", with_issuer(invoice(), acteco=("429000",) * 4)),
        Sound(
            "ACTECO_MAX",
            replace(
                with_issuer(invoice(), acteco=("429000",) * 5),
                not_representable=frozenset({"Acteco"}),
            ),
        ),
        Sound("LINE_TAXES_MAX", with_line(invoice(), tax_codes=("28", "35"))),
    )
