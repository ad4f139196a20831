"""Models that retire: who is told, and who is asked instead."""

import uuid
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch

import httpx2

from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.account_ai.models.validation.running import fallback
from odoo.addons.account_ai.services.claude.errors import ClaudeError
from odoo.addons.account_ai.services.claude.http.client import ClaudeClient

from ..common.common import AccountAiHttpCase
from ..validation.validation_case import ValidationMixin, named, read_events
from .models_case import HAIKU, OLD_SONNET, OPUS, SONNET, ModelsCase

LOG = "odoo.addons.account_ai.models.validation.running.fallback"
PRICES = {"own_input": 0.1, "own_output": 0.5}
CALL_LOG = "odoo.addons.account_ai.services.claude.http.log"


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

    def fall_back(self):
        """Validate when Claude does not know the model any more, which nobody has
        learned yet; return validation and events."""
        self.read_catalogue()
        self.set_dates(lifecycle="retired")
        start = self.start(self.move)
        with self.assertLogs(LOG), self.assertLogs(CALL_LOG):
            events = self.carry_out(start.opened)
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
        again = self.validate(self.create_move([("Flete a Talca, 3 viajes", 80_000)]))
        self.assertEqual((again.model, again.replaced_model), (SONNET, HAIKU))
        self.assertEqual(len(self.calls()), 3, "the retired one is not asked again")
        self.assertEqual(len(self.alerts("model_retired")), 1)

    def test_the_next_reading_of_the_catalogue_puts_it_right(self):
        self.fall_back()
        self.simulator.control.settings(model_dates=self.dates)
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
        self.set_dates(lifecycle="retired")
        start = self.start(self.move)
        opened = start.opened
        plan = type(opened.gateway).plan
        refusal = ClaudeError("budget", "The budget is used up.")

        def refuse_the_fallback(gateway, request, *args, **kwargs):
            if request.model != HAIKU:
                raise refusal
            return plan(gateway, request, *args, **kwargs)

        with (
            patch.object(type(opened.gateway), "plan", refuse_the_fallback),
            self.assertLogs(LOG),
            self.assertLogs(CALL_LOG),
        ):
            self.carry_out(opened)
        validation = self.env["account.ai.validation"].browse(start.validation_id)
        self.assertEqual(validation.verdict, "review")
        self.assertEqual(validation.degraded_code, "budget")
        self.assertEqual(self.usages().mapped("state"), ["failed"])

    def not_known(self, **company):
        """Validate while Claude answers, of what is asked for first: no such model."""
        self.read_catalogue()
        self.company.write(company)
        self.simulator.control.fault("model_retired")
        start = self.start(self.move)
        with self.assertLogs(LOG) as logs, self.assertLogs(CALL_LOG):
            self.carry_out(start.opened)
        self.assertNotIn("Arriendo", "\n".join(logs.output))
        return self.env["account.ai.validation"].browse(start.validation_id)

    def test_a_model_that_is_listed_is_not_gone(self):
        """One answer 404 is no reason to ask another model, twenty times dearer."""
        validation = self.not_known()
        self.assertEqual(
            (validation.degraded_code, validation.verdict), ("unknown_model", "review")
        )
        self.assertEqual(self.usages().mapped("model"), [HAIKU])
        self.assertEqual(self.model(HAIKU).lifecycle, "active")
        self.assertFalse(self.model(HAIKU).gone_at)
        self.assertFalse(self.alerts("model_retired"))
        self.assertEqual(self.settings.model, HAIKU)

    def test_a_list_that_cannot_be_had_retires_nothing(self):
        self.simulator.control.fault(
            "overloaded", times=9, match={"endpoint": "models"}
        )
        self.synchronize()
        validation = self.not_known()
        self.assertEqual(validation.degraded_code, "unknown_model")
        self.assertEqual(self.model(HAIKU).lifecycle, "active")

    def test_a_list_that_can_be_read_in_part_retires_nothing(self):
        listed = [
            {"type": "model", "id": SONNET, "lifecycle": "active"},
            {"type": "model", "id": None},
        ]
        with patch.object(ClaudeClient, "models", lambda *a: listed):
            validation = self.not_known()
        self.assertEqual(validation.degraded_code, "unknown_model")
        self.assertEqual(self.model(HAIKU).lifecycle, "active")

    def test_the_list_is_asked_with_no_transaction_open(self):
        opened = []
        real = fallback.open_cursor

        @contextmanager
        def counted(dbname):
            with real(dbname) as cursor:
                opened.append(cursor)
                yield cursor
                opened.pop()

        def ask(*_args):
            self.assertFalse(opened)
            return [{"type": "model", "id": SONNET}]

        self.read_catalogue()
        self.set_dates(lifecycle="retired")
        start = self.start(self.move)
        with (
            patch.object(fallback, "open_cursor", counted),
            patch.object(ClaudeClient, "models", ask),
            self.assertLogs(LOG),
            self.assertLogs(CALL_LOG),
        ):
            self.carry_out(start.opened)
        self.assertEqual(self.usages()[-1].model, SONNET)

    def test_a_misspelt_name_is_one_companys_own_matter(self):
        typed = "claude-haiku-55"
        self.models._ensure_known([typed])
        self.model(typed).write({"has_own_prices": True, **PRICES})
        validation = self.not_known(account_ai_model=typed)
        self.assertFalse(validation.degraded_code)
        self.assertEqual((validation.model, validation.replaced_model), (HAIKU, typed))
        others = self.models.search([("model", "in", (HAIKU, SONNET, OPUS))])
        self.assertEqual(set(others.mapped("lifecycle")), {"active"})
        other = self.env["account.ai.gateway"]._settings(
            self.other_company, "validation"
        )
        self.assertEqual(other.model, HAIKU)
        alert = self.alerts("model_retired")
        self.assertIn("Claude does not know", alert.message)

    def test_what_was_taken_for_gone_comes_back_by_itself(self):
        typed = "claude-haiku-55"
        self.models._ensure_known([typed])
        self.model(typed).write({"has_own_prices": True, **PRICES})
        self.not_known(account_ai_model=typed)
        cron = self.env.ref("account_ai.ir_cron_account_ai_models")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        self.assertTrue(triggers, "looked for again before the night")
        self.read_catalogue()
        self.assertEqual(self.model(typed).lifecycle, "retired")
        self.model(typed).gone_at = self.env.cr.now() - timedelta(days=1)
        self.read_catalogue()
        self.assertEqual(self.model(typed).lifecycle, "active")
        self.assertEqual(self.settings.model, typed)

    def test_the_fallback_is_the_companys_else_the_nearest_in_price(self):
        self.read_catalogue()
        self.company.account_ai_model = OPUS
        self.model(OPUS).lifecycle = "retired"
        self.assertEqual(self.settings.model, SONNET, "not the cheapest of the table")
        self.model(OPUS).write(
            {"own_input": 0.1, "own_output": 0.5, "has_own_prices": True}
        )
        self.assertEqual(self.settings.model, HAIKU)
        self.company.account_ai_fallback_model = SONNET
        self.assertEqual(self.settings.model, SONNET)

    def test_administrators_are_told_how_much_dearer_it_is(self):
        self.fall_back()
        self.assertIn(
            f"{SONNET} is asked instead, which costs 20 times as much",
            self.alerts("model_retired").message,
        )

    def test_paths_that_there_are_not_are_no_models(self):
        answers = {
            "Claude's": {"type": "not_found_error", "message": "Not Found"},
            "a proxy's": None,
        }
        for name, error in answers.items():
            body = {"type": "error", "error": error} if error else {"detail": "no"}
            reply = httpx2.Response(404, json=body, headers={"request-id": "req_1"})
            transport = httpx2.MockTransport(lambda request, reply=reply: reply)
            client = ClaudeClient(
                "sk-ant-1",
                "https://host.example",
                http_client=httpx2.Client(transport=transport),
            )
            self.addCleanup(client.close)
            with self.subTest(name):
                error = self.failure_of(client.call, "{}")
                self.assertEqual(error.code, "not_ready")
                self.assertFalse(error.ambiguous)

    def test_a_wrong_address_retires_nothing(self):
        self.read_catalogue()
        start = self.start(self.move)
        error = ClaudeError("unknown_model", "No such model.", status=404)
        with (
            patch.object(type(start.opened.gateway), "stream", side_effect=error),
            self.assertLogs(CALL_LOG),
        ):
            self.carry_out(start.opened)
        validation = self.env["account.ai.validation"].browse(start.validation_id)
        self.assertEqual(validation.degraded_code, "unknown_model")
        self.assertEqual(self.model(HAIKU).lifecycle, "active")


@tagged("post_install", "-at_install")
class TestFallbackOnTheWire(ValidationMixin, AccountAiHttpCase):
    """The same as the browser meets it."""

    def test_the_stream_goes_on_with_the_fallback(self):
        self.authenticate("accountant", "accountant")
        move = self.create_move([("Arriendo de grúa, noviembre 2026", 90_000)])
        self.simulator.control.settings(model_dates={HAIKU: {"lifecycle": "retired"}})
        self.synchronize()
        with self.assertLogs(LOG), self.assertLogs(CALL_LOG):
            response = self.url_open(
                "/account_ai/validate",
                {
                    "move_id": str(move.id),
                    "run_uuid": str(uuid.uuid4()),
                    "csrf_token": http.Request.csrf_token(self),
                },
                timeout=60,
            )
        events = read_events(response.text)
        waiting = [data["model"] for data in named(events, "waiting")]
        self.assertEqual(waiting, [HAIKU, SONNET])
        self.assertFalse(named(events, "error"))
        stored = events[-1][1]["panel"]["validation"]
        self.assertEqual(stored["verdict"], "send")
        self.assertEqual((stored["model"], stored["replaced_model"]), (SONNET, HAIKU))
