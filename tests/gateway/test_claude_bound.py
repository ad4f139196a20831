"""The bound that no text passes, against a simulator whose text is as dense as it gets.

No model counts more than a token for each byte; the simulator bills 1.2 tokens a
character, and texts of several bytes a character are counted here as if each byte were
a token.
"""

import base64
import json
from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from odoo.addons.account_ai.services.claude.admitting import PlannedCall
from odoo.addons.account_ai.services.claude.call import CallResult
from odoo.addons.account_ai.services.claude.errors import ClaudeError
from odoo.addons.account_ai.services.claude.money.estimate import (
    CONTEXT_TOKENS,
    bound_of_bytes,
    bound_of_input,
    estimated_input,
    with_margin,
    worst_case,
)
from odoo.addons.account_ai.services.claude.money.measure import measure_of
from odoo.addons.account_ai.services.claude.money.own_prices import OwnPrices
from odoo.addons.account_ai.services.claude.money.pricing import price_of
from odoo.addons.account_ai.services.claude.money.usage import TokenUsage

from .claude_case import OWNER, ClaudeCase, make_request

DENSE = 1.2
TEXTS = {
    "spanish": "Arriendo de grúa, 2 días, según cotización. " * 60,
    "chinese": "设备租赁合同第二期付款说明" * 150,
    "digits": "8374629105" * 200,
    "base64": base64.b64encode(bytes(range(256)) * 8).decode(),
    "emoji": "👩🏽‍🔧🧾💸" * 120,
    "escapes": '"\\\n\t"' * 300,
    "control": "\x01\x02\x1f" * 200,
    "capitals": "QZXJKVWPYF" * 150,
    "one letter": "x",
    "spaces": "a" + "\u2003" * 500,
    "combining": "e\u0301\u0323\u0330" * 200,
}
TOOL = {
    "name": "read_partner",
    "description": "读取" * 40,
    "input_schema": {"type": "object", "properties": {"rut": {"type": "string"}}},
}


def asking(text, **values):
    content = [{"type": "text", "text": text}]
    message = {"role": "user", "content": content}
    return make_request(messages=(message,), **values)


class MemoryPrefixes:
    """Keeps counts of prefixes as the database does."""

    def __init__(self):
        self.counts = {}

    def get(self, prefix):
        return self.counts.get(prefix)

    def put(self, prefix, tokens):
        self.counts[prefix] = tokens

    def forget(self, model, endpoint):
        self.counts = {
            prefix: tokens
            for prefix, tokens in self.counts.items()
            if (prefix.model, prefix.endpoint) != (model, endpoint)
        }


@tagged("post_install", "-at_install")
class TestBound(ClaudeCase):
    def setUp(self):
        super().setUp()
        self.control.settings(
            tokens_per_character=DENSE, input_tokens_per_minute=1_000_000_000
        )
        self.prefixes = MemoryPrefixes()

    def gateway(self, *args, **policy):
        policy.setdefault("limits_per_minute", {"validation": 1000})
        gateway = super().gateway(*args, **policy)
        gateway._prefixes = self.prefixes
        return gateway

    def test_no_text_costs_more_than_was_reserved(self):
        gateway = self.gateway()
        for name, text in TEXTS.items():
            for values in ({}, {"cache_ttl": "1h"}, {"tools": (TOOL,)}):
                for known in (False, True):
                    with self.subTest(name, known=known, which=tuple(values)):
                        request = asking(text, **values)
                        if not known:
                            self.prefixes.counts.clear()
                        measure = measure_of(request)
                        if known:
                            measure = gateway.measure(request, OWNER)
                        key = f"{name}:{len(self.backend.rows)}"
                        planned = PlannedCall(request, OWNER, key, measure, False)
                        (admission,) = gateway.admit_all([planned])
                        result = gateway.call(admission)
                        gateway.settle(admission, result)
                        self.assertLessEqual(
                            result.usage.prompt, admission.call.estimated_input
                        )
                        self.assertLessEqual(
                            result.cost_usd, admission.call.worst_case_usd
                        )
        self.assertEqual(self.backend.tables.alerts, {})

    def test_what_was_reserved_on_an_average_was_not_enough(self):
        """Otherwise the table above shows nothing."""
        request = asking(TEXTS["base64"])
        average = estimated_input(request, len(request.body()))
        result, _admission = self.run_call(self.gateway(), request)
        self.assertGreater(result.usage.prompt, 2 * average)

    def test_a_count_is_enough_for_every_text(self):
        gateway = self.gateway(max_input_tokens=1)
        for name, text in TEXTS.items():
            with self.subTest(name):
                request = asking(text)
                measure = gateway.measure(request, OWNER)
                self.assertIsNotNone(measure.counted)
                result, _admission = self.run_call(request=request, key=name)
                self.assertGreaterEqual(measure.tokens, result.usage.prompt)

    @settings(max_examples=300, deadline=None)
    @given(st.text(st.characters(exclude_categories=["Cs"]), max_size=400))
    def test_no_text_passes_the_bound(self, text):
        """At a token for each byte, and as much again around it as a message has."""
        request = asking(text)
        added = bound_of_input(request, 0) - with_margin(0)
        densest = max(len(text.encode()), DENSE * len(text))
        self.assertGreaterEqual(added, densest + 3)
        without_count = bound_of_input(request)
        body = len(request.body().encode())
        self.assertGreaterEqual(without_count, body)

    @settings(max_examples=100, deadline=None)
    @given(
        st.recursive(
            st.text(max_size=20) | st.integers() | st.booleans(),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text(max_size=8), inner, max_size=3)
            ),
            max_leaves=12,
        )
    )
    def test_tool_results_are_bounded_like_texts(self, value):
        text = json.dumps(value, ensure_ascii=False)
        blocks = (
            {"type": "tool_use", "id": "t", "name": "n", "input": {"value": value}},
            {"type": "tool_result", "tool_use_id": "t", "content": text},
            {
                "type": "tool_result",
                "tool_use_id": "t",
                "content": [{"type": "text", "text": text}],
            },
        )
        for block in blocks:
            request = make_request(messages=({"role": "user", "content": [block]},))
            added = bound_of_input(request, 0) - with_margin(0)
            size = len(text.encode("utf-8", "surrogatepass"))
            self.assertGreaterEqual(added, size)
            self.assertLess(added, CONTEXT_TOKENS)

    def test_what_claude_adds_for_tools_and_for_a_schema_is_bounded(self):
        """588 tokens were seen for a tool that has to be called."""

        def added(**values):
            request = asking("glosa", **values)
            texts = (request.prefix(), request.messages_json())
            sizes = (bound_of_bytes(len(text.encode())) for text in texts)
            return bound_of_input(request) - sum(sizes)

        self.assertEqual(added(output_schema=None), 0)
        for values in ({}, {"output_schema": None, "tools": (TOOL,)}):
            self.assertGreaterEqual(added(**values), 588)
        both = added(tools=(TOOL,), tool_choice={"type": "any"})
        self.assertGreaterEqual(both, 2 * 588)

    def test_what_bytes_say_nothing_about_has_no_small_bound(self):
        picture = {"type": "image", "source": {"type": "base64", "data": "aaaa"}}
        paper = {"type": "document", "source": {"type": "base64", "data": "aaaa"}}
        page = {"type": "document", "source": {"type": "url", "url": "https://x"}}
        foreign = {"type": "of_tomorrow"}
        result = {"type": "tool_result", "tool_use_id": "t", "content": [picture]}
        inside = {
            "type": "document",
            "source": {"type": "content", "content": [picture]},
        }
        for block in (picture, paper, page, foreign, result, inside):
            request = make_request(messages=({"role": "user", "content": [block]},))
            self.assertGreaterEqual(measure_of(request, 10).tokens, CONTEXT_TOKENS)
        plain = {"type": "document", "source": {"type": "text", "data": "abc"}}
        request = make_request(messages=({"role": "user", "content": [plain]},))
        self.assertLess(measure_of(request, 10).tokens, 1000)

    def test_a_tool_of_claudes_own_is_not_bounded_by_a_count(self):
        gateway = self.gateway(max_input_tokens=1000)
        request = make_request(tools=({"type": "web_search_20260101", "name": "s"},))
        measure = gateway.count(request, OWNER, measure_of(request))
        self.assertIsNone(measure.counted)
        self.assertGreaterEqual(measure.tokens, CONTEXT_TOKENS)

    def test_the_dearest_bucket_is_that_of_ones_own_prices(self):
        """Writing to the cache may be cheaper than not to, by a contract."""
        own = {
            "claude-haiku-5-5": OwnPrices(
                uncached_input=Decimal(2),
                output=Decimal(5),
                cache_write_5m=Decimal(1),
                cache_write_1h=Decimal(1),
                cache_read=Decimal(3),
            )
        }
        for ttl in ("5m", "1h", ""):
            request = make_request(cache_ttl=ttl)
            cost, _prices = worst_case(request, 1000, own=own)
            buckets = ["uncached_input"]
            if ttl:
                buckets += ["cache_read", f"cache_write_{ttl}"]
            for bucket in buckets:
                usage = TokenUsage(
                    **{bucket: 1000}, output=request.max_tokens, inference_geo="us"
                )
                billed, _prices = price_of(request.model, usage, own=own)
                self.assertGreaterEqual(cost, billed, (ttl, bucket))


@tagged("post_install", "-at_install")
class TestPrefixCount(ClaudeCase):
    def setUp(self):
        super().setUp()
        self.prefixes = MemoryPrefixes()

    def gateway(self, *args, **policy):
        gateway = super().gateway(*args, **policy)
        gateway._prefixes = self.prefixes
        return gateway

    def counts(self):
        return self.control.requests(endpoint="count_tokens")

    def test_a_prefix_is_counted_once_for_all_documents(self):
        for number in range(3):
            measure = self.gateway().measure(asking(f"glosa {number}"), OWNER)
        self.assertEqual(len(self.counts()), 1)
        self.assertNotIn("glosa", json.dumps(self.counts()[0]["body"]))
        self.assertLess(measure.tokens, measure_of(asking("glosa 2")).tokens)

    def test_each_model_and_prompt_has_its_own_count(self):
        for values in (
            {},
            {"model": "claude-sonnet-5-5"},
            {"system": ("Another prompt.",)},
            {"tools": (TOOL,)},
            {"output_schema": None},
        ):
            self.gateway().measure(asking("glosa", **values), OWNER)
        self.assertEqual(len(self.counts()), 5)
        self.gateway().measure(asking("glosa", max_tokens=9), OWNER)
        self.assertEqual(len(self.counts()), 5, "what is answered is not asked")

    def test_without_a_count_bytes_bound_the_prefix(self):
        self.control.fault("overloaded", match={"endpoint": "count_tokens"})
        gateway = self.gateway()
        log = "odoo.addons.account_ai.services.claude.http.log"
        with self.assertLogs(log, "WARNING"):
            measure = gateway.measure(asking("glosa"), OWNER)
        self.assertEqual(measure.tokens, measure_of(asking("glosa")).tokens)
        gateway.measure(asking("glosa"), OWNER)
        self.assertEqual(len(self.counts()), 1, "it is not waited for each time")
        self.clock.now += 61
        gateway.measure(asking("glosa"), OWNER)
        self.assertEqual((len(self.counts()), len(self.prefixes.counts)), (2, 1))

    def test_admitting_uses_no_network(self):
        request = asking("glosa")
        planned = PlannedCall(request, OWNER, "run:1", measure_of(request))
        self.gateway().admit_all([planned])
        self.assertEqual(self.control.requests(), [])

    def test_the_price_of_long_prompts_is_not_reserved_for_short_ones(self):
        """50,000 characters are 20,000 tokens, and more than 100,000 bytes at most."""
        request = asking("é" * 50_000)
        gateway = self.gateway(max_input_tokens=1_000_000)
        measure = gateway.measure(request, OWNER)
        self.assertIsNotNone(measure.counted)
        admission = gateway.admit(request, OWNER, "run:1")
        self.assertEqual(admission.call.unit_prices["output"], "0.55")


@tagged("post_install", "-at_install")
class TestCeilingAndOverrun(ClaudeCase):
    def admit(self, gateway, request, key="run:1"):
        return gateway.admit(request, OWNER, key)

    def test_a_call_above_the_ceiling_is_refused_with_the_figures(self):
        worst = self.gateway().admit(make_request(), OWNER, "a").call.worst_case_usd
        gateway = self.gateway(max_call_usd=worst / 4)
        with self.assertRaises(ClaudeError) as caught:
            self.admit(gateway, make_request())
        error = caught.exception
        self.assertEqual(error.code, "too_dear")
        ceiling, cost = error.params["ceiling"], error.params["cost"]
        self.assertLess(Decimal(ceiling["amount"]), Decimal(cost["amount"]))
        self.assertEqual(len(self.backend.rows), 1, "nothing is booked")
        self.assertEqual(self.sent(), [], "nor is anything sent")

    def test_claude_counts_before_the_ceiling_refuses(self):
        request = asking("Arriendo de grúa. " * 400)
        bound = self.gateway().admit(request, OWNER, "a").call.worst_case_usd
        gateway = self.gateway(max_call_usd=bound - bound / 100)
        admission = self.admit(gateway, request)
        self.assertLess(admission.call.worst_case_usd, bound)
        self.assertEqual(len(self.control.requests(endpoint="count_tokens")), 1)

    def test_far_below_the_ceiling_nobody_is_asked(self):
        bound = self.gateway().admit(make_request(), OWNER, "a").call.worst_case_usd
        self.admit(self.gateway(max_call_usd=bound), make_request())
        self.assertEqual(self.control.requests(), [])

    def test_a_bound_that_is_refused_alerts_nobody_when_the_count_fits(self):
        request = asking("Arriendo de grúa. " * 400)
        bound = self.gateway().admit(request, OWNER, "a").call.worst_case_usd
        self.backend.budget_usd = 2 * bound - bound / 100
        self.admit(self.gateway(), request)
        self.assertEqual(len(self.backend.rows), 2)
        self.assertEqual(self.backend.tables.alerts, {})

    def test_a_provisional_size_does_not_refuse(self):
        gateway = self.gateway(max_input_tokens=1000)
        measure = measure_of(make_request())
        planned = PlannedCall(make_request(), OWNER, "a", measure)
        self.assertEqual(gateway.admit_all([planned])[0].code, "too_large")
        self.assertEqual(self.control.requests(), [])
        provisional = replace(measure, provisional=True)
        gateway.admit_all([replace(planned, measure=provisional)])
        self.assertEqual(len(self.control.requests(endpoint="count_tokens")), 1)

    def test_an_overrun_is_booked_in_full_and_told_once(self):
        gateway = self.gateway()
        prefixes = gateway._prefixes = MemoryPrefixes()
        gateway.measure(make_request(), OWNER)
        self.assertTrue(prefixes.counts)
        for key in ("run:1", "run:2"):
            measure = type(measure_of(make_request()))(make_request().body(), 1)
            # Nothing is left of what was reserved for the output.
            request = make_request(max_tokens=1)
            planned = PlannedCall(request, OWNER, key, measure, use_stored=False)
            (admission,) = gateway.admit_all([planned])
            result = self.answer_of(gateway, admission)
            self.assertGreater(result.cost_usd, admission.call.worst_case_usd)
            settlement = gateway.settle(admission, result)
            self.assertEqual(settlement.cost_usd, result.cost_usd)
        self.assertEqual(self.backend.rows[-1].cost_usd, result.cost_usd)
        (alert,) = self.backend.tables.alerts.values()
        self.assertEqual((alert.kind, alert.company_id), ("overrun", 1))
        self.assertEqual(alert.params["key"], "run:1")
        self.assertEqual(prefixes.counts, {}, "what it was counted at is forgotten")

    def answer_of(self, gateway, admission):
        """Return the answer, also when it was cut off."""
        result = gateway.call(admission)
        self.assertIsInstance(result, CallResult)
        return result
