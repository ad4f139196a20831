"""A key that Claude refuses: administrators are told once, until a call passes."""

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common.common import TEST_KEY
from ..validation.validation_case import ValidationCase

CALL_LOG = "odoo.addons.account_ai.services.claude.http.log"


@tagged("post_install", "-at_install")
class TestRejectedKey(ValidationCase):
    def alerts(self):
        self.synchronize()
        return self.env["account.ai.alert"].search(
            [("kind", "=", "rejected_key")], order="id"
        )

    def next_move(self):
        """Return an invoice that nobody has asked for yet."""
        self.price = getattr(self, "price", 100_000) + 1000
        return self.create_move([("Arriendo de grúa, noviembre 2026", self.price)])

    def refused(self, kind):
        """Validate while Claude refuses the key with the fault ``kind``."""
        self.simulator.control.fault(kind)
        with mute_logger(CALL_LOG):
            return self.validate(self.next_move())

    def test_it_alerts_once_until_a_call_passes(self):
        for kind, code in (
            ("authentication", "invalid_key"),
            ("permission", "permission"),
        ):
            with self.subTest(kind):
                before = self.alerts()
                validation = self.refused(kind)
                self.assertEqual(validation.degraded_code, code)
                self.refused(kind)
                alert = self.alerts() - before
                self.assertEqual(len(alert), 1)
                self.assertFalse(alert.company_id, "the key is the database's")
                self.assertNotIn("sk-ant", alert.message)
                self.assertNotIn(TEST_KEY, str(alert.params))
                alert._deliver()
                self.assertTrue(alert.activity_ids.user_id)

                self.validate(self.next_move())
                self.synchronize()
                self.assertEqual(alert.state, "resolved")
                self.assertTrue(alert.resolved_at)
                self.assertFalse(alert.activity_ids)

                self.refused(kind)
                again = self.alerts() - before - alert
                self.assertEqual(again.state, "raised")

    def test_what_is_over_before_it_was_told_is_not_told(self):
        self.refused("authentication")
        self.validate(self.next_move())
        alert = self.alerts()
        self.assertEqual(alert.state, "resolved")
        self.assertFalse(alert._next_raised() & alert)

    def test_other_failures_neither_alert_nor_resolve(self):
        self.refused("authentication")
        self.refused("invalid_request")
        self.assertEqual(self.alerts().state, "raised")
