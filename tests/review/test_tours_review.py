from odoo import Command
from odoo.tests import tagged

from ..common.common import AccountAiHttpCase
from ..validation.validation_case import ValidationMixin

WRONG_RUT = "77812345-9"


@tagged("post_install", "-at_install")
class TestReviewTour(ValidationMixin, AccountAiHttpCase):
    """The review queue, worked with the keyboard alone."""

    def _validated(self, price):
        partner = self._create_partner("Viña Los Aromos Ltda.", WRONG_RUT)
        move = self.create_move(
            invoice_line_ids=[
                Command.create(
                    {
                        "name": "Servicios varios",
                        "quantity": 1,
                        "price_unit": price,
                        "tax_ids": [Command.set(self.company.account_sale_tax_id.ids)],
                    }
                )
            ],
            partner=partner,
        )
        self.validate(move)
        return move

    def test_the_queue_is_worked_with_the_keyboard(self):
        dear, cheap = self._validated(100_000), self._validated(10_000)
        self.assertEqual((dear + cheap).mapped("account_ai_verdict"), ["reject"] * 2)
        self.env.flush_all()

        self.start_tour(
            "/odoo/account-ai-review",
            "account_ai_review_with_the_keyboard",
            login=self.reviewer.login,
        )

        self.synchronize()
        self.assertEqual(dear.account_ai_verdict, "send")
        self.assertEqual(cheap.account_ai_verdict, "reject")
        decisions = self.env["account.ai.disposition"].search(
            [("superseded", "=", False)], order="id"
        )
        self.assertEqual(
            [(each.move_id, each.kind, each.reason) for each in decisions],
            [
                (dear, "false_alarm", "misread"),
                (dear, "accepted", "other"),
                (cheap, "reopened", False),
            ],
        )
        self.assertEqual(decisions.user_id, self.reviewer)
        self.assertEqual(decisions[1].note, "The contract describes the service")
