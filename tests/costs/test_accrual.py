"""The entry that is proposed for what Claude cost in a month."""

import json
from datetime import date, datetime

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..common.common import AccountAiCase
from .usage_rows import insert_usage


@tagged("post_install", "-at_install")
@freeze_time("2026-11-20 15:00:00")
class TestAccrual(AccountAiCase):
    uses_simulator = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.ref("base.USD").active = True
        # 950 pesos at the end of October, 900 before.
        cls.env["res.currency.rate"].search([]).unlink()
        for day, pesos in (("2026-10-01", 900), ("2026-10-30", 950)):
            cls.env["res.currency.rate"].create(
                {
                    "currency_id": cls.env.ref("base.USD").id,
                    "company_id": cls.company.id,
                    "name": day,
                    "rate": 1 / pesos,
                }
            )
        cls.expense, cls.liability = cls.env["account.account"].create(
            [
                {
                    "name": name,
                    "code": code,
                    "account_type": kind,
                    "company_ids": [Command.link(cls.company.id)],
                }
                for name, code, kind in (
                    ("Inteligencia artificial", "599001", "expense"),
                    ("Provisión de servicios", "299001", "liability_current"),
                )
            ]
        )
        plan = cls.env["account.analytic.plan"].create({"name": "Obras"})
        cls.account = cls.env["account.analytic.account"].create(
            {"name": "Obra Norte", "plan_id": plan.id, "company_id": cls.company.id}
        )

    def book(self, **values):
        values.setdefault("company_id", self.company.id)
        values.setdefault("user_id", self.accountant.id)
        values.setdefault("opened_at", datetime(2026, 10, 5, 15))
        return insert_usage(self.env.cr, **values)

    def book_month(self):
        share = json.dumps({str(self.account.id): 100.0})
        self.book(cost_usd="1.234", analytic_distribution=share)
        self.book(cost_usd="2.222")
        self.book(cost_usd="0.555", operation="chat", state="unknown", estimated=True)
        self.book(cost_usd="5", simulated=True)
        self.book(cost_usd="7", state="open")
        self.book(cost_usd="11", company_id=self.other_company.id)
        self.book(cost_usd="13", opened_at=datetime(2026, 11, 2, 15))

    def dialog(self, user=None, **values):
        accruals = self.env["account.ai.accrual"].with_user(user or self.manager)
        return accruals.with_context(allowed_company_ids=self.company.ids).create(
            {
                "company_id": self.company.id,
                "expense_account_id": self.expense.id,
                "liability_account_id": self.liability.id,
                **values,
            }
        )

    def propose(self, **values):
        """Return the proposed entries, the accrual first."""
        action = self.dialog(**values).action_propose()
        return self.env["account.move"].search(action["domain"], order="date, id")

    def test_the_last_month_is_proposed(self):
        self.book_month()
        dialog = self.dialog()
        self.assertEqual(dialog.date, date(2026, 10, 31))
        self.assertEqual(dialog.reversal_date, date(2026, 11, 1))
        self.assertEqual(dialog.calls, 3)
        self.assertAlmostEqual(dialog.amount_usd, 4.01, 2)
        self.assertAlmostEqual(dialog.rate, 950, 4)
        self.assertAlmostEqual(dialog.amount_company, 3810, 0)
        self.assertAlmostEqual(dialog.simulated_usd, 5, 2)
        self.assertAlmostEqual(dialog.open_usd, 7, 2)
        self.assertAlmostEqual(dialog.estimated_usd, 0.56, 2)
        self.assertFalse(dialog.problem)

    def test_the_entry_is_a_draft_with_a_line_for_each_group(self):
        """1.234 + 2.222 + 0.555 = 4.011, as 1.23 + 2.22 + 0.56 dollars, at 950."""
        self.book_month()
        move = self.propose(reverse=False)
        self.assertEqual(move.state, "draft")
        self.assertEqual((move.date, move.move_type), (date(2026, 10, 31), "entry"))
        self.assertEqual(move.create_uid, self.manager)
        self.assertIn("October 2026", move.ref)
        lines = [
            (
                line.account_id,
                line.currency_id.name,
                round(line.amount_currency, 2),
                round(line.balance),
                line.analytic_distribution or None,
            )
            for line in move.line_ids.sorted("amount_currency")
        ]
        charged = {str(self.account.id): 100.0}
        self.assertEqual(
            lines,
            [
                (self.liability, "USD", -4.01, -3810, None),
                (self.expense, "USD", 0.56, 532, None),
                (self.expense, "USD", 1.23, 1169, charged),
                (self.expense, "USD", 2.22, 2109, None),
            ],
        )
        self.assertAlmostEqual(sum(move.line_ids.mapped("balance")), 0, 6)

    def test_a_person_can_post_it(self):
        self.book_month()
        move = self.propose(reverse=False)
        move.action_post()
        self.assertEqual(move.state, "posted")

    def test_its_reversal_is_a_draft_too(self):
        self.book_month()
        move, reversal = self.propose()
        self.assertEqual(reversal.state, "draft")
        self.assertEqual(reversal.date, date(2026, 11, 1))
        self.assertEqual(reversal.reversed_entry_id, move)
        self.assertFalse(reversal.account_ai_accrual_month)
        self.assertEqual(reversal.auto_post, "no")
        for account in self.expense + self.liability:
            balances = (move + reversal).line_ids.filtered(
                lambda line, account=account: line.account_id == account
            )
            self.assertAlmostEqual(sum(balances.mapped("balance")), 0, 6)
            self.assertAlmostEqual(sum(balances.mapped("amount_currency")), 0, 6)

    def test_corrections_count(self):
        lost = self.book(cost_usd="3", state="unknown", estimated=True)
        self.book(cost_usd="-1", corrects_id=lost)
        dialog = self.dialog()
        self.assertAlmostEqual(dialog.amount_usd, 2, 2)
        self.assertEqual(dialog.calls, 1)
        self.assertAlmostEqual(dialog.estimated_usd, 0, 2)

    def test_the_same_month_twice_has_to_be_confirmed(self):
        self.book_month()
        first = self.propose(reverse=False)
        again = self.dialog()
        self.assertEqual(again.existing_move_ids, first)
        with self.assertRaisesRegex(UserError, "October 2026"):
            again.action_propose()
        again.confirm_duplicate = True
        again.action_propose()
        months = [("account_ai_accrual_month", "!=", False)]
        proposed = self.env["account.move"].search(months)
        self.assertEqual(len(proposed), 2)
        proposed.button_cancel()
        self.propose()

    def test_what_was_chosen_last_is_proposed(self):
        self.book_month()
        self.propose(reverse=False)
        dialog = self.env["account.ai.accrual"].with_user(self.manager)
        dialog = dialog.with_context(allowed_company_ids=self.company.ids).create({})
        self.assertEqual(dialog.expense_account_id, self.expense)
        self.assertEqual(dialog.liability_account_id, self.liability)

    def test_without_a_dollar_rate_it_says_what_to_do(self):
        self.book_month()
        self.env["res.currency.rate"].search([]).unlink()
        dialog = self.dialog()
        self.assertIn("Currencies", dialog.problem)
        with self.assertRaisesRegex(UserError, "Currencies"):
            dialog.action_propose()

    def test_a_month_of_simulated_calls_only(self):
        self.book(cost_usd="5", simulated=True)
        dialog = self.dialog()
        self.assertIn("simulated", dialog.problem)
        with self.assertRaises(UserError):
            dialog.action_propose()

    def test_a_month_whose_calls_were_deleted(self):
        self.book_month()
        self.env["ir.config_parameter"].sudo().set_param(
            "account_ai.usage_purged_until", "2026-10-03 00:00:00"
        )
        with self.assertRaisesRegex(UserError, "deleted"):
            self.dialog().action_propose()

    def test_rights(self):
        self.book_month()
        with self.assertRaises(AccessError):
            self.dialog(self.accountant)
        self.manager.group_ids -= self.env.ref("account.group_account_invoice")
        with self.assertRaises(AccessError):
            self.dialog().action_propose()

    def test_the_entry_leads_to_its_calls(self):
        self.book_month()
        move = self.propose(reverse=False)
        action = move.action_account_ai_accrued_calls()
        calls = self.env["account.ai.usage"].search(action["domain"])
        self.assertAlmostEqual(sum(calls.mapped("cost_usd")), 4.011, 6)

    def test_a_deleted_analytic_account_is_left_out(self):
        self.book(cost_usd="1", analytic_distribution=json.dumps({"999999": 100.0}))
        move = self.propose(reverse=False)
        self.assertFalse(any(move.line_ids.mapped("analytic_distribution")))

    def test_the_dialog_in_its_form(self):
        self.book_month()
        accruals = self.env["account.ai.accrual"].with_user(self.manager)
        accruals = accruals.with_context(allowed_company_ids=self.company.ids)
        with Form(accruals) as form:
            form.month = date(2026, 11, 3)
            self.assertEqual(form.date, date(2026, 11, 30))
            self.assertAlmostEqual(form.amount_usd, 13, 2)
            form.expense_account_id = self.expense
            form.liability_account_id = self.liability
