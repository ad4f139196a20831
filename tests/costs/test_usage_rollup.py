"""Roll-ups: every closed row is counted once, to the digit."""

from datetime import date, datetime
from decimal import Decimal

from odoo.tests import tagged

from odoo.addons.account_ai.models.costs.sql.roll_up import rebuild_days
from odoo.addons.account_ai.services.claude.money.own_prices import OwnPrices
from odoo.addons.account_ai.services.claude.money.pricing import price_of
from odoo.addons.account_ai.services.claude.money.usage import TokenUsage

from ..common.common import AccountAiCase
from .usage_rows import RollupMixin

NOON = datetime(2026, 11, 20, 12, 10)


@tagged("post_install", "-at_install")
class TestUsageRollup(RollupMixin, AccountAiCase):
    uses_simulator = False
    uses_accounting = False

    def test_rows_of_an_hour_are_one(self):
        for minute in (0, 59):
            self.book(opened_at=NOON.replace(minute=minute), output_tokens=10)
        self.book(opened_at=NOON.replace(hour=13), output_tokens=5)

        self.assertEqual(self.roll_up(), 3)

        hours = self.hours()
        self.assertEqual(hours.mapped("calls"), [2, 1])
        self.assertEqual(hours.mapped("output_tokens"), [20, 5])
        self.assertEqual(hours[0].hour, datetime(2026, 11, 20, 12))
        self.assertAlmostEqual(hours[0].cost_usd, 0.02, 8)

    def test_what_is_kept_apart(self):
        self.book()
        for values in (
            {"user_id": self.reviewer.id},
            {"operation": "chat"},
            {"agent": None},
            {"model": "claude-opus-5-5"},
            {"simulated": True},
            {"from_store": True},
            {"lane": "queue"},
            {"state": "failed", "outcome": "timeout"},
        ):
            self.book(**values)
        self.roll_up()
        self.assertEqual(self.hours().mapped("calls"), [1] * 9)
        self.book(agent=None)
        self.roll_up()
        self.assertEqual(sorted(self.hours().mapped("calls")), [1] * 8 + [2])

    def test_nothing_is_counted_twice(self):
        self.book()
        self.assertEqual(self.roll_up(), 1)
        self.assertEqual(self.roll_up(), 0)
        self.book()
        self.assertEqual(self.roll_up(), 1)
        self.assertEqual(self.hours().calls, 2)
        for model in ("account.ai.usage.day", "account.ai.usage.user.day"):
            self.assertEqual(self.total(model, "calls"), 2)

    def test_a_batch_with_a_discount_of_ones_own(self):
        """30 % instead of half, and a bucket that is not discounted evenly."""
        own = {
            "m": OwnPrices(Decimal("1"), Decimal("5"), batch_factor=Decimal("0.7")),
        }
        usage = TokenUsage(
            uncached_input=1000, cache_read=2000, output=100, service_tier="batch"
        )
        cost, prices = price_of("m", usage, own=own)
        self.assertEqual(cost, Decimal("0.00119"))
        self.book(
            service_tier="batch",
            uncached_input_tokens=1000,
            cache_read_tokens=2000,
            output_tokens=100,
            unit_prices=prices.to_data(),
            cost_usd=str(cost),
        )
        self.roll_up()
        # 1000 × 1.00 + 2000 × 0.10 + 100 × 5.00 = 1700 millionths, less 1190
        self.assertEqual(self.total(field="saved_batch_usd"), 0.00051)

    def test_batches_are_bounded(self):
        for _number in range(5):
            self.book()
        self.assertEqual([self.roll_up(2) for _ in range(4)], [2, 2, 1, 0])
        self.assertEqual(self.total(), 0.05)

    def test_open_rows_wait_until_they_are_closed(self):
        usage_id = self.book(state="open", cost_usd="0.5")
        self.assertEqual(self.roll_up(), 0)
        self.env.cr.execute(
            "UPDATE account_ai_usage SET state = 'settled', cost_usd = 0.125"
            " WHERE id = %s",
            [usage_id],
        )
        self.assertEqual(self.roll_up(), 1)
        self.assertEqual(self.total(), 0.125)

    def test_a_correction_counts_its_money_and_is_no_call(self):
        lost = self.book(state="unknown", outcome="interrupted", cost_usd="0.5")
        self.book(corrects_id=lost, cost_usd="-0.125", cache_read_tokens=-9)
        self.roll_up()
        self.assertEqual(self.total(), 0.375)
        self.assertEqual(self.total(field="calls"), 1)
        self.assertEqual(self.total(field="corrections"), 1)
        self.assertEqual(self.total(field="errors"), 1)
        self.assertEqual(self.total(field="saved_cache_usd"), 0)

    def test_savings(self):
        """Worked out by hand, from US$ 1.00, 1.25, 2.00, 0.10 and 5.00 a million."""
        self.book(
            uncached_input_tokens=300,
            cache_read_tokens=6000,
            cache_write_5m_tokens=400,
            cache_write_1h_tokens=500,
            output_tokens=200,
            cost_usd="0.0034",
        )
        # 6000 × 0.90 − 400 × 0.25 − 500 × 1.00 = 5400 − 100 − 500 = 4800 millionths
        self.book(
            service_tier="batch",
            uncached_input_tokens=1000,
            cache_read_tokens=2000,
            output_tokens=100,
            # a batch's own prices, which are half
            unit_prices={
                "uncached_input": "0.5",
                "cache_read": "0.05",
                "output": "2.5",
            },
            cost_usd="0.00085",
        )
        # by batching what was paid: 500 + 100 + 250 = 850; by caching 2000 × 0.45 = 900
        self.book(from_store=True, cost_usd=0, saved_usd="0.0042")
        self.book(  # not billed: nothing was saved by tokens that cost nothing
            outcome="refused", cost_usd=0, cache_read_tokens=9000, service_tier="batch"
        )
        self.book(  # nothing is known of it
            state="unknown", outcome="interrupted", cache_write_1h_tokens=9000
        )
        self.roll_up()
        self.assertEqual(self.total(field="saved_cache_usd"), 0.0057)
        self.assertEqual(self.total(field="saved_batch_usd"), 0.00085)
        self.assertEqual(self.total(field="saved_usd"), 0.0042)

    def test_latency_of_answers_only(self):
        self.book(latency_ms=250)
        self.book(latency_ms=251)
        self.book(latency_ms=200_000)
        self.book(latency_ms=30_000, state="failed", outcome="timeout")
        self.book(latency_ms=None, from_store=True)
        self.roll_up()
        self.assertEqual(self.total(field="timed_calls"), 3)
        self.assertEqual(self.total(field="latency_ms"), 200_501)
        for column, calls in (("250", 1), ("500", 1), ("1000", 0), ("longer", 1)):
            self.assertEqual(self.total(field=f"latency_{column}"), calls, column)

    def test_cost_in_company_currency_that_is_not_known(self):
        self.book(cost_company="950.5")
        self.book(cost_company=None)
        self.book(cost_company=None, cost_usd=0)
        self.roll_up()
        self.assertEqual(self.total(field="cost_company"), 950.5)
        self.assertEqual(self.total(field="cost_company_unknown"), 1)

    def test_days_are_those_of_the_company(self):
        """In November Santiago is three hours behind UTC, Easter Island five."""
        self.book(opened_at=datetime(2026, 11, 20, 2, 30))
        self.book(opened_at=datetime(2026, 11, 20, 3, 0))
        self.roll_up()
        days = self.env["account.ai.usage.day"]
        domain = [("company_id", "=", self.company.id), ("grain", "=", "day")]
        expected = [date(2026, 11, 20), date(2026, 11, 19)]
        self.assertEqual(days.search(domain).mapped("day"), expected)

        self.company.partner_id.tz = "Pacific/Easter"
        self.env.flush_all()
        rebuild_days(self.env.cr)
        self.env.invalidate_all()
        self.assertEqual(days.search(domain).mapped("day"), [date(2026, 11, 19)])
        self.assertEqual(days.search(domain).calls, 2)

    def test_a_zone_that_the_database_does_not_know(self):
        self.env.cr.execute(
            "UPDATE res_partner SET tz = 'Chile/Nowhere' WHERE id = %s",
            [self.company.partner_id.id],
        )
        self.book()
        self.assertEqual(self.roll_up(), 1)

    def test_rebuilding_changes_nothing_and_mends_everything(self):
        for number in range(4):
            self.book(opened_at=NOON.replace(day=10 + 3 * number), saved_usd="0.001")
        self.roll_up()
        self.book(cost_usd=7)  # not rolled up yet, and not counted by a rebuild
        models = (
            "account.ai.usage.rollup",
            "account.ai.usage.day",
            "account.ai.usage.user.day",
        )

        def figures():
            return [(self.total(m), self.total(m, "calls")) for m in models]

        expected = figures()
        self.env["account.ai.usage.rollup"]._rebuild()
        self.assertEqual(figures(), expected)
        for table in ("rollup", "day", "user_day"):
            self.env.cr.execute(
                f"UPDATE account_ai_usage_{table} SET cost_usd = 9, calls = 9"
            )
        self.env.cr.execute(
            "DELETE FROM account_ai_usage_rollup WHERE hour < '2026-11-12'"
        )
        self.env["account.ai.usage.rollup"]._rebuild()
        self.assertEqual(figures(), expected)
        self.roll_up()
        self.assertEqual(self.total(), 7.04)

    def test_the_cron_rolls_everything_up(self):
        for _number in range(3):
            self.book()
        cron = self.env.ref("account_ai.ir_cron_account_ai_usage_rollup")
        cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self.total(), 0.03)
