"""Percentiles and forecast, worked out by hand; no database needed."""

import unittest
from datetime import date, timedelta
from decimal import Decimal

from odoo.tests import tagged

from odoo.addons.account_ai.services.costs.forecast import month_forecast
from odoo.addons.account_ai.services.costs.latency import BOUNDS_MS, percentile
from odoo.addons.account_ai.services.costs.period import Period, period_of

FRIDAY = date(2026, 11, 20)


def counts(**calls):
    """Return the histogram with so many calls up to each bound."""
    named = {int(name.strip("ms_")): number for name, number in calls.items()}
    return [named.get(bound, 0) for bound in BOUNDS_MS] + [0]


@tagged("post_install", "-at_install")
class TestPercentile(unittest.TestCase):
    def test_nothing(self):
        self.assertIsNone(percentile([0] * (len(BOUNDS_MS) + 1), 0.5))

    def test_one_call_is_somewhere_in_its_bucket(self):
        # The median of a bucket is its middle.
        self.assertEqual(percentile(counts(ms_1000=1), 0.5), 750)

    def test_spread_over_a_bucket(self):
        # 100 calls between 1000 and 1500 ms: the 95th of them at 1475 ms
        self.assertEqual(percentile(counts(ms_1500=100), 0.95), 1475)

    def test_over_several_buckets(self):
        # 40 up to 250 ms, 60 from 2000 to 3000 ms: the 50th is the 10th of these 60
        calls = counts(ms_250=40, ms_3000=60)
        self.assertEqual(percentile(calls, 0.5), round(2000 + 1000 * 10 / 60))
        self.assertEqual(percentile(calls, 0.4), 250)

    def test_above_the_last_bound(self):
        calls = counts(ms_250=1)
        calls[-1] = 99
        self.assertEqual(percentile(calls, 0.95), BOUNDS_MS[-1])


@tagged("post_install", "-at_install")
class TestForecast(unittest.TestCase):
    def test_every_day_the_same(self):
        days = (FRIDAY - timedelta(days=number) for number in range(40))
        forecast = month_forecast(dict.fromkeys(days, Decimal("2")), FRIDAY)
        self.assertEqual(forecast.history_days, 28)
        self.assertEqual(forecast.spent, 40)
        self.assertEqual(forecast.total, 60)
        self.assertEqual(forecast.end, date(2026, 11, 30))
        self.assertEqual(forecast.days[FRIDAY], 0)
        self.assertEqual(len(forecast.days), 11)

    def test_weekdays_differ(self):
        """Mondays 3 and 5 of the last four, once 0: 2 each, and nothing else."""
        spent = {
            date(2026, 10, 26): Decimal(3),
            date(2026, 11, 2): Decimal(5),
        }
        forecast = month_forecast(spent, FRIDAY)
        # From the first use on there were the Mondays 10-26, 11-02, 11-09 and 11-16.
        self.assertEqual(forecast.history_days, 25)
        self.assertEqual(forecast.days[date(2026, 11, 23)], 2)
        self.assertEqual(forecast.days[date(2026, 11, 30)], 2)
        self.assertEqual(forecast.total, 5 + 2 + 2)

    def test_a_weekday_not_seen_yet_is_the_mean_of_all(self):
        spent = {date(2026, 11, 18): Decimal(1), date(2026, 11, 19): Decimal(3)}
        forecast = month_forecast(spent, FRIDAY)
        self.assertEqual(forecast.days[date(2026, 11, 21)], 2)  # a Saturday
        self.assertEqual(forecast.days[date(2026, 11, 25)], 1)  # a Wednesday

    def test_today_costs_no_less_than_it_has(self):
        spent = {FRIDAY - timedelta(days=7): Decimal(4)}
        rest = month_forecast({**spent, FRIDAY: Decimal(1)}, FRIDAY).days[FRIDAY]
        self.assertEqual(rest, 3)
        rest = month_forecast({**spent, FRIDAY: Decimal(9)}, FRIDAY).days[FRIDAY]
        self.assertEqual(rest, 0)

    def test_without_a_whole_day_there_is_none(self):
        self.assertIsNone(month_forecast({}, FRIDAY).total)
        self.assertIsNone(month_forecast({FRIDAY: Decimal(1)}, FRIDAY).total)

    def test_on_the_last_day_it_is_what_was_spent(self):
        day = date(2026, 11, 30)
        spent = {day - timedelta(days=7): Decimal(1), day: Decimal(2)}
        self.assertEqual(month_forecast(spent, day).total, 3)


@tagged("post_install", "-at_install")
class TestPeriod(unittest.TestCase):
    def test_periods(self):
        expected = {
            "today": ("2026-11-20", "2026-11-20", "hour"),
            "week": ("2026-11-14", "2026-11-20", "day"),
            "month": ("2026-11-01", "2026-11-30", "day"),
            "last_month": ("2026-10-01", "2026-10-31", "day"),
            "quarter": ("2026-10-01", "2026-12-31", "day"),
            "year": ("2026-01-01", "2026-12-31", "month"),
        }
        for name, days in expected.items():
            period = period_of(name, FRIDAY)
            found = (str(period.begin), str(period.end), period.grain)
            self.assertEqual(found, days, name)
        self.assertEqual(period_of("last_month", date(2026, 1, 31)).begin.year, 2025)

    def test_custom_days_in_any_order(self):
        period = period_of("custom", FRIDAY, FRIDAY, date(2026, 11, 2))
        self.assertEqual(period, Period("custom", date(2026, 11, 2), FRIDAY))
        self.assertEqual(period.grain, "day")
        with self.assertRaises(ValueError):
            period_of("custom", FRIDAY)
        with self.assertRaises(ValueError):
            period_of("eternity", FRIDAY)
