"""The body of a request and its fingerprint."""

import hashlib
import json

from odoo.tests import BaseCase, tagged

from odoo.addons.account_ai.services.claude.defaults import EFFORTS
from odoo.addons.account_ai.services.claude.money.estimate import (
    estimated_input,
    estimated_tokens,
    worst_case,
    worst_case_usage,
)
from odoo.addons.account_ai.services.claude.money.pricing import unit_prices
from odoo.addons.account_ai.services.claude.operations import OPERATIONS, operation
from odoo.addons.account_ai.services.claude.request import (
    ClaudeRequest,
    canonical_json,
)

from .claude_case import SCHEMA, ClaudeCase, make_request

URL = "https://api.anthropic.com"


@tagged("post_install", "-at_install")
class TestRequest(BaseCase):
    def test_the_body(self):
        request = ClaudeRequest(
            model="claude-haiku-5-5",
            system=("Policy.", "Rulebook."),
            messages=({"role": "user", "content": "Facts."},),
            max_tokens=900,
            output_schema=SCHEMA,
            effort="low",
        )
        self.assertEqual(
            request.parameters(),
            {
                "model": "claude-haiku-5-5",
                "max_tokens": 900,
                "system": [
                    {"type": "text", "text": "Policy."},
                    {
                        "type": "text",
                        "text": "Rulebook.",
                        "cache_control": {"type": "ephemeral"},
                    },
                ],
                "messages": [{"role": "user", "content": "Facts."}],
                "output_config": {
                    "effort": "low",
                    "format": {"type": "json_schema", "schema": SCHEMA},
                },
            },
        )

    def test_the_breakpoint_follows_the_lifetime(self):
        def breakpoint_of(ttl):
            system = make_request(cache_ttl=ttl).parameters()["system"]
            return system[-1].get("cache_control")

        self.assertEqual(breakpoint_of("5m"), {"type": "ephemeral"})
        self.assertEqual(breakpoint_of("1h"), {"type": "ephemeral", "ttl": "1h"})
        self.assertIsNone(breakpoint_of(""))

    def test_a_bare_request_holds_nothing_that_was_not_asked_for(self):
        request = make_request(output_schema=None, effort=None, system=())
        self.assertEqual(set(request.parameters()), {"model", "max_tokens", "messages"})

    def test_properties_are_sent_in_the_order_of_the_schema(self):
        body = json.dumps(make_request().parameters())
        self.assertLess(body.index('"findings"'), body.index('"conf"'))

    def test_the_fingerprint_is_stable(self):
        """Equal requests have equal fingerprints, also from one version to the next."""
        self.assertEqual(
            make_request().fingerprint(URL), make_request().fingerprint(URL)
        )
        request = ClaudeRequest(
            model="m",
            system=("s",),
            messages=({"role": "user", "content": "ñ"},),
            max_tokens=1,
        )
        self.assertEqual(
            request.canonical,
            '{"max_tokens":1,"messages":[{"content":"ñ","role":"user"}],"model":"m",'
            '"system":[{"cache_control":{"type":"ephemeral"},"text":"s","type":"text"}]}',
        )

    def test_what_is_written_is_the_body(self):
        tool = {"name": "t", "input_schema": {"type": "object", "b": 1, "a": 2}}
        for changes in (
            {},
            {"cache_ttl": "1h"},
            {"cache_ttl": "", "effort": None},
            {"system": ('Otra, con "comillas" y ñ.', "Dos."), "tools": (tool,)},
            {"system": (), "output_schema": None},
        ):
            with self.subTest(changes):
                request = make_request(**changes)
                body = request.parameters()
                self.assertEqual(
                    request.body(),
                    json.dumps(body, ensure_ascii=False, separators=(",", ":")),
                )
                self.assertEqual(request.canonical, canonical_json(body))
                whole = {"body": body, "language": request.language, "url": URL}
                self.assertEqual(
                    request.fingerprint(URL),
                    hashlib.sha256(canonical_json(whole).encode()).hexdigest(),
                )

    def test_the_order_of_keys_does_not_matter_to_the_fingerprint(self):
        message = {"role": "user", "content": "x"}
        turned = dict(reversed(message.items()))
        self.assertEqual(
            make_request(messages=(message,)).fingerprint(URL),
            make_request(messages=(turned,)).fingerprint(URL),
        )

    def test_everything_that_decides_an_answer_changes_the_fingerprint(self):
        schema = {**SCHEMA, "required": ["findings"]}
        prints = {make_request().fingerprint(URL)}
        prints.add(make_request().fingerprint("https://elsewhere.example"))
        changes = (
            {"model": "claude-sonnet-5-5"},
            {"system": ("Other.",)},
            {"messages": ({"role": "user", "content": "Other."},)},
            {"max_tokens": 2001},
            {"output_schema": schema},
            {"effort": "medium"},
            {"cache_ttl": "1h"},
            {"language": "en"},
            {"tools": ({"name": "t", "input_schema": {"type": "object"}},)},
        )
        for change in changes:
            prints.add(make_request(**change).fingerprint(URL))
        self.assertEqual(len(prints), 2 + len(changes))

    def test_default_models(self):
        choice = operation("validation")
        self.assertEqual((choice.model, choice.effort), ("claude-haiku-5-5", "low"))
        self.assertEqual(operation("chat").model, "claude-sonnet-5-5")
        self.assertEqual(operation("second_opinion").model, "claude-opus-5-5")
        for choice in OPERATIONS:
            self.assertIn(choice.effort, EFFORTS)
            unit_prices(choice.model, 0)  # raises when it has no price
        with self.assertRaises(KeyError):
            operation("nothing")


@tagged("post_install", "-at_install")
class TestEstimate(BaseCase):
    def test_tokens_by_tokenizer(self):
        self.assertEqual(estimated_tokens(2500, "claude-haiku-5-5"), 1000)
        self.assertEqual(estimated_tokens(2501, "claude-opus-4-8"), 1001)
        self.assertEqual(estimated_tokens(3300, "claude-haiku-4-5-20251001"), 1000)

    def test_the_worst_case_is_the_dearest_bucket_that_applies(self):
        for ttl, bucket in (
            ("5m", "cache_write_5m"),
            ("1h", "cache_write_1h"),
            ("", "uncached_input"),
        ):
            usage = worst_case_usage(make_request(cache_ttl=ttl), 1000)
            self.assertEqual(getattr(usage, bucket), 1000)
            self.assertEqual(usage.prompt, 1000)
            self.assertEqual(usage.output, 2000)

    def test_the_worst_case_by_hand(self):
        # (8,000 x 0.125 + 2,000 x 0.5) / 1e6, times 1.1 for the USA
        cost, prices = worst_case(make_request(), 8000)
        self.assertEqual(str(cost.normalize()), "0.0022")
        self.assertEqual(prices.to_data()["output"], "0.55")
        # above 100,000 every token costs five times as much
        cost, _prices = worst_case(make_request(), 100_001)
        self.assertEqual(f"{cost:.7f}", "0.0742507")


@tagged("post_install", "-at_install")
class TestEstimateOnTheWire(ClaudeCase):
    def test_the_estimate_is_not_below_the_providers_count(self):
        for schema in (SCHEMA, None):
            request = make_request(output_schema=schema)
            body = request.parameters()
            estimate = estimated_input(request, len(json.dumps(body)))
            del body["max_tokens"]
            counted = self.gateway()._client.count_tokens(body)
            self.assertGreaterEqual(estimate, counted)
            self.assertLess(estimate, counted * 2)
