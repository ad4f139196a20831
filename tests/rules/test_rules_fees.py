from dataclasses import replace
from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.account_ai.services.documents.document import AdditionalTax, Totals

from .rules_documents import (
    CONTEXT,
    fee_receipt,
    with_issuer,
    with_receiver,
    with_totals,
)
from .rules_table import WARNING, Broken, RulesTable, Sound

NEXT_YEAR = replace(CONTEXT, today=date(2027, 1, 10))
LAST_YEAR = date(2025, 12, 31)


def entered(*taxes, total):
    """Return a boleta of 1.200.000 pesos as it is entered in books, with taxes."""
    return fee_receipt(
        totals=Totals(
            exempt=Decimal(1_200_000),
            additional_taxes=taxes,
            total=Decimal(total),
        )
    )


class TestFeeRules(RulesTable, BaseCase):
    BROKEN = (
        Broken(
            "HON_RATE",
            fee_receipt(issue_date=date(2027, 1, 8)),
            field="tasa_retencion",
            evidence="15,25 % ≠ 16 % (2027)",
            context=NEXT_YEAR,
        ),
        Broken(
            "HON_RATE",
            fee_receipt(issue_date=LAST_YEAR),
            field="tasa_retencion",
            evidence="15,25 % ≠ 14,5 % (2025)",
        ),
        Broken(
            "HON_RATE",
            entered(
                AdditionalTax("15", Decimal("14.5"), Decimal(174_000)), total=1026000
            ),
            field="tasa_retencion",
        ),
        Broken(
            "HON_AMOUNT",
            with_totals(
                fee_receipt(), retention=Decimal(180_000), total=Decimal(1020000)
            ),
            field="retencion",
            evidence="180.000 ≠ 183.000 = 15,25 % × 1.200.000",
        ),
        Broken(
            "HON_AMOUNT",
            with_totals(
                fee_receipt(), retention=Decimal(183_001), total=Decimal(1_016_999)
            ),
            field="retencion",
            severity=WARNING,
        ),
        Broken(
            "HON_AMOUNT",
            with_totals(fee_receipt(), total=Decimal(1_200_000)),
            field="liquido",
            evidence="1.200.000 ≠ 1.017.000",
        ),
        Broken(
            "HON_NO_RETENTION",
            entered(total=1_200_000),
            field="retencion",
            severity=WARNING,
        ),
        Broken(
            "HON_IVA", with_totals(fee_receipt(), vat=Decimal(228_000)), field="IVA"
        ),
        Broken(
            "RUT_DV",
            with_issuer(fee_receipt(), rut="15876432-7"),
            field="RUTEmisor",
        ),
        Broken(
            "RECEIVER_NOT_US",
            with_receiver(fee_receipt(), rut="96800123-K"),
            field="RUTRecep",
        ),
    )
    SOUND = (
        Sound("HON_AMOUNT", fee_receipt()),
        Sound(
            "HON_RATE",
            entered(
                AdditionalTax("15", Decimal("15.25"), Decimal(183_000)), total=1_017_000
            ),
        ),
    )
