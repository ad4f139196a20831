"""What is repeated, how long is waited, and what a lost call leaves in the ledger."""

import json
from decimal import Decimal

import httpx2

from odoo.tests import tagged

from odoo.addons.account_ai.services.claude.errors import ClaudeError
from odoo.addons.account_ai.services.claude.http.client import ClaudeClient
from odoo.addons.account_ai.services.claude.policy import BreakerPolicy, RetryPolicy

from .claude_case import KEY, OWNER, ClaudeCase, make_request


@tagged("post_install", "-at_install")
class TestRetry(ClaudeCase):
    def test_an_overloaded_provider_is_asked_again(self):
        self.control.fault("overloaded", times=2)
        result, _admission = self.run_call()
        self.assertEqual(result.retries, 2)
        self.assertEqual(len(self.sent()), 3)
        self.assertEqual(len(self.clock.slept), 2)
        self.assertEqual(self.rows(), [("run:1", "settled", "ok")])
        self.assertEqual(self.backend.rows[0].settlement.retries, 2)

    def test_a_stream_is_asked_for_again_before_its_first_byte(self):
        self.control.fault("api_error", times=2)
        events, error, _admission = self.run_stream()
        self.assertIsNone(error)
        self.assertEqual(self.result(events).retries, 2)

    def test_attempts_have_an_end(self):
        self.control.fault("overloaded", times=9)
        outcome, _admission = self.run_call()
        self.assertEqual(outcome.code, "overloaded")
        self.assertEqual(len(self.sent()), 3)
        self.assertEqual(self.backend.rows[0].settlement.retries, 2)

    def test_waits_are_jittered_and_grow_up_to_a_cap(self):
        policy = RetryPolicy(attempts=8, first_wait=1.0, longest_wait=4.0)
        self.control.fault("overloaded", times=9)
        self.run_call(self.gateway(retry=policy))
        self.assertEqual(len(self.clock.slept), 7)
        for wait, most in zip(self.clock.slept, (1, 2, 4, 4, 4, 4, 4), strict=True):
            self.assertLessEqual(wait, most)
        self.assertGreater(len(set(self.clock.slept)), 1)

    def test_the_provider_says_how_long_to_wait(self):
        self.control.fault("rate_limit", retry_after=7)
        result, _admission = self.run_call()
        self.assertEqual(self.clock.slept, [7])
        self.assertEqual(result.retries, 1)

    def test_a_wait_above_the_cap_is_not_slept(self):
        for seconds in (16, 1800):
            with self.subTest(seconds):
                self.setUp()
                self.control.fault("rate_limit", retry_after=seconds)
                outcome, _admission = self.run_call()
                self.assertEqual(self.clock.slept, [])
                self.assertEqual(outcome.code, "rate_limited")
                self.assertEqual(outcome.retry_after, seconds)

    def test_a_wait_past_the_deadline_is_not_slept(self):
        self.control.fault("rate_limit", retry_after=12)
        outcome, _admission = self.run_call(self.gateway(deadline_seconds=10))
        self.assertEqual(self.clock.slept, [])
        self.assertEqual(outcome.code, "rate_limited")

    def test_what_will_not_change_is_not_repeated(self):
        for kind in ("invalid_request", "authentication", "spend_limit", "billing"):
            with self.subTest(kind):
                self.setUp()
                self.control.fault(kind, times=2)
                self.run_call()
                self.assertEqual(len(self.sent()), 1)

    def test_the_server_may_forbid_to_repeat(self):
        self.control.fault("overloaded", headers={"x-should-retry": "false"})
        outcome, _admission = self.run_call()
        self.assertEqual(outcome.code, "overloaded")
        self.assertEqual(len(self.sent()), 1)

    def test_no_attempt_is_made_past_the_deadline(self):
        gateway = self.gateway(deadline_seconds=10)
        admission = gateway.admit(make_request(), OWNER, "run:1")
        self.clock.now += 11
        with self.assertRaises(ClaudeError) as caught:
            gateway.call(admission)
        self.assertEqual(caught.exception.code, "deadline")
        self.assertEqual(self.sent(), [])


@tagged("post_install", "-at_install")
class TestLostCalls(ClaudeCase):
    """The request was sent and nobody knows what became of it."""

    def test_a_lost_call_is_made_once_more_and_both_are_booked(self):
        for kind in ("drop_after_executing", "reset_after_executing"):
            for run in (self.run_call, self.run_stream):
                with self.subTest(kind, run=run.__name__):
                    self.setUp()
                    self.control.fault(kind)
                    run()
                    self.assertEqual(
                        self.rows(),
                        [
                            ("run:1", "unknown", "connection"),
                            ("run:1:2", "settled", "ok"),
                        ],
                    )
                    first, second = self.backend.rows
                    self.assertTrue(first.settlement.estimated)
                    self.assertEqual(
                        first.settlement.cost_usd, first.call.worst_case_usd
                    )
                    self.assertEqual(second.call.attempt, 2)
                    booked = first.settlement.cost_usd + second.settlement.cost_usd
                    billed = Decimal(self.control.usage()["usd"])
                    self.assertGreaterEqual(
                        booked, billed, "never less than was billed"
                    )

    def test_a_call_lost_twice_is_given_up(self):
        self.control.fault("drop_after_executing", times=5)
        outcome, admission = self.run_call()
        self.assertTrue(outcome.ambiguous)
        self.assertEqual(len(self.sent()), 2)
        self.assertEqual(
            self.rows(),
            [
                ("run:1", "unknown", "connection"),
                ("run:1:2", "unknown", "connection"),
            ],
        )
        self.assertEqual(admission.key, "run:1:2")

    def test_a_silent_server_is_a_lost_call(self):
        self.control.fault("stall", seconds=5)
        outcome, _admission = self.run_call(self.gateway(deadline_seconds=1))
        self.assertEqual(outcome.code, "timeout")
        self.assertTrue(outcome.ambiguous)
        self.assertEqual(self.rows(), [("run:1", "unknown", "timeout")])
        self.assertEqual(len(self.sent()), 1, "no time is left for a second attempt")

    def test_each_booking_is_a_transaction_of_its_own(self):
        self.control.fault("drop_after_executing")
        self.run_call()
        steps = "admit, lost, second, settle, keep the answer"
        self.assertEqual(self.backend.transactions, 5, steps)

    def test_the_wall_stands_for_the_second_attempt_too(self):
        gateway = self.gateway()
        admission = gateway.admit(make_request(), OWNER, "run:1")
        self.backend.budget_usd = admission.call.worst_case_usd
        self.control.fault("drop_after_executing")
        with self.assertRaises(ClaudeError) as caught:
            gateway.call(admission)
        self.assertEqual(caught.exception.code, "connection")
        gateway.settle(admission, caught.exception)
        self.assertEqual(self.rows(), [("run:1", "unknown", "connection")])
        self.assertEqual(len(self.sent()), 1)

    def test_an_open_circuit_stops_the_second_attempt(self):
        gateway = self.gateway(breaker=BreakerPolicy(failures=1))
        self.control.fault("drop_after_executing")
        outcome, _admission = self.run_call(gateway)
        self.assertEqual(outcome.code, "connection")
        self.assertEqual(len(self.sent()), 1)

    def test_a_browser_that_leaves_before_the_first_byte_may_have_cost(self):
        """The green thread that calls is killed by an exception of its own kind."""

        class Left(BaseException):
            pass

        def leave(request):
            raise Left

        gateway = self.gateway(client=scripted_client(self, leave))
        admission = gateway.admit(make_request(), OWNER, "run:1")
        with self.assertRaises(Left):
            gateway.call(admission)
        gateway.settle(admission, ClaudeError("interrupted", "Left."))
        self.assertEqual(self.rows(), [("run:1", "unknown", "interrupted")])


def scripted_client(case, *answers):
    """Return a client whose server gives ``answers`` in turn, without a network."""
    script = iter(answers)
    transport = httpx2.MockTransport(lambda request: next(script)(request))
    client = ClaudeClient(
        KEY, "http://127.0.0.1:1", http_client=httpx2.Client(transport=transport)
    )
    case.addCleanup(client.close)
    return client


def frame(event):
    """Return the bytes of ``event`` in a stream."""
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def events(*values):
    """Return an answer that streams ``values``."""
    body = b"".join(frame(value) for value in values)
    headers = {"content-type": "text/event-stream", "request-id": "req_1"}
    return lambda request: httpx2.Response(200, headers=headers, content=iter([body]))


START = {
    "type": "message_start",
    "message": {
        "id": "msg_1",
        "model": "claude-haiku-5-5",
        "usage": {"input_tokens": 9},
    },
}
BLOCK = {
    "type": "content_block_start",
    "index": 0,
    "content_block": {"type": "text", "text": ""},
}
DELTA = {
    "type": "content_block_delta",
    "index": 0,
    "delta": {"type": "text_delta", "text": '{"findings":[],"verdict":"send",'},
}
LAST_DELTA = {
    "type": "content_block_delta",
    "index": 0,
    "delta": {"type": "text_delta", "text": '"conf":"high"}'},
}
BLOCK_STOP = {"type": "content_block_stop", "index": 0}
DELTA_STOP = {
    "type": "message_delta",
    "delta": {"stop_reason": "end_turn"},
    "usage": {"output_tokens": 15},
}
STOP = {"type": "message_stop"}
ANSWER = (START, BLOCK, DELTA, LAST_DELTA, BLOCK_STOP, DELTA_STOP, STOP)
OVERLOADED = {"type": "error", "error": {"type": "overloaded_error", "message": "x"}}


@tagged("post_install", "-at_install")
class TestFirstByte(ClaudeCase):
    """The border between what may be repeated and what may not."""

    def stream(self, *answers, **policy):
        gateway = self.gateway(client=scripted_client(self, *answers), **policy)
        return self.run_stream(gateway)

    def test_an_error_event_before_the_answer_began_is_repeated(self):
        result, error, _admission = self.stream(events(OVERLOADED), events(*ANSWER))
        self.assertIsNone(error)
        self.assertEqual(self.result(result).retries, 1)
        self.assertEqual(self.rows(), [("run:1", "settled", "ok")])

    def test_an_error_event_after_the_answer_began_is_not(self):
        _events, error, _admission = self.stream(events(START, OVERLOADED))
        self.assertEqual(error.code, "overloaded")
        self.assertEqual(error.request_id, "req_1")

    def test_an_empty_stream_is_a_lost_call(self):
        result, error, _admission = self.stream(events(), events(*ANSWER))
        self.assertIsNone(error)
        self.assertEqual(
            self.rows(),
            [("run:1", "unknown", "connection"), ("run:1:2", "settled", "ok")],
        )
        self.assertEqual(self.result(result).retries, 0)

    def test_an_answer_whose_stop_was_told_is_whole_without_its_last_event(self):
        result, error, _admission = self.stream(events(*ANSWER[:-1]))
        self.assertIsNone(error)
        self.assertEqual(self.result(result).usage.output, 15)
        self.assertFalse(self.backend.rows[0].settlement.estimated)

    def test_an_event_that_is_not_claudes_is_an_error_of_ours_to_name(self):
        garbled = {"type": "content_block_delta", "delta": {}}
        _events, error, _admission = self.stream(events(START, garbled))
        self.assertEqual(error.code, "connection")
        self.assertEqual(self.backend.rows[0].state, "unknown")

    def test_a_model_without_a_price_in_the_answer_costs_what_was_asked_for(self):
        message = {**START["message"], "model": "claude-haiku-next"}
        start = {**START, "message": message}
        result, error, _admission = self.stream(events(start, *ANSWER[1:]))
        self.assertIsNone(error)
        expected = Decimal("0.0000009") + Decimal("0.0000075")  # 9 in, 15 out
        self.assertEqual(self.result(result).cost_usd, expected)

    def test_a_gateways_own_page_on_an_error_is_ambiguous(self):
        page = lambda request: httpx2.Response(502, text="<html>")  # noqa: E731
        _events, _error, _admission = self.stream(page, events(*ANSWER))
        self.assertEqual(
            self.rows(),
            [("run:1", "unknown", "server_error"), ("run:1:2", "settled", "ok")],
        )

    def test_a_connection_that_breaks_after_the_end_of_an_answer_does_no_harm(self):
        def broken_end(request):
            def chunks():
                yield from (frame(value) for value in ANSWER)
                raise httpx2.ReadError("reset")

            headers = {"content-type": "text/event-stream"}
            return httpx2.Response(200, headers=headers, content=chunks())

        result, error, _admission = self.stream(broken_end)
        self.assertIsNone(error)
        self.assertEqual(self.result(result).stop_reason, "end_turn")
        self.assertEqual(self.rows(), [("run:1", "settled", "ok")])

    def test_a_fault_of_ours_does_not_look_like_an_outage(self):
        def broken(request):
            raise ZeroDivisionError

        gateway = self.gateway(client=scripted_client(self, broken, broken))
        admission = gateway.admit(make_request(), OWNER, "run:1")
        with self.assertRaises(ZeroDivisionError):
            gateway.call(admission)
        with self.assertRaises(ZeroDivisionError):
            next(gateway.stream(admission))

    def test_retry_after_may_be_a_date_or_milliseconds(self):
        for headers in (
            {"retry-after": "Thu, 01 Jan 2037 00:00:00 GMT"},
            {"retry-after-ms": "90000"},
        ):
            with self.subTest(headers):
                self.setUp()
                body = {"type": "error", "error": {"type": "rate_limit_error"}}
                limited = lambda request, headers=headers, body=body: httpx2.Response(  # noqa: E731
                    429, headers=headers, json=body
                )
                _events, error, _admission = self.stream(limited)
                self.assertEqual(error.code, "rate_limited")
                self.assertGreaterEqual(error.retry_after, 90)
