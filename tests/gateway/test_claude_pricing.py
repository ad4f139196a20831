"""Prices, against figures that were worked out by hand from the price list."""

from decimal import Decimal

from freezegun import freeze_time

from odoo.tests import BaseCase, tagged

from odoo.addons.account_ai.services.claude.errors import ClaudeError
from odoo.addons.account_ai.services.claude.money.pricing import price_of, unit_prices
from odoo.addons.account_ai.services.claude.money.usage import TokenUsage

HAIKU = "claude-haiku-5-5"
BUCKETS = (
    "uncached_input",
    "cache_write_5m",
    "cache_write_1h",
    "cache_read",
    "output",
)
# USD per million: input, 5-minute write, 1-hour write, read, output
PRICE_LIST = {
    (HAIKU, 100_000): ("0.10", "0.125", "0.20", "0.01", "0.50"),
    (HAIKU, 100_001): ("0.50", "0.625", "1.00", "0.05", "2.50"),
    ("claude-sonnet-5-5", 500_000): ("2", "2.50", "4", "0.10", "10"),
    ("claude-opus-5-5", 500_000): ("4", "5", "8", "0.20", "20"),
    ("claude-fable-5-2", 1000): ("8", "10", "16", "0.20", "40"),
    ("claude-haiku-4-5", 1000): ("1", "1.25", "2", "0.10", "5"),
}


@tagged("post_install", "-at_install")
class TestPricing(BaseCase):
    def prices(self, *args, **kwargs):
        prices = unit_prices(*args, **kwargs)
        return tuple(getattr(prices, bucket) for bucket in BUCKETS)

    def check_prices(self, listed, factor, **kwargs):
        for (model, prompt), expected in listed.items():
            with self.subTest(model, prompt=prompt):
                self.assertEqual(
                    self.prices(model, prompt, **kwargs),
                    tuple(Decimal(price) * Decimal(factor) for price in expected),
                )

    def test_the_price_list(self):
        self.check_prices(PRICE_LIST, 1)

    def test_a_batch_costs_half_of_everything(self):
        self.check_prices(PRICE_LIST, "0.5", service_tier="batch")

    def test_a_batch_before_the_package_knew_batches_costs_half_too(self):
        prices = {(HAIKU, 1): PRICE_LIST[HAIKU, 100_000]}
        with freeze_time("2026-10-10"):
            self.check_prices(prices, "0.5", service_tier="batch")

    def test_inference_in_the_usa_costs_a_tenth_more(self):
        self.check_prices(PRICE_LIST, "1.1", inference_geo="us")
        prices = unit_prices(HAIKU, 1, inference_geo="us")
        self.assertEqual(prices.web_search, 10)

    def test_fast_mode_has_prices_of_its_own_or_none(self):
        self.assertEqual(
            self.prices("claude-opus-5-5", 1, speed="fast"),
            tuple(map(Decimal, ("8", "10", "16", "0.4", "40"))),
        )
        with self.assertRaises(ClaudeError) as caught:
            unit_prices(HAIKU, 1, speed="fast")
        self.assertEqual(caught.exception.code, "price_unknown")

    def test_an_unknown_price_is_not_zero(self):
        for model in ("claude-haiku-9", "gpt-4o", ""):
            with self.subTest(model), self.assertRaises(ClaudeError) as caught:
                unit_prices(model, 1)
            self.assertEqual(caught.exception.code, "price_unknown")
            self.assertEqual(caught.exception.params, {"model": model})

    def cost(self, model=HAIKU, billed=True, **usage):
        cost, _prices = price_of(model, TokenUsage(**usage), billed=billed)
        return cost

    def test_a_validation_by_hand(self):
        """1,500 new, 6,000 read and 300 out: the cases of the reference sheet."""
        tokens = {"uncached_input": 1500, "cache_read": 6000, "output": 300}
        cases = (
            (HAIKU, {"uncached_input": 7500, "output": 300}, "0.0009"),
            (HAIKU, tokens, "0.00036"),
            (HAIKU, {**tokens, "service_tier": "batch"}, "0.00018"),
            ("claude-sonnet-5-5", tokens, "0.0066"),
            ("claude-opus-5-5", tokens, "0.0132"),
            (HAIKU, {"cache_write_5m": 6000}, "0.00075"),
            (HAIKU, {"cache_write_1h": 6000}, "0.0012"),
            (HAIKU, {"cache_write_1h": 6000, "service_tier": "batch"}, "0.0006"),
            (HAIKU, {**tokens, "inference_geo": "us"}, "0.000396"),
        )
        for model, usage, expected in cases:
            with self.subTest(usage, model=model):
                self.assertEqual(self.cost(model, **usage), Decimal(expected))

    def test_cached_tokens_count_for_the_tier_and_the_tier_for_the_output(self):
        below = self.cost(uncached_input=1, cache_read=99_999, output=1000)
        self.assertEqual(below, Decimal("0.00149999") + Decimal("0.0000001"))
        above = self.cost(uncached_input=2, cache_read=99_999, output=1000)
        self.assertEqual(above, Decimal("0.00749995") + Decimal("0.000001"))

    def test_thinking_is_not_charged_twice(self):
        self.assertEqual(self.cost(output=300, thinking=200), self.cost(output=300))

    def test_searches(self):
        self.assertEqual(self.cost(web_searches=3), Decimal("0.03"))

    def test_what_is_not_billed_costs_nothing(self):
        self.assertEqual(self.cost(uncached_input=1500, billed=False), 0)

    def test_prices_are_written_as_plain_decimals(self):
        data = unit_prices("claude-opus-5-5", 1).to_data()
        self.assertEqual(data["output"], "20")
        self.assertEqual(set(data), {*BUCKETS, "web_search"})


@tagged("post_install", "-at_install")
class TestUsage(BaseCase):
    def test_buckets_of_the_api(self):
        usage = TokenUsage.from_api(
            {
                "input_tokens": 1500,
                "cache_creation_input_tokens": 70,
                "cache_read_input_tokens": 6000,
                "cache_creation": {
                    "ephemeral_5m_input_tokens": 20,
                    "ephemeral_1h_input_tokens": 50,
                },
                "output_tokens": 310,
                "output_tokens_details": {"thinking_tokens": 120},
                "server_tool_use": {"web_search_requests": 2},
                "service_tier": "batch",
                "inference_geo": "us",
                "speed": "fast",
            }
        )
        self.assertEqual(
            usage,
            TokenUsage(1500, 20, 50, 6000, 310, 120, 2, "batch", "us", "fast"),
        )
        self.assertEqual(usage.prompt, 7570)

    def test_writes_without_a_breakdown_are_of_five_minutes(self):
        usage = TokenUsage.from_api({"cache_creation_input_tokens": 70})
        self.assertEqual((usage.cache_write_5m, usage.cache_write_1h), (70, 0))

    def test_what_is_left_out_or_null_is_zero(self):
        nothing = dict.fromkeys(
            ("input_tokens", "output_tokens", "cache_creation", "service_tier", "speed")
        )
        self.assertEqual(TokenUsage.from_api(nothing), TokenUsage())
