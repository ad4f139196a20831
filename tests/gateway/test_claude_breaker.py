"""The circuit breaker in the gateway: what opens it, what does not, how it closes."""

from datetime import datetime
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.account_ai.services.claude.errors import ClaudeError
from odoo.addons.account_ai.services.claude.http import errors_mapping
from odoo.addons.account_ai.services.claude.policy import RetryPolicy

from .claude_case import OWNER, ClaudeCase, make_request

ONCE = RetryPolicy(attempts=1)
REGAIN = "You will regain access on 2099-12-01 at 12:00 UTC."


@tagged("post_install", "-at_install")
class TestBreaker(ClaudeCase):
    def setUp(self):
        super().setUp()
        # Claude tells a date: it comes nearer by the clock of the tests.
        clock = self.startPatcher(
            patch.object(errors_mapping, "datetime", wraps=datetime)
        )
        clock.now.side_effect = lambda _zone: self.backend.now()
        self.calls = 0
        self.breaking_gateway = self.gateway(
            retry=ONCE, limits_per_minute={"validation": 1000}
        )

    def outcome(self, fault=None, **params):
        """Call once, meeting ``fault``; return the code, ``ok`` for an answer."""
        if fault:
            self.control.fault(fault, **params)
        self.calls += 1
        try:
            outcome, _admission = self.run_call(
                self.breaking_gateway, key=f"run{self.calls}:1", use_stored=False
            )
        except ClaudeError as error:
            outcome = error
        return outcome.code if isinstance(outcome, ClaudeError) else "ok"

    def refusal(self):
        with self.assertRaises(ClaudeError) as caught:
            self.breaking_gateway.admit(make_request(), OWNER, "refused:1")
        return caught.exception

    def test_outages_in_a_row_open_it_and_probes_close_it(self):
        for _number in range(5):
            self.assertEqual(self.outcome("overloaded"), "overloaded")
        error = self.refusal()
        self.assertEqual(error.code, "circuit_open")
        self.assertTrue(error.retryable)
        self.assertEqual(error.retry_after, 60)
        self.assertEqual(len(self.sent()), 5, "nothing is sent while it is open")
        self.clock.now += 61
        self.assertEqual(self.outcome(), "ok")
        with self.backend.transaction() as transaction:
            state = transaction.circuit.admit(self.simulator.base_url)
            transaction.circuit.released(self.simulator.base_url)
        self.assertEqual(state.state, "half_open", "one success is not enough")
        self.assertEqual(self.outcome(), "ok")
        for _number in range(4):
            self.assertEqual(self.outcome("overloaded"), "overloaded")
        self.assertEqual(self.outcome(), "ok", "it was closed and counts anew")

    def test_a_failed_probe_opens_it_again(self):
        for _number in range(5):
            self.outcome("api_error")
        self.clock.now += 61
        self.assertEqual(self.outcome("api_error"), "server_error")
        self.assertEqual(self.refusal().code, "circuit_open")

    def test_only_one_probe_passes_at_a_time(self):
        for _number in range(5):
            self.outcome("api_error")
        self.clock.now += 61
        self.breaking_gateway.admit(make_request(), OWNER, "probe:1")
        self.assertEqual(self.refusal().code, "circuit_open")

    def test_a_probe_that_says_nothing_about_the_provider_is_given_back(self):
        for _number in range(5):
            self.outcome("api_error")
        self.clock.now += 61
        gateway = self.breaking_gateway
        probe = gateway.admit(make_request(), OWNER, "probe:1")
        gateway.settle(probe, ClaudeError("interrupted", "The browser left."))
        gateway.admit(make_request(), OWNER, "probe2:1")

    def test_a_probe_whose_answer_cannot_be_used_is_a_success(self):
        for _number in range(5):
            self.outcome("api_error")
        self.clock.now += 61
        for fault in ("refusal", "truncated"):
            self.outcome(fault)
        for _number in range(4):
            self.assertEqual(self.outcome("api_error"), "server_error")
        self.assertEqual(self.outcome(), "ok", "it was closed and counts anew")

    def test_errors_of_the_user_and_the_request_do_not_count(self):
        for fault in ("invalid_request", "authentication", "permission", "rate_limit"):
            for _number in range(3):
                self.outcome(fault)
        self.assertEqual(self.outcome(), "ok")

    def test_answers_that_cannot_be_used_do_not_count(self):
        for fault in ("refusal", "truncated", "invalid_json"):
            for _number in range(3):
                self.outcome(fault)
        self.assertEqual(self.outcome(), "ok")

    def test_each_kind_of_outage_counts(self):
        for fault in ("overloaded", "api_error", "timeout", "unavailable"):
            self.outcome(fault)
        self.outcome("drop_before_executing", times=2)  # is repeated once
        self.assertEqual(self.refusal().code, "circuit_open")

    def test_a_spending_limit_opens_it_at_once_and_is_probed_every_hour(self):
        for fault in ("spend_limit", "contract_spend_limit", "billing"):
            with self.subTest(fault):
                self.setUp()
                self.outcome(fault, message="No date is told.")
                error = self.refusal()
                self.assertEqual(error.code, "circuit_open")
                self.assertGreater(error.retry_after, 60)
                self.assertLessEqual(error.retry_after, 3600)
                self.clock.now += 3601
                self.assertEqual(self.outcome(), "ok")

    def alerts(self):
        return list(self.backend.tables.alerts.values())

    def test_a_spending_limit_is_told_with_its_end(self):
        self.outcome("spend_limit", message=REGAIN)
        error = self.refusal()
        self.assertIn("spending limit", error.message)
        self.assertEqual(error.params, {"date": "2099-12-01"})
        self.assertEqual(self.state().reason, "spend_limit")

    def state(self):
        with self.backend.transaction() as transaction:
            return transaction.circuit.state(self.simulator.base_url)

    def test_a_spending_limit_stays_until_its_end_though_it_is_probed(self):
        self.outcome("spend_limit", message="No date is told: next month's first.")
        first = self.state()
        self.assertGreater(first.ends_in, 3600)
        self.assertLessEqual(first.ends_in, 31 * 86400)
        self.clock.now += 3601
        self.assertEqual(
            self.outcome("spend_limit", message="No date is told."), "spend_limit"
        )
        again = self.state()
        self.assertGreater(again.retry_after, 3000)
        self.assertEqual(self.refusal().code, "circuit_open")

    def test_usage_that_grows_too_fast_waits_as_long_as_claude_says(self):
        self.assertEqual(self.outcome("ramp_limit", retry_after=40), "ramp_limit")
        self.assertEqual(len(self.sent()), 1, "repeating it would add to it")
        error = self.refusal()
        self.assertEqual((error.code, error.retry_after), ("circuit_open", 40))
        self.assertIn("too fast", error.message)
        self.clock.now += 41
        self.assertEqual(self.outcome(), "ok")

    def test_usage_that_grows_too_fast_is_not_repeated(self):
        self.control.fault("ramp_limit", retry_after=2)
        outcome, _admission = self.run_call(self.gateway())
        self.assertEqual(outcome.code, "ramp_limit")
        self.assertEqual((len(self.sent()), self.clock.slept), (1, []))

    def test_administrators_are_told_once(self):
        for kind, fault, params in (
            ("spend_limit", "spend_limit", {"message": REGAIN}),
            ("billing", "billing", {}),
            ("spend_limit", "ramp_limit", {"retry_after": 5}),
        ):
            with self.subTest(fault):
                self.setUp()
                for _number in range(3):
                    self.outcome(fault, **params)
                    self.clock.now += 3601
                (alert,) = self.alerts()
                self.assertEqual(alert.kind, kind)
                self.assertTrue(alert.title)
                self.assertTrue(alert.message % alert.params)
                self.assertEqual(alert.company_id, 0)

    def test_an_outage_alerts_nobody(self):
        for _number in range(6):
            self.outcome("overloaded")
        self.assertEqual(self.alerts(), [])
        self.assertEqual(self.state().reason, "overloaded")

    def test_somebody_may_have_it_tried_at_once(self):
        self.outcome("billing")
        self.assertEqual(self.refusal().code, "circuit_open")
        with self.backend.transaction() as transaction:
            transaction.circuit.retry_now(self.simulator.base_url)
        self.assertEqual(self.outcome(), "ok")

    def test_another_endpoint_has_a_circuit_of_its_own(self):
        for _number in range(5):
            self.outcome("overloaded")
        other = self.gateway("http://127.0.0.1:1")
        other.admit(make_request(), OWNER, "other:1")
