"""Budgets: whose calls count, in which period and currency, and who is told."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools.misc import get_lang

from odoo.addons.account_ai.models.common.presentation import sentence
from odoo.addons.account_ai.services.claude.operations import OPERATIONS

from .budget_case import BudgetCase

DAY = timedelta(days=1)


@tagged("post_install", "-at_install")
class TestScope(BudgetCase):
    def test_a_company_counts_all_its_calls(self):
        self.budget()
        self.assertIsNone(self.reserve(user=self.reviewer, operation="chat"))
        self.assertIsNone(self.reserve(lane="queue"))
        self.assertEqual(self.fits(), 1)
        self.assertEqual(self.fits(company=self.other_company), 10)

    def test_all_companies_together(self):
        self.budget(company_id=False)
        self.assertIsNone(self.reserve())
        self.assertEqual(self.fits(company=self.other_company), 2)

    def test_one_user(self):
        self.budget(scope="user", user_id=self.accountant.id)
        self.assertIsNone(self.reserve(lane="queue"), "what people queue is theirs")
        self.assertEqual(self.fits(), 2)
        self.assertEqual(self.fits(user=self.reviewer), 10)

    def test_a_group_counts_its_users_together(self):
        group = self.env.ref("account_ai.group_reviewer")
        self.budget(scope="group", group_id=group.id)
        self.assertIsNone(self.reserve(user=self.reviewer))
        # Administrators of the addon are reviewers: their group implies it.
        self.assertIsNone(self.reserve(user=self.manager))
        self.assertEqual(self.fits(user=self.reviewer), 1)
        self.assertEqual(self.fits(user=self.accountant), 10)

    def test_who_enters_a_group_counts_from_then_on(self):
        group = self.env["res.groups"].create({"name": "Interns"})
        self.budget(scope="group", group_id=group.id)
        self.backend.prepare_budgets()
        self.assertIsNone(self.reserve())
        self.accountant.group_ids += group
        self.synchronize()
        self.assertEqual(self.fits(), 3)

    def test_one_operation(self):
        for each in OPERATIONS:
            self.budget(scope="operation", operation=each.name)
        for each in OPERATIONS:
            with self.subTest(each.name):
                self.assertEqual(self.fits(operation=each.name), 3)

    def test_other_operations_do_not_reach_the_budget_of_one(self):
        self.budget(scope="operation", operation="chat")
        self.assertEqual(self.fits(operation="validation"), 10)
        self.assertEqual(self.fits(operation="chat"), 3)

    def test_automation_apart_from_people(self):
        self.budget(scope="automation")
        self.assertEqual(self.fits(lane="queue"), 3)
        self.assertEqual(self.fits(lane="screen"), 10)

    def test_an_archived_budget_limits_nothing(self):
        budget = self.budget(1)
        self.assertEqual(self.fits(), 1)
        budget.active = False
        self.synchronize()
        self.assertEqual(self.fits(), 10)

    def test_a_budget_that_comes_back_counts_what_was_meanwhile(self):
        budget = self.budget(3)
        budget.active = False
        self.synchronize()
        self.assertIsNone(self.reserve("2"))
        budget.active = True
        self.synchronize()
        self.assertEqual(self.fits(), 1)

    def test_a_changed_budget_counts_anew(self):
        budget = self.budget(3, scope="operation", operation="chat")
        self.assertIsNone(self.reserve("2", key="validation"))
        self.assertIsNone(self.reserve("3", key="chat", operation="chat"))
        budget.operation = "validation"
        self.synchronize()
        self.assertEqual(self.fits(), 1)
        self.settle("validation", "0.5")
        self.settle("chat", "3")
        self.assertEqual(self.counter(budget), (Decimal("0.5"), Decimal(1)))
        self.env["account.ai.budget.period"]._gc_periods()
        self.assertEqual(len(budget.period_ids), 1, "the old counter is gone")

    def test_another_limit_holds_at_once(self):
        budget = self.budget(1)
        self.assertEqual(self.fits(), 1)
        budget.amount = 3
        self.synchronize()
        self.assertEqual(self.fits(), 2)
        budget.amount = 1
        self.synchronize()
        self.assertEqual(self.fits(), 0)

    def test_a_budget_that_is_deleted_forgets_its_calls(self):
        budget = self.budget(1)
        self.reserve(key="a")
        budget.unlink()
        self.synchronize()
        self.assertIsNotNone(self.settle("a", "1"))
        self.assertEqual(self.fits(), 10)


@tagged("post_install", "-at_install")
class TestPeriod(BudgetCase):
    def test_a_month_begins_at_midnight_in_chile(self):
        self.budget(1)
        self.at("2026-12-01 02:59")  # 23:59 of the day before
        self.assertEqual(self.fits(), 1)
        self.at("2026-12-01 03:01")
        self.assertEqual(self.fits(), 1)

    def test_a_day_in_another_time_zone(self):
        self.budget(1, period="day", tz="Pacific/Easter")
        self.at("2026-11-20 04:59")
        self.assertEqual(self.fits(), 1)
        self.at("2026-11-20 05:01")
        self.assertEqual(self.fits(), 1)

    def test_the_day_without_midnight(self):
        """Summer begins on 6 September 2026: from 23:59 the clock goes to 01:00."""
        budget = self.budget(1, period="day")
        self.at("2026-09-06 03:59")
        self.assertEqual(self.fits(), 1)
        self.at("2026-09-06 04:01")
        self.assertEqual(self.fits(), 1)
        self.at("2026-09-07 02:59")
        self.assertEqual(self.fits(), 0)
        first, second = budget.period_ids.sorted("date_start")
        self.assertEqual(first.date_end, second.date_start)
        self.assertEqual(second.date_end - second.date_start, timedelta(hours=23))

    def test_the_day_with_an_hour_twice(self):
        """Summer ends on 4 April 2026: from 23:59 the clock goes back to 23:00."""
        budget = self.budget(1, period="day")
        self.at("2026-04-05 02:30")
        self.assertEqual(self.fits(), 1)
        self.at("2026-04-05 03:30")
        self.assertEqual(self.fits(), 0)
        self.at("2026-04-05 04:01")
        self.assertEqual(self.fits(), 1)
        first = budget.period_ids.sorted("date_start")[0]
        self.assertEqual(first.date_end - first.date_start, timedelta(hours=25))

    def test_periods_against_the_calendar(self):
        """Any moment of a year is in the day of its own local date, without gaps."""
        zone = ZoneInfo("America/Santiago")
        budget = self.budget(10_000, period="day")
        moment = datetime(2026, 3, 1, 1, tzinfo=timezone.utc)
        for _step in range(60):
            moment += timedelta(hours=101)
            self.at(f"{moment:%Y-%m-%d %H:%M}")
            self.assertIsNone(self.reserve("0.001"))
            period = budget.period_ids.sorted("date_start")[-1]
            start = period.date_start.replace(tzinfo=timezone.utc)
            end = period.date_end.replace(tzinfo=timezone.utc)
            self.assertLessEqual(start, moment)
            self.assertLess(moment, end)
            local = moment.astimezone(zone).date()
            second = timedelta(seconds=1)
            self.assertEqual(start.astimezone(zone).date(), local)
            self.assertEqual((start - second).astimezone(zone).date() + DAY, local)
            self.assertEqual((end - second).astimezone(zone).date(), local)
            self.assertEqual(end.astimezone(zone).date(), local + DAY)

    def test_what_was_open_when_the_budget_came(self):
        """It counts in the period in which it was opened."""
        self.at("2026-11-19 15:00")
        self.reserve("2", key="yesterday")
        self.at("2026-11-20 15:00")
        self.reserve("2", key="today")
        budget = self.budget(3, period="day")
        self.assertEqual(self.fits(), 1)
        self.settle("yesterday", "2")
        self.assertEqual(self.counter(budget), (0, 3))


@tagged("post_install", "-at_install")
class TestRefusal(BudgetCase):
    def test_it_says_the_figures_and_when_it_begins_anew(self):
        self.budget(3, name="Facturas")
        self.reserve("1.99995")
        error = self.reserve("1.00010001")
        self.assertEqual((error.code, error.retryable), ("budget", False))
        words = sentence(error.message, error.params, get_lang(self.env))
        for part in (
            "“Facturas”",
            "US$3.00",
            "US$1.00 is left",
            "up to US$1.01",
            "2026-12-01 00:00 (America/Santiago)",
        ):
            self.assertIn(part, words)
        # From the 20th at noon to the 1st at midnight, in Chile.
        self.assertAlmostEqual(error.retry_after, 10.5 * 86400, delta=60)

    def test_a_call_that_never_fits_is_not_told_to_wait(self):
        self.budget(3)
        error = self.reserve("3.5")
        self.assertIsNone(error.retry_after)
        self.assertIn(
            "whole budget", sentence(error.message, error.params, get_lang(self.env))
        )

    def test_of_two_walls_the_one_that_stands_longer_is_named(self):
        self.budget(1, name="Month")
        self.budget(1, name="Day", period="day")
        self.assertIsNone(self.reserve())
        self.assertEqual(self.reserve().params["budget"], "Month")

    def test_administrators_are_told_once(self):
        budget = self.budget(1)
        self.reserve()
        alerts = {self.reserve().alert.key for _number in range(2)}
        self.assertEqual(alerts, {f"budget:{budget.id}:2026-11-01:refused"})

    def test_it_takes_nothing_anywhere(self):
        wide, narrow = self.budget(5), self.budget(1, scope="automation")
        self.reserve(lane="queue")
        self.assertIsNotNone(self.reserve(lane="queue"))
        self.assertEqual(self.counter(wide), (0, 1))
        self.assertEqual(self.counter(narrow), (0, 1))
        self.assertEqual(len(self.usages()), 1)


@tagged("post_install", "-at_install")
class TestThresholds(BudgetCase):
    def alerts(self):
        return set(
            self.env["account.ai.alert"]
            .search([("kind", "=", "budget_threshold")])
            .mapped("key")
        )

    def spend(self, amount):
        self.reserve(amount, key=f"spend:{self.number}")
        self.settle(f"spend:{self.number - 1}", amount)

    def test_each_alerts_once_a_period(self):
        budget = self.budget(10)
        key = f"budget:{budget.id}:2026-11-01"
        self.spend("4.99")
        self.assertEqual(self.alerts(), set())
        self.spend("0.01")
        self.assertEqual(self.alerts(), {f"{key}:50"})
        self.spend("3.5")
        self.assertEqual(self.alerts(), {f"{key}:50", f"{key}:80"})
        self.spend("1.5")
        self.assertEqual(len(self.alerts()), 3)
        self.at("2026-12-02 15:00")
        self.spend("9")
        self.assertIn(f"budget:{budget.id}:2026-12-01:80", self.alerts())
        self.assertEqual(len(self.alerts()), 5)

    def test_what_is_only_reserved_alerts_nobody(self):
        self.budget(10)
        self.reserve("9", key="a")
        self.assertFalse(self.alerts())
        self.settle("a", "0.1")
        self.assertFalse(self.alerts())

    def test_a_lost_call_alerts_at_its_estimate(self):
        self.budget(10, thresholds="90")
        self.reserve("9", key="a")
        self.clock.advance(200)
        self.backend.close_expired()
        self.env.invalidate_all()
        self.assertEqual(len(self.alerts()), 1)

    def test_a_limit_that_is_lowered_alerts_with_the_next_call(self):
        budget = self.budget(100)
        self.spend("9")
        budget.amount = 10
        self.synchronize()
        self.spend("0.01")
        self.assertEqual(len(self.alerts()), 2)

    def test_the_sentence_holds_the_figures(self):
        self.budget(10, thresholds="50", name="Chat")
        self.spend("6.5")
        alert = self.env["account.ai.alert"].search([("kind", "=", "budget_threshold")])
        self.assertEqual(alert.company_id, self.company)
        self.assertIn("“Chat”", alert.title)
        for part in ("US$6.50 of US$10.00", "50%", "2026-12-01 00:00"):
            self.assertIn(part, alert.message)


@tagged("post_install", "-at_install")
class TestPesos(BudgetCase):
    def setUp(self):
        super().setUp()
        self.dollar = self.env.ref("base.USD")
        self.dollar.rate_ids.unlink()

    def rate(self, pesos, day):
        self.env["res.currency.rate"].create(
            {
                "currency_id": self.dollar.id,
                "company_id": self.company.id,
                "name": day,
                "inverse_company_rate": pesos,
            }
        )
        self.synchronize()

    def test_without_a_rate_there_is_no_budget_in_pesos(self):
        with self.assertRaises(ValidationError) as caught:
            self.budget(1000, currency_kind="company")
        self.assertIn("Add a rate of USD", str(caught.exception))

    def test_all_companies_have_no_common_currency(self):
        self.rate(1000, "2026-01-01")
        with self.assertRaises(ValidationError):
            self.budget(1000, currency_kind="company", company_id=False)

    def test_calls_count_in_pesos(self):
        self.rate(1000, "2026-01-01")
        budget = self.budget(3000, currency_kind="company")
        self.assertEqual(budget.currency_id.name, "CLP")
        self.assertEqual(self.fits(), 3)
        error = self.reserve("0.5")
        self.env["res.lang"]._activate_lang("es_CL")
        for language, limit in (("en_US", "$3,000"), ("es_CL", "$3.000")):
            words = sentence(error.message, error.params, get_lang(self.env, language))
            for part in (limit, "$0", "$500"):
                self.assertIn(part, words)

    def test_the_rate_of_the_reservation_holds_for_the_call(self):
        """A call passes no budget, however the rate of the peso changes meanwhile."""
        self.rate(1000, "2026-01-01")
        budget = self.budget(3000, currency_kind="company")
        self.reserve("3", key="a")
        self.rate(1200, "2026-01-02")
        self.settle("a", "3")
        spent, reserved = self.counter(budget)
        self.assertAlmostEqual(spent, 3000, places=6)
        self.assertEqual(reserved, 0)

    def test_what_came_before_counts_at_the_rate_of_its_day(self):
        self.rate(1000, "2026-11-01")
        self.at("2026-11-10 15:00")
        self.reserve("1", key="a")
        self.settle("a", "1")
        self.rate(500, "2026-11-15")
        self.at("2026-11-20 15:00")
        self.reserve("1", key="b")
        self.settle("b", "1")
        budget = self.budget(9000, currency_kind="company")
        self.reserve("1", key="c")
        spent, reserved = self.counter(budget)
        self.assertAlmostEqual(spent, 1500, places=6)
        self.assertAlmostEqual(reserved, 500, places=6)

    def test_pesos_agree_with_the_ledger_to_the_digit(self):
        """Whatever the rate, and whichever way a call ends: nothing is to repair."""
        self.rate("913.37", "2026-01-01")
        budget = self.budget(90_000, currency_kind="company")
        for number in range(1, 40):
            worst = Decimal(number) / 7
            key, late = f"call:{number}", number % 5 == 0
            self.reserve(str(worst), key=key, lease_seconds=-1 if late else 90)
            if late:
                self.backend.close_expired()
            if number % 4:
                self.settle(key, str(worst / Decimal("3.1")))
        self.assertFalse(self.backend.check_budgets(), "nothing was repaired")
        self.env.cr.execute(
            """SELECT sum(cost_company) FILTER (WHERE state <> 'open')::text,
                      sum(worst_case_usd * (budget_charges ->> %s)::numeric)
                          FILTER (WHERE state = 'open')::text
                 FROM account_ai_usage WHERE company_id = %s""",
            [str(budget.period_ids.id), self.company.id],
        )
        ledger = tuple(map(Decimal, self.env.cr.fetchone()))
        self.assertEqual(self.counter(budget), ledger)

    def test_a_rate_that_disappears_refuses_and_says_so(self):
        self.rate(1000, "2026-01-01")
        budget = self.budget(3000, currency_kind="company", name="Pesos")
        self.assertIsNone(self.reserve())
        self.dollar.rate_ids.unlink()
        self.synchronize()
        error = self.reserve()
        self.assertEqual(error.code, "budget")
        self.assertEqual(error.params, {"budget": "Pesos", "currency": "CLP"})
        self.assertIn("Add a rate of USD", error.message)
        self.assertTrue(budget.without_rate)

    def test_a_soft_budget_refuses_nothing_without_a_rate(self):
        self.rate(1000, "2026-01-01")
        budget = self.budget(3000, currency_kind="company", limit_type="soft")
        self.assertIsNone(self.reserve())
        self.dollar.rate_ids.unlink()
        self.synchronize()
        self.assertIsNone(self.reserve())
        self.assertEqual(self.counter(budget), (0, 2000), "at the last rate")

    def test_a_company_in_dollars_needs_no_rate(self):
        self.other_company.currency_id = self.dollar
        self.synchronize()
        self.budget(3, currency_kind="company", company_id=self.other_company.id)
        self.assertEqual(self.fits(company=self.other_company), 3)
