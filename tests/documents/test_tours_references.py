from odoo import fields
from odoo.tests import tagged

from ..common.common import AccountAiHttpCase


@tagged("post_install", "-at_install")
class TestReferencesTour(AccountAiHttpCase):
    uses_simulator = False

    def test_note_prefilled_with_its_reference(self):
        """A credit note made from an invoice names it, and says what it does to it."""
        invoice = self.create_move(
            invoice_date=fields.Date.context_today(self.env.user)
        )
        invoice.action_post()
        self.env.flush_all()
        self.start_tour(
            f"/odoo/customer-invoices/{invoice.id}",
            "account_ai_note_with_its_reference",
            login=self.accountant.login,
        )
        self.env.invalidate_all()
        reference = invoice.reversal_move_ids.account_ai_reference_ids
        self.assertEqual(
            (reference.document_type_code, reference.folio, reference.date),
            ("33", str(invoice.sequence_number), invoice.invoice_date),
        )
        self.assertEqual(reference.code, "3")
