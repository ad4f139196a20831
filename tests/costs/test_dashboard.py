"""The cost dashboard: figures to the digit, drill-down to the rows behind them."""

from freezegun import freeze_time
from psycopg2.pool import PoolError

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.account_ai.models.costs import account_ai_dashboard as dashboard_module
from odoo.addons.account_ai.models.costs import account_ai_usage_rollup as rollup_module
from odoo.addons.account_ai.models.costs.account_ai_dashboard import FIGURES
from odoo.addons.account_ai.models.costs.sql import figures as figures_module

from ..common.common import AccountAiCase
from .dashboard_case import DashboardCase, at
from .usage_rows import RollupMixin


@tagged("post_install", "-at_install")
class TestDashboardFigures(DashboardCase):
    def test_totals(self):
        """Worked out by hand, of what is rolled up and what is not."""
        self.book_month()
        figures = self.figures()
        totals = figures["totals"]
        # 0.0034 + 0.25 + 0.00075 + 0.5 − 0.4 + 0.0001
        self.assertAlmostEqual(totals["cost_usd"], 0.35425, 10)
        self.assertEqual(totals["calls"], 7)
        self.assertEqual(totals["corrections"], 1)
        self.assertEqual(totals["errors"], 2)
        self.assertAlmostEqual(totals["error_rate"], 2 / 6, 10)
        self.assertEqual((totals["open_calls"], totals["reserved_usd"]), (1, 0.03))
        self.assertEqual((totals["unknown_calls"], totals["unknown_usd"]), (1, 0.5))
        self.assertEqual(totals["simulated_calls"], 1)
        self.assertEqual(totals["simulated_usd"], 0.0001)
        self.assertEqual(
            totals["tokens"],
            {
                "uncached_input": 1300,
                "cache_write": 400,
                "cache_read": 6000,
                "output": 300,
                "thinking": 50,
            },
        )
        self.assertAlmostEqual(totals["cache_share"], 6000 / 7700, 10)
        # 6000 × 0.90 − 400 × 0.25 = 5300 millionths; 500 + 250; the answer's price
        saved = totals["saved"]
        self.assertAlmostEqual(saved["cache"], 0.0053, 10)
        self.assertAlmostEqual(saved["batch"], 0.00075, 10)
        self.assertAlmostEqual(saved["store"], 0.0042, 10)
        self.assertAlmostEqual(saved["total"], 0.01025, 10)
        self.assertEqual(totals["latency"]["calls"], 2)
        self.assertEqual(totals["latency"]["mean_ms"], 1350)
        # one call from 500 to 1000 ms, one from 1500 to 2000 ms
        self.assertEqual(totals["latency"]["p50_ms"], 1000)
        self.assertEqual(totals["latency"]["p95_ms"], 1950)
        self.assertEqual(
            figures["errors"],
            [
                {"outcome": "interrupted", "calls": 1},
                {"outcome": "timeout", "calls": 1},
            ],
        )

    def test_the_same_before_and_after_the_roll_up(self):
        self.book_month()
        before = self.figures()
        self.roll_up()
        self.assertEqual(before, self.figures())

    def test_cost_in_company_currency(self):
        self.book_month()
        (cost,) = self.figures()["company_costs"]
        self.assertEqual(cost["currency_id"], self.company.currency_id.id)
        # 3.23 + 0.7125 + 475 − 380 + 1; the chat's is not known
        self.assertAlmostEqual(cost["amount"], 99.9425, 6)
        self.assertEqual(cost["unknown"], 1)

    def test_over_time(self):
        self.book_month()
        bars = {bar["key"]: bar for bar in self.figures()["bars"]}
        self.assertEqual(len(bars), 30)
        self.assertAlmostEqual(bars["2026-11-02"]["cost_usd"], 0.2534, 10)
        self.assertEqual(bars["2026-11-02"]["calls"], 2)
        self.assertEqual(bars["2026-11-01"]["cost_usd"], 0)
        self.assertAlmostEqual(bars["2026-11-20"]["cost_usd"], 0.1001, 10)
        self.assertAlmostEqual(bars["2026-11-20"]["simulated_usd"], 0.0001, 10)

    def test_today_by_hour_and_a_year_by_month(self):
        self.book_month()
        hours = self.figures(period="today")["bars"]
        self.assertEqual(len(hours), 24)
        used = {bar["key"]: round(bar["cost_usd"], 8) for bar in hours if bar["calls"]}
        self.assertEqual(used, {"2026-11-20 12:00:00": 0.1001})
        months = self.figures(period="year")["bars"]
        self.assertEqual(len(months), 12)
        used = {bar["key"]: round(bar["cost_usd"], 8) for bar in months if bar["calls"]}
        self.assertEqual(used, {"2026-10-01": 100, "2026-11-01": 0.35425})

    def test_breakdowns(self):
        self.book_month()
        tables = {
            table["dimension"]: [
                (row["key"], row["calls"], round(row["cost_usd"], 8))
                for row in table["rows"]
            ]
            for table in self.figures()["breakdowns"]
        }
        self.assertEqual(
            tables,
            {
                "operation": [("chat", 1, 0.25), ("validation", 6, 0.10425)],
                "agent": [(False, 1, 0.25), ("dte", 6, 0.10425)],
                "user_id": [
                    (self.reviewer.id, 1, 0.25),
                    (self.accountant.id, 6, 0.10425),
                ],
                "model": [
                    ("claude-sonnet-5-5", 1, 0.25),
                    ("claude-haiku-5-5", 6, 0.10425),
                ],
            },
        )

    def test_many_rows_of_a_breakdown(self):
        for number in range(11):
            self.book(opened_at=at(2), model=f"model-{number:02}", cost_usd=number + 1)
        (table,) = (
            table
            for table in self.figures()["breakdowns"]
            if table["dimension"] == "model"
        )
        self.assertEqual(len(table["rows"]), 8)
        self.assertEqual(table["rows"][0]["key"], "model-10")
        self.assertEqual(table["others"]["cost_usd"], 6)
        self.assertEqual(table["others"]["calls"], 3)
        shown = [row["key"] for row in table["rows"]]
        rows = self.rows(
            "spent", {"dimension": "model", "values": shown, "excluded": True}
        )
        self.assertEqual(sum(rows.mapped("cost_usd")), 6)

    def test_most_expensive_calls(self):
        for day in range(1, 13):
            self.book(opened_at=at(day), cost_usd=f"0.{day:02}", output_tokens=day)
            self.book(opened_at=at(day), cost_usd="0.005")
        self.roll_up()
        self.book(opened_at=at(13), cost_usd="0.055")  # not rolled up
        costs = [call["cost_usd"] for call in self.figures()["most_expensive"]]
        expected = [0.12, 0.11, 0.1, 0.09, 0.08, 0.07, 0.06, 0.055, 0.05, 0.04]
        self.assertEqual(costs, expected)
        today = self.figures(period="custom", begin="2026-11-12", end="2026-11-12")
        self.assertEqual(
            [c["cost_usd"] for c in today["most_expensive"]], [0.12, 0.005]
        )

    def test_nothing_yet(self):
        figures = self.figures()
        self.assertTrue(figures["is_empty"])
        self.assertEqual(figures["totals"]["cost_usd"], 0)
        self.assertIsNone(figures["totals"]["error_rate"])
        self.assertIsNone(figures["totals"]["cache_share"])
        self.assertIsNone(figures["totals"]["latency"]["p95_ms"])
        self.assertIsNone(figures["forecast"]["total_usd"])

    def test_one_row(self):
        self.book(opened_at=at(20), cost_usd="0.0004")
        figures = self.figures()
        self.assertFalse(figures["is_empty"])
        self.assertEqual(figures["totals"]["cost_usd"], 0.0004)
        self.assertEqual(figures["breakdowns"][0]["rows"][0]["share"], 1)

    def test_forecast(self):
        """Thursdays cost 1, other days 0.5; ten days are left, one is a Thursday."""
        for day in range(1, 20):
            thursday = at(day).weekday() == 3
            self.book(opened_at=at(day), cost_usd="1" if thursday else "0.5")
        self.book(opened_at=at(20), cost_usd="0.2")
        forecast = self.figures()["forecast"]
        # 19 days, Thursdays the 5th, 12th and 19th; and today, a Friday
        self.assertAlmostEqual(forecast["spent_usd"], 16 * 0.5 + 3 + 0.2, 10)
        # the rest of today 0.3; nine days at 0.5 and Thursday the 26th at 1
        self.assertAlmostEqual(forecast["total_usd"], 11.2 + 0.3 + 9 * 0.5 + 1, 10)
        bars = {bar["key"]: bar["expected_usd"] for bar in self.figures()["bars"]}
        self.assertEqual(bars["2026-11-26"], 1)
        self.assertEqual(bars["2026-11-20"], 0.3)
        self.assertEqual(bars["2026-11-19"], 0)
        self.assertIsNone(self.figures(period="last_month")["forecast"])

    def test_too_many_rows_wait(self):
        """Then they are told, not added: the dashboard stays quick."""
        for _number in range(3):
            self.book(opened_at=at(2))
        self.patch(figures_module, "MOST_LIVE_ROWS", 2)
        figures = self.figures()
        self.assertEqual(figures["totals"]["calls"], 0)
        self.assertEqual(figures["waiting_rows"], 2)


@tagged("post_install", "-at_install")
@freeze_time("2026-11-20 18:00:00")
class TestDashboardRollUp(RollupMixin, AccountAiCase):
    uses_simulator = False
    uses_accounting = False

    def look(self):
        dashboard = self.env["account.ai.dashboard"].with_user(self.manager)
        return dashboard.get_figures()

    def test_filters_that_cannot_be_read_are_refused(self):
        dashboard = self.env["account.ai.dashboard"].with_user(self.manager)
        for filters in (
            [1],
            "month",
            7,
            {"companies": 1},
            {"companies": {"a": 1}},
            {"companies": ["1"]},
            {"companies": [[1]]},
            {"period": ["month"]},
            {"period": "custom", "begin": "yesterday", "end": "2026-11-01"},
            {"period": "custom", "begin": 5, "end": [1]},
            {"period": "custom", "begin": "0001-01-01", "end": "9999-12-31"},
        ):
            with self.subTest(filters):
                with self.assertRaises(UserError):
                    dashboard.get_figures(filters)
                with self.assertRaises(UserError):
                    dashboard.get_drill_down(filters, "spent")
        for figure in (["spent"], {}, None, 7):
            with self.subTest(figure), self.assertRaises(UserError):
                dashboard.get_drill_down({}, figure)
        for detail in (["bar"], "bar", 7):
            with self.subTest(detail), self.assertRaises(UserError):
                dashboard.get_drill_down({}, "spent", detail)

    def test_a_look_rolls_up(self):
        self.book()
        self.look()
        self.assertEqual(self.hours().calls, 1)

    def test_a_full_batch_wakes_the_cron(self):
        self.patch(dashboard_module, "BATCH", 1)
        self.book()
        cron = self.env.ref("account_ai.ir_cron_account_ai_usage_rollup")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        triggers.unlink()
        self.look()
        self.assertTrue(triggers.search([("cron_id", "=", cron.id)]))

    def test_no_free_connection_does_not_stop_a_look(self):
        self.book()

        def full(*_arguments):
            raise PoolError("no connection")

        self.patch(rollup_module, "open_cursor", full)
        self.assertFalse(self.look()["is_empty"])


@tagged("post_install", "-at_install")
class TestDashboardDrillDown(DashboardCase):
    def test_rows_add_up_to_their_figure(self):
        self.book_month()
        totals = self.figures()["totals"]

        def count(figure):
            return len(self.rows(figure))

        def cost(figure):
            return round(sum(self.rows(figure).mapped("cost_usd")), 8)

        self.assertEqual(cost("spent"), round(totals["cost_usd"], 8))
        self.assertEqual(count("calls"), totals["calls"])
        self.assertEqual(cost("reserved"), totals["reserved_usd"])
        self.assertEqual(count("errors"), totals["errors"])
        self.assertEqual(cost("unknown"), totals["unknown_usd"])
        self.assertEqual(cost("simulated"), totals["simulated_usd"])
        self.assertEqual(count("answered"), totals["latency"]["calls"])
        self.assertEqual(count("store"), totals["stored_calls"])
        self.assertEqual(count("cache"), 1)
        self.assertEqual(count("batch"), 1)

    def test_rows_of_a_breakdown_and_of_a_bar(self):
        self.book_month()
        for table in self.figures()["breakdowns"]:
            for row in table["rows"]:
                detail = {"dimension": table["dimension"], "values": [row["key"]]}
                rows = self.rows("spent", detail)
                self.assertAlmostEqual(sum(rows.mapped("cost_usd")), row["cost_usd"], 8)
        for period in ("today", "month", "year"):
            for bar in self.figures(period=period)["bars"]:
                rows = self.rows("spent", {"bar": bar["key"]}, period=period)
                self.assertAlmostEqual(sum(rows.mapped("cost_usd")), bar["cost_usd"], 8)

    def test_roll_ups_where_the_detail_is_deleted(self):
        self.book(opened_at=at(2, month=6), operation="chat", cost_usd=3)
        self.book(opened_at=at(2))
        self.roll_up()
        self.env["account.ai.usage"]._gc_detail()
        self.env.invalidate_all()
        for figure in FIGURES:
            rows = self.rows(figure, period="year")
            model = "usage" if figure == "reserved" else "usage.rollup"
            self.assertEqual(rows._name, f"account.ai.{model}", figure)
        rows = self.rows(
            "spent", {"dimension": "operation", "values": ["chat"]}, period="year"
        )
        self.assertEqual(rows.cost_usd, 3)
        dashboard = self.env["account.ai.dashboard"].with_user(self.manager)
        found = dashboard.get_drill_down({"period": "year"}, "spent")
        self.assertIn("08/22/2026", found["notice"])
        self.assertEqual(found["action"]["views"][0], (False, "pivot"))
        self.assertEqual(self.rows("spent")._name, "account.ai.usage")
