"""The company of the tests can invoice, which the other tests rely on."""

from odoo.tests import tagged

from .common import AccountAiCase


@tagged("post_install", "-at_install")
class TestCompany(AccountAiCase):
    uses_simulator = False
    uses_other_accounting = True

    def test_documents_of_both_flows_and_companies_can_be_made(self):
        invoice = self.create_move()
        self.assertEqual(invoice.amount_total, 178_500)
        self.assertEqual(invoice.company_id, self.company)
        self.assertEqual(invoice.l10n_latam_document_type_id.code, "33")
        invoice.action_post()
        self.assertEqual(invoice.state, "posted")
        bill = self.create_move(
            move_type="in_invoice",
            l10n_latam_document_number="120",
            invoice_date="2026-11-20",
        )
        self.assertEqual(bill.amount_total, 178_500)
        elsewhere = self.create_move(company=self.other_company)
        self.assertEqual(elsewhere.company_id, self.other_company)
        self.assertEqual(elsewhere.amount_total, 178_500)
