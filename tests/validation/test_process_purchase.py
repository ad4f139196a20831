"""Bills against orders and receipts, in a database with the purchase app."""

import json
import unittest

from odoo.tests import BaseCase, tagged

from ..common.process_case import SETUP

ORDERED = """
import json
from odoo import Command, fields

env.user.group_ids += env.ref("purchase.group_purchase_manager")
dozen, unit = env.ref("uom.product_uom_dozen"), env.ref("uom.product_uom_unit")
goods = env["product.product"].create({"name": "Perno de acero", "type": "consu",
    "purchase_method": "receive", "uom_id": unit.id})
work = env["product.product"].create({"name": "Asesoría en terreno",
    "type": "service", "purchase_method": "purchase"})
order = env["purchase.order"].create({"partner_id": customer.id, "order_line": [
    Command.create({"product_id": goods.id, "product_qty": 10,
                    "product_uom_id": dozen.id, "price_unit": 1200}),
    Command.create({"product_id": work.id, "product_qty": 1, "price_unit": 50_000,
                    "discount": 10})]})
order.button_confirm()
order.order_line[0].qty_received = 5
order.action_create_invoice()
bill = order.invoice_ids
bill.write({"invoice_date": fields.Date.today(), "l10n_latam_document_number": "999"})
lines = bill.invoice_line_ids
# The vendor charges by the piece, as many as came in.
lines[0].write({"product_uom_id": unit.id, "quantity": 60, "price_unit": 100})


def judged():
    env.flush_all()
    reading = env["account.ai.document.reader"]._read_with_places(bill)[bill.id]
    findings = env["account.ai.validation"]._judge_by_rules([reading])[0].findings
    return {
        "order": reading.context.purchase_order is not None,
        "found": sorted(each.code for each in findings if each.code[:2] == "PO"),
    }


results = {"as ordered": judged()}
lines[0].quantity = 61
results["more than came in"] = judged()
lines[0].quantity = 60
lines[1].price_unit = 60_000
results["dearer"] = judged()
lines[1].price_unit = 50_000
other = bill.copy({"invoice_date": fields.Date.today()})
other.invoice_line_ids[0].purchase_line_id = order.order_line[0]
results["charged twice"] = judged()
other.button_cancel()
results["the other was cancelled"] = judged()
clerk = env["res.users"].create({"name": "Clerk", "login": "clerk", "group_ids": [
    Command.set((env.ref("account_ai.group_user") + env.ref("base.group_user")).ids)]})
results["may see no orders"] = env["purchase.order"].with_user(clerk).has_access("read")
print("results", json.dumps(results))
"""


@tagged("post_install", "-at_install")
class TestPurchase(BaseCase):
    def test_bill_against_order_and_receipt(self):
        try:
            from ..common.server import copied_database
        except ImportError as error:
            raise unittest.SkipTest("needs the development tools") from error
        with copied_database("purchase") as (prepared, name):
            prepared.initialize(name, ["purchase"])
            script = SETUP.format(drafts=1, users=0) + ORDERED
            printed = prepared.run_script(name, script)
        line = next(
            each for each in printed.splitlines() if each.startswith("results ")
        )
        results = json.loads(line.removeprefix("results "))
        self.assertEqual(
            results,
            {
                "as ordered": {"order": True, "found": []},
                "more than came in": {
                    "order": True,
                    "found": ["PO_QTY_OVER_RECEIVED"],
                },
                "dearer": {"order": True, "found": ["PO_PRICE_DIFF"]},
                "charged twice": {"order": True, "found": ["PO_QTY_OVER_RECEIVED"]},
                "the other was cancelled": {"order": True, "found": []},
                "may see no orders": False,
            },
        )
