"""Prices of models: of the list, and of one's own."""

from decimal import Decimal

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from odoo.addons.account_ai.services.claude.money.pricing import unit_prices

from .models_case import HAIKU, ModelsCase
from .test_models_retirement import CALL_LOG, LOG


@tagged("post_install", "-at_install")
class TestPrices(ModelsCase):
    OWN = {
        "has_own_prices": True,
        "own_input": 0.07,
        "own_output": 0.41,
        "own_cache_write_5m": 0.09,
        "own_cache_read": 0.003,
    }

    def test_prices_of_the_list_name_their_source(self):
        haiku = self.model(HAIKU)
        self.assertEqual(haiku.price_source, "listed")
        self.assertRegex(haiku.price_source_name, r"^genai-prices \d+\.\d+")
        self.assertEqual((haiku.input_price, haiku.output_price), (0.1, 0.5))
        self.assertEqual(haiku.long_prompt_tokens, 100_000)
        self.assertEqual((haiku.long_input_price, haiku.long_output_price), (0.5, 2.5))
        self.assertEqual(haiku.batch_output_price, 0.25)

    def test_a_call_is_booked_at_own_prices_to_the_digit(self):
        self.model(HAIKU).write(self.OWN)
        self.validate(self.move)
        usage = self.usages()
        self.assertEqual(
            usage.unit_prices,
            {
                "uncached_input": "0.07",
                "cache_write_5m": "0.09",
                "cache_write_1h": "0.14",
                "cache_read": "0.003",
                "output": "0.41",
                "web_search": "10",
            },
        )
        expected = (
            usage.uncached_input_tokens * Decimal("0.07")
            + usage.cache_write_5m_tokens * Decimal("0.09")
            + usage.cache_read_tokens * Decimal("0.003")
            + usage.output_tokens * Decimal("0.41")
        ) / 1_000_000
        self.assertTrue(usage.cache_write_5m_tokens and usage.output_tokens)
        self.assertEqual(f"{usage.cost_usd:.8f}", f"{expected:.8f}")

    def test_the_reservation_is_at_own_prices_too(self):
        self.validate(self.move)
        self.model(HAIKU).write({**self.OWN, "own_input": 0.7, "own_output": 4.1})
        self.validate(self.move, force=True)
        listed, own = self.usages()
        self.assertGreater(own.worst_case_usd, 5 * listed.worst_case_usd)

    def test_rows_that_are_booked_keep_their_prices(self):
        self.validate(self.move)
        before = self.usages().read(["cost_usd", "unit_prices"])
        self.model(HAIKU).write(self.OWN)
        self.assertEqual(self.usages().read(["cost_usd", "unit_prices"]), before)

    def test_tier_batch_and_cache_follow_from_own_prices(self):
        self.model(HAIKU).write(
            {
                "has_own_prices": True,
                "own_input": 0.2,
                "own_output": 1.0,
                "own_batch_discount": 40.0,
                "own_long_prompt_tokens": 50_000,
                "own_long_input": 0.3,
                "own_long_output": 2.0,
            }
        )
        own = self.models._own_prices()

        def prices(tokens, **options):
            found = unit_prices(HAIKU, tokens, own=own, **options)
            return [
                str(value.normalize())
                for value in (
                    *(found.uncached_input, found.cache_write_5m),
                    *(found.cache_write_1h, found.cache_read, found.output),
                )
            ]

        self.assertEqual(prices(50_000), ["0.2", "0.25", "0.4", "0.02", "1"])
        self.assertEqual(prices(50_001), ["0.3", "0.375", "0.6", "0.03", "2"])
        batch = prices(50_000, service_tier="batch")
        self.assertEqual(batch, ["0.12", "0.15", "0.24", "0.012", "0.6"])
        in_the_usa = prices(50_000, inference_geo="us")
        self.assertEqual(in_the_usa, ["0.22", "0.275", "0.44", "0.022", "1.1"])

    def test_an_alias_has_the_prices_of_its_model(self):
        self.read_catalogue()
        self.model("claude-haiku-4-5-20251001").write(self.OWN)
        own = self.models._own_prices()
        found = unit_prices("claude-haiku-4-5", 1, own=own)
        self.assertEqual(found.uncached_input, Decimal("0.07"))

    def test_a_model_without_a_price_is_refused_with_what_to_do(self):
        self.company.account_ai_model = "claude-haiku-9"
        validation = self.validate(self.move)
        self.assertEqual(validation.degraded_code, "price_unknown")
        self.assertIn("Configuration, Models", validation.degraded_message)
        self.assertFalse(self.calls())
        unknown = self.model("claude-haiku-9")
        self.assertEqual(unknown.price_source, "unknown")
        unknown.write({"has_own_prices": True, "own_input": 1, "own_output": 5})
        self.assertEqual(unknown.price_source, "own")
        with self.assertLogs(LOG), self.assertLogs(CALL_LOG):
            self.validate(self.move, force=True)
        self.assertTrue(self.calls(), "with a price it is asked")

    def test_own_prices_are_whole_and_not_negative(self):
        haiku = self.model(HAIKU)
        for values in (
            {"has_own_prices": True},
            {"has_own_prices": True, "own_input": 1},
            {**self.OWN, "own_cache_read": -1},
            {**self.OWN, "own_batch_discount": 101},
        ):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                haiku.write(values)

    def test_who_changed_a_price_is_traced(self):
        admin = self.env.ref("base.user_admin")
        haiku = self.model(HAIKU)
        haiku.with_user(admin).write(self.OWN)
        self.env.flush_all()
        self.env.cr.precommit.run()
        message = haiku.message_ids.filtered("tracking_value_ids")
        self.assertEqual(message.author_id, admin.partner_id)
        self.assertIn(0.07, message.tracking_value_ids.mapped("new_value_float"))
