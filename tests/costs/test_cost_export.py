"""Costs exported as a file: what is in it, and who may download it."""

import csv
import io
import json
from datetime import datetime
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.account_ai.controllers.costs import cost_export
from odoo.addons.account_ai.models.costs.sql.attribution import COLUMNS

from ..common.common import AccountAiHttpCase
from .usage_rows import insert_usage

OCTOBER = {"date_from": "2026-10-01", "date_to": "2026-10-31"}


@tagged("post_install", "-at_install")
class TestCostExport(AccountAiHttpCase):
    uses_simulator = False
    uses_accounting = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager.password = cls.accountant.password = "password-of-a-test"

    def book(self, day=5, **values):
        values.setdefault("company_id", self.company.id)
        values.setdefault("user_id", self.accountant.id)
        values.setdefault("opened_at", datetime(2026, 10, day, 15))
        return insert_usage(self.env.cr, **values)

    def dialog(self, user=None, **values):
        exports = self.env["account.ai.cost.export"].with_user(user or self.manager)
        values = {"company_id": self.company.id, **OCTOBER, **values}
        return exports.with_context(allowed_company_ids=self.company.ids).create(values)

    def download(self, user=None, login=None, **values):
        """Return the answer to a request for the file."""
        export = self.dialog(user, **values)
        action = export.action_export()
        self.env.flush_all()
        self.authenticate(login or "manager", "password-of-a-test")
        return self.url_open(action["url"])

    def table(self, response, delimiter=","):
        """Return the file as a list of dictionaries."""
        self.assertEqual(response.status_code, 200)
        text = response.content.decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))

    def test_every_call_of_the_period_is_in_it(self):
        self.book(
            key="first",
            partner_id=self.partner.id,
            cost_usd="0.00001234567",
            cost_company="0.0117",
            analytic_distribution=json.dumps({"7": 75.0}),
        )
        self.book(key="=cmd()", day=6, cost_usd="-0.5", estimated=True)
        self.book(key="simulated", simulated=True)
        self.book(key="other", company_id=self.other_company.id)
        self.book(key="before", opened_at=datetime(2026, 10, 1, 2, 59))
        self.book(key="in time", opened_at=datetime(2026, 10, 1, 3, 0))
        self.book(key="last", opened_at=datetime(2026, 11, 1, 2, 59))
        self.book(key="after", opened_at=datetime(2026, 11, 1, 3, 0))
        response = self.download()
        self.assertIn(
            "claude_detail_2026-10-01_2026-10-31.csv",
            response.headers["Content-Disposition"],
        )
        rows = self.table(response)
        self.assertEqual(
            [row["key"] for row in rows], ["in time", "first", "'=cmd()", "last"]
        )
        self.assertEqual(list(rows[0]), list(COLUMNS))
        first = rows[1]
        self.assertEqual(first["cost_usd"], "0.00001234567")
        self.assertEqual(first["cost_company"], "0.0117")
        self.assertEqual(first["company_currency"], "CLP")
        self.assertEqual(first["partner"], self.partner.name)
        self.assertEqual(first["user"], "accountant")
        self.assertEqual(json.loads(first["analytic_distribution"]), {"7": 75.0})
        self.assertEqual(rows[2]["cost_usd"], "-0.5")
        self.assertEqual(rows[2]["estimated"], "1")

    def test_a_spreadsheet_in_chile_reads_it(self):
        self.book(cost_usd="0.25")
        rows = self.table(self.download(dialect="chilean"), ";")
        self.assertEqual(rows[0]["cost_usd"], "0,25")

    def test_many_calls_come_in_pieces(self):
        """Also those of the same moment, of which a piece may end in the middle."""
        keys = [f"call-{number}" for number in range(7)]
        for key in keys:
            self.book(key=key)
        with patch.object(cost_export, "CHUNK_ROWS", 3):
            rows = self.table(self.download())
        self.assertEqual([row["key"] for row in rows], keys)

    def test_sums_by_analytic_account(self):
        plan = self.env["account.analytic.plan"].create({"name": "Obras"})
        north, south = self.env["account.analytic.account"].create(
            [
                {"name": name, "plan_id": plan.id, "code": name[-5:]}
                for name in ("Obra Norte", "-Obra Sur")
            ]
        )
        self.manager.group_ids += self.env.ref("analytic.group_analytic_accounting")
        share = {str(north.id): 75.0, str(south.id): 15.0}
        self.book(
            cost_usd="2", cost_company="1900", analytic_distribution=json.dumps(share)
        )
        self.book(cost_usd="1", cost_company="950")
        self.book(cost_usd="9", state="open")
        gone = self.env["account.analytic.account"].create(
            {"name": "Obra vieja", "plan_id": plan.id}
        )
        self.book(
            cost_usd="4",
            cost_company=None,
            analytic_distribution=json.dumps({str(gone.id): 100}),
        )
        gone.unlink()
        rows = self.table(self.download(content="analytic"))
        self.assertEqual(
            [
                (row["account"], row["calls"], row["cost_usd"], row["cost_company"])
                for row in rows
            ],
            [
                ("Obra Norte", "1", "1.5", "1425"),
                ("'-Obra Sur", "1", "0.3", "285"),
                ("", "1", "4", ""),
                ("Not charged", "2", "1.2", "1140"),
            ],
        )
        self.assertEqual(rows[0]["plan"], "Obras")
        self.assertEqual(rows[2]["account_id"], str(gone.id))

    def test_who_has_no_analytic_accounting_gets_the_sums_too(self):
        plan = self.env["account.analytic.plan"].create({"name": "Obras"})
        values = {"name": "Obra Norte", "plan_id": plan.id}
        account = self.env["account.analytic.account"].create(values)
        self.assertFalse(
            self.manager.has_group("analytic.group_analytic_accounting"), "no case"
        )
        share = json.dumps({str(account.id): 100})
        self.book(cost_usd="2", cost_company="1900", analytic_distribution=share)
        (row,) = self.table(self.download(content="analytic"))
        self.assertEqual(
            (row["plan"], row["account"], row["cost_usd"]), ("Obras", "Obra Norte", "2")
        )

    def test_without_a_rate_the_sum_in_pesos_stays_empty(self):
        self.book(cost_usd="2", cost_company=None)
        (row,) = self.table(self.download(content="analytic"))
        self.assertEqual((row["cost_usd"], row["cost_company"]), ("2", ""))

    def test_who_may_not_see_the_costs_gets_none(self):
        with self.assertRaises(AccessError):
            self.dialog(self.accountant)

    def test_a_company_of_others_is_refused(self):
        export = self.dialog(company_id=self.other_company.id)
        with self.assertRaises(AccessError):
            export.action_export()

    def test_the_dialog_of_somebody_else_is_no_use(self):
        export = self.dialog()
        self.authenticate("accountant", "password-of-a-test")
        response = self.url_open(f"/account_ai/costs/export/{export.id}")
        self.assertIn(response.status_code, (403, 404))
        response = self.url_open("/account_ai/costs/export/999999999")
        self.assertEqual(response.status_code, 404)

    def test_what_is_no_id_is_not_found(self):
        self.authenticate("accountant", "password-of-a-test")
        for name in ("0", "-1", str(2**31), "9" * 5_000, "٣", "1%00", "1.0", "x"):
            with self.subTest(name[:12]):
                response = self.url_open(f"/account_ai/costs/export/{name}")
                self.assertEqual(response.status_code, 404)
        for method in ("POST", "PUT", "DELETE", "OPTIONS"):
            url = f"{self.base_url()}/account_ai/costs/export/1"
            with self.subTest(method):
                response = self.opener.request(method, url, timeout=10)
                self.assertEqual(response.status_code, 405)

    def test_a_period_that_ends_before_it_begins(self):
        with self.assertRaises(UserError):
            self.dialog(date_to="2026-09-01").action_export()

    def test_what_was_deleted_is_told(self):
        self.assertFalse(self.dialog().kept_since)
        self.env["ir.config_parameter"].sudo().set_param(
            "account_ai.usage_purged_until", "2026-10-15 00:00:00"
        )
        self.assertEqual(str(self.dialog().kept_since), "2026-10-15")
