"""What calls cost, each worked out by hand, through the gateway and into the ledger.

Every answer comes twice, streamed and whole, and is booked at the same figure. Prices
are US$ per million tokens. Of Haiku 5.5, up to 100,000 tokens of prompt: input 0.10,
5-minute write 0.125, 1-hour write 0.20, read 0.01, output 0.50; above: five times as
much. Of Sonnet 5.5: 2, 2.50, 4, 0.10 and 10. Of Opus 5.5: 4, 5, 8, 0.20 and 20.
"""

import json
from decimal import Decimal

import httpx2

from odoo.tests import tagged

from odoo.addons.account_ai.services.claude.http.client import ClaudeClient

from .claude_case import KEY, ClaudeCase, make_request

TEXT = '{"findings":[],"verdict":"send","conf":"high"}'
HEADERS = {"request-id": "req_1"}


def usage_of(
    new=0, write_5m=0, write_1h=0, read=0, out=0, thinking=0, searches=0, **more
):
    """Return the API's usage object."""
    return {
        "input_tokens": new,
        "cache_creation_input_tokens": write_5m + write_1h,
        "cache_read_input_tokens": read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": write_5m,
            "ephemeral_1h_input_tokens": write_1h,
        },
        "output_tokens": out,
        "output_tokens_details": {"thinking_tokens": thinking},
        "server_tool_use": {"web_search_requests": searches},
        "service_tier": "standard",
        "inference_geo": "global",
        **more,
    }


def message_of(model, usage, text, stop_reason):
    """Return an answer as a whole."""
    return {
        "id": "msg_1",
        "type": "message",
        "model": model,
        "content": [{"type": "text", "text": text}] if text else [],
        "stop_reason": stop_reason,
        "usage": usage,
    }


def events_of(message):
    """Return the same answer as the bytes of a stream."""
    usage = message["usage"]
    late = ("output_tokens", "output_tokens_details", "server_tool_use")
    early = {name: value for name, value in usage.items() if name not in late}
    start = {**message, "content": [], "stop_reason": None}
    events = [
        {
            "type": "message_start",
            "message": {**start, "usage": {**early, "output_tokens": 1}},
        }
    ]
    for block in message["content"]:
        events += [
            {
                "type": "content_block_start",
                "index": 0,
                "content_block": {"type": "text", "text": ""},
            },
            {
                "type": "content_block_delta",
                "index": 0,
                "delta": {"type": "text_delta", "text": block["text"]},
            },
            {"type": "content_block_stop", "index": 0},
        ]
    events += [
        {
            "type": "message_delta",
            "delta": {"stop_reason": message["stop_reason"]},
            "usage": {name: usage[name] for name in late},
        },
        {"type": "message_stop"},
    ]
    return "".join(
        f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events
    ).encode()


@tagged("post_install", "-at_install")
class TestCost(ClaudeCase):
    def book(self, message, stream):
        """Have ``message`` answer a call; return the ledger's row."""

        def answer(request):
            if stream:
                return httpx2.Response(
                    200,
                    headers={**HEADERS, "content-type": "text/event-stream"},
                    content=iter([events_of(message)]),
                )
            return httpx2.Response(200, headers=HEADERS, json=message)

        http_client = httpx2.Client(transport=httpx2.MockTransport(answer))
        client = ClaudeClient(KEY, "http://127.0.0.1:1", http_client=http_client)
        self.addCleanup(client.close)
        run = self.run_stream if stream else self.run_call
        request = make_request(model=message["model"])
        key = f"run{len(self.backend.rows)}:1"
        run(self.gateway(client=client), request, key, use_stored=False)
        return self.backend.rows[-1]

    def check(
        self,
        expected,
        model="claude-haiku-5-5",
        text=TEXT,
        stop_reason="end_turn",
        **usage,
    ):
        message = message_of(model, usage_of(**usage), text, stop_reason)
        for stream in (True, False):
            with self.subTest(stream=stream):
                settlement = self.book(message, stream).settlement
                self.assertEqual(settlement.cost_usd, expected)
                self.assertEqual(
                    (settlement.state, settlement.estimated), ("settled", False)
                )
                booked = settlement.usage
                self.assertEqual(booked.uncached_input, usage.get("new", 0))
                self.assertEqual(booked.cache_write_5m, usage.get("write_5m", 0))
                self.assertEqual(booked.cache_write_1h, usage.get("write_1h", 0))
                self.assertEqual(booked.cache_read, usage.get("read", 0))
                self.assertEqual(booked.output, usage.get("out", 0))
                self.assertEqual(booked.thinking, usage.get("thinking", 0))

    def test_without_a_cache(self):
        """1,500 x 0.10 = 150 and 300 x 0.50 = 150 millionths: US$ 0.0003."""
        expected = Decimal("0.000150") + Decimal("0.000150")
        self.check(expected, new=1_500, out=300)

    def test_a_write_for_five_minutes(self):
        """6,000 x 0.125 = 750, 1,500 x 0.10 = 150, 300 x 0.50 = 150 millionths."""
        expected = Decimal("0.000750") + Decimal("0.000150") + Decimal("0.000150")
        self.check(expected, write_5m=6_000, new=1_500, out=300)

    def test_a_write_for_an_hour(self):
        """6,000 x 0.20 = 1,200, 1,500 x 0.10 = 150, 300 x 0.50 = 150 millionths."""
        expected = Decimal("0.001200") + Decimal("0.000150") + Decimal("0.000150")
        self.check(expected, write_1h=6_000, new=1_500, out=300)

    def test_a_read(self):
        """6,000 x 0.01 = 60, 1,500 x 0.10 = 150, 300 x 0.50 = 150 millionths."""
        expected = Decimal("0.000060") + Decimal("0.000150") + Decimal("0.000150")
        self.check(expected, read=6_000, new=1_500, out=300)

    def test_all_buckets_of_a_dearer_model(self):
        """Sonnet: 100 x 2 = 200, 200 x 2.50 = 500, 300 x 4 = 1,200,
        4,000 x 0.10 = 400 and 50 x 10 = 500 millionths: 2,800."""
        self.check(
            Decimal("0.002800"),
            model="claude-sonnet-5-5",
            new=100,
            write_5m=200,
            write_1h=300,
            read=4_000,
            out=50,
        )

    def test_thinking_is_part_of_the_output(self):
        """1,000 x 4 = 4,000, and 500 x 20 = 10,000 millionths, of which 400 thought."""
        expected = Decimal("0.004000") + Decimal("0.010000")
        for thinking in (0, 400):
            self.check(
                expected,
                model="claude-opus-5-5",
                new=1_000,
                out=500,
                thinking=thinking,
            )

    def test_a_batch_costs_half_of_every_bucket(self):
        """(1,000 x 0.10 = 100, 2,000 x 0.20 = 400, 5,000 x 0.01 = 50, 300 x 0.50 = 150
        millionths: 700) / 2 = 350."""
        self.check(
            Decimal("0.000350"),
            new=1_000,
            write_1h=2_000,
            read=5_000,
            out=300,
            service_tier="batch",
        )

    def test_a_hundred_thousand_tokens_are_still_cheap(self):
        """2,000 x 0.10 = 200, 8,000 x 0.125 = 1,000, 90,000 x 0.01 = 900 and
        1,000 x 0.50 = 500 millionths: 2,600."""
        self.check(
            Decimal("0.002600"), new=2_000, write_5m=8_000, read=90_000, out=1_000
        )

    def test_one_token_more_makes_all_of_them_dear(self):
        """2,001 x 0.50 = 1,000.5, 8,000 x 0.625 = 5,000, 90,000 x 0.05 = 4,500 and
        1,000 x 2.50 = 2,500 millionths: 13,000.5."""
        self.check(
            Decimal("0.0130005"), new=2_001, write_5m=8_000, read=90_000, out=1_000
        )

    def test_a_dear_batch(self):
        """Half of the line before: 13,000.5 / 2 = 6,500.25 millionths."""
        self.check(
            Decimal("0.00650025"),
            new=2_001,
            write_5m=8_000,
            read=90_000,
            out=1_000,
            service_tier="batch",
        )

    def test_inference_in_the_usa_costs_a_tenth_more(self):
        """(1,500 x 0.10 = 150, 6,000 x 0.01 = 60, 300 x 0.50 = 150: 360) x 1.1 = 396
        millionths."""
        self.check(
            Decimal("0.000396"), new=1_500, read=6_000, out=300, inference_geo="us"
        )

    def test_factors_multiply(self):
        """360 millionths of the line before x 1.1 / 2 = 198."""
        self.check(
            Decimal("0.000198"),
            new=1_500,
            read=6_000,
            out=300,
            inference_geo="us",
            service_tier="batch",
        )

    def test_searches_cost_a_cent_each(self):
        """1,000 x 2 = 2,000 and 100 x 10 = 1,000 millionths, and 3 x 0.01."""
        self.check(
            Decimal("0.003000") + Decimal("0.03"),
            model="claude-sonnet-5-5",
            new=1_000,
            out=100,
            searches=3,
        )

    def test_fast_mode(self):
        """Opus at 8 and 40: 1,000 x 8 = 8,000 and 100 x 40 = 4,000 millionths."""
        self.check(
            Decimal("0.012000"),
            model="claude-opus-5-5",
            new=1_000,
            out=100,
            speed="fast",
        )

    def test_a_refusal_before_any_output_is_free(self):
        """Usage shows 1,500 and 4 tokens; they are booked, at nothing."""
        self.check(Decimal(0), text="", stop_reason="refusal", new=1_500, out=4)

    def test_a_refusal_midway_is_not(self):
        """1,500 x 0.10 = 150 and 40 x 0.50 = 20 millionths."""
        self.check(
            Decimal("0.000170"),
            text="Lo siento",
            stop_reason="refusal",
            new=1_500,
            out=40,
        )

    def test_a_cut_answer_is_paid_all_the_same(self):
        """1,500 x 0.10 = 150 and 2,000 x 0.50 = 1,000 millionths."""
        self.check(
            Decimal("0.001150"),
            text='{"findings":[',
            stop_reason="max_tokens",
            new=1_500,
            out=2_000,
        )
