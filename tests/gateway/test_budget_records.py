"""The records of budgets, and that their counters and the ledger are the same money."""

from decimal import Decimal

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged

from .budget_case import BudgetCase

LOGGER = "odoo.addons.account_ai.models.gateway.postgres.budget_counting"


@tagged("post_install", "-at_install")
class TestDefinition(BudgetCase):
    def test_thresholds_are_whole_per_cents(self):
        for wrong in ("half", "50; 80", "0, 50", "1001", "50.5"):
            with self.assertRaises(ValidationError, msg=wrong):
                self.budget(thresholds=wrong)
        self.assertEqual(self.budget(thresholds=False).thresholds, False)
        self.budget(thresholds="80,50, 100,")

    def test_a_scope_says_of_whom(self):
        for scope in ("user", "group", "operation"):
            with self.assertRaises(ValidationError, msg=scope):
                self.budget(scope=scope)

    def test_the_time_zone_of_the_company_is_taken(self):
        budgets = self.env["account.ai.budget"]
        self.assertEqual(budgets.default_get(["tz"])["tz"], "America/Santiago")
        self.company.partner_id.tz = "America/Punta_Arenas"
        self.assertEqual(budgets.default_get(["tz"])["tz"], "America/Punta_Arenas")

    def test_what_is_left(self):
        budgets = self.env["account.ai.budget"]
        self.assertEqual(budgets._left(self.company), [])
        self.budget(3, name="Month")
        self.budget(2, name="Queue", scope="automation", limit_type="soft")
        # The time of the database itself: what is shown is of today.
        self.clock.set(0)
        self.reserve("0.5", key="a")
        self.settle("a", "0.25")
        self.reserve("0.5")
        figures = budgets._left(self.company, self.accountant, "validation", "screen")
        self.assertEqual(len(figures), 1)
        figures[0].pop("ends_at")
        self.assertEqual(
            figures[0],
            {
                "name": "Month",
                "currency": "USD",
                "limit": 3.0,
                "spent": 0.25,
                "reserved": 0.5,
                "left": 2.25,
                "hard": True,
            },
        )
        queued = budgets._left(self.company, self.accountant, "validation", "queue")
        self.assertEqual([each["hard"] for each in queued], [True, False])

    def test_the_form_shows_the_running_period(self):
        budget = self.budget(4)
        self.clock.set(0)
        self.reserve("2", key="a")
        self.settle("a", "1")
        self.reserve("1")
        self.assertEqual((budget.spent, budget.reserved, budget.left), (1, 1, 2))
        self.assertEqual((budget.spent_percent, budget.reserved_percent), (25, 25))

    def test_whoever_sees_a_refusal_needs_no_right_to_budgets(self):
        self.budget(1)
        person = new_test_user(self.env, "plain", groups="account_ai.group_user")
        left = self.env["account.ai.budget"].with_user(person)._left(self.company)
        self.assertEqual(left[0]["limit"], 1.0)


@tagged("post_install", "-at_install")
class TestBudgetAccess(BudgetCase):
    def setUp(self):
        super().setUp()
        self.own = self.budget(name="Own")
        self.foreign = self.budget(name="Foreign", company_id=self.other_company.id)
        self.common = self.budget(name="Common", company_id=False)
        self.clock.set(0)
        self.backend.prepare_budgets()

    def seen_by(self, user, model="account.ai.budget"):
        records = self.env[model].with_user(user)
        return records.with_context(allowed_company_ids=user.company_ids.ids)

    def test_administrators_see_what_limits_their_companies(self):
        budgets = self.seen_by(self.manager)
        self.assertEqual(budgets.search([]), (self.own + self.common))
        self.assertEqual(budgets.browse(self.own.id).period_ids.spent, 0.0)
        periods = self.seen_by(self.manager, "account.ai.budget.period").search([])
        self.assertEqual(periods.budget_id, self.own + self.common)

    def test_they_change_those_of_their_companies(self):
        budgets = self.seen_by(self.manager)
        budgets.browse(self.own.id).amount = 5
        for budget in (self.foreign, self.common):
            self.assertFalse(budgets.browse(budget.id).has_access("write"))
            with self.assertRaises(AccessError):
                budgets.browse(budget.id).amount = 5
        with self.assertRaises(AccessError):
            budgets.browse(self.own.id).company_id = False
        created = budgets.create({"name": "New", "amount": 1})
        self.assertEqual(created.company_id, self.company)
        created.unlink()

    def test_system_administrators_change_all(self):
        system = new_test_user(
            self.env, "system", groups="base.group_system,base.group_user"
        )
        budgets = self.seen_by(system).browse((self.foreign + self.common).ids)
        budgets.write({"amount": 7})
        self.assertEqual(self.foreign.amount, 7)

    def test_users_may_not_read_them(self):
        for user in (self.accountant, self.reviewer, self.plain_accountant):
            for model in ("account.ai.budget", "account.ai.budget.period"):
                self.assertFalse(self.seen_by(user, model).has_access("read"))

    def test_nobody_writes_counters(self):
        admin = self.env.ref("base.user_admin")
        for operation in ("write", "create", "unlink"):
            for user in (self.manager, admin):
                periods = self.seen_by(user, "account.ai.budget.period")
                self.assertFalse(periods.has_access(operation))


@tagged("post_install", "-at_install")
class TestAccounts(BudgetCase):
    """Counters and ledger are the same money."""

    def test_the_check_finds_nothing_where_nothing_is_wrong(self):
        self.rate = self.budget(100)
        self.reserve("1", key="a")
        self.settle("a", "0.33333333")
        self.reserve("2", key="b")
        self.settle("b", "2", "unknown")
        self.settle("b", "0.1")
        self.reserve("3")
        self.reserve("1", key="c")
        self.settle("c", "0", "failed")
        self.assertEqual(self.backend.check_budgets(), 0)

    def test_the_check_repairs_and_logs(self):
        budget = self.budget(100)
        self.reserve("1", key="a")
        self.settle("a", "0.5")
        self.reserve("3")
        self.env.cr.execute(
            "UPDATE account_ai_budget_period SET spent = 7, reserved = reserved - 1"
        )
        with self.assertLogs(LOGGER, "WARNING") as logs:
            self.assertEqual(self.backend.check_budgets(), 1)
        self.assertIn("spent 7, should be 0.5", logs.output[0])
        self.assertEqual(self.counter(budget), (Decimal("0.5"), 3))
        self.assertEqual(self.backend.check_budgets(), 0)

    def test_the_nightly_check_is_a_cron(self):
        self.budget(100)
        cron = self.env.ref("account_ai.ir_cron_account_ai_budget")
        cron.method_direct_trigger()
        self.assertTrue(self.env["account.ai.budget.period"].search([]))

    def test_what_was_spent_before_the_budget_is_part_of_it(self):
        self.reserve("1", key="a")
        self.settle("a", "0.5")
        budget = self.budget(100)
        self.reserve("1")
        self.assertEqual(self.counter(budget), (Decimal("0.5"), 1))
        self.assertEqual(self.backend.check_budgets(), 0)

    def test_the_sweeper_gives_back_the_lease_and_not_the_money(self):
        budget = self.budget(3)
        self.reserve("3", key="dead")
        self.clock.advance(200)
        (closed,) = self.backend.close_expired()
        self.assertEqual(closed.key, "dead")
        self.assertEqual(self.counter(budget), (3, 0))
        self.assertEqual(self.reserve().code, "budget")

    def test_an_answer_after_the_sweeper_is_a_correction(self):
        budget = self.budget(3)
        self.reserve("3", key="late")
        self.clock.advance(200)
        self.backend.close_expired()
        self.settle("late", "0.5")
        self.assertEqual(self.counter(budget), (Decimal("0.5"), 0))
        lost, correction = self.usages().sorted("id")
        self.assertEqual((lost.state, lost.cost_usd), ("unknown", 3.0))
        self.assertEqual(correction.key, "late:correction")
        self.assertEqual((correction.state, correction.cost_usd), ("settled", -2.5))
        self.assertEqual(correction.corrects_id, lost)
        self.assertEqual(correction.user_id, lost.user_id)
        self.assertEqual(self.backend.check_budgets(), 0)

    def test_a_correction_counts_in_the_period_of_the_call(self):
        self.budget(3)
        self.reserve("3", key="late")
        self.clock.advance(200)
        self.backend.close_expired()
        self.at("2026-12-02 15:00")
        self.settle("late", "1")
        self.assertEqual(self.fits(), 3)
        self.assertEqual(self.backend.check_budgets(), 0)
