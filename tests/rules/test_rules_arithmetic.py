from dataclasses import replace
from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.account_ai.services.documents.document import (
    GlobalDiscount,
    Totals,
)

from .rules_documents import (
    bill,
    exempt_invoice,
    exempt_receipt,
    export_invoice,
    guide,
    invoice,
    line,
    receipt,
    settlement,
    totals,
    with_line,
    with_totals,
)
from .rules_table import WARNING, Broken, RulesTable, Sound

GROSS = invoice(
    gross_lines=True, lines=(line(quantity=1, price=119_000),), totals=totals()
)
MIXED = invoice(
    lines=(line(), line(2, 1, 30_000, exemption=1)),
    totals=totals(exempt=Decimal(30_000), total=Decimal(149_000)),
)
DISCOUNTED = invoice(
    global_discounts=(
        GlobalDiscount("D", "%", Decimal(5)),
        GlobalDiscount("R", "$", Decimal(1_000)),
    ),
    totals=totals(96_000),
)
DOLLARS = invoice(
    currency="USD",
    lines=(line(quantity=3, price="33.335", amount=Decimal("100.01")),),
    totals=Totals(
        net=Decimal("100.01"),
        vat_rate=Decimal(19),
        vat=Decimal("19.00"),
        total=Decimal("119.01"),
    ),
)


FRACTIONS = (
    line(1, "1.33", 57_881, amount=Decimal(76_982)),
    line(2, "1.33", 57_881, amount=Decimal(76_982), exemption=1),
)
"""Lines of 76.981,73 pesos each."""
ROUNDED_ONCE = invoice(
    lines=FRACTIONS,
    totals=Totals(
        net=Decimal(76_981),
        exempt=Decimal(76_982),
        vat_rate=Decimal(19),
        vat=Decimal(14_627),
        total=Decimal(168_590),
    ),
)
"""As Odoo adds them up: the sum is 153.963,46, its VAT 14.626,53."""
NOTHING = Totals(net=Decimal(0), vat=Decimal(0), total=Decimal(0))


class TestArithmeticRules(RulesTable, BaseCase):
    BROKEN = (
        Broken(
            "LINE_MISMATCH",
            with_line(invoice(), unit_price=Decimal(45_000)),
            field="MontoItem",
            line=1,
            evidence="100.000 ≠ 90.000 = 2 × 45.000",
        ),
        Broken(
            "LINE_MISMATCH",
            with_line(invoice(), unit_price=Decimal("50000.5")),
            field="MontoItem",
            line=1,
            severity=WARNING,
        ),
        Broken(
            "LINE_MISMATCH",
            with_line(bill(), discount=Decimal(5_000)),
            field="MontoItem",
            line=1,
            evidence="2 × 50.000 − 5.000",
        ),
        Broken(
            "LINE_AMOUNT_NOT_ZERO",
            invoice(lines=(line(), line(2, 1, 500, exemption=4))),
            field="MontoItem",
            line=2,
        ),
        Broken(
            "NEG_AMOUNT",
            invoice(lines=(line(quantity=3), line(2, 1, -50_000))),
            field="MontoItem",
            line=2,
            evidence="-50.000",
        ),
        Broken(
            "NEG_AMOUNT",
            with_totals(exempt_invoice(), net=Decimal(-1), total=Decimal(99_999)),
            field="MntNeto",
            also=frozenset({"EXENTA_CON_AFECTO"}),
        ),
        Broken(
            "DISCOUNT_EXCEEDS_LINE",
            invoice(
                lines=(line(quantity=3), line(2, 1, 50_000, discount=Decimal(100_000)))
            ),
            field="DescuentoMonto",
            line=2,
            evidence="100.000 > 50.000",
            also=frozenset({"NEG_AMOUNT"}),
        ),
        Broken(
            "DECIMALS_CLP",
            with_totals(invoice(), vat=Decimal("19000.5"), total=Decimal("119000.5")),
            field="IVA",
            evidence="19.000,5",
        ),
        Broken(
            "DECIMALS_CLP",
            with_line(invoice(), amount=Decimal("100000.4")),
            field="MontoItem",
            line=1,
        ),
        Broken(
            "NETO_MISMATCH",
            invoice(totals=totals(90_000)),
            field="MntNeto",
            evidence="MntNeto 90.000 ≠ 100.000 = Σ MontoItem",
        ),
        Broken(
            "NETO_MISMATCH",
            invoice(totals=totals(100_001)),
            field="MntNeto",
            severity=WARNING,
        ),
        Broken(
            "NETO_MISMATCH", replace(GROSS, totals=totals(119_000)), field="MntNeto"
        ),
        Broken(
            "NETO_MISMATCH",
            replace(DISCOUNTED, totals=totals(95_000)),
            field="MntNeto",
            evidence="≠ 96.000",
        ),
        Broken(
            "EXENTO_MISMATCH",
            with_totals(MIXED, exempt=Decimal(20_000), total=Decimal(139_000)),
            field="MntExe",
        ),
        Broken(
            "EXENTO_MISMATCH",
            with_totals(exempt_invoice(), exempt=None, total=Decimal(0)),
            field="MntExe",
        ),
        Broken(
            "IVA_RATE",
            with_totals(
                invoice(),
                vat_rate=Decimal(18),
                vat=Decimal(18_000),
                total=Decimal(118_000),
            ),
            field="TasaIVA",
            evidence="18 % ≠ 19 %",
        ),
        Broken(
            "IVA_MISMATCH",
            with_totals(invoice(), vat=Decimal(18_000), total=Decimal(118_000)),
            field="IVA",
            evidence="IVA 18.000 ≠ 19.000 = 19 % × 100.000",
        ),
        Broken(
            "IVA_MISMATCH",
            with_totals(invoice(), vat_rate=None, vat=None, total=Decimal(100_000)),
            field="IVA",
        ),
        Broken(
            "NETO_MISMATCH",
            with_totals(
                ROUNDED_ONCE,
                net=Decimal(76_983),
                vat=Decimal(14_627),
                total=Decimal(168_592),
            ),
            field="MntNeto",
            severity=WARNING,
            evidence="MntNeto 76.983 ≠ 76.982 = Σ MontoItem",
        ),
        Broken(
            "IVA_ROUNDING_1",
            with_totals(invoice(), vat=Decimal(19_001), total=Decimal(119_001)),
            field="IVA",
            severity=WARNING,
        ),
        Broken(
            "IVA_ROUNDING_1",
            with_totals(DOLLARS, vat=Decimal("19.01"), total=Decimal("119.02")),
            field="IVA",
            severity=WARNING,
        ),
        Broken(
            "BOLETA_NETO_FORMULA",
            with_totals(receipt(), net=Decimal(24_990), vat=Decimal(0)),
            field="MntNeto",
            evidence="24.990 / 1,19",
        ),
        Broken(
            "TOTAL_MISMATCH",
            with_totals(invoice(), total=Decimal(191_000)),
            field="MntTotal",
            evidence="MntTotal 191.000 ≠ 119.000 = MntNeto 100.000 + IVA 19.000",
        ),
        Broken(
            "TOTAL_MISMATCH",
            with_totals(guide(), total=Decimal(118_999)),
            field="MntTotal",
            severity=WARNING,
        ),
        Broken(
            "TOTAL_MISMATCH",
            with_totals(settlement(), commissions=Decimal(0)),
            field="MntTotal",
            also=frozenset({"COMMISSIONS_MISMATCH"}),
        ),
        # 100.000,4 pesos: no way of rounding makes 19.001 of them
        Broken(
            "IVA_ROUNDING_1",
            with_line(
                with_totals(invoice(), vat=Decimal(19_001), total=Decimal(119_001)),
                quantity=Decimal(1),
                unit_price=Decimal("100000.4"),
            ),
            field="IVA",
            severity=WARNING,
        ),
        Broken(
            "COMMISSIONS_MISMATCH",
            with_totals(
                settlement(), commissions=Decimal(9_900), total=Decimal(109_100)
            ),
            field="ValCom",
            evidence="9.900 ≠ 11.900",
        ),
        Broken(
            "BOLETA_NETO_FORMULA",
            with_totals(receipt(), vat=Decimal(3_980), total=Decimal(24_980)),
            field="IVA",
            evidence="3.980 ≠ 3.990",
        ),
        Broken(
            "AFECTA_TODO_EXENTO",
            exempt_invoice(document_type="33"),
            field="IndExe",
        ),
        Broken(
            "AFECTA_TODO_EXENTO",
            exempt_receipt(document_type="39"),
            field="IndExe",
        ),
        Broken(
            "EXENTA_CON_AFECTO",
            replace(MIXED, document_type="34"),
            field="IndExe",
            evidence="MntNeto 100.000, IVA 19.000",
        ),
        Broken(
            "EXPORT_IVA",
            with_totals(
                export_invoice(),
                net=Decimal("2102.95"),
                exempt=None,
                total=Decimal("2102.95"),
            ),
            field="MntNeto",
            also=frozenset({"EXENTO_MISMATCH"}),
        ),
    )
    SOUND = (
        Sound("LINE_MISMATCH", with_line(invoice(), quantity=None, unit_price=None)),
        Sound(
            "LINE_MISMATCH",
            invoice(
                lines=(line(quantity="3.5", price="28571.43", amount=Decimal(100_000)),)
            ),
        ),
        Sound(
            "LINE_MISMATCH",
            invoice(
                lines=(
                    line(
                        quantity=2,
                        price=50_500,
                        discount=Decimal(2_000),
                        surcharge=Decimal(1_000),
                    ),
                )
            ),
        ),
        Sound(
            "LINE_AMOUNT_NOT_ZERO",
            invoice(lines=(line(), line(2, 3, 500, exemption=4, amount=Decimal(0)))),
        ),
        Sound("NEG_AMOUNT", invoice(lines=(line(), line(2, 1, 0)))),
        Sound(
            "NEG_AMOUNT",
            with_totals(
                settlement(lines=(line(quantity=3), line(2, 1, -50_000))),
                net=Decimal(100_000),
            ),
        ),
        Sound("DECIMALS_CLP", DOLLARS),
        Sound("NETO_MISMATCH", GROSS),
        Sound("NETO_MISMATCH", DISCOUNTED),
        Sound("NETO_MISMATCH", ROUNDED_ONCE),
        Sound("IVA_ROUNDING_1", ROUNDED_ONCE),
        Sound("EXENTO_MISMATCH", ROUNDED_ONCE),
        Sound("EXENTO_MISMATCH", MIXED),
        Sound("EXENTO_MISMATCH", with_line(exempt_invoice(), exemption=None)),
        Sound(
            "EXENTO_MISMATCH",
            replace(
                MIXED,
                global_discounts=(GlobalDiscount("D", "$", Decimal(5_000), 1),),
                totals=totals(exempt=Decimal(25_000), total=Decimal(144_000)),
            ),
        ),
        Sound(
            "IVA_ROUNDING_1",
            invoice(
                lines=(line(quantity=1, price=1_381_404),),
                totals=totals(
                    1_381_404, vat=Decimal(262_467), total=Decimal(1_643_871)
                ),
            ),
        ),
        Sound("IVA_RATE", with_totals(invoice(), vat_rate=None)),
        Sound("AFECTA_TODO_EXENTO", MIXED),
        Sound("EXENTA_CON_AFECTO", with_line(exempt_receipt(), exemption=None)),
        Sound("TOTAL_MISMATCH", settlement()),
        Sound(
            "TOTAL_MISMATCH",
            with_totals(export_invoice(export_payment_form=21), total=Decimal(0)),
            also=frozenset({"EXPORT_FX_ROUND"}),
        ),
        Sound("NETO_MISMATCH", guide(transfer_indicator=5, totals=NOTHING)),
        Sound(
            "LINE_MISMATCH",
            with_line(guide(transfer_indicator=5, totals=NOTHING), amount=Decimal(0)),
        ),
        Sound(
            "TOTAL_MISMATCH",
            with_totals(
                invoice(), deposit_guarantee=Decimal(500), total=Decimal(119_500)
            ),
        ),
        Sound(
            "TOTAL_MISMATCH",
            with_totals(
                invoice(), construction_credit=Decimal(12_350), total=Decimal(106_650)
            ),
        ),
        Sound(
            "TOTAL_MISMATCH",
            with_totals(
                replace(invoice(), not_representable=frozenset({"ImptoReten"})),
                total=Decimal(150_500),
            ),
        ),
    )

    def test_halves_are_rounded_up(self):
        # 19 % of 50 is 9.5 pesos
        up = invoice(
            lines=(line(quantity=1, price=50),),
            totals=totals(50, vat=Decimal(10), total=Decimal(60)),
        )
        down = with_totals(up, vat=Decimal(9), total=Decimal(59))
        self.assertEqual(self.codes(up), set())
        self.assertEqual(self.codes(down), {"IVA_ROUNDING_1"})

    def test_a_period_without_data_is_for_review_and_uses_no_older_value(self):
        document = replace(invoice(), issue_date=date(2003, 9, 30), due_date=None)
        (finding,) = [
            each for each in self.findings(document) if each.code == "RATE_MISSING"
        ]
        self.assertEqual(finding.severity, WARNING)
        self.assertIn("vat_rate", finding.evidence)
