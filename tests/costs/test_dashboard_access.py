"""Who sees which costs: in the dashboard, the ledger and the roll-ups alike."""

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .dashboard_case import DashboardCase, at


@tagged("post_install", "-at_install")
class TestDashboardAccess(DashboardCase):
    def setUp(self):
        super().setUp()
        self.system = new_test_user(
            self.env,
            login="ai_system",
            groups="base.group_system",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        own, other = self.company.id, self.other_company.id
        users = {"own": self.accountant, "colleague": self.reviewer}
        self.book(opened_at=at(2), user_id=users["own"].id, cost_usd=1)
        self.book(opened_at=at(2), user_id=users["colleague"].id, cost_usd=2)
        self.book(
            opened_at=at(2),
            company_id=other,
            user_id=self.other_accountant.id,
            cost_usd=4,
        )
        self.roll_up()
        self.book(opened_at=at(2), user_id=users["own"].id, cost_usd=8)
        self.book(opened_at=at(2), user_id=users["colleague"].id, cost_usd=16)
        self.book(opened_at=at(2), company_id=other, cost_usd=32)
        self.everywhere = [own, other]

    def seen(self, user, **filters):
        """Return the cost that dashboard, ledger and roll-ups show a user."""
        figures = self.figures(user, user.company_ids, **filters)
        shown = [figures["totals"]["cost_usd"]]
        shown.append(sum(bar["cost_usd"] for bar in figures["bars"]))
        shown.append(sum(row["cost_usd"] for row in figures["breakdowns"][0]["rows"]))
        shown.append(sum(call["cost_usd"] for call in figures["most_expensive"]))
        self.assertEqual(set(shown), {shown[0]})
        return shown[0]

    def records(self, user, model):
        records = self.env[model].with_user(user)
        records = records.with_context(allowed_company_ids=user.company_ids.ids)
        return sum(records.search([]).mapped("cost_usd"))

    def test_users_see_their_own(self):
        self.assertEqual(self.seen(self.accountant), 9)
        self.assertEqual(self.seen(self.reviewer), 18)
        self.assertEqual(self.records(self.accountant, "account.ai.usage"), 9)
        self.assertEqual(self.records(self.accountant, "account.ai.usage.rollup"), 1)
        figures = self.figures(self.accountant)
        self.assertTrue(figures["own_only"])
        dimensions = [table["dimension"] for table in figures["breakdowns"]]
        self.assertNotIn("user_id", dimensions)

    def test_another_companys_user_sees_nothing_of_this_one(self):
        asked = {"companies": self.everywhere}
        self.assertEqual(self.seen(self.other_accountant, **asked), 4)
        self.assertEqual(self.seen(self.accountant, **asked), 9)

    def test_administrators_see_their_companies(self):
        self.assertEqual(self.seen(self.manager, companies=self.everywhere), 27)
        self.assertEqual(self.records(self.manager, "account.ai.usage"), 27)
        self.assertEqual(self.records(self.manager, "account.ai.usage.rollup"), 3)
        names = [each["name"] for each in self.figures()["companies"]]
        self.assertEqual(names, [self.company.name])

    def test_administrators_of_two_companies_choose(self):
        self.manager.company_ids += self.other_company
        both = self.company + self.other_company
        self.assertEqual(self.figures(company=both)["totals"]["cost_usd"], 63)
        figures = self.figures(company=both, companies=self.other_company.ids)
        self.assertEqual(figures["totals"]["cost_usd"], 36)
        selected = {each["id"] for each in figures["companies"] if each["selected"]}
        self.assertEqual(selected, {self.other_company.id})
        self.assertEqual(self.figures()["totals"]["cost_usd"], 27)

    def test_system_administrators_see_everything(self):
        self.assertEqual(self.seen(self.system, companies=self.everywhere), 63)
        self.assertEqual(self.records(self.system, "account.ai.usage"), 63)
        self.assertEqual(self.records(self.system, "account.ai.usage.rollup"), 7)

    def test_others_see_nothing(self):
        for call in ("get_figures", "get_drill_down"):
            dashboard = self.env["account.ai.dashboard"].with_user(
                self.plain_accountant
            )
            arguments = [{}, "spent"] if call == "get_drill_down" else [{}]
            with self.assertRaises(AccessError):
                getattr(dashboard, call)(*arguments)

    def test_drill_down_shows_no_more(self):
        rows = self.rows("spent", user=self.accountant, companies=self.everywhere)
        self.assertEqual(sum(rows.mapped("cost_usd")), 9)

    def test_the_menu(self):
        menu = self.env.ref("account_ai.menu_account_ai_costs")
        for user, shown in (
            (self.accountant, True),
            (self.manager, True),
            (self.system, True),
            (self.plain_accountant, False),
        ):
            menus = self.env["ir.ui.menu"].with_user(user).load_menus(False)
            self.assertEqual(menu.id in menus, shown, user.login)
