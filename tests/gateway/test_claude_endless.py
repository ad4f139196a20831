"""Answers that drip or flood: the deadline and the size hold from the first byte on."""

from functools import partial
from unittest.mock import patch

from odoo.tests import BaseCase, tagged

from odoo.addons.account_ai.services.claude.errors import ClaudeError
from odoo.addons.account_ai.services.claude.http.client import ClaudeClient
from odoo.addons.account_ai.services.claude.http.exchange import (
    AnswerTooLong,
    DeadlinePassed,
    Exchange,
    bytes_of_message,
)
from odoo.addons.account_ai.services.claude.http.network import ExchangeStream

from .claude_case import KEY, ClaudeCase, Clock, make_request

DRIPPING = (
    ("drip_headers", {}),
    ("drip_body", {}),
    ("drip_body", {"status": 500}),
    ("drip_body", {"status": 503}),
    ("ping_flood", {}),
    ("comment_flood", {}),
)
FLOODING = (
    ("endless_body", {}),
    ("endless_body", {"status": 500}),
    ("endless_line", {}),
    ("ping_flood", {}),
    ("packed_body", {}),
)


class TickingClock(Clock):
    """A second goes by whenever somebody looks: reads are counted, not waited for."""

    def __call__(self):
        self.now += 1
        return self.now


@tagged("post_install", "-at_install")
class TestEndless(ClaudeCase):
    def ask(self, stream, gateway=None):
        """Return how a call ended, and its row of the ledger."""
        if stream:
            _events, outcome, _admission = self.run_stream(gateway)
        else:
            outcome, _admission = self.run_call(gateway)
        (row,) = self.backend.rows
        return outcome, row

    def check_unknown(self, code, outcome, row):
        self.assertIsInstance(outcome, ClaudeError)
        self.assertEqual(outcome.code, code)
        self.assertEqual((row.state, row.settlement.outcome), ("unknown", code))
        self.assertEqual(row.settlement.cost_usd, row.call.worst_case_usd)
        self.assertEqual(len(self.sent()), 1, "there was no time for another one")

    def test_the_deadline_holds_from_the_first_byte_on(self):
        for kind, params in DRIPPING:
            for stream in (False, True):
                with self.subTest(kind, stream=stream, **params):
                    if kind == "drip_body" and not params and stream:
                        continue  # refused by its type
                    if "flood" in kind and not stream:
                        continue  # read whole, as what drips
                    self.setUp()
                    self.clock = TickingClock()
                    self.control.fault(kind, pieces=400, interval_ms=2, **params)
                    self.check_unknown("deadline", *self.ask(stream))

    def test_a_refusal_that_drips_was_not_billed(self):
        for status in (400, 401, 404, 429):
            with self.subTest(status):
                self.setUp()
                self.clock = TickingClock()
                self.control.fault(
                    "drip_body", pieces=400, interval_ms=2, status=status
                )
                outcome, row = self.ask(stream=True)
                self.assertEqual(outcome.code, "deadline")
                self.assertEqual((row.state, row.settlement.cost_usd), ("failed", 0))

    def test_an_answer_is_not_read_for_ever(self):
        for kind, params in FLOODING:
            for stream in (False, True):
                if not stream and kind in ("ping_flood", "endless_line"):
                    continue
                if stream and kind in ("endless_body", "packed_body") and not params:
                    continue  # no stream: refused by its type
                with self.subTest(kind, stream=stream, **params):
                    self.setUp()
                    self.control.fault(kind, **params)
                    self.check_unknown("connection", *self.ask(stream))

    def test_an_error_is_not_unpacked_into_the_memory(self):
        """16 MB in 16 kB: whatever the SDK reads whole is read as it came."""
        self.control.fault("packed_body", times=3, pieces=1, status=429)
        gateway = self.gateway()
        with patch.object(
            Exchange, "take", autospec=True, side_effect=Exchange.take
        ) as take:
            outcome, row = self.ask(True, gateway)
        self.assertEqual(outcome.code, "rate_limited")
        self.assertEqual(row.state, "failed")
        self.assertLess(sum(call.args[1] for call in take.call_args_list), 100_000)

    def test_what_is_free_has_a_deadline_too(self):
        client = ClaudeClient(KEY, self.simulator.base_url)
        self.addCleanup(client.close)
        body = make_request().parameters()
        del body["max_tokens"]
        asking = {
            "count_tokens": lambda: client.count_tokens(body, seconds=60.0),
            "models": client.models,
        }
        for endpoint, ask in asking.items():
            for kind in ("drip_headers", "drip_body"):
                match = {"endpoint": endpoint}
                self.control.fault(kind, pieces=400, interval_ms=2, match=match)
                ticking = partial(Exchange, clock=TickingClock())
                with (
                    self.subTest(endpoint, kind=kind),
                    patch(f"{ClaudeClient.__module__}.Exchange", ticking),
                    self.assertRaises(ClaudeError) as caught,
                ):
                    ask()
                self.assertEqual(caught.exception.code, "deadline")
            self.control.fault("endless_body", match={"endpoint": endpoint})
            with self.subTest(endpoint), self.assertRaises(ClaudeError) as caught:
                ask()
            self.assertEqual(caught.exception.code, "connection")

    def test_a_connection_that_was_left_is_not_used_again(self):
        self.control.fault("endless_body", status=500)
        gateway = self.gateway()
        self.run_call(gateway)
        result, _admission = self.run_call(gateway, key="run2:1")
        self.assertEqual(result.stop_reason, "end_turn")


class _Network:
    """A connection of the library that notes how long it was to wait."""

    def __init__(self, clock):
        self.clock = clock
        self.waits = []

    def read(self, max_bytes, timeout=None):  # pylint: disable=method-required-super
        self.waits.append(timeout)
        self.clock.now += 4
        return b"x"

    def write(self, buffer, timeout=None):  # pylint: disable=method-required-super
        self.waits.append(timeout)
        self.clock.now += 4

    def start_tls(self, ssl_context, server_hostname=None, timeout=None):
        # pylint: disable=method-required-super
        self.waits.append(timeout)
        self.clock.now += 4
        return self

    def close(self):
        """Nothing is open."""

    def get_extra_info(self, info):
        return None


@tagged("post_install", "-at_install")
class TestExchange(BaseCase):
    def setUp(self):
        super().setUp()
        self.clock = Clock()
        self.network = _Network(self.clock)
        self.stream = ExchangeStream(self.network)

    def exchange(self, seconds=10.0, most_bytes=100):
        return Exchange(seconds, most_bytes, self.clock)

    def test_each_read_waits_for_what_is_left(self):
        exchange = self.exchange()
        with exchange.under_way():
            for _number in range(3):
                self.stream.read(1, timeout=5.0)
            with self.assertRaises(DeadlinePassed):
                self.stream.read(1, timeout=5.0)
        self.assertEqual(self.network.waits, [5.0, 5.0, 2.0])
        self.stream.read(1, timeout=5.0)
        self.assertEqual(self.network.waits[-1], 5.0, "no exchange is under way")

    def test_a_request_that_is_not_taken(self):
        with self.exchange().under_way(), self.assertRaises(DeadlinePassed):
            self.stream.write(b"x" * 1_000_000, timeout=5.0)
        self.assertEqual(self.network.waits, [5.0, 5.0, 2.0])

    def test_an_encrypted_connection_is_part_of_it(self):
        with self.exchange().under_way():
            encrypted = self.stream.start_tls(None, timeout=5.0)
            encrypted.start_tls(None, timeout=5.0)
            encrypted.read(1, timeout=5.0)
            with self.assertRaises(DeadlinePassed):
                encrypted.start_tls(None, timeout=5.0)
        self.assertEqual(self.network.waits, [5.0, 5.0, 2.0])

    def test_bytes_are_counted_headers_included(self):
        with self.exchange(1000.0, most_bytes=2).under_way():
            self.stream.read(1)
            self.stream.read(1)
            with self.assertRaises(AnswerTooLong):
                self.stream.read(1)

    def test_the_end_that_serves_the_connection_is_not_waited_for(self):
        exchange = self.exchange()
        exchange.end_soon(2.0)
        self.assertEqual(exchange.longest_wait(5.0), 2.0)
        exchange.end_soon(60.0)
        self.assertEqual(exchange.longest_wait(5.0), 2.0)

    def test_a_message_may_be_as_long_as_was_asked_for(self):
        # An event with one token of text takes 200 bytes at most.
        for tokens in (1, 4_000, 128_000):
            self.assertGreater(bytes_of_message(tokens), tokens * 200 + 100_000)
