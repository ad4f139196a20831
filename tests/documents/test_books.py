"""What the books say around a document: duplicates, originals, claims, projects."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from ..common.common import AccountAiCase
from ..validation.validation_case import ValidationMixin

DAY = date(2026, 3, 2)


@tagged("post_install", "-at_install")
class TestBooks(ValidationMixin, AccountAiCase):
    uses_simulator = False

    def bill(self, number, day=DAY, price=150_000, **values):
        return self.create_move(
            [("Arriendo de grúa", price)],
            move_type="in_invoice",
            invoice_date=day,
            l10n_latam_document_number=str(number),
            **values,
        )

    def invoice(self, **values):
        move = self.create_move(invoice_date=DAY, **values)
        move.action_post()
        return move

    def note(self, original, price=150_000, code="3", **values):
        """Return a draft note that refers to a document by its folio alone."""
        reference = {
            "document_type_id": original.l10n_latam_document_type_id.id,
            "folio": str(original.sequence_number),
            "date": original.invoice_date,
            "code": code,
        }
        fields = {
            "move_type": "out_refund",
            "code": "61",
            "invoice_date": DAY,
            "account_ai_reference_ids": [Command.create(reference)],
            **values,
        }
        return self.create_move([("Devolución", price)], **fields)

    def read_document(self, move, user=None):
        self.synchronize()
        env = self.env(user=user or self.accountant)
        move = env["account.move"].browse(move.id)
        return env["account.ai.document.reader"]._read_with_places(move)[move.id]

    def findings_of(self, move, user=None):
        reading = self.read_document(move, user)
        validations = self.env(user=user or self.accountant)["account.ai.validation"]
        judged = validations._judge_by_rules([reading])[0]
        return {
            (finding.code, finding.severity.value, finding.evidence)
            for finding in judged.findings
        }

    def codes_of(self, move, user=None):
        return {code for code, *_rest in self.findings_of(move, user)}

    # === DUPLICATES === #

    def test_same_folio_is_certain(self):
        first = self.bill(4711)
        first.action_post()
        second = self.bill(4711, day=DAY + timedelta(days=90), price=99_000)
        earlier = self.read_document(second).context.earlier
        self.assertEqual(
            [(each.document_type, each.folio, each.flow) for each in earlier],
            [("33", "4711", "purchase")],
        )
        self.assertEqual(earlier[0].total, Decimal(178_500))
        found = {
            severity
            for code, severity, _evidence in self.findings_of(second)
            if code == "DUP_INVOICE"
        }
        self.assertEqual(found, {"error"})

    def test_same_amount_near_by_is_to_be_looked_at(self):
        self.bill(4711)
        near = self.bill(4712, day=DAY + timedelta(days=3))
        found = {
            severity
            for code, severity, _evidence in self.findings_of(near)
            if code == "DUP_INVOICE"
        }
        self.assertEqual(found, {"warning"})

    def test_no_duplicates(self):
        """Another issuer, another type, another company, cancelled, or long ago."""
        other = self._create_partner("Grúas del Maipo SpA", "76431209-0")
        self.bill(4711, partner=other)
        self.bill(4711, code="34")
        cancelled = self.bill(4711)
        cancelled.button_cancel()
        self.bill(4700, day=DAY - timedelta(days=40))
        move = self.bill(4711, day=DAY + timedelta(days=1))
        self.assertEqual(self.read_document(move).context.earlier, ())
        self.assertNotIn("DUP_INVOICE", self.codes_of(move))

    def test_what_the_user_may_not_read_is_unknown(self):
        """The same rules, as a user who may read less."""
        self.bill(4711)
        move = self.bill(4711)
        self.assertTrue(self.read_document(move).context.earlier)
        self.env["ir.rule"].create(
            {
                "name": "only one bill",
                "model_id": self.env.ref("account.model_account_move").id,
                "domain_force": f"[('id', '=', {move.id})]",
                "groups": [
                    Command.link(self.env.ref("account.group_account_invoice").id)
                ],
            }
        )
        self.env.registry.clear_cache()
        blind = self.env["ir.rule"].search([("name", "!=", "only one bill")])
        blind.filtered(
            lambda rule: rule.model_id.model == "account.move" and rule.groups
        ).active = False
        self.assertEqual(self.read_document(move).context.earlier, ())

    # === NOTES === #

    def test_note_by_folio_finds_its_original(self):
        invoice = self.invoice()
        note = self.note(invoice, code="1")
        reading = self.read_document(note)
        self.assertEqual(reading.context.referenced, ())
        self.assertEqual(
            [(each.document_type, each.folio) for each in reading.context.earlier],
            [("33", str(invoice.sequence_number))],
        )
        self.assertNotIn("NOTE_REF_NOT_FOUND", self.codes_of(note))
        note.account_ai_reference_ids.folio = "987654"
        self.assertIn("NOTE_REF_NOT_FOUND", self.codes_of(note))

    def test_note_for_another_partner_is_found(self):
        invoice = self.invoice()
        other = self._create_partner("Grúas del Maipo SpA", "76431209-0")
        self.assertIn("NOTE_RUT_DIFF", self.codes_of(self.note(invoice, partner=other)))

    def test_notes_add_up(self):
        """By entry, by Odoo's link, and both together."""
        invoice = self.invoice()
        first = self.note(invoice, 100_000)
        self.assertNotIn("NOTE_EXCEEDS_REF", self.codes_of(first))
        first.action_post()
        second = self.note(invoice, 50_000)
        self.assertNotIn("NOTE_EXCEEDS_REF", self.codes_of(second))
        second.invoice_line_ids.price_unit = 50_001
        self.assertIn("NOTE_EXCEEDS_REF", self.codes_of(second))
        linked = self.note(invoice, 50_001)
        linked.reversed_entry_id = invoice
        self.assertIn("NOTE_EXCEEDS_REF", self.codes_of(linked))

    def test_debit_notes_count_too(self):
        """What a debit note took back can be credited again."""
        invoice = self.invoice()
        credit = self.note(invoice, code="1")
        credit.reversed_entry_id = invoice
        credit.action_post()
        again = self.note(invoice)
        again.reversed_entry_id = invoice
        self.assertIn("NOTE_EXCEEDS_REF", self.codes_of(again))
        debit = self.invoice(code="56", debit_origin_id=credit.id)
        self.assertEqual(debit.amount_total, credit.amount_total)
        self.assertNotIn("NOTE_EXCEEDS_REF", self.codes_of(again))

    # === CLAIMS === #

    def test_claim_clock_counts_days_in_chile(self):
        """Received late in the evening in Chile: the next day by UTC."""
        move = self.bill(4711)
        self.assertIsNone(self.read_document(move).context.sii_received_on)
        move.account_ai_sii_received_at = "2026-03-03 02:30:00"
        self.assertEqual(self.read_document(move).context.sii_received_on, DAY)
        cursor = type(self.env.cr)
        for day, expected in ((5, False), (9, True)):
            noon = datetime(2026, 3, day, 15)
            with patch.object(cursor, "now", lambda _cursor, noon=noon: noon):
                self.assertEqual("CLAIM_DEADLINE" in self.codes_of(move), expected)

    # === PROJECTS === #

    def charged_to(self, *projects):
        """Return an invoice whose first line is charged to projects."""
        share = 100 / len(projects)
        distribution = {str(each.account_id.id): share for each in projects}
        move = self.create_move(invoice_date=DAY)
        move.invoice_line_ids.analytic_distribution = distribution
        return move

    def project(self, name, code):
        account = self.env["account.analytic.account"].create(
            {
                "name": name,
                "code": code,
                "plan_id": self.env.ref("analytic.analytic_plan_projects").id,
                "company_id": self.company.id,
            }
        )
        return self.env["project.project"].create(
            {
                "name": name,
                "account_id": account.id,
                "company_id": self.company.id,
                "partner_id": self.partner.id,
            }
        )

    def test_closed_project_is_found(self):
        project = self.project("Planta Santa Cruz", "PSC-26")
        move = self.charged_to(project)
        context = self.read_document(move).context
        self.assertEqual(context.project, "PSC-26")
        self.assertEqual(
            (context.projects[0].state, context.projects[0].customer_rut),
            ("in_progress", "77812345-2"),
        )
        self.assertNotIn("PROJECT_CLOSED", self.codes_of(move))
        project.last_update_status = "done"
        self.assertIn("PROJECT_CLOSED", self.codes_of(move))
        project.last_update_status = "on_track"
        project.active = False
        self.assertIn("PROJECT_CLOSED", self.codes_of(move))

    def test_several_projects_leave_it_open(self):
        move = self.charged_to(self.project("A", "A-1"), self.project("B", "B-1"))
        context = self.read_document(move).context
        self.assertEqual(context.project, "")
        self.assertEqual([each.code for each in context.projects], ["A-1", "B-1"])

    # === COST === #

    def queries(self, moves):
        self.synchronize()
        before = self.env.cr.sql_log_count
        self.env["account.ai.document.reader"]._read_with_places(moves)
        return self.env.cr.sql_log_count - before

    def test_what_cannot_matter_is_not_asked(self):
        """A plain invoice of ours costs no query for orders, projects or the books."""
        draft = self.create_move()
        self.queries(draft)
        base = self.queries(draft)
        self.assertLessEqual(base, 6)
        self.assertEqual(
            self.queries(self.charged_to(self.project("A", "A-1"))), base + 1
        )
        posted = self.invoice()
        self.assertEqual(self.queries(posted), base + 1)
        self.assertEqual(self.queries(self.note(posted)), base + 1)

    def test_queries_do_not_grow_with_notes_and_bills(self):
        originals = [self.invoice() for _each in range(4)]
        notes = self.env["account.move"].browse(
            [self.note(each).id for each in originals]
        )
        bills = self.env["account.move"].browse(
            [self.bill(number).id for number in range(100, 104)]
        )
        self.queries(notes[0] + bills[0])
        few = self.queries(notes[0] + bills[0])
        self.assertLessEqual(self.queries(notes + bills), few)
