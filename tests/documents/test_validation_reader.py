"""Invoices read as neutral documents: the fields, and the number of queries."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from ..common.common import AccountAiCase
from ..validation.validation_case import ValidationMixin


@tagged("post_install", "-at_install")
class TestDocumentReader(ValidationMixin, AccountAiCase):
    uses_simulator = False

    def read_document(self, move, user=None):
        """Return document and context of one invoice."""
        self.synchronize()
        env = self.env(user=user or self.accountant)
        reader = env["account.ai.document.reader"]
        readings = reader._read_with_places(env["account.move"].browse(move.id))
        return readings[move.id][:2]

    # === PARTIES === #

    def test_sale_is_issued_by_the_company(self):
        document, context = self.read_document(self.create_move())
        self.assertEqual((document.document_type, document.flow), ("33", "sale"))
        self.assertEqual(document.issuer.rut, "76543210-3")
        self.assertEqual(document.receiver.rut, "77812345-2")
        self.assertEqual(document.receiver.giro, "Elaboración de vinos")
        self.assertEqual(document.receiver.comuna, "Santa Cruz")
        self.assertEqual(context.company_rut, "76543210-3")

    def test_bill_is_issued_by_the_vendor(self):
        move = self.create_move(
            move_type="in_invoice",
            invoice_date=date(2026, 3, 2),
            l10n_latam_document_number="4711",
        )
        document, _context = self.read_document(move)
        self.assertEqual(document.flow, "purchase")
        self.assertEqual(document.issuer.rut, "77812345-2")
        self.assertEqual(document.receiver.rut, "76543210-3")
        self.assertEqual(document.folio, 4711)
        self.assertEqual(document.issue_date, date(2026, 3, 2))

    def test_factura_de_compra_is_issued_by_the_buyer(self):
        foreigner = self._create_partner(
            "Agricultor", "15888999-4", is_company=False, l10n_cl_sii_taxpayer_type="4"
        )
        move = self.create_move(
            move_type="in_invoice",
            partner=foreigner,
            code="46",
            invoice_date="2026-03-02",
        )
        document, _context = self.read_document(move)
        self.assertEqual((document.document_type, document.flow), ("46", "purchase"))
        self.assertEqual(document.issuer.rut, "76543210-3")
        self.assertEqual(document.receiver.rut, "15888999-4")

    def test_natural_persons(self):
        """Not a company, or a RUT below fifty million."""
        owner = self._create_partner("Pedro Soto E.I.R.L.", "12345678-5")
        for partner, expected in (
            (self.partner, False),
            (self.person, True),
            (owner, True),
        ):
            document, _context = self.read_document(self.create_move(partner=partner))
            self.assertIs(document.receiver.is_natural_person, expected, partner.name)

    def test_contact_of_a_company(self):
        """Who it is comes from the company, where it is from the contact."""
        branch = self.env["res.partner"].create(
            {
                "name": "Bodega Norte",
                "parent_id": self.partner.id,
                "type": "other",
                "street": "Ruta 5 Norte km 20",
                "city": "Lampa",
            }
        )
        document, _context = self.read_document(self.create_move(partner=branch))
        self.assertEqual(document.receiver.name, self.partner.name)
        self.assertEqual(document.receiver.rut, "77812345-2")
        self.assertEqual(document.receiver.comuna, "Lampa")
        self.assertEqual(document.receiver.address, "Ruta 5 Norte km 20")

    # === LINES AND TOTALS === #

    def lines(self, *values, code="33", tax=None, **other):
        """Return the document of an invoice with such lines."""
        tax = self.company.account_sale_tax_id if tax is None else tax
        commands = [
            Command.create({"tax_ids": [Command.set(tax.ids)], **each})
            for each in values
        ]
        move = self.create_move(lines=[], code=code, **other)
        move.invoice_line_ids = commands
        return self.read_document(move)[0]

    def test_plain_line(self):
        document = self.lines(
            {"name": "Cable THHN\nRollo de 100 m", "quantity": 12, "price_unit": 42_900}
        )
        line = document.lines[0]
        self.assertEqual((line.number, line.name), (1, "Cable THHN"))
        self.assertEqual(line.description, "Rollo de 100 m")
        self.assertEqual((line.quantity, line.unit_price), (12, 42_900))
        self.assertEqual((line.amount, line.exemption), (514_800, None))
        totals = document.totals
        self.assertEqual(
            (totals.net, totals.vat, totals.total), (514_800, 97_812, 612_612)
        )
        self.assertEqual(totals.vat_rate, 19)
        self.assertIsNone(totals.exempt)

    def test_discount_is_an_amount(self):
        document = self.lines(
            {"name": "A", "quantity": 3, "price_unit": 10_000, "discount": 10}
        )
        line = document.lines[0]
        self.assertEqual((line.amount, line.discount), (27_000, 3_000))

    def test_exempt_and_affected_lines(self):
        document = self.lines(
            {"name": "Clase", "price_unit": 600_000, "tax_ids": [Command.clear()]},
            {"name": "Manual", "price_unit": 100_000},
        )
        self.assertEqual([line.exemption for line in document.lines], [1, None])
        totals = document.totals
        self.assertEqual((totals.exempt, totals.net), (600_000, 100_000))
        self.assertEqual((totals.vat, totals.total), (19_000, 719_000))

    def test_negative_line_is_a_global_discount(self):
        document = self.lines(
            {"name": "Obra", "price_unit": 500_000},
            {"name": "Descuento", "price_unit": -50_000},
            {"name": "Flete", "price_unit": 30_000},
        )
        self.assertEqual([line.name for line in document.lines], ["Obra", "Flete"])
        self.assertEqual([line.number for line in document.lines], [1, 2])
        discount = document.global_discounts[0]
        self.assertEqual((discount.kind, discount.value), ("D", 50_000))
        self.assertEqual(document.totals.net, 480_000)

    def test_boleta_has_gross_lines(self):
        consumer = self._create_partner(
            "Cliente", "66666666-6", l10n_cl_sii_taxpayer_type="3"
        )
        document = self.lines(
            {"name": "Pan", "price_unit": 1_000}, code="39", partner=consumer
        )
        self.assertTrue(document.gross_lines)
        self.assertEqual(document.lines[0].amount, 1_190)
        self.assertEqual(document.lines[0].unit_price, 1_190)
        self.assertEqual((document.totals.net, document.totals.vat), (1_000, 190))

    def test_price_with_tax_included(self):
        tax = self.company.account_sale_tax_id.copy(
            {"name": "19% included", "price_include_override": "tax_included"}
        )
        document = self.lines(
            {"name": "Silla", "quantity": 2, "price_unit": 11_900}, tax=tax
        )
        line = document.lines[0]
        self.assertEqual((line.amount, line.unit_price), (20_000, 10_000))
        self.assertEqual(document.totals.total, 23_800)

    def test_additional_tax(self):
        additional = self.env["account.tax"].search(
            [
                ("company_id", "=", self.company.id),
                ("l10n_cl_sii_code", "=", 27),
                ("type_tax_use", "=", "sale"),
            ],
            limit=1,
        )
        document = self.lines(
            {"name": "Bebida", "quantity": 10, "price_unit": 1_000},
            tax=self.company.account_sale_tax_id + additional,
        )
        self.assertEqual(document.lines[0].tax_codes, ("27",))
        tax = document.totals.additional_taxes[0]
        self.assertEqual((tax.code, tax.rate, tax.amount), ("27", 10, 1_000))
        self.assertEqual(document.totals.total, 10_000 + 1_900 + 1_000)

    def test_invoice_in_dollars_is_issued_in_pesos(self):
        dollar = self.env.ref("base.USD")
        dollar.active = True
        self.env["res.currency.rate"].create(
            {
                "currency_id": dollar.id,
                "company_id": self.company.id,
                "name": "2026-01-01",
                "rate": 1 / 900,
            }
        )
        document = self.lines(
            {"name": "Licencia", "quantity": 2, "price_unit": 10},
            currency_id=dollar.id,
            invoice_date="2026-03-02",
        )
        self.assertEqual(document.currency, "CLP")
        self.assertEqual(document.lines[0].amount, 18_000)
        self.assertEqual(document.totals.total, 21_420)
        self.assertEqual(document.totals.vat, 3_420)

    def test_amounts_have_no_fractions_of_float(self):
        document = self.lines({"name": "A", "quantity": 0.1, "price_unit": 333_333.3})
        self.assertEqual(document.lines[0].quantity, Decimal("0.1"))
        self.assertEqual(document.lines[0].unit_price, Decimal("333333.3"))
        self.assertEqual(document.lines[0].amount, Decimal(33_333))

    # === NOTES === #

    def test_credit_note_refers_to_its_invoice(self):
        invoice = self.create_move(invoice_date="2026-03-02")
        invoice.action_post()
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id, "reason": "Devolución"})
        )
        note = self.env["account.move"].browse(wizard.refund_moves()["res_id"])
        document, context = self.read_document(note)
        self.assertEqual(document.document_type, "61")
        reference = document.references[0]
        self.assertEqual(reference.document_type, "33")
        self.assertEqual(reference.folio, str(int(invoice.l10n_latam_document_number)))
        self.assertEqual(reference.date, date(2026, 3, 2))
        self.assertEqual((reference.code, reference.reason), (1, "Devolución"))
        self.assertNotIn("CodRef", document.not_representable)
        self.assertEqual(context.referenced[0].total, 178_500)
        self.assertEqual(context.referenced[0].credited, 0)
        note.action_post()
        self.assertEqual(self.read_document(note)[1].referenced[0].credited, 0)

    # === DATES === #

    def test_draft_is_judged_as_posted_today_in_chile(self):
        move = self.create_move()
        night = datetime(2026, 3, 3, 2)  # UTC; in Chile it is the evening before
        with patch.object(type(self.env.cr), "now", lambda cursor: night):
            document, context = self.read_document(move)
        self.assertEqual(document.issue_date, date(2026, 3, 2))
        self.assertTrue(document.issue_date_assumed)
        self.assertEqual(context.today, date(2026, 3, 2))
        self.assertIsNone(document.folio)

    # === HISTORY AND WARNINGS === #

    def test_history_is_of_before_the_day_of_entry(self):
        past_dates = ("2026-01-10", "2026-02-10", "2024-02-10")
        for number, day in enumerate(past_dates, start=1):
            past = self.create_move([("Asesoría", 100_000 * number)], invoice_date=day)
            past.action_post()
        with freeze_time("2026-03-02 15:00:00"):
            move = self.create_move()
            self.env.flush_all()
            sibling = self.create_move(invoice_date="2026-03-02")
            self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_move SET create_date = '2026-03-02 15:00' WHERE id IN %s",
            [(move.id, sibling.id)],
        )
        before = self.read_document(move)[1].history
        self.assertEqual(before.count, 2)
        self.assertEqual(before.median_total, 119_000)
        self.assertEqual((before.min_total, before.max_total), (119_000, 238_000))
        self.assertEqual(before.recent[0].issue_date, date(2026, 2, 10))
        self.assertEqual(before.recent[0].descriptions, ("Asesoría",))
        sibling.action_post()
        self.assertEqual(self.read_document(move)[1].history, before)

    def test_own_past_is_not_history(self):
        """A bill that is dated before it was entered is not its own history."""
        move = self.create_move(
            move_type="in_invoice",
            invoice_date=date(2026, 3, 2),
            l10n_latam_document_number="4711",
        )
        before = self.read_document(move)[1].history
        move.action_post()
        self.assertEqual(self.read_document(move)[1].history, before)

    def test_duplicate_bill(self):
        bills = [
            self.create_move(
                move_type="in_invoice",
                invoice_date=date(2026, 3, 2),
                l10n_latam_document_number=number,
            )
            for number in ("4711", "4712")
        ]
        warnings = self.read_document(bills[1])[1].odoo_warnings
        self.assertEqual(warnings.duplicates, (bills[0].name,))

    # === ACCESS AND COST === #

    def test_access_is_the_users(self):
        move = self.create_move()
        company = {"allowed_company_ids": self.other_company.ids}
        self.synchronize()
        env = self.env(user=self.other_accountant, context=company)
        with self.assertRaises(AccessError):
            env["account.ai.document.reader"]._read_with_places(
                env["account.move"].browse(move.id)
            )

    def test_queries_do_not_grow_with_the_invoices(self):
        """One query more for some hundreds of invoices is one too many."""

        def queries(moves):
            self.synchronize()
            before = self.env.cr.sql_log_count
            readings = self.env["account.ai.document.reader"]._read_with_places(moves)
            self.assertEqual(len(readings), len(moves))
            return self.env.cr.sql_log_count - before

        past = self.create_move(invoice_date=date.today() - timedelta(days=90))
        past.action_post()
        moves = self.create_move()
        for kind in ("out_invoice", "in_invoice") * 3:
            moves += self.create_move(move_type=kind, invoice_date="2026-03-02")
        bill = moves.filtered(lambda move: move.move_type == "in_invoice")[0]
        few = queries(moves[0] + bill)
        for _copy in range(4):
            moves += self.env["account.move"].browse(
                [copied.id for move in moves for copied in move.copy()]
            )
        self.assertGreater(len(moves), 100)
        self.assertLessEqual(queries(moves), few)
        self.assertLessEqual(few, 14)
