"""The catalogue of models: what the API tells, and what becomes of what retires."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import BaseCase, Form, tagged

from odoo.addons.account_ai.services.claude.errors import ClaudeError
from odoo.addons.account_ai.services.claude.pricing import unit_prices

from .common import AccountAiCase
from .validation_case import ValidationMixin, named

HAIKU = "claude-haiku-5-5"
SONNET = "claude-sonnet-5-5"
OPUS = "claude-opus-5-5"
OLD_SONNET = "claude-sonnet-4-5-20250929"
LOG = "odoo.addons.account_ai.models.running.fallback"
DOOR = "odoo.addons.account_ai.services.claude.log"


class ModelsCase(ValidationMixin, AccountAiCase):
    """Helpers of the tests below; the simulator's catalogue is the API's."""

    def setUp(self):
        super().setUp()
        commit = patch.object(
            type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: 60.0
        )
        commit.start()
        self.addCleanup(commit.stop)
        self.models = self.env["account.ai.model"].with_context(active_test=False)
        # Days of its own: the test holds whatever the day is.
        self.dates = {
            OLD_SONNET: {
                "deprecated_at": self.in_days(-50),
                "retires_at": self.in_days(10),
            }
        }
        self.simulator.control.settings(model_dates=self.dates)

    def model(self, model):
        """Return the record of a model."""
        return self.models.search([("model", "=", model)])

    def set_dates(self, model=HAIKU, **dates):
        """Let the API tell other dates of ``model``."""
        self.simulator.control.settings(model_dates={**self.dates, model: dates})

    def in_days(self, days):
        """Return the day ``days`` from now as the API writes it."""
        moment = self.env.cr.now() + timedelta(days=days)
        return moment.strftime("%Y-%m-%dT00:00:00Z")

    def read_catalogue(self):
        """Run the cron that reads the catalogue."""
        self.synchronize()
        self.models._synchronize_by_cron()
        self.synchronize()

    def alerts(self, kind):
        self.synchronize()
        return self.env["account.ai.alert"].search(
            [("kind", "=", kind), ("company_id", "=", self.company.id)], order="id"
        )

    @property
    def settings(self):
        return self.env["account.ai.gateway"]._settings(self.company)

    @property
    def move(self):
        return self.create_move([("Arriendo de grúa, noviembre 2026", 90_000)])


@tagged("post_install", "-at_install")
class TestCatalogue(ModelsCase):
    uses_accounting = False

    def test_the_default_models_are_there_before_the_api_was_asked(self):
        self.assertTrue(self.model(HAIKU))
        self.assertFalse(self.model(HAIKU).synchronized_at)

    def test_everything_that_the_api_tells_is_kept(self):
        self.read_catalogue()
        haiku = self.model(HAIKU)
        self.assertEqual(haiku.name, "Claude Haiku 5.5")
        self.assertEqual((haiku.family, haiku.lifecycle), ("haiku", "active"))
        self.assertEqual(haiku.released_at, datetime(2026, 10, 7))
        self.assertEqual(haiku.max_input_tokens, 1_000_000)
        self.assertEqual(haiku.max_output_tokens, 128_000)
        self.assertIn("structured outputs", haiku.capability_names)
        self.assertTrue(haiku.synchronized_at)
        sonnet = self.model(OLD_SONNET)
        self.assertEqual(f"{sonnet.retires_on}T00:00:00Z", self.in_days(10))

    def test_retired_models_are_told_too(self):
        self.read_catalogue()
        self.assertEqual(self.model("claude-3-haiku-20240307").lifecycle, "retired")

    def test_reading_it_twice_changes_nothing(self):
        self.read_catalogue()
        before = {each.model: each.message_ids for each in self.models.search([])}
        self.read_catalogue()
        after = {each.model: each.message_ids for each in self.models.search([])}
        self.assertEqual(before, after)

    def test_a_model_that_vanished_is_kept_and_retired(self):
        self.read_catalogue()
        # Before its release, the API does not know it.
        self.simulator.control.settings(clock="2026-10-01T00:00:00Z")
        self.read_catalogue()
        haiku = self.model(HAIKU)
        self.assertEqual(haiku.lifecycle, "retired")
        self.assertTrue(haiku.gone_at)
        self.simulator.control.settings(clock="2026-11-20T12:00:00Z")
        self.read_catalogue()
        self.assertEqual((haiku.lifecycle, haiku.gone_at), ("active", False))

    def test_a_model_that_was_never_listed_is_left_alone(self):
        own = self.models.create({"model": "corp-fast", "name": "Own"})
        self.read_catalogue()
        self.assertEqual(own.lifecycle, "active")

    def test_an_alias_lives_as_long_as_its_model(self):
        alias = self.models.create({"model": "claude-sonnet-4-5", "name": "Alias"})
        self.read_catalogue()
        self.assertEqual(alias.lifecycle, "deprecated")
        self.assertEqual(f"{alias.retires_on}T00:00:00Z", self.in_days(10))

    def test_an_answer_that_is_not_claudes_changes_nothing(self):
        self.read_catalogue()
        for kind in ("html", "empty_body", "overloaded", "authentication"):
            with self.subTest(kind):
                self.simulator.control.fault(kind, match={"endpoint": "models"})
                self.read_catalogue()
                self.assertEqual(self.model(HAIKU).lifecycle, "active")

    def test_a_list_of_another_program_changes_nothing(self):
        self.read_catalogue()
        listed = [{"id": "gpt-4o", "object": "model"}]
        client = "odoo.addons.account_ai.services.claude.client.ClaudeClient"
        with patch(f"{client}.models", lambda *a: listed):
            self.read_catalogue()
        self.assertEqual(self.model(HAIKU).lifecycle, "active")
        self.assertFalse(self.model("gpt-4o"))

    def test_it_is_read_in_pages(self):
        get = "odoo.addons.account_ai.services.claude.client.ClaudeClient.get"
        pages = []
        from odoo.addons.account_ai.services.claude.client import ClaudeClient

        real = ClaudeClient.get

        def small_page(client, path, query, headers=None):
            pages.append(query)
            return real(client, path, {**query, "limit": "3"}, headers)

        with patch(get, small_page):
            self.read_catalogue()
        self.assertEqual(len(pages), 3)
        self.assertEqual(len(self.models.search([("synchronized_at", "!=", False)])), 7)

    def test_the_network_is_not_waited_for_in_a_transaction(self):
        order = []
        client = "odoo.addons.account_ai.services.claude.client.ClaudeClient"
        told = [{"type": "model", "id": HAIKU, "display_name": "Haiku"}]

        def commit(*_args, **_kwargs):
            order.append("commit")

        def ask(*_args):
            order.append("network")
            return told

        with (
            patch.object(type(self.env["ir.cron"]), "_commit_progress", commit),
            patch(f"{client}.models", ask),
        ):
            self.models._synchronize()
        self.assertEqual(order[:2], ["commit", "network"])

    def test_the_button_says_what_came_of_it(self):
        models_ = self.models.with_user(self.manager)
        action = models_.action_synchronize()
        self.assertEqual(action["params"]["type"], "success")
        self.assertIn("7", action["params"]["message"])
        self.use_endpoint(self.simulator.base_url, api_key="sk-ant-invalid-1")
        action = models_.action_synchronize()
        self.assertEqual(action["params"]["type"], "danger")
        self.assertIn("key", action["params"]["message"])

    def test_who_may_do_what(self):
        haiku = self.model(HAIKU)
        for user in (self.accountant, self.reviewer, self.plain_accountant):
            with self.assertRaises(AccessError):
                haiku.with_user(user).read(["name"])
            with self.assertRaises(AccessError):
                self.models.with_user(user).action_synchronize()
        self.assertTrue(haiku.with_user(self.manager).read(["name"]))
        with self.assertRaises(AccessError):
            haiku.with_user(self.manager).write({"own_input": 1})
        with self.assertRaises(AccessError):
            self.models.with_user(self.manager).name_create("claude-new")
        admin = self.env.ref("base.user_admin")
        haiku.with_user(admin).write({"own_input": 1})
        with self.assertRaises(AccessError):
            haiku.with_user(admin).unlink()

    def test_an_id_is_not_changed(self):
        with self.assertRaises(UserError):
            self.model(HAIKU).model = "claude-haiku-6"

    def test_found_by_name_and_by_id(self):
        self.read_catalogue()
        for text in ("haiku-5-5", "Haiku 5.5"):
            found = [id_ for id_, _name in self.models.name_search(text)]
            self.assertEqual(found, self.model(HAIKU).ids)


@tagged("post_install", "-at_install")
class TestChosenModel(ModelsCase):
    uses_accounting = False

    def test_it_is_picked_from_the_catalogue(self):
        self.company.account_ai_model_id = self.model(SONNET)
        self.assertEqual(self.company.account_ai_model, SONNET)
        self.assertEqual(self.settings.model, SONNET)
        self.company.account_ai_model_id = False
        self.assertEqual(self.settings.model, HAIKU)

    def test_a_typed_id_is_kept_and_is_in_the_catalogue(self):
        self.company.account_ai_model = "claude-haiku-6"
        self.assertEqual(self.company.account_ai_model_id, self.model("claude-haiku-6"))
        self.assertEqual(self.settings.model, "claude-haiku-6")

    def test_what_was_typed_before_there_was_a_catalogue_is_kept(self):
        self.env.cr.execute(
            "UPDATE res_company SET account_ai_model = 'claude-old' WHERE id = %s",
            [self.company.id],
        )
        self.env.invalidate_all()
        self.models._ensure_defaults()
        with Form(self.env["res.config.settings"]) as form:
            self.assertEqual(form.account_ai_model_id.model, "claude-old")
            form.account_ai_mask_persons = False
        form.record.execute()
        self.assertEqual(self.company.account_ai_model, "claude-old")

    def test_an_administrator_of_the_addon_picks_one(self):
        settings = self.env["account.ai.company.settings"].with_user(self.manager)
        with Form(settings) as form:
            self.assertFalse(form.model_id)
            form.model_id = self.model(OPUS)
            form.fallback_model_id = self.model(SONNET)
        form.record.action_apply()
        self.assertEqual(self.company.account_ai_model, OPUS)
        self.assertEqual(self.company.account_ai_fallback_model, SONNET)

    def test_others_see_neither_model_nor_notice(self):
        company = self.company.with_user(self.accountant)
        with self.assertRaises(AccessError):
            company.account_ai_model_id  # noqa: B018 - reading it is the test

    def test_an_effort_that_the_model_does_not_know_is_left_out(self):
        self.read_catalogue()
        self.company.account_ai_model = "claude-haiku-4-5"
        self.company.account_ai_effort = "high"
        self.assertEqual(self.settings.effort, "")
        self.company.account_ai_model = HAIKU
        self.assertEqual(self.settings.effort, "high")

    def test_settings_cost_one_lookup(self):
        self.synchronize()
        self.settings  # noqa: B018 - fills the caches
        company = self.company.sudo()
        company.fetch(["account_ai_model", "account_ai_effort", "account_ai_language"])
        with self.assertQueryCount(0):
            self.env["account.ai.model"]._catalogue()


@tagged("post_install", "-at_install")
class TestRetirement(ModelsCase):
    uses_accounting = False

    def test_a_model_that_retires_within_60_days_alerts_once(self):
        self.set_dates(deprecated_at=self.in_days(-1), retires_at=self.in_days(59))
        self.read_catalogue()
        alert = self.alerts("model_retiring")
        self.assertEqual(len(alert), 1)
        self.assertIn(HAIKU, alert.message)
        self.assertIn(self.in_days(59)[:10], alert.message)
        self.read_catalogue()
        self.assertEqual(len(self.alerts("model_retiring")), 1)

    def test_another_date_alerts_again(self):
        self.set_dates(deprecated_at=self.in_days(-1), retires_at=self.in_days(59))
        self.read_catalogue()
        self.set_dates(deprecated_at=self.in_days(-1), retires_at=self.in_days(30))
        self.read_catalogue()
        self.assertEqual(len(self.alerts("model_retiring")), 2)

    def test_a_date_far_away_does_not_alert(self):
        self.set_dates(retires_at=self.in_days(62), lifecycle="active")
        self.read_catalogue()
        self.assertFalse(self.alerts("model_retiring"))

    def test_a_deprecated_model_alerts_whatever_its_date(self):
        self.set_dates(deprecated_at=self.in_days(-1), retires_at=self.in_days(300))
        self.read_catalogue()
        self.assertTrue(self.alerts("model_retiring"))
        self.assertEqual(self.settings.model, HAIKU, "it works until its day")

    def test_who_sends_nothing_is_not_alerted(self):
        self.company._account_ai_withdraw_consent()
        self.set_dates(deprecated_at=self.in_days(-1), retires_at=self.in_days(59))
        self.read_catalogue()
        self.assertFalse(self.alerts("model_retiring"))

    def test_dates_alert_also_when_the_api_does_not_answer(self):
        self.read_catalogue()
        self.model(HAIKU).retires_at = self.env.cr.now() + timedelta(days=10)
        self.use_closed_endpoint()
        self.read_catalogue()
        self.assertTrue(self.alerts("model_retiring"))

    def test_the_successor_is_the_newest_active_model_of_the_family(self):
        self.company.account_ai_model = OLD_SONNET
        self.read_catalogue()
        self.assertEqual(self.company._account_ai_successor(OLD_SONNET), SONNET)
        alert = self.alerts("model_retiring")
        self.assertEqual(alert.successor_model, SONNET)
        alert.with_user(self.manager).action_use_successor()
        self.assertEqual(self.company.account_ai_model, SONNET)
        alert.invalidate_recordset()
        self.assertFalse(alert.successor_model)

    def test_a_family_without_another_model_takes_one_of_the_default_table(self):
        self.set_dates("claude-fable-5-2", deprecated_at=self.in_days(-1))
        self.company.account_ai_model = "claude-fable-5-2"
        self.read_catalogue()
        self.assertEqual(self.company._account_ai_successor("claude-fable-5-2"), HAIKU)

    def test_a_button_takes_the_successor(self):
        self.company.account_ai_model = OLD_SONNET
        self.read_catalogue()
        self.assertIn(self.in_days(10)[:10], self.company.account_ai_model_notice)
        settings = self.env["account.ai.company.settings"].with_user(self.manager)
        dialog = settings.create({})
        self.assertIn(SONNET, dialog.model_notice)
        dialog.action_use_successor()
        self.assertEqual(dialog.model_id.model, SONNET)
        self.assertEqual(self.company.account_ai_model, SONNET)
        self.company.invalidate_recordset()
        self.assertFalse(self.company.account_ai_model_notice)

    def test_others_do_not_take_the_successor(self):
        self.company.account_ai_model = OLD_SONNET
        self.read_catalogue()
        for user in (self.reviewer, self.other_accountant):
            with self.assertRaises(AccessError):
                self.company.with_user(user)._account_ai_use_successor(OLD_SONNET)

    def test_nothing_to_follow_is_said(self):
        with self.assertRaises(UserError):
            self.company._account_ai_use_successor()

    def test_on_its_day_the_fallback_is_asked(self):
        self.read_catalogue()
        self.company.account_ai_fallback_model = OPUS
        self.model(HAIKU).retires_at = self.env.cr.now() + timedelta(seconds=1)
        self.assertEqual(self.settings.model, HAIKU)
        self.model(HAIKU).retires_at = self.env.cr.now()
        settings = self.settings
        self.assertEqual((settings.model, settings.replaced_model), (OPUS, HAIKU))

    def test_without_a_choice_a_default_stands_in(self):
        self.read_catalogue()
        self.model(HAIKU).lifecycle = "retired"
        self.assertEqual(self.settings.model, SONNET)
        self.company.account_ai_fallback_model = HAIKU
        self.assertEqual(self.settings.model, SONNET, "the fallback is retired itself")

    def test_when_nobody_can_stand_in_the_chosen_one_is_asked(self):
        self.read_catalogue()
        self.models.search([]).write({"lifecycle": "retired"})
        self.assertEqual(self.settings.model, HAIKU)

    def test_a_retired_model_alerts_once(self):
        self.read_catalogue()
        self.set_dates(lifecycle="retired")
        self.read_catalogue()
        self.read_catalogue()
        alert = self.alerts("model_retired")
        self.assertEqual(len(alert), 1)
        self.assertIn(f"{SONNET} is asked instead", alert.message)


@tagged("post_install", "-at_install")
class TestFallback(ModelsCase):
    """What a validation does when the model is retired, before and at the call."""

    def test_it_asks_the_fallback_and_says_so(self):
        self.read_catalogue()
        self.model(HAIKU).retires_at = self.env.cr.now()
        validation = self.validate(self.move)
        self.assertEqual(validation.verdict, "send")
        self.assertEqual((validation.model, validation.replaced_model), (SONNET, HAIKU))
        self.assertEqual(len(self.calls()), 1, "nobody asks the retired one")
        panel = validation._panel_data(stale=False)
        self.assertEqual((panel["model"], panel["replaced_model"]), (SONNET, HAIKU))
        note = validation.move_id.message_ids[0].body
        self.assertIn(f"{SONNET} was asked instead of {HAIKU}", note)

    def fall_back(self, **fault):
        """Validate while Claude does not know the model; return validation, events."""
        self.read_catalogue()
        self.simulator.control.fault(
            "model_retired", times=1, match={"model": HAIKU}, **fault
        )
        start = self.start(self.move)
        with self.assertLogs(LOG), self.assertLogs(DOOR):
            events = self.carry_out(start.run)
        validation = self.env["account.ai.validation"].browse(start.validation_id)
        return validation, events

    def test_an_answer_that_there_is_no_such_model_asks_the_fallback_at_once(self):
        validation, events = self.fall_back()
        self.assertEqual((validation.state, validation.verdict), ("done", "send"))
        self.assertFalse(validation.degraded_code)
        self.assertEqual((validation.model, validation.replaced_model), (SONNET, HAIKU))
        self.assertEqual(named(events, "waiting"), [{"model": SONNET}])
        self.assertFalse(named(events, "error"))
        first, second = self.usages()
        self.assertEqual((first.model, first.state), (HAIKU, "failed"))
        self.assertEqual((first.outcome, first.cost_usd), ("unknown_model", 0))
        self.assertEqual((second.model, second.state), (SONNET, "settled"))
        self.assertEqual(validation.cost_usd, second.cost_usd)
        billed = self.simulator.control.usage()["usd"]
        self.assertEqual(f"{second.cost_usd:.8f}", f"{Decimal(billed):.8f}")

    def test_it_is_learned_and_told_once(self):
        self.fall_back()
        self.assertEqual(self.model(HAIKU).lifecycle, "retired")
        self.assertEqual(len(self.alerts("model_retired")), 1)
        self.simulator.control.fault("model_retired", match={"model": HAIKU})
        again = self.validate(self.create_move([("Flete a Talca, 3 viajes", 80_000)]))
        self.assertEqual((again.model, again.replaced_model), (SONNET, HAIKU))
        self.assertEqual(len(self.calls()), 3, "the retired one is not asked again")
        self.assertEqual(len(self.alerts("model_retired")), 1)

    def test_the_next_reading_of_the_catalogue_puts_it_right(self):
        self.fall_back()
        self.read_catalogue()
        self.assertEqual(self.model(HAIKU).lifecycle, "active")
        self.assertEqual(self.settings.model, HAIKU)

    def test_its_result_is_fresh_and_can_be_replayed(self):
        validation, _events = self.fall_back()
        self.assertEqual(self.start(validation.move_id).kind, "fresh")
        sent = self.calls()[-1]["body"]
        sent.pop("stream")
        self.assertEqual(validation._replay().request.parameters(), sent)

    def test_a_fallback_that_does_not_fit_leaves_the_rules_and_a_sentence(self):
        self.read_catalogue()
        self.simulator.control.fault("model_retired", match={"model": HAIKU})
        start = self.start(self.move)
        run = start.run
        admit = type(run.gateway).admit
        refusal = ClaudeError("budget", "The budget is used up.")

        def refuse_the_fallback(gateway, request, *args, **kwargs):
            if request.model != HAIKU:
                raise refusal
            return admit(gateway, request, *args, **kwargs)

        with (
            patch.object(type(run.gateway), "admit", refuse_the_fallback),
            self.assertLogs(LOG),
            self.assertLogs(DOOR),
        ):
            self.carry_out(run)
        validation = self.env["account.ai.validation"].browse(start.validation_id)
        self.assertEqual(validation.verdict, "review")
        self.assertEqual(validation.degraded_code, "budget")
        self.assertEqual(self.usages().mapped("state"), ["failed"])

    def test_a_wrong_address_retires_nothing(self):
        self.read_catalogue()
        start = self.start(self.move)
        error = ClaudeError("unknown_model", "No such model.", status=404)
        with (
            patch.object(type(start.run.gateway), "stream", side_effect=error),
            self.assertLogs(DOOR),
        ):
            self.carry_out(start.run)
        validation = self.env["account.ai.validation"].browse(start.validation_id)
        self.assertEqual(validation.degraded_code, "unknown_model")
        self.assertEqual(self.model(HAIKU).lifecycle, "active")


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
        with self.assertLogs(LOG), self.assertLogs(DOOR):
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


@tagged("post_install", "-at_install")
class TestNoModelInCode(BaseCase):
    """Models come and go: their ids are in one table."""

    MODEL_ID = re.compile(r"claude-(?:[a-z]+-)?\d")
    TABLE = "services/claude/defaults.py"
    SHIPPED = (
        *("controllers", "data", "models", "security", "services", "static/src"),
        *("views", "wizards", "migrations", "benchmarks", "dev"),
    )
    # What the API offers is the simulator's own knowledge; its tests, and the storm,
    # which is one, ask for models by their id. A made-up ledger has names of the past.
    EXCEPTED = (
        *("dev/simulator/catalogue.py", "dev/tests/", "dev/storm/"),
        "benchmarks/ledger_rows.py",
    )

    def found_in(self, root):
        found = set()
        for folder in self.SHIPPED:
            for path in (root / folder).rglob("*"):
                name = path.relative_to(root).as_posix()
                if path.suffix in (".py", ".xml", ".js", ".csv", ".json", ".sql"):
                    text = path.read_text(encoding="utf-8")
                    if not name.startswith(self.EXCEPTED) and self.MODEL_ID.search(
                        text
                    ):
                        found.add(name)
        return found

    def test_no_model_id_outside_of_the_table(self):
        root = Path(__file__).resolve().parents[1]
        self.assertEqual(self.found_in(root), {self.TABLE})

    def test_nothing_shipped_depends_on_a_model_that_retires_soon(self):
        text = (Path(__file__).resolve().parents[1] / self.TABLE).read_text()
        for model in re.findall(r'"(claude-[\w-]+)"', text):
            self.assertNotRegex(model, "-4-|-3-", "a model of the past")
