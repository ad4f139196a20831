from odoo.tests import tagged

from ..common.common import AccountAiHttpCase
from ..validation.validation_case import ValidationMixin
from .posting_case import PostingMixin


@tagged("post_install", "-at_install")
class TestToursPosting(PostingMixin, ValidationMixin, AccountAiHttpCase):
    """What somebody who posts sees, in a browser."""

    uses_simulator = False

    def _start_tour(self, path, tour, user):
        self.env.flush_all()
        self.start_tour(path, tour, login=user.login)
        self.env.invalidate_all()

    def test_blocked_then_overridden_with_a_reason(self):
        self.policy("block")
        move = self.wrong()

        self._start_tour(
            f"/odoo/customer-invoices/{move.id}",
            "account_ai_posting_overridden",
            self.reviewer,
        )

        self.assertEqual(move.state, "posted")
        record = self.records_of(move)
        self.assertEqual(record.decision, "overridden")
        self.assertEqual(record.reason, "El SII confirmó el RUT por escrito")

    def test_an_accountant_cannot_override(self):
        self.policy("block")
        move = self.wrong()

        self._start_tour(
            f"/odoo/customer-invoices/{move.id}",
            "account_ai_posting_blocked",
            self.accountant,
        )

        self.assertEqual(move.state, "draft")

    def test_posted_anyway_from_the_list(self):
        moves = self.good() + self.wrong() + self.doubtful()

        self._start_tour(
            "/odoo/customer-invoices", "account_ai_posting_list", self.accountant
        )

        self.assertEqual(set(moves.mapped("state")), {"posted"})
        self.assertEqual(
            self.records_of(moves).mapped("decision"), ["confirmed", "confirmed"]
        )


@tagged("post_install", "-at_install")
class TestToursPostingPhone(PostingMixin, ValidationMixin, AccountAiHttpCase):
    """What somebody who posts sees on a phone."""

    uses_simulator = False
    browser_size = "390x844"
    touch_enabled = True

    def test_what_is_found_fits_the_screen(self):
        move = self.wrong()
        self.env.flush_all()
        self.start_tour(
            f"/odoo/customer-invoices/{move.id}",
            "account_ai_posting_phone",
            login=self.accountant.login,
        )
        self.env.invalidate_all()
        self.assertEqual(move.state, "draft")
