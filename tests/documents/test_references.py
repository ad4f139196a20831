"""References of documents: where they come from, who may change them, how they are
read."""

from contextlib import contextmanager
from datetime import date
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from odoo.addons.account_ai.models.documents.reading import references

from ..common.common import AccountAiCase
from ..validation.validation_case import ValidationMixin

DAY = date(2026, 3, 2)


@tagged("post_install", "-at_install")
class TestReferences(ValidationMixin, AccountAiCase):
    uses_simulator = False

    @contextmanager
    def enterprise(self):
        """As if l10n_cl_edi were installed, with its own references."""
        keeps = "_account_ai_keeps_references"
        with patch.object(type(self.env["account.move"]), keeps, lambda moves: False):
            yield

    def post(self, **values):
        move = self.create_move(invoice_date=DAY, **values)
        move.action_post()
        return move

    def reverse(self, move, reason="Devolución", modify=False, user=None):
        """Return what Odoo's wizard makes of a posted document."""
        wizard = (
            self.env(user=user or self.accountant)["account.move.reversal"]
            .with_context(
                active_model="account.move",
                active_ids=move.ids,
                allowed_company_ids=move.company_id.ids,
            )
            .create({"journal_id": move.journal_id.id, "reason": reason})
        )
        action = wizard.modify_moves() if modify else wizard.refund_moves()
        return self.env["account.move"].browse(action["res_id"])

    def debit(self, move, copy_lines=False):
        wizard = (
            self.env["account.debit.note"]
            .with_context(active_model="account.move", active_ids=move.ids)
            .create({"reason": "Intereses", "copy_lines": copy_lines})
        )
        return self.env["account.move"].browse(wizard.create_debit()["res_id"])

    def read_document(self, move, user=None):
        self.synchronize()
        env = self.env(user=user or self.accountant)
        move = env["account.move"].browse(move.id)
        return env["account.ai.document.reader"]._read_with_places(move)[move.id][:2]

    # === PREFILLED === #

    def test_credit_note_refers_to_its_invoice(self):
        invoice = self.post()
        note = self.reverse(invoice, user=self.plain_accountant)
        reference = note.account_ai_reference_ids
        self.assertEqual(
            (reference.document_type_id, reference.document_type_code),
            (invoice.l10n_latam_document_type_id, "33"),
        )
        self.assertEqual(
            (reference.folio, reference.date, reference.code, reference.reason),
            (str(invoice.sequence_number), DAY, "1", "Devolución"),
        )
        self.assertFalse(invoice.account_ai_reference_ids)

    def test_a_part_corrects_amounts(self):
        """The proposal follows the amount; what somebody chose for text stays."""
        note = self.reverse(self.post())
        reference = note.account_ai_reference_ids
        with Form(note) as form, form.invoice_line_ids.edit(0) as line:
            line.price_unit = 50_000
        self.assertEqual(reference.code, "3")
        with Form(note) as form, form.invoice_line_ids.edit(0) as line:
            line.price_unit = 150_000
        self.assertEqual(reference.code, "1")
        reference.code = "2"
        note.invoice_line_ids.price_unit = 0
        self.assertEqual(reference.code, "2")

    def test_the_invoice_that_replaces_refers_to_nothing(self):
        replacement = self.reverse(self.post(), modify=True)
        self.assertEqual(replacement.move_type, "out_invoice")
        self.assertFalse(replacement.account_ai_reference_ids)
        note = replacement.search([("reversed_entry_id", "!=", False)], limit=1)
        self.assertEqual(note.account_ai_reference_ids.code, "1")

    def test_debit_note_on_an_invoice_corrects_amounts(self):
        """Even for the same amount: only a credit note annuls an invoice."""
        for copy_lines in (False, True):
            note = self.debit(self.post(), copy_lines)
            self.assertEqual(note.l10n_latam_document_type_id.code, "56")
            reference = note.account_ai_reference_ids
            self.assertEqual(
                (reference.code, reference.reason, reference.document_type_code),
                ("3", "Intereses", "33"),
            )

    def test_debit_note_on_a_credit_note_annuls_it(self):
        credit = self.reverse(self.post())
        credit.action_post()
        note = self.debit(credit, copy_lines=True)
        self.assertEqual(note.amount_total, credit.amount_total)
        self.assertEqual(
            (
                note.account_ai_reference_ids.document_type_code,
                note.account_ai_reference_ids.code,
            ),
            ("61", "1"),
        )

    def test_copies_refer_to_nothing(self):
        note = self.reverse(self.post())
        self.assertFalse(note.copy().account_ai_reference_ids)

    def test_other_countries_have_none(self):
        invoice = self.post()
        self.company.account_fiscal_country_id = self.env.ref("base.pe")
        self.assertFalse(invoice._account_ai_reference_commands("x"))

    # === READ === #

    def test_entered_references_are_read(self):
        move = self.create_move(
            account_ai_reference_ids=[
                Command.create(
                    {
                        "document_type_id": self.document_type("801").id,
                        "folio": "OC-000815",
                        "date": DAY,
                        "reason": "Contrato 2026",
                    }
                ),
                Command.create(
                    {"document_type_code": "SET", "folio": "0", "is_global": True}
                ),
            ]
        )
        document, _context = self.read_document(move)
        first, second = document.references
        self.assertEqual(
            (first.number, first.document_type, first.folio, first.date, first.code),
            (1, "801", "OC-000815", DAY, None),
        )
        self.assertEqual(
            (second.number, second.document_type, second.folio, second.is_global),
            (2, "SET", "0", True),
        )

    def test_note_without_a_code_is_found(self):
        """Somebody took the proposal away."""
        note = self.reverse(self.post())
        note.account_ai_reference_ids.code = False
        reading = self.env["account.ai.document.reader"]._read_with_places(note)
        findings = (
            self.env["account.ai.validation"]
            ._judge_by_rules([reading[note.id]])[0]
            .findings
        )
        self.assertIn("NOTE_NO_CODREF", [finding.code for finding in findings])

    def test_a_link_alone_says_no_code(self):
        """On a draft of ours it is missing; where it cannot be entered any more, or
        was not ours to say, nothing can be said."""
        note = self.reverse(self.post())
        note.account_ai_reference_ids.unlink()
        document, _context = self.read_document(note)
        self.assertEqual(document.references[0].document_type, "33")
        self.assertNotIn("CodRef", document.not_representable)
        note.action_post()
        self.assertIn("CodRef", self.read_document(note)[0].not_representable)
        bill = self.post(move_type="in_invoice", l10n_latam_document_number="4711")
        refund = self.reverse(bill)
        refund.account_ai_reference_ids.unlink()
        self.assertIn("CodRef", self.read_document(refund)[0].not_representable)

    def test_no_debit_reduction_is_read(self):
        note = self.reverse(self.post())
        self.assertFalse(self.read_document(note)[0].no_debit_reduction)
        note.account_ai_no_debit_reduction = True
        self.assertTrue(self.read_document(note)[0].no_debit_reduction)

    def test_changed_reference_makes_a_validation_stale(self):
        note = self.reverse(self.post())
        reader = self.env["account.ai.document.reader"]
        before = reader._read_documents(note)[note.id]
        note.account_ai_reference_ids.reason = "Anula"
        self.synchronize()
        self.assertNotEqual(reader._read_documents(note)[note.id], before)

    # === ENTERPRISE === #

    def test_enterprise_has_its_own(self):
        """No tab, nothing prefilled: l10n_cl_edi does it."""

        def pages():
            form = self.env.ref("account.view_move_form")
            arch, _view = self.env["account.move"]._get_view(form.id, "form")
            return arch.xpath("//page[@name='account_ai_references']")

        invoice = self.post()
        self.assertTrue(pages())
        with self.enterprise():
            self.assertFalse(pages())
            self.assertFalse(self.reverse(invoice).account_ai_reference_ids)

    def test_enterprises_references_are_read(self):
        """Whether it keeps the code of the type, as it used to, or a link to it."""
        invoice = self.post()
        note = self.reverse(invoice)
        kept = {
            "l10n_cl_reference_doc_type_id": invoice.l10n_latam_document_type_id.id,
            "l10n_cl_reference_doc_type_selection": "33",
        }
        for column, value in kept.items():
            self.env.cr.execute(
                "DROP TABLE IF EXISTS l10n_cl_account_invoice_reference"
            )
            self.env.cr.execute(
                f"""
                CREATE TABLE l10n_cl_account_invoice_reference (
                    id int, move_id int, origin_doc_number varchar, date date,
                    reference_doc_code varchar, reason varchar,
                    {column} {"int" if column.endswith("_id") else "varchar"})
                """
            )
            self.env.cr.execute(
                "INSERT INTO l10n_cl_account_invoice_reference "
                "VALUES (1, %s, '000815', '2026-03-02', '2', 'Dice, debe decir', %s)",
                (note.id, value),
            )
            with patch.object(references, "enterprise_columns", return_value=[column]):
                (reference,) = self.read_document(note)[0].references
            self.assertEqual(
                (reference.document_type, reference.folio, reference.date),
                ("33", "815", DAY),
            )
            self.assertEqual(
                (reference.code, reference.reason), (2, "Dice, debe decir")
            )

    # === ACCESS === #

    def test_who_may_read_and_change(self):
        note = self.reverse(self.post())
        reference = note.account_ai_reference_ids
        invoicing = reference.with_user(self.plain_accountant)
        invoicing.reason = "Otra"
        self.synchronize()
        for user in (self.other_accountant, self.env.ref("base.public_user")):
            with self.assertRaises(AccessError):
                reference.with_user(user).read(["reason"])
        clerk = self._create_clerk()
        with self.assertRaises(AccessError):
            reference.with_user(clerk).reason = "x"

    def _create_clerk(self):
        """Return a user of the addon who may not invoice."""
        return self.env["res.users"].create(
            {
                "name": "Clerk",
                "login": "clerk",
                "company_id": self.company.id,
                "company_ids": [Command.set(self.company.ids)],
                "group_ids": [Command.set(self.env.ref("account_ai.group_user").ids)],
            }
        )
