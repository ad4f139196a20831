from odoo import Command
from odoo.tests import tagged

from ..common.common import AccountAiHttpCase

WRONG_RUT = "77812345-9"
FILLER_RUT = "77777777-7"  # a warning of the rules


@tagged("post_install", "-at_install")
class TestTours(AccountAiHttpCase):
    """What the accountant does and sees, in a browser."""

    def _create_taxed_move(self, text, partner):
        line = {
            "name": text,
            "quantity": 1,
            "price_unit": 150_000,
            "tax_ids": [Command.set(self.company.account_sale_tax_id.ids)],
        }
        return self.create_move(
            partner=partner, invoice_line_ids=[Command.create(line)]
        )

    def _start_tour(self, move, tour):
        self.env.flush_all()
        self.start_tour(
            f"/odoo/customer-invoices/{move.id}", tour, login=self.accountant.login
        )
        self.env.invalidate_all()

    def test_validate_correct_and_validate_again(self):
        """Both kinds of findings arrive; after the correction the rule's is gone."""
        self.simulator.control.settings(first_token_ms=1500, tokens_per_second=200)
        self.accountant.group_ids += self.env.ref("base.group_partner_manager")
        partner = self._create_partner("Viña Los Aromos Ltda.", WRONG_RUT)
        move = self._create_taxed_move("Servicios varios", partner)

        self._start_tour(move, "account_ai_validate_correct_validate_again")

        self.assertEqual(partner.vat, "77812345-2")
        self.assertEqual(move.account_ai_verdict, "review")
        self.assertEqual(move.account_ai_validation_count, 2)

    def test_validate_without_claude(self):
        """Claude out of reach: the rules' findings, review at best, one sentence."""
        self.use_closed_endpoint()
        partner = self._create_partner("Viña Los Aromos Ltda.", FILLER_RUT)
        move = self._create_taxed_move("Mantención de bombas de agua", partner)

        self._start_tour(move, "account_ai_validate_without_claude")

        self.assertEqual(move.account_ai_verdict, "review")
