"""How large a request is: estimated, and counted by Claude where it decides."""

import json

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.account_ai.services.claude.admitting import PlannedCall
from odoo.addons.account_ai.services.claude.errors import ClaudeError
from odoo.addons.account_ai.services.claude.money.measure import Measure, measure_of
from odoo.addons.account_ai.services.claude.policy import CountPolicy

from .claude_case import OWNER, ClaudeCase, make_request

LOG = "odoo.addons.account_ai.services.claude.http.log"


@tagged("post_install", "-at_install")
class TestMeasure(ClaudeCase):
    def setUp(self):
        super().setUp()
        self.request = make_request()
        self.estimated_measure = measure_of(self.request)
        self.estimated = self.estimated_measure.estimated

    def counts(self):
        return self.control.requests(endpoint="count_tokens")

    def near(self, **policy):
        """Return a gateway for which the request is near the limit of tokens."""
        policy.setdefault("max_input_tokens", int(self.estimated / 0.6))
        return self.gateway(**policy)

    def admit_as(self, gateway, measure):
        """Return the admission, or the refusal, of the request in this size."""
        planned = PlannedCall(self.request, OWNER, "run:1", measure)
        return gateway.admit_all([planned])[0]

    def real_tokens(self):
        result, _admission = self.run_call(request=self.request)
        return result.usage.prompt

    def test_far_from_the_limit_nobody_is_asked(self):
        limit = int(self.estimated / 0.6) + 2
        measure = self.gateway(max_input_tokens=limit).measure(self.request, OWNER)
        self.assertEqual(measure.tokens, self.estimated)
        self.assertIsNone(measure.counted)
        self.assertEqual(self.counts(), [])
        self.assertEqual(self.backend.transactions, 0, "nor is the database")

    def test_near_the_limit_the_count_replaces_the_estimate(self):
        measure = self.near().measure(self.request, OWNER)
        self.assertEqual(len(self.counts()), 1)
        self.assertLess(measure.tokens, self.estimated)
        self.assertGreater(measure.tokens, measure.counted, "a small margin")
        real = self.real_tokens()
        self.assertGreaterEqual(measure.tokens, real, "never below what is billed")
        self.assertLess(measure.tokens, real * 1.06 + 101)

    def test_what_is_counted_is_what_is_sent(self):
        measure = self.near().measure(self.request, OWNER)
        sent = json.loads(measure.body)
        del sent["max_tokens"]
        self.assertEqual(self.counts()[0]["body"], sent)

    def test_a_count_lets_in_what_the_estimate_refuses(self):
        limit = self.estimated - 1
        gateway = self.gateway(max_input_tokens=limit)
        refusal = self.admit_as(gateway, self.estimated_measure)
        self.assertEqual(refusal.code, "too_large")
        measure = gateway.measure(self.request, OWNER)
        admission = gateway.admit(self.request, OWNER, "run:1")
        self.assertEqual(admission.call.estimated_input, measure.tokens)
        worst = self.backend.rows[0].call.worst_case_usd
        self.gateway().admit(self.request, OWNER, "run:2")
        self.assertLess(worst, self.backend.rows[1].call.worst_case_usd)

    def test_above_the_limit_is_refused_with_the_counted_figures(self):
        gateway = self.gateway(max_input_tokens=1000)
        measure = gateway.measure(self.request, OWNER)
        with self.assertRaises(ClaudeError) as caught:
            gateway.admit(self.request, OWNER, "run:1")
        self.assertEqual(
            caught.exception.params, {"tokens": str(measure.tokens), "limit": "1000"}
        )
        self.assertEqual((self.sent(), self.backend.rows), ([], []))

    def test_no_transaction_is_open_while_claude_counts(self):
        gateway = self.near()
        busy = []
        count = gateway._client.count_tokens

        def counting(*args, **kwargs):
            busy.append(self.backend._busy)
            return count(*args, **kwargs)

        gateway._client.count_tokens = counting
        gateway.measure(self.request, OWNER)
        self.assertEqual(busy, [False])

    @mute_logger(LOG)
    def test_without_a_count_the_estimate_stands(self):
        for kind, params in (
            ("overloaded", {}),
            ("rate_limit", {"retry_after": 30}),
            ("html", {}),
            ("drop_before_executing", {}),
        ):
            with self.subTest(kind):
                self.setUp()
                self.control.fault(kind, match={"endpoint": "count_tokens"}, **params)
                measure = self.near().measure(self.request, OWNER)
                self.assertEqual(measure.tokens, self.estimated)
                self.assertEqual(self.clock.slept, [], "nobody waits for a count")
                self.assertEqual(len(self.counts()), 1)

    def test_a_count_that_takes_long_is_not_waited_for(self):
        self.control.fault("stall", seconds=20, match={"endpoint": "count_tokens"})
        gateway = self.near(count=CountPolicy(seconds=0.2))
        with self.assertLogs(LOG, "WARNING") as logs:
            measure = gateway.measure(self.request, OWNER)
        self.assertIsNone(measure.counted)
        self.assertIn("timeout", logs.output[0])

    @mute_logger(LOG)
    def test_a_failed_count_says_nothing_to_the_breaker(self):
        gateway = self.near()
        self.control.fault("overloaded", times=9, match={"endpoint": "count_tokens"})
        for _number in range(9):
            gateway.measure(self.request, OWNER)
        gateway.admit(self.request, OWNER, "run:1")

    def test_while_claude_is_out_nothing_is_counted(self):
        gateway = self.near()
        with self.backend.transaction() as transaction:
            transaction.circuit.failed(self.simulator.base_url, 60.0)
        self.assertIsNone(gateway.measure(self.request, OWNER).counted)
        self.clock.now += 61
        self.assertIsNone(gateway.measure(self.request, OWNER).counted)
        self.assertEqual(self.counts(), [])
        gateway.admit(self.request, OWNER, "probe:1")  # the probe is still there

    def test_counts_have_a_limit_of_their_own(self):
        gateway = self.near(
            count=CountPolicy(limit=2), limits_per_minute={"validation": 1}
        )
        counted = [gateway.measure(self.request, OWNER).counted for _ in range(3)]
        self.assertEqual([bool(each) for each in counted], [True, True, False])
        gateway.admit(self.request, OWNER, "run:1")

    def test_a_margin_is_rounded_up(self):
        self.assertEqual(Measure("", 9, counted=100).tokens, 205)
        self.assertEqual(Measure("", 9, counted=101).tokens, 207)
        self.assertEqual(Measure("", 9).tokens, 9)
