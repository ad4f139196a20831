"""Claude is unavailable: the rules still answer, and no verdict is *send*."""

from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.account_ai.models.validation.running.execution import admit
from odoo.addons.account_ai.services.claude.errors import ClaudeError
from odoo.addons.account_ai.services.claude.policy import Policy, RetryPolicy

from .validation_case import ValidationCase

HTTP_LOG = "odoo.addons.account_ai.services.claude.http.log"
IMPATIENT = Policy(deadline_seconds=3.0, retry=RetryPolicy(attempts=1, first_wait=0.0))


@tagged("post_install", "-at_install")
class TestDegraded(ValidationCase):
    def setUp(self):
        super().setUp()
        gateway = type(self.env["account.ai.gateway"])
        policy = patch.object(gateway, "_policy", lambda *_args: IMPATIENT)
        policy.start()
        self.addCleanup(policy.stop)
        self.move = self.create_move()

    def check_degraded(self, code):
        """Validate and check that only the rules' verdict is given, with the reason."""
        with mute_logger(HTTP_LOG):
            validation = self.validate(self.move)
        self.assertEqual(validation.state, "done")
        self.assertEqual(validation.degraded_code, code)
        self.assertTrue(validation.degraded_message)
        self.assertNotIn("%(", validation.degraded_message)
        self.assertEqual(validation.rules_verdict, "send")
        self.assertFalse(validation.model_verdict)
        self.assertEqual(validation.verdict, "review")
        self.assertEqual(self.move.account_ai_verdict, "review")
        panel = self.move.with_user(self.accountant).account_ai_panel()
        self.assertEqual(panel["validation"]["degraded"]["code"], code)
        return validation

    def test_degraded_is_never_fresh(self):
        """Once Claude is back, the same invoice is asked for."""
        self.simulator.control.fault("overloaded", times=9)
        self.check_degraded("overloaded")
        self.simulator.control.clear_faults()
        validation = self.validate(self.move)
        self.assertFalse(validation.degraded_code)
        self.assertEqual(validation.verdict, "send")

    def test_no_key(self):
        self.use_endpoint(self.simulator.base_url, api_key="")
        self.check_degraded("no_key")
        self.assertFalse(self.calls())

    def test_no_consent(self):
        self.company._account_ai_withdraw_consent()
        self.check_degraded("no_consent")
        self.assertFalse(self.calls())
        self.assertFalse(self.usages())

    def test_wrong_key(self):
        self.use_endpoint(self.simulator.base_url, api_key="sk-ant-invalid")
        validation = self.check_degraded("invalid_key")
        self.assertEqual(validation.cost_usd, 0)

    def test_no_network(self):
        self.use_closed_endpoint()
        validation = self.check_degraded("connection")
        self.assertEqual(validation.cost_usd, 0)

    def test_timeout_is_booked(self):
        """The call may have been executed: it is booked, as an estimate."""
        self.simulator.control.fault("stall", times=9)
        validation = self.check_degraded("timeout")
        rows = self.usages([("run_uuid", "=", validation.run_uuid)])
        self.assertTrue(all(row.estimated for row in rows))
        self.assertAlmostEqual(validation.cost_usd, sum(rows.mapped("cost_usd")), 7)
        self.assertGreater(validation.cost_usd, 0)

    def test_rate_limited(self):
        self.simulator.control.fault("rate_limit", times=9)
        self.check_degraded("rate_limited")

    def test_refused(self):
        self.simulator.control.fault("refusal")
        self.check_degraded("refused")

    def test_truncated_is_paid(self):
        self.simulator.control.fault("truncated")
        validation = self.check_degraded("truncated")
        self.assertGreater(validation.cost_usd, 0)
        usage = self.usages([("run_uuid", "=", validation.run_uuid)])
        self.assertEqual(usage.outcome, "truncated")

    def test_invalid_answer_is_paid(self):
        self.simulator.control.fault("invalid_json")
        validation = self.check_degraded("invalid_answer")
        self.assertGreater(validation.cost_usd, 0)

    def test_own_limit(self):
        limited = Policy(limits_per_minute={"validation": 1})
        gateway = type(self.env["account.ai.gateway"])
        with patch.object(gateway, "_policy", lambda *_args: limited):
            self.validate(self.create_move([("Arriendo de grúa, 3 días", 90_000)]))
            self.check_degraded("too_many_requests")
        self.assertEqual(len(self.calls()), 1)

    def test_too_large_says_what_to_leave_out(self):
        small = Policy(max_input_tokens=5_000)
        gateway = type(self.env["account.ai.gateway"])
        with patch.object(gateway, "_policy", lambda *_args: small):
            validation = self.check_degraded("too_large")
        counts = self.simulator.control.requests(endpoint="count_tokens")
        self.assertEqual(len(counts), 2, "of the prefix, then of the request")
        message = validation.degraded_message
        self.assertIn("5000 are allowed", message)
        self.assertRegex(message, r"the instructions to Claude \d\d %, the heading \d")
        self.assertFalse(self.calls())
        self.assertFalse(self.usages())

    def test_what_does_not_fit_a_budget_by_estimate_is_counted(self):
        opened = self.start(self.move).opened
        measure = opened.gateway.measure(opened.request, opened.owner)
        enough = opened.gateway.count(opened.request, opened.owner, measure).tokens

        class TightBudget:
            guards_repeats = True
            refused = 0

            def admit(self, transaction, admissions):
                if admissions[0].call.estimated_input > enough:
                    self.refused += 1
                    raise ClaudeError("budget", "The budget is used up.")

            def settle(self, transaction, admission, outcome):
                pass

        budget = TightBudget()
        opened.gateway._guards = (budget,)
        admission = admit(opened)
        self.assertEqual(budget.refused, 1)
        self.assertEqual(admission.call.estimated_input, enough)
        enough = 0
        with self.assertRaises(ClaudeError) as caught, mute_logger(HTTP_LOG):
            admit(opened)
        self.assertEqual(caught.exception.code, "budget")

    def test_rejecting_rules_still_reject(self):
        self.use_closed_endpoint()
        partner = self._create_partner("Comercial Ranco SpA", "78222333-5")
        with mute_logger(HTTP_LOG):
            validation = self.validate(self.create_move(partner=partner))
        self.assertEqual(validation.verdict, "reject")

    def test_fault_of_ours_is_booked_and_told(self):
        """An unforeseen error while reading the answer: booked, and not a good one."""
        with (
            patch(
                "odoo.addons.account_ai.services.agents.dte.answers.AnswerReader.read",
                side_effect=ZeroDivisionError,
            ),
            mute_logger("odoo.addons.account_ai.models.validation.running.execution"),
        ):
            validation = self.check_degraded("interrupted")
        self.assertGreater(validation.cost_usd, 0)
