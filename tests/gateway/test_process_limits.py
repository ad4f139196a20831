"""Limits and circuit breaker are shared: what one process learns all others know."""

import urllib.error

from odoo.tests import tagged

from ..common.process_case import Browser, ProcessCase
from ..validation.validation_case import named, read_events


@tagged("post_install", "-at_install")
class TestSharedLimits(ProcessCase):
    """Two processes that answer streams, behind one database."""

    purpose = "limits"
    drafts = 8
    options = {"workers": 1, "evented": 2, "extra_arguments": ["--max-cron-threads=0"]}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        ports = cls.server.evented_ports
        cls.browsers = [Browser(f"http://127.0.0.1:{port}") for port in ports]

    def setUp(self):
        super().setUp()
        self.sql("DELETE FROM account_ai_circuit")

    def codes(self, browser, count=1):
        """Validate invoices that were not yet; return how each one ended."""
        codes = []
        for _number in range(count):
            try:
                events = browser.validate(self.moves.pop())
            except urllib.error.HTTPError as refused:
                self.assertEqual(refused.code, 429)
                events = read_events(refused.read().decode())
            errors = named(events, "error")
            codes.append(errors[0]["code"] if errors else "ok")
        return codes

    def test_a_spending_limit_that_one_process_meets_stops_the_other(self):
        first, second = self.browsers
        self.simulator.control.fault("spend_limit")
        self.assertEqual(self.codes(first), ["spend_limit"])
        self.assertEqual(self.codes(second), ["circuit_open"])
        self.assertEqual(self.codes(first), ["circuit_open"])
        self.assertEqual(len(self.calls()), 1)
        [(state, reason)] = self.sql("SELECT state, reason FROM account_ai_circuit")
        self.assertEqual((state, reason), ("open", "spend_limit"))
        alerts = self.sql(
            "SELECT kind FROM account_ai_alert WHERE kind = 'spend_limit'"
        )
        self.assertEqual(len(alerts), 1)

    def test_a_limit_counts_over_both(self):
        self.sql("UPDATE res_company SET account_ai_limit_validation = 3")
        first, second = self.browsers
        self.assertEqual(self.codes(first, 2), ["ok", "ok"])
        self.assertEqual(self.codes(second, 2), ["ok", "too_many_requests"])
        self.assertEqual(self.codes(first), ["too_many_requests"])
        self.assertEqual(len(self.calls()), 3)
