from dataclasses import replace
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.account_ai.services.documents.context import OrderLine, PurchaseOrder

from .rules_documents import CONTEXT, THEIRS, bill, line, totals
from .rules_table import INFORMATION, WARNING, Broken, RulesTable, Sound

BEARINGS = "Cambio de rodamientos de bomba centrífuga"


def ordered(**values):
    """Return the line of the order that ``bill`` charges: 2 at 50.000."""
    fields = {
        "description": BEARINGS,
        "quantity": Decimal(2),
        "unit_price": Decimal(50_000),
        "received": Decimal(2),
    }
    return OrderLine(**{**fields, **values})


def with_order(*lines, **values):
    """Return a context with the order of those lines."""
    fields = {
        "name": "P00871",
        "vendor_rut": THEIRS,
        "net": Decimal(100_000),
        "lines": lines or (ordered(),),
    }
    return replace(CONTEXT, purchase_order=PurchaseOrder(**{**fields, **values}))


TWO = bill(lines=(line(1, 1, 30_000, name="Plancha de acero 6 mm"), line(2, 1, 70_000)))
ROUNDED = bill(
    lines=(line(quantity=3, price=Decimal("33333.33"), amount=Decimal(100_000)),)
)
GROSS = bill(gross_lines=True, lines=(line(quantity=2, price=59_500),), totals=totals())


class TestOrderRules(RulesTable, BaseCase):
    BROKEN = (
        Broken(
            "PO_PRICE_DIFF",
            bill(),
            field="PrcItem",
            line=1,
            severity=WARNING,
            evidence="50.000 > 49.000",
            context=with_order(ordered(unit_price=Decimal(49_000))),
        ),
        Broken(
            "PO_PRICE_DIFF",
            bill(),
            field="PrcItem",
            line=1,
            severity=INFORMATION,
            evidence="50.000 < 51.000",
            context=with_order(ordered(unit_price=Decimal(51_000))),
        ),
        Broken(
            "PO_PRICE_DIFF",
            TWO,
            field="PrcItem",
            line=1,
            severity=WARNING,
            context=with_order(
                ordered(unit_price=Decimal(70_000)),
                ordered(
                    description="Planchas acero 6 mm plancha",
                    unit_price=Decimal(29_000),
                ),
            ),
        ),
        Broken(
            "PO_QTY_OVER_RECEIVED",
            bill(),
            field="QtyItem",
            line=1,
            severity=WARNING,
            evidence="2 > 1,5",
            context=with_order(ordered(received=Decimal("1.5"))),
        ),
        Broken(
            "PO_QTY_OVER_RECEIVED",
            bill(),
            field="QtyItem",
            line=1,
            severity=WARNING,
            evidence="3 > 2",
            context=with_order(ordered(billed=Decimal(1))),
        ),
        Broken(
            "PO_QTY_OVER_RECEIVED",
            bill(),
            field="QtyItem",
            line=1,
            severity=WARNING,
            evidence="2 > 1",
            context=with_order(ordered(received=None), received=Decimal(1)),
        ),
        Broken(
            "PO_QTY_OVER_RECEIVED",
            bill(),
            field="QtyItem",
            line=1,
            severity=WARNING,
            context=with_order(ordered(received=None, quantity=Decimal(1))),
        ),
        Broken(
            "PO_AMOUNT_OVER",
            TWO,
            field="MntNeto",
            severity=WARNING,
            evidence="100.000 > 80.000",
            context=with_order(
                ordered(description="Otra cosa"),
                ordered(description="Y otra más"),
                net=Decimal(80_000),
            ),
        ),
        Broken(
            "PO_VENDOR_DIFF",
            bill(),
            field="RUTEmisor",
            severity=WARNING,
            evidence=f"{THEIRS} ≠ 96800123-K",
            context=with_order(vendor_rut="96800123-K"),
        ),
    )
    SOUND = (
        Sound("PO_PRICE_DIFF", bill(), context=with_order()),
        Sound("PO_PRICE_DIFF", GROSS, context=with_order()),
        Sound(
            "PO_PRICE_DIFF",
            ROUNDED,
            context=with_order(
                ordered(unit_price=Decimal("33333.33"), received=Decimal(3))
            ),
        ),
        Sound(
            "PO_PRICE_DIFF",
            bill(),
            context=with_order(
                ordered(description="Servicio", bill_line=1), net=Decimal(1)
            ),
        ),
        Sound("PO_PRICE_DIFF", bill(), context=with_order(currency="USD")),
        Sound(
            "PO_QTY_OVER_RECEIVED",
            bill(),
            context=with_order(ordered(received=None), received=Decimal(2)),
        ),
        Sound(
            "PO_AMOUNT_OVER", TWO, context=with_order(ordered(description="Otra cosa"))
        ),
    )
