"""The circuit breaker as administrators see it."""

from datetime import datetime, timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..validation.validation_case import ValidationCase


@tagged("post_install", "-at_install")
class TestCircuit(ValidationCase):
    uses_accounting = False

    def setUp(self):
        super().setUp()
        self.endpoint = self.simulator.base_url

    def fail(self, *args, **kwargs):
        with self.env["account.ai.gateway"]._backend().transaction() as transaction:
            transaction.circuit.failed(self.endpoint, *args, **kwargs)
        self.synchronize()
        circuits = self.env["account.ai.circuit"].with_user(self.manager)
        return circuits.search([("name", "=", self.endpoint)])

    def state(self):
        with self.env["account.ai.gateway"]._backend().transaction() as transaction:
            return transaction.circuit.state(self.endpoint).state

    def test_administrators_see_why_and_until_when(self):
        circuit = self.fail(3600.0, reason="spend_limit", ends_in=10 * 86400.0)
        self.assertEqual(circuit.state, "open")
        self.assertIn("spending limit", circuit.explanation)
        now = datetime.now()
        self.assertAlmostEqual(
            circuit.open_until, now + timedelta(hours=1), delta=timedelta(minutes=5)
        )
        self.assertAlmostEqual(
            circuit.ends_at, now + timedelta(days=10), delta=timedelta(minutes=5)
        )

    def test_every_cause_is_told(self):
        causes = ("spend_limit", "billing", "ramp_limit", "overloaded", "timeout")
        for cause in (*causes, "server_error", "deadline", "connection"):
            with self.subTest(cause):
                explanation = self.fail(60.0, reason=cause).explanation
                self.assertTrue(explanation)
                self.assertNotEqual(explanation, cause)

    def test_a_closed_circuit_explains_nothing(self):
        circuit = self.fail(reason="timeout")
        self.assertEqual(circuit.state, "closed")
        self.assertFalse(circuit.explanation)

    def test_administrators_may_have_it_tried_again(self):
        circuit = self.fail(3600.0, reason="billing")
        triggers = self.env["ir.cron.trigger"]
        before = triggers.search_count([])
        circuit.action_try_again()
        self.assertEqual(self.state(), "half_open")
        self.assertEqual(triggers.search_count([]) - before, 3, "the queue goes on")

    def test_nobody_else_may(self):
        circuit = self.fail(3600.0)
        for user in (self.accountant, self.reviewer):
            with self.assertRaises(AccessError):
                circuit.with_user(user).action_try_again()
            with self.assertRaises(AccessError):
                circuit.with_user(user).read(["state"])
        self.assertEqual(self.state(), "open")

    def test_nobody_writes_it_by_hand(self):
        circuit = self.fail(3600.0)
        with self.assertRaises(AccessError):
            circuit.write({"state": "closed"})
