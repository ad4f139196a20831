from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.account_ai.services.documents.document import AdditionalTax

from .rules_documents import (
    invoice,
    purchase_invoice,
    totals,
    with_line,
    with_totals,
)
from .rules_table import WARNING, Broken, RulesTable, Sound


def liquor(rate="31.5", amount=31_500, **values):
    """Return an invoice with the additional tax on liquor, 31.5 %."""
    return with_line(
        invoice(
            totals=totals(
                additional_taxes=(AdditionalTax("24", Decimal(rate), Decimal(amount)),),
                total=Decimal(119_000 + amount),
            ),
            **values,
        ),
        tax_codes=("24",),
    )


class TestAdditionalTaxRules(RulesTable, BaseCase):
    BROKEN = (
        Broken(
            "ADDTAX_RATE",
            liquor(rate="20.5", amount=20_500),
            field="TasaImp",
            evidence="24: 20,5 % ≠ 31,5 %",
        ),
        Broken(
            "ADDTAX_RATE",
            with_totals(
                purchase_invoice(),
                additional_taxes=(AdditionalTax("15", Decimal(18), Decimal(93_600)),),
                vat_not_withheld=Decimal(5_200),
                total=Decimal(525_200),
            ),
            field="TasaImp",
        ),
        Broken(
            "ADDTAX_MISMATCH",
            liquor(amount=30_000),
            field="MontoImp",
            evidence="24: MontoImp 30.000 ≠ 31.500 = 31,5 % × 100.000",
        ),
        Broken(
            "COMPRA_RETENTION",
            with_totals(purchase_invoice(), total=Decimal(618_800)),
            field="MntTotal",
            evidence="618.800 ≠ 598.000",
            also=frozenset({"TOTAL_MISMATCH"}),
        ),
        Broken(
            "COMPRA_RETENTION",
            with_totals(purchase_invoice(), vat_not_withheld=Decimal(98_800)),
            field="IVANoRet",
            evidence="98.800 ≠ 78.000",
        ),
        Broken(
            "COMPRA_RETENTION",
            with_line(
                with_totals(
                    purchase_invoice(),
                    additional_taxes=(AdditionalTax("15", None, Decimal(520_000)),),
                    vat_not_withheld=None,
                    total=Decimal(98_800),
                ),
                tax_codes=(),
            ),
            field="MontoImp",
        ),
        Broken(
            "COMPRA_NO_RETENTION",
            with_totals(
                purchase_invoice(),
                additional_taxes=(),
                vat_not_withheld=None,
                total=Decimal(618_800),
            ),
            field="ImptoReten",
            severity=WARNING,
        ),
    )
    SOUND = (
        Sound("ADDTAX_RATE", liquor()),
        Sound("ADDTAX_MISMATCH", liquor()),
        Sound(
            "COMPRA_RETENTION",
            with_line(
                with_totals(
                    purchase_invoice(),
                    additional_taxes=(
                        AdditionalTax("15", Decimal(19), Decimal(98_800)),
                    ),
                    vat_not_withheld=None,
                    total=Decimal(520_000),
                ),
                tax_codes=("15",),
            ),
        ),
        Sound(
            "COMPRA_NO_RETENTION",
            with_totals(
                purchase_invoice(),
                additional_taxes=(AdditionalTax("49", Decimal(0), Decimal(0)),),
                vat_not_withheld=None,
                total=Decimal(618_800),
            ),
        ),
    )
