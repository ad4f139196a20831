"""What the provider and the way to it can do wrong, and what becomes of it."""

from decimal import Decimal

from odoo.tests import tagged

from odoo.addons.account_ai.services.claude.call import ItemParsed
from odoo.addons.account_ai.services.claude.http.client import ClaudeClient
from odoo.addons.account_ai.services.claude.policy import RetryPolicy

from ..common.common import closed_port
from .claude_case import KEY, ClaudeCase, make_request

LOG = "odoo.addons.account_ai.services.claude.http.log"
ONCE = RetryPolicy(attempts=1)

# kind of fault → code, may be repeated, counts as an outage
HTTP_ERRORS = {
    "invalid_request": ("bad_request", False, False),
    "authentication": ("invalid_key", False, False),
    "billing": ("billing", False, True),
    "permission": ("permission", False, False),
    "model_retired": ("unknown_model", False, False),
    "request_timeout": ("timeout", True, True),
    "conflict": ("server_error", True, True),
    "request_too_large": ("too_large", False, False),
    "rate_limit": ("rate_limited", True, False),
    "ramp_limit": ("ramp_limit", True, True),
    "spend_limit": ("spend_limit", False, True),
    "contract_spend_limit": ("spend_limit", False, True),
    "usage_limit": ("spend_limit", False, True),
    "workspace_usage_limit": ("spend_limit", False, True),
    "api_error": ("server_error", True, True),
    "bad_gateway": ("server_error", True, True),
    "unavailable": ("server_error", True, True),
    "timeout": ("timeout", True, True),
    "overloaded": ("overloaded", True, True),
}


@tagged("post_install", "-at_install")
class TestHttpErrors(ClaudeCase):
    def check_error(self, kind, outcome, expected):
        code, retryable, counts = expected
        self.assertEqual(outcome.code, code)
        self.assertEqual(outcome.retryable, retryable)
        self.assertFalse(outcome.ambiguous)
        self.assertGreaterEqual(outcome.status, 400)
        self.assertTrue(outcome.request_id.startswith("req_"))
        self.assertTrue(outcome.message)
        (row,) = self.backend.rows
        self.assertEqual((row.state, row.settlement.outcome), ("failed", code))
        self.assertEqual(row.settlement.cost_usd, 0)
        self.assertEqual(row.settlement.request_id, outcome.request_id)
        with self.backend.transaction() as transaction:
            circuit = transaction.circuit.admit(self.simulator.base_url)
        self.assertEqual(circuit.failures, int(counts), kind)

    def test_each_error_of_the_table_when_called(self):
        for kind, expected in HTTP_ERRORS.items():
            with self.subTest(kind):
                self.setUp()
                self.control.fault(kind)
                outcome, _admission = self.run_call(self.gateway(retry=ONCE))
                self.check_error(kind, outcome, expected)

    def test_each_error_of_the_table_when_streamed(self):
        for kind, expected in HTTP_ERRORS.items():
            with self.subTest(kind):
                self.setUp()
                self.control.fault(kind)
                _events, error, _admission = self.run_stream(self.gateway(retry=ONCE))
                self.check_error(kind, error, expected)

    def test_an_error_is_told_by_its_type_when_the_status_is_unusual(self):
        self.control.fault("http", status=500, type="overloaded_error")
        outcome, _admission = self.run_call(self.gateway(retry=ONCE))
        self.assertEqual(outcome.code, "overloaded")

    def test_a_failed_call_is_one_line_in_the_log_without_secrets(self):
        self.control.fault("overloaded")
        with self.assertLogs("odoo.addons.account_ai.services.claude") as logs:
            outcome, _admission = self.run_call(self.gateway(retry=ONCE))
        (line,) = logs.output
        self.assertIn("event='claude_call_failed' code='overloaded' status=529", line)
        self.assertIn(outcome.request_id, line)
        for secret in (KEY, "Servicios", "facts", "auditor"):
            self.assertNotIn(secret, line)

    def test_a_wrong_key(self):
        client = ClaudeClient("sk-ant-invalid-1", self.simulator.base_url)
        self.addCleanup(client.close)
        outcome, _admission = self.run_call(self.gateway(client=client))
        self.assertEqual(outcome.code, "invalid_key")

    def test_nobody_listens(self):
        gateway = self.gateway(f"http://127.0.0.1:{closed_port()}", retry=ONCE)
        outcome, _admission = self.run_call(gateway)
        self.assertEqual(outcome.code, "connection")
        self.assertTrue(outcome.retryable)
        self.assertFalse(outcome.ambiguous, "it was not even sent")
        self.assertEqual(self.rows(), [("run:1", "failed", "connection")])

    def test_an_address_that_is_none(self):
        gateway = self.gateway("claude.example", retry=ONCE)
        outcome, _admission = self.run_call(gateway)
        self.assertEqual(outcome.code, "connection")
        self.assertFalse(outcome.retryable)
        self.assertEqual(self.rows(), [("run:1", "failed", "connection")])

    def test_a_page_instead_of_an_answer(self):
        for run in (self.run_call, self.run_stream):
            with self.subTest(run.__name__):
                self.setUp()
                self.control.fault("html")
                outcome = run(self.gateway())
                error = outcome[0] if run == self.run_call else outcome[1]
                self.assertEqual(error.code, "connection")
                self.assertIn("base URL", error.message)
                self.assertFalse(error.retryable)
                self.assertEqual(len(self.sent()), 1)

    def test_a_spending_limit_says_when_it_ends(self):
        self.control.fault(
            "usage_limit",
            message=(
                "You have reached your specified API usage limits. "
                "You will regain access on 2099-12-01 at 00:00 UTC."
            ),
        )
        outcome, _admission = self.run_call()
        self.assertGreater(outcome.retry_after, 365 * 86400)
        self.assertEqual(len(self.sent()), 1, "no use in repeating it")

    def test_a_spending_limit_without_a_date_ends_with_the_month(self):
        self.control.fault("contract_spend_limit")
        outcome, _admission = self.run_call()
        self.assertGreater(outcome.retry_after, 0)
        self.assertLessEqual(outcome.retry_after, 31 * 86400)


@tagged("post_install", "-at_install")
class TestBrokenStreams(ClaudeCase):
    """A stream that broke off is booked with what was seen, and never repeated."""

    def check_broken(self, kind, code, **params):
        self.control.fault(kind, after_deltas=4, **params)
        events, error, admission = self.run_stream(self.gateway(deadline_seconds=1))
        self.assertIsNotNone(error, kind)
        self.assertEqual(error.code, code)
        self.assertTrue(error.request_id, kind)
        self.assertEqual(len(self.sent()), 1, "not repeated after the first byte")
        (row,) = self.backend.rows
        self.assertEqual((row.state, row.settlement.outcome), ("unknown", code))
        self.assertTrue(row.settlement.estimated)
        self.assertGreater(row.settlement.usage.prompt, 0)
        self.assertTrue(admission.seen.text, "the fault struck after some text")
        # Neither its hidden thinking nor what was lost on the way is known.
        self.assertEqual(row.settlement.usage.output, admission.request.max_tokens)
        billed = Decimal(self.control.usage()["usd"])
        self.assertGreaterEqual(row.settlement.cost_usd, billed)
        self.assertLess(row.settlement.cost_usd, row.call.worst_case_usd)
        self.assertTrue(row.settlement.message_id)
        self.assertTrue(events, "what came was shown")
        return admission

    def test_an_error_event(self):
        self.check_broken("stream_error", "overloaded")

    def test_a_reset(self):
        self.check_broken("stream_reset", "connection")

    def test_a_cut(self):
        self.check_broken("stream_cut", "connection")

    def test_a_clean_end_without_a_stop(self):
        self.check_broken("stream_close", "connection")

    def test_a_stall(self):
        self.check_broken("stream_stall", "timeout", seconds=5)

    def test_an_unknown_event_is_passed_over(self):
        self.control.fault("stream_unknown_event", after_deltas=2)
        events, error, _admission = self.run_stream()
        self.assertIsNone(error)
        self.assertTrue(self.result(events).text)

    def test_nothing_of_a_broken_answer_is_kept(self):
        self.check_broken("stream_cut", "connection")
        result, _admission = self.run_call(key="run2:1")
        self.assertFalse(result.from_store)


@tagged("post_install", "-at_install")
class TestAnswers(ClaudeCase):
    """Answers that came, were paid, and cannot be used or have to be read with care."""

    def check_answer(self, kind, code, stream=False, **params):
        """Return the row of a call whose answer is ``kind``."""
        self.control.fault(kind, **params)
        gateway = self.gateway()
        if stream:
            self.run_stream(gateway)
        else:
            self.run_call(gateway)
        (row,) = self.backend.rows
        self.assertEqual((row.state, row.settlement.outcome), ("settled", code), kind)
        self.assertFalse(row.settlement.estimated)
        billed = Decimal(self.control.usage()["usd"])
        self.assertEqual(row.settlement.cost_usd, billed, kind)
        stored = gateway.admit(make_request(), row.call.owner, "again:1").answer
        self.assertEqual(stored is not None, code == "ok", f"{kind} in the store")
        with self.backend.transaction() as transaction:
            circuit = transaction.circuit.admit(self.simulator.base_url)
        self.assertEqual(circuit.failures, 0, "Claude worked")
        return row

    def test_answers_that_cannot_be_used(self):
        kinds = {
            "refusal": "refused",
            "refusal_mid": "refused",
            "truncated": "truncated",
            "only_thinking": "truncated",
            "context_exceeded": "truncated",
            "empty_end_turn": "invalid_answer",
            "invalid_json": "invalid_answer",
            "missing_field": "invalid_answer",
            "extra_field": "invalid_answer",
            "unknown_code": "invalid_answer",
        }
        for kind, code in kinds.items():
            for stream in (False, True):
                with self.subTest(kind, stream=stream):
                    self.setUp()
                    row = self.check_answer(kind, code, stream)
                    self.assertGreater(row.settlement.usage.prompt, 0)

    def test_answers_that_only_look_odd(self):
        for kind in ("enum_casing", "fenced", "prefixed", "suffixed"):
            for stream in (False, True):
                with self.subTest(kind, stream=stream):
                    self.setUp()
                    self.check_answer(kind, "ok", stream)

    def test_items_of_an_odd_answer_stream_in_the_schemas_case(self):
        for kind in ("enum_casing", "fenced", "prefixed"):
            with self.subTest(kind):
                self.setUp()
                self.control.fault(kind)
                events, _error, _admission = self.run_stream()
                items = [each.item for each in events if type(each) is ItemParsed]
                self.assertTrue(items)
                self.assertIn(items[0]["code"], ("SEM_VAGUE_DESCRIPTION",))

    def test_a_refusal_before_any_output_is_not_charged(self):
        row = self.check_answer("refusal", "refused")
        self.assertEqual(row.settlement.cost_usd, 0)
        self.assertGreater(row.settlement.usage.uncached_input, 0)
        self.assertEqual(row.settlement.stop_reason, "refusal")

    def test_a_refusal_in_the_middle_is_charged(self):
        row = self.check_answer("refusal_mid", "refused")
        self.assertGreater(row.settlement.cost_usd, 0)
