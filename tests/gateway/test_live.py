"""The gateway with a real key, or with the simulator in its place.

``LIVE=1 make test-live`` asks Claude itself, with the key of the environment; it costs
less than a cent. Everywhere else the same tests ask the simulator.
"""

import os
import uuid
from contextlib import contextmanager
from unittest.mock import patch

import httpx2

from odoo.tests import tagged

from odoo.addons.account_ai.services.claude.call import Finished, FirstToken
from odoo.addons.account_ai.services.claude.defaults import DEFAULT_BASE_URL
from odoo.addons.account_ai.services.claude.operations import operation
from odoo.addons.account_ai.services.claude.ports import Owner
from odoo.addons.account_ai.services.claude.request import ClaudeRequest

from ..common.common import AccountAiCase

# Read now: the base of the tests removes them from the environment.
KEY = os.environ.get("ACCOUNT_AI_API_KEY", "") if os.environ.get("LIVE") == "1" else ""
BASE_URL = os.environ.get("ACCOUNT_AI_BASE_URL") or DEFAULT_BASE_URL

RULE = "Rule {}: an invoice of type 33 names its issuer, its receiver and its date. "


@tagged("post_install", "-at_install")
class TestLive(AccountAiCase):
    uses_accounting = False
    uses_simulator = not KEY

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if KEY:
            cls.use_endpoint(BASE_URL, KEY, simulated=False)

    def setUp(self):
        super().setUp()
        self.gateway = self.env["account.ai.gateway"]._gateway(self.company)
        # Nobody has asked with this prefix before, so that the first call writes it.
        rules = "".join(RULE.format(number) for number in range(800))
        self.prefix = f"{uuid.uuid4()}. Answer with one word. {rules}"

    def request(self, question, prefix=None):
        choice = operation("validation")
        return ClaudeRequest(
            model=choice.model,
            system=(prefix or self.prefix,),
            messages=({"role": "user", "content": question},),
            max_tokens=300,
            effort="low",
        )

    def admit(self, request, key):
        owner = Owner(self.company.id, self.accountant.id, "validation", run_uuid=key)
        return self.gateway.admit(request, owner, key)

    def stream(self, question):
        """Return the events of a streamed answer, and its settled ledger row."""
        key = str(uuid.uuid4())
        admission = self.admit(self.request(question), key)
        events = list(self.gateway.stream(admission))
        self.assertIsInstance(events[-1], Finished)
        self.gateway.settle(admission, events[-1].result)
        [row] = self.usages([("key", "=", key)])
        return events, row

    @contextmanager
    def sent_messages(self):
        """Give a list that each request for an answer goes into, whatever client sends
        it. How large a request is may be asked besides: that is free."""
        sent = []
        send = httpx2.Client.send

        def noted(client, request, **options):
            if request.url.path == "/v1/messages":
                sent.append(request)
            return send(client, request, **options)

        with patch.object(httpx2.Client, "send", noted):
            yield sent

    def test_the_second_call_reads_the_cache(self):
        with self.sent_messages() as sent:
            _events, first = self.stream("Is an invoice without a date complete?")
            _events, second = self.stream("Is an invoice without an issuer complete?")
        self.assertEqual(len(sent), 2)
        self.assertGreater(first.cache_write_5m_tokens, 0)
        self.assertEqual(first.cache_read_tokens, 0)
        prompt = (
            second.uncached_input_tokens
            + second.cache_write_5m_tokens
            + second.cache_write_1h_tokens
            + second.cache_read_tokens
        )
        self.assertGreater(second.cache_read_tokens, 0.8 * prompt)
        self.assertLess(second.cost_usd, 0.15 * first.cost_usd)

    def test_a_stream_ends_with_its_usage(self):
        events, row = self.stream("Does an invoice name its receiver?")
        self.assertIsInstance(events[0], FirstToken)
        result = events[-1].result
        self.assertTrue(result.text)
        usage = result.usage
        self.assertGreater(usage.prompt, 0)
        self.assertGreater(usage.output, 0)
        self.assertEqual((row.state, row.outcome), ("settled", "ok"))
        self.assertFalse(row.estimated)
        self.assertEqual(row.uncached_input_tokens, usage.uncached_input)
        self.assertEqual(row.cache_write_5m_tokens, usage.cache_write_5m)
        self.assertEqual(row.cache_read_tokens, usage.cache_read)
        self.assertEqual(row.output_tokens, usage.output)
        self.assertGreater(row.cost_usd, 0)
        self.assertAlmostEqual(row.cost_usd, float(result.cost_usd), places=8)
        self.assertLessEqual(row.cost_usd, row.worst_case_usd)

    def test_an_oversized_request_sends_nothing(self):
        limit = self.company.account_ai_max_input_tokens
        request = self.request("Is it complete?", RULE * (limit // 5))
        with self.sent_messages() as sent:
            error = self.failure_of(self.admit, request, "oversized")
        self.assertEqual(error.code, "too_large")
        self.assertEqual(error.params["limit"], f"{limit}")
        self.assertEqual(sent, [])
        self.assertFalse(self.usages([("key", "=", "oversized")]))
