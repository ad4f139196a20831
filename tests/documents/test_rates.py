"""Dated values as records: shipped, changed by people, used by the rules."""

from datetime import date
from decimal import Decimal

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from odoo.addons.account_ai.services.rules import shipped_rates
from odoo.addons.account_ai.services.rules.dated_data import COMUNAS, shipped_rows

from ..common.common import AccountAiCase
from ..validation.validation_case import ValidationMixin

DAY = date(2026, 11, 20)


@tagged("post_install", "-at_install")
class TestRates(ValidationMixin, AccountAiCase):
    uses_simulator = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        system = cls.env.ref("base.user_admin")
        system.company_ids += cls.company
        cls.rates = cls.env(user=system)["account.ai.rate"]

    def rate(self, name, text=False):
        """Return the record in force."""
        return self.rates.search(
            [("name", "=", name), ("text", "=", text), ("in_force", "=", True)]
        )

    def findings_of(self, move):
        self.synchronize()
        env = self.env(user=self.accountant)
        move = env["account.move"].browse(move.id)
        readings = env["account.ai.document.reader"]._read_with_places(move)
        judged = env["account.ai.validation"]._judge_by_rules([readings[move.id]])[0]
        return {finding.code: finding for finding in judged.findings}

    # === SHIPPED === #

    def test_ships_current_with_sources(self):
        """All that ships is there, and reads as in the files."""
        rows = list(shipped_rows())
        self.assertGreater(len(rows), 350)
        self.assertEqual(self.rates.search_count([]), len(rows))
        self.assertEqual(self.rates._dated_data().version, shipped_rates().version)
        self.assertFalse(self.rates.search([("source", "=", False)]))
        self.assertFalse(self.rates.search([("verified_on", "=", False)]))
        vat = self.rate("vat_rate")
        self.assertEqual((vat.value, vat.unit), (19, "percent"))
        self.assertEqual(self.rate(COMUNAS, "Arica").label, "Arica y Parinacota")

    def test_loading_again_changes_nothing(self):
        before = self.rates.search([]).read()
        self.env["account.ai.rate"]._load_shipped()
        self.assertEqual(self.rates.search([]).read(), before)

    def test_upgrade_mends_what_nobody_changed(self):
        """A value as it was loaded gets the new one; one that people changed stays."""
        mended, changed = self.rate("tax_24"), self.rate("tax_25")
        mended.value = 31
        mended.sudo().shipped_digest = mended._digest()
        changed.value = 21
        self.env["account.ai.rate"]._load_shipped()
        self.assertEqual((mended.value, changed.value), (31.5, 21))

    def test_upgrade_brings_what_is_missing_but_not_twice(self):
        """A period that somebody entered by hand is not loaded over it."""
        deleted, replaced = self.rate("tax_26"), self.rate("tax_27")
        (deleted + replaced).unlink()
        self.rates.create({"name": "tax_27", "value": 9, "source": "By hand"})
        self.env["account.ai.rate"]._load_shipped()
        self.assertEqual(self.rate("tax_26").value, 20.5)
        self.assertEqual(self.rate("tax_27").value, 9)

    # === USED === #

    def test_rules_use_the_records(self):
        move = self.create_move(invoice_date=DAY)
        self.assertNotIn("IVA_RATE", self.findings_of(move))
        self.rate("vat_rate").value = 18
        self.assertIn("IVA_RATE", self.findings_of(move))

    def test_missing_period_goes_to_review(self):
        move = self.create_move(invoice_date=DAY)
        self.rate("vat_rate").valid_to = date(2026, 11, 19)
        finding = self.findings_of(move)["RATE_MISSING"]
        self.assertEqual(finding.params["name"], "vat_rate")

    def test_a_comuna_that_somebody_adds_counts(self):
        self.partner.city = "Nueva Esperanza"
        move = self.create_move(invoice_date=DAY)
        self.assertIn("CMNA_UNKNOWN", self.findings_of(move))
        self.rates.create(
            {
                "name": COMUNAS,
                "text": "Nueva Esperanza",
                "valid_from": "2026-01-01",
                "source": "Ley 99.999",
            }
        )
        self.assertNotIn("CMNA_UNKNOWN", self.findings_of(move))

    def test_reading_costs_no_query(self):
        self.rates._dated_data()
        with self.assertQueryCount(0):
            data = self.rates._dated_data()
        self.assertEqual(data.value("vat_rate", DAY), Decimal(19))

    # === RECORDS === #

    def test_two_values_for_a_day_are_refused(self):
        values = {"name": "vat_rate", "value": 20, "source": "Ley 99.999"}
        with self.assertRaises(ValidationError):
            self.rates.create({**values, "valid_from": "2027-01-01"})
        self.rate("vat_rate").valid_to = date(2026, 12, 31)
        self.rates.create({**values, "valid_from": "2027-01-01"})
        data = self.rates._dated_data()
        self.assertEqual(data.value("vat_rate", date(2026, 12, 31)), 19)
        self.assertEqual(data.value("vat_rate", date(2027, 1, 1)), 20)

    def test_in_force(self):
        vat = self.rate("vat_rate")
        self.assertTrue(vat.in_force)
        vat.valid_to = date(2020, 1, 1)
        self.assertFalse(vat.in_force)
        self.assertIn(vat, self.rates.search([("in_force", "=", False)]))
        self.assertNotIn(vat, self.rates.search([("in_force", "=", True)]))

    def test_changes_leave_a_trace(self):
        vat = self.rate("vat_rate")
        before = vat.message_ids
        vat.value = 20
        self.synchronize()
        self.env.cr.precommit.run()
        tracked = (vat.message_ids - before).sudo().tracking_value_ids
        self.assertEqual((tracked.old_value_float, tracked.new_value_float), (19, 20))

    def test_only_system_administrators_change_them(self):
        """They hold for all companies."""
        vat = self.rate("vat_rate")
        self.assertEqual(vat.with_user(self.accountant).value, 19)
        for user in (self.accountant, self.reviewer, self.manager):
            with self.assertRaises(AccessError):
                vat.with_user(user).value = 1
        with self.assertRaises(AccessError):
            vat.with_user(self.plain_accountant).read(["value"])
