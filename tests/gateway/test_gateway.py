"""The gateway of a database: whose key and address it uses, and what it refuses."""

import os
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools.translate import code_translations

from odoo.addons.account_ai.models.gateway.account_ai_gateway import (
    API_KEY_PARAMETER,
    BASE_URL_PARAMETER,
    SIMULATED_PARAMETER,
)
from odoo.addons.account_ai.services.claude.errors import ClaudeError
from odoo.addons.account_ai.services.claude.ports import Owner
from odoo.addons.account_ai.services.claude.request import ClaudeRequest

from ..common.common import TEST_KEY, AccountAiCase, AccountAiHttpCase

PARAMETERS = (API_KEY_PARAMETER, BASE_URL_PARAMETER, SIMULATED_PARAMETER)


@tagged("post_install", "-at_install")
class TestGatewaySettings(AccountAiCase):
    uses_simulator = False
    uses_accounting = False

    @property
    def gateway(self):
        return self.env["account.ai.gateway"]

    def sources(self):
        return {name: self.gateway._source(name, "value") for name in PARAMETERS}

    def assert_refused(self, code):
        error = self.failure_of(self.gateway._check_ready, self.company)
        self.assertEqual(error.code, code)

    def test_the_environment_wins(self):
        self.assertEqual(self.gateway._api_key(), TEST_KEY)
        self.assertEqual(self.sources(), dict.fromkeys(PARAMETERS, "database"))
        environment = {
            "ACCOUNT_AI_API_KEY": "sk-ant-server",
            "ACCOUNT_AI_BASE_URL": "http://127.0.0.1:9/",
            "ACCOUNT_AI_SIMULATED": "0",
        }
        with patch.dict(os.environ, environment):
            self.assertEqual(self.gateway._api_key(), "sk-ant-server")
            settings = self.gateway._settings(self.company, "validation")
            self.assertEqual(settings.endpoint, "http://127.0.0.1:9")
            self.assertFalse(settings.simulated)
            self.assertEqual(self.sources(), dict.fromkeys(PARAMETERS, "environment"))

    def test_a_neutralized_copy_ignores_the_key_of_the_server(self):
        self.env["ir.config_parameter"].set_param("database.is_neutralized", "true")
        self.env["ir.config_parameter"].set_param(API_KEY_PARAMETER, False)
        with patch.dict(os.environ, {"ACCOUNT_AI_API_KEY": "sk-ant-server"}):
            self.assertEqual(self.gateway._api_key(), "")
            self.assertEqual(self.gateway._source(API_KEY_PARAMETER, "key"), "database")
            self.assert_refused("no_key")

    def test_the_environment_of_other_programs_is_not_read(self):
        self.use_endpoint("", api_key="", simulated=False)
        environment = {
            "ANTHROPIC_API_KEY": "sk-ant-other",
            "ANTHROPIC_BASE_URL": "http://127.0.0.1:9",
        }
        with patch.dict(os.environ, environment):
            self.assertEqual(self.gateway._api_key(), "")
            self.assertEqual(self.gateway._base_url(), "https://api.anthropic.com")

    def test_the_company_decides_model_effort_and_language(self):
        default = self.gateway._settings(self.company, "validation")
        self.assertEqual((default.model, default.effort), ("claude-haiku-5-5", "low"))
        self.assertEqual(default.language, "es")
        self.company.write(
            {
                "account_ai_model": "claude-sonnet-5-5",
                "account_ai_effort": "high",
                "account_ai_language": "en",
            }
        )
        chosen = self.gateway.with_user(self.accountant)._settings(
            self.company, "validation"
        )
        self.assertEqual((chosen.model, chosen.effort), ("claude-sonnet-5-5", "high"))
        self.assertEqual(chosen.language, "en")

    def test_consent_and_key_are_needed(self):
        self.gateway._check_ready(self.company)
        self.assert_refused_for_other_company()
        self.use_endpoint("", api_key="")
        self.assert_refused("no_key")
        self.company._account_ai_withdraw_consent()
        self.assert_refused("no_consent")
        self.assertEqual(self.failure_of(self.gateway._gateway).code, "no_key")

    def assert_refused_for_other_company(self):
        error = self.failure_of(self.gateway._check_ready, self.other_company)
        self.assertEqual(error.code, "no_consent")

    def test_the_key_travels_protected(self):
        for url in (
            "https://api.anthropic.com",
            "https://proxy.example:8443/claude",
            "http://127.0.0.1:8080",
            "http://localhost:4000",
        ):
            self.assertEqual(self.gateway._address_problem(url), "", url)
        for url in (
            "http://api.anthropic.com",
            "ftp://api.anthropic.com",
            "api.anthropic.com",
            "https://",
            "https://user:password@proxy.example",
            "https://proxy.example?key=1",
            "http://127.0.0.1.proxy.example",
        ):
            self.assertTrue(self.gateway._address_problem(url), url)


class GatewayCalls:
    """Calls through the whole gateway to the simulator."""

    request = ClaudeRequest(
        model="claude-haiku-5-5",
        system=("You are brief.",),
        messages=({"role": "user", "content": "What is a folio?"},),
        max_tokens=500,
        effort="low",
    )

    def admit(self, key="run:1", **values):
        owner = Owner(
            **{
                "company_id": self.company.id,
                "user_id": self.accountant.id,
                "operation": "validation",
                "run_uuid": key.partition(":")[0],
                **values,
            }
        )
        gateway = self.env["account.ai.gateway"]._gateway()
        return gateway, gateway.admit(self.request, owner, key)

    def call(self, key="run:1", **values):
        gateway, admission = self.admit(key, **values)
        if admission.answer:
            return admission.answer
        try:
            result = gateway.call(admission)
        except ClaudeError as error:
            gateway.settle(admission, error)
            raise
        gateway.settle(admission, result)
        gateway.keep(admission, result)
        return result


@tagged("post_install", "-at_install")
class TestGatewayLedger(GatewayCalls, AccountAiCase):
    uses_accounting = False

    def test_a_call_is_booked_as_the_simulator_bills_it(self):
        result = self.call()
        self.assertTrue(result.text)
        usage = self.usages()
        billed = self.simulator.control.usage()
        self.assertEqual((usage.state, usage.outcome), ("settled", "ok"))
        self.assertAlmostEqual(usage.cost_usd, float(billed["usd"]), places=8)
        self.assertTrue(usage.simulated)
        self.assertEqual(usage.company_id, self.company)
        self.assertLessEqual(usage.cost_usd, usage.worst_case_usd)

    def test_the_same_question_is_answered_from_the_store(self):
        first = self.call()
        again = self.call("other:1")
        self.assertEqual(again.text, first.text)
        self.assertTrue(again.from_store)
        paid, saved = self.usages()
        self.assertEqual(saved.cost_usd, 0)
        self.assertEqual(saved.saved_usd, paid.cost_usd)
        self.assertEqual(len(self.simulator.control.requests("messages")), 1)

    def test_another_company_pays_for_itself(self):
        self.call()
        self.call("other:1", company_id=self.other_company.id)
        self.assertEqual(len(self.simulator.control.requests("messages")), 2)

    def test_the_booking_outlives_a_rollback_of_the_business_transaction(self):
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self.company.account_ai_retention_days = 7
            raise ZeroDivisionError
        self.call()
        self.assertEqual(self.usages().state, "settled")

    def test_a_refused_call_is_booked_at_zero(self):
        self.simulator.control.fault("overloaded", times=10)
        with patch("time.sleep"):
            self.assertEqual(self.failure_of(self.call).code, "overloaded")
        usage = self.usages()
        self.assertEqual((usage.state, usage.outcome), ("failed", "overloaded"))
        self.assertEqual(usage.cost_usd, 0)

    def test_the_limit_refuses_without_a_row(self):
        for number in range(20):
            self.admit(f"run{number}:1")
        error = self.failure_of(self.admit, "run20:1")
        self.assertEqual(error.code, "too_many_requests")
        self.assertGreater(error.retry_after, 0)
        self.assertEqual(len(self.usages()), 20)

    def test_the_queue_has_a_lane_of_its_own(self):
        for number in range(21):
            self.admit(f"run{number}:1", lane="queue")
        self.admit("screen:1")


@tagged("post_install", "-at_install")
class TestConnectionTest(AccountAiCase):
    uses_accounting = False

    def run_test(self):
        return self.env["account.ai.gateway"]._test_connection(self.company)

    def assert_failure(self, code):
        works, message = self.run_test()
        self.assertFalse(works)
        self.assertIn(code, message)
        self.assertNotIn(TEST_KEY, message)
        self.assertNotIn("sk-ant", message)

    def test_it_works(self):
        works, message = self.run_test()
        self.assertTrue(works, message)
        self.assertIn("claude-haiku-5-5", message)
        self.assertFalse(self.usages(), "testing the connection is free")

    def test_unknown_model(self):
        self.company.account_ai_model = "claude-haiku-1"
        works, message = self.run_test()
        self.assertFalse(works)
        self.assertIn("claude-haiku-1", message)
        self.assertIn("claude-haiku-5-5", message)

    def test_no_key(self):
        self.use_endpoint(self.simulator.base_url, api_key="")
        self.assert_failure("no_key")

    def test_wrong_key(self):
        self.use_endpoint(self.simulator.base_url, api_key="sk-ant-invalid-1")
        self.assert_failure("invalid_key, HTTP 401")

    def test_the_answer_is_in_the_language_of_the_user(self):
        self.use_endpoint(self.simulator.base_url, api_key="sk-ant-invalid-1")
        self.env["res.lang"]._activate_lang("es_CL")
        gateway = self.env["account.ai.gateway"].with_context(lang="es_CL")
        with patch.object(
            type(code_translations),
            "get_python_translations",
            return_value={"Claude does not accept the API key.": "Clave inválida."},
        ):
            message = gateway._test_connection(self.company)[1]
        self.assertIn("Clave inválida.", message)

    def test_no_network(self):
        self.use_closed_endpoint()
        self.assert_failure("connection")

    def test_timeout(self):
        client = "odoo.addons.account_ai.services.claude.http.client"
        self.simulator.control.fault("stall", seconds=5, match={"endpoint": "models"})
        with patch(f"{client}.READ_SECONDS", 0.3):
            self.assert_failure("timeout")

    def test_rate_limit(self):
        self.simulator.control.fault("rate_limit", match={"endpoint": "models"})
        self.assert_failure("rate_limited, HTTP 429")

    def test_overloaded(self):
        self.simulator.control.fault("overloaded", match={"endpoint": "models"})
        self.assert_failure("overloaded, HTTP 529")


@tagged("post_install", "-at_install")
class TestGatewayHttp(GatewayCalls, AccountAiHttpCase):
    uses_accounting = False

    def test_the_door_works_where_cursors_are_opened_by_the_server(self):
        self.assertTrue(self.call().text)
        self.assertEqual(self.usages().state, "settled")
