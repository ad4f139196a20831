"""Whom a call is charged to: the partner and the analytic accounts of its document."""

from odoo.tests import BaseCase, tagged

from odoo.addons.account_ai.models.documents.reading.projects import (
    analytic_distribution,
)
from odoo.addons.account_ai.models.documents.reading.rows import LineRow

from ..validation.validation_case import ValidationCase


def line(amount, analytic=None, display_type="product"):
    """Return a line of an invoice with an amount and an analytic distribution."""
    values = dict.fromkeys(LineRow._fields)
    values.update(balance=amount, analytic=analytic, display_type=display_type)
    return LineRow(**values)


@tagged("post_install", "-at_install")
class TestDistribution(BaseCase):
    def check(self, expected, *lines):
        self.assertEqual(analytic_distribution(lines), expected)

    def test_lines_are_weighted_by_amount(self):
        """300 of 400 pesos to one, and of the other 100 half to each of two."""
        self.check(
            {"1": 87.5, "2,3": 12.5},
            line(-300, {"1": 100}),
            line(-100, {"1": 50, "2,3": 50}),
        )

    def test_what_is_charged_to_nothing_stays_out(self):
        self.check({"1": 25.0}, line(100, {"1": 100}), line(300))
        self.check({}, line(100), line(300, {}))

    def test_tax_lines_do_not_count(self):
        self.check({"1": 100.0}, line(100, {"1": 100}), line(19, {"2": 100}, "tax"))

    def test_thirds_add_up(self):
        thirds = {"1": 100 / 3, "2": 100 / 3, "3": 100 / 3}
        self.check({"1": 33.34, "2": 33.33, "3": 33.33}, line(100, thirds))

    def test_presents_weigh_the_same(self):
        self.check({"1": 50.0, "2": 50.0}, line(0, {"1": 100}), line(0, {"2": 100}))


@tagged("post_install", "-at_install")
class TestAttribution(ValidationCase):
    def test_the_ledger_knows_partner_and_analytic_accounts(self):
        plan = self.env["account.analytic.plan"].create({"name": "Obras"})
        first, second = self.env["account.analytic.account"].create(
            [
                {"name": name, "plan_id": plan.id, "company_id": self.company.id}
                for name in ("Obra Norte", "Obra Sur")
            ]
        )
        move = self.create_move(
            [
                {
                    "name": "Arriendo de grúa horquilla, turno de noche",
                    "price_unit": 300_000,
                    "analytic_distribution": {str(first.id): 100},
                },
                {
                    "name": "Traslado de grúa horquilla a Rancagua",
                    "price_unit": 100_000,
                    "analytic_distribution": {str(second.id): 100},
                },
            ]
        )
        validation = self.validate(move)
        usage = self.usages([("run_uuid", "=", validation.run_uuid)])
        self.assertEqual(
            usage.analytic_distribution, {str(first.id): 75.0, str(second.id): 25.0}
        )
        self.assertEqual(usage.partner_id, self.partner)
        usage.invalidate_recordset(["charged_to"])
        self.assertEqual(
            usage.with_user(self.manager).charged_to, "Obra Norte 75 %, Obra Sur 25 %"
        )
        second.unlink()
        usage.invalidate_recordset(["charged_to"])
        self.assertEqual(
            usage.with_user(self.manager).charged_to,
            f"Obra Norte 75 %, #{second.id} 25 %",
        )

    def test_without_analytic_accounts_there_is_no_distribution(self):
        validation = self.validate(self.create_move())
        usage = self.usages([("run_uuid", "=", validation.run_uuid)])
        self.assertFalse(usage.analytic_distribution)
