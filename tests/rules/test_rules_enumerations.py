from dataclasses import replace
from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.account_ai.services.documents.document import GlobalDiscount

from .rules_documents import (
    bill,
    export_invoice,
    in_pesos,
    invoice,
    line,
    receipt,
    totals,
    with_line,
)
from .rules_table import Broken, RulesTable, Sound

TWO_LINES = {"totals": totals(200_000), "payment_form": 1}


class TestEnumerationRules(RulesTable, BaseCase):
    BROKEN = (
        Broken(
            "ENUM_INDEXE",
            invoice(
                lines=(line(), line(2, exemption=7)),
            ),
            field="IndExe",
            line=2,
            evidence="7 ∉ 1, 2, 3",
        ),
        Broken("ENUM_TIPODESPACHO", invoice(dispatch_type=4), field="TipoDespacho"),
        Broken("ENUM_INDSERVICIO", invoice(service_indicator=4), field="IndServicio"),
        Broken(
            "ENUM_INDSERVICIO_EXPORT",
            export_invoice(service_indicator=7),
            field="IndServicio",
        ),
        Broken("ENUM_MEDIOPAGO", invoice(means_of_payment="1"), field="MedioPago"),
        Broken(
            "ENUM_MEDIOPAGO_BOLETA", receipt(means_of_payment="EF"), field="MedioPago"
        ),
        Broken(
            "ENUM_DSCRCGGLOBAL",
            bill(global_discounts=(GlobalDiscount("X", "$", Decimal(0)),)),
            field="TpoMov/TpoValor",
            evidence="X$",
        ),
        Broken(
            "ENUM_TPOMONEDA",
            export_invoice(currency_name="DOLAR"),
            field="TpoMoneda",
            evidence="DOLAR",
        ),
        Broken(
            "ENUM_TPOMONEDA",
            export_invoice(other_currencies=(in_pesos(), in_pesos(name="CLP"))),
            field="TpoMoneda",
            evidence="CLP",
        ),
        Broken(
            "LINES_NUMBERING",
            invoice(lines=(line(), line(3)), **TWO_LINES),
            field="NroLinDet",
            evidence="1, 3",
        ),
        Broken(
            "LINES_NUMBERING",
            invoice(lines=(line(2), line(1)), **TWO_LINES),
            field="NroLinDet",
        ),
        Broken(
            "PERIOD_REVERSED",
            invoice(period_from=date(2026, 11, 1), period_to=date(2026, 10, 31)),
            field="PeriodoHasta",
            evidence="2026-10-31 < 2026-11-01",
        ),
    )
    SOUND = (
        Sound("ENUM_INDEXE", with_line(receipt(), exemption=None)),
        Sound("ENUM_INDSERVICIO", invoice(service_indicator=3)),
        Sound("ENUM_INDSERVICIO_EXPORT", export_invoice(service_indicator=6)),
        Sound("ENUM_MEDIOPAGO", invoice(means_of_payment="EF")),
        Sound("ENUM_MEDIOPAGO_BOLETA", receipt(means_of_payment="5")),
        Sound(
            "ENUM_TIPODESPACHO",
            replace(
                invoice(dispatch_type=9), not_representable=frozenset({"TipoDespacho"})
            ),
        ),
        Sound("LINES_NUMBERING", invoice(lines=(line(), line(2)), **TWO_LINES)),
        Sound(
            "PERIOD_REVERSED",
            invoice(period_from=date(2026, 11, 1), period_to=date(2026, 11, 1)),
        ),
    )
