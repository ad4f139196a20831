"""Ordinary documents made in Odoo: no rule may find anything in them."""

from collections import Counter
from datetime import timedelta

from odoo import Command, fields
from odoo.tests import tagged

from odoo.addons.account_ai.services.rules.dated_data import (
    COMUNAS_FILE,
    DATA_FOLDER,
    shipped_rows,
)
from odoo.addons.account_ai.services.validation.finding import Severity

from .common import AccountAiCase

INVOICES = 200
PARTNERS = 24
GIROS = (
    "Elaboración de vinos",
    "Servicios de ingeniería",
    "Venta de materiales de construcción",
    "Transporte de carga por carretera",
    "Clínica y servicios médicos",
    "Cultivo de frutales",
)
GOODS = (
    ("Mantención preventiva de bombas de agua, planta Santa Cruz", 185_000),
    ("Cable THHN 2,5 mm², rollo de 100 m", 42_990),
    ("Servicio de traslado de maquinaria Rancagua – Talca", 312_450),
    ("Asesoría en seguridad industrial, visita a terreno", 98_765.5),
    ("Perno hexagonal de acero 1/2 pulgada, caja de 50", 13_333.33),
    ("Capacitación en uso de extintores, jornada de 8 horas", 240_001),
    ("Pintura esmalte al agua blanca, tineta de 4 galones", 57_881),
)
QUANTITIES = (1, 2, 3.5, 0.75, 12, 7, 1.333)
DISCOUNTS = (0, 0, 0, 10, 0, 7.5, 0, 33.33)


def check_digit(body):
    """Return the check digit of a RUT."""
    total = sum(
        int(digit) * (2 + place % 6) for place, digit in enumerate(str(body)[::-1])
    )
    return "0123456789K0"[11 - total % 11]


@tagged("post_install", "-at_install")
class TestRealLife(AccountAiCase):
    uses_simulator = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Without the log of changes: it costs more than what is tested.
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        cls.today = fields.Date.context_today(cls.env.user)
        comunas = [row["text"] for row in shipped_rows() if row["name"] == "comuna"]
        cls.partners = cls.env["res.partner"]
        for number in range(PARTNERS):
            body = 76_100_000 + number * 7_919
            cls.partners += cls._create_partner(
                f"Sociedad de Prueba {number} SpA",
                f"{body}-{check_digit(body)}",
                l10n_cl_activity_description=GIROS[number % len(GIROS)],
                street=f"Calle Larga {100 + number}",
                city=comunas[number * 14],
            )
        cls.consumer = cls._create_partner(
            "Rosa Elena Muñoz Cid",
            f"15222333-{check_digit(15222333)}",
            is_company=False,
            l10n_cl_sii_taxpayer_type="3",
        )
        taxes = cls.env["account.tax"].search(
            [("company_id", "=", cls.company.id), ("type_tax_use", "=", "sale")]
        )
        cls.vat = cls.company.account_sale_tax_id
        cls.additional = taxes.filtered(
            lambda tax: tax.l10n_cl_sii_code in (24, 25, 27)
        )
        cls.included = cls.vat.copy(
            {"name": "19% incluido", "price_include_override": "tax_included"}
        )

    def test_the_comunas_are_real(self):
        """The stream below would prove nothing with comunas of its own."""
        self.assertTrue((DATA_FOLDER / COMUNAS_FILE).exists())
        self.assertGreater(len(set(self.partners.mapped("city"))), 20)

    def _values(self, number):
        """Return the values of the invoice ``number``: each is another kind."""
        code = ("33", "33", "33", "34", "39", "33", "41", "33")[number % 8]
        exempt = code in ("34", "41")
        partner = (
            self.consumer
            if code in ("39", "41")
            else self.partners[number % len(self.partners)]
        )
        lines = []
        for index in range(1 + number % 2):
            name, price = GOODS[(number + index) % len(GOODS)]
            taxes = self.env["account.tax"] if exempt else self.vat
            if code == "33" and number % 11 == 0:
                taxes += self.additional[number % len(self.additional)]
            if code == "33" and number % 13 == 0:
                taxes = self.included
            lines.append(
                {
                    "name": name,
                    "quantity": QUANTITIES[(number + index) % len(QUANTITIES)],
                    "price_unit": price,
                    "discount": DISCOUNTS[(number * 3 + index) % len(DISCOUNTS)],
                    "tax_ids": [Command.set(taxes.ids)],
                }
            )
        if code == "33" and number % 3 == 1:
            lines.append({**lines[0], "name": "Manual", "tax_ids": [Command.clear()]})
        if code == "33" and number % 17 == 0:
            discount = {"name": "Descuento por volumen", "quantity": 1, "discount": 0}
            lines.append({**lines[0], **discount, "price_unit": -1_500})
        return {
            "move_type": "out_invoice",
            "partner_id": partner.id,
            "l10n_latam_document_type_id": self.document_type(code).id,
            "invoice_date": self.today - timedelta(days=number % 2),
            "invoice_line_ids": [Command.create(line) for line in lines],
        }

    def _assert_nothing_found(self, moves):
        """Check that no rule has anything to say that needs somebody."""
        self.synchronize()
        env = self.env(user=self.accountant)
        moves = env["account.move"].browse(moves.ids)
        readings = env["account.ai.document.reader"]._read_with_places(moves)
        self.assertEqual(len(readings), len(moves))
        judge = env["account.ai.validation"]._judge_by_rules
        found = Counter(
            f"{reading.document.document_type} {finding.code} {finding.evidence}"
            for reading in readings.values()
            for finding in judge([reading])[0].findings
            if finding.severity is not Severity.INFORMATION
        )
        self.assertFalse(found, "\n".join(map(str, found.most_common(20))))

    def test_two_hundred_invoices_and_their_credit_notes(self):
        """No error and no warning in either, with the folios that Odoo gave them."""
        invoices = (
            self.env["account.move"]
            .with_context(default_move_type="out_invoice")
            .create([self._values(number) for number in range(INVOICES)])
        )
        # The database would plan its queries for the empty tables of a moment ago.
        self.env.flush_all()
        self.env.cr.execute("ANALYZE account_move, account_move_line")
        invoices.action_post()
        self.assertEqual(set(invoices.mapped("state")), {"posted"})
        self._assert_nothing_found(invoices)

        notes = self.env["account.move"]
        for invoice_id in invoices.ids:
            # Alone: Odoo would read all of them again for each note.
            invoice = self.env["account.move"].browse(invoice_id)
            wizard = (
                self.env["account.move.reversal"]
                .with_context(active_model="account.move", active_ids=invoice.ids)
                .create(
                    {"journal_id": invoice.journal_id.id, "reason": "Anula factura"}
                )
            )
            notes += notes.browse(wizard.refund_moves()["res_id"])
        self._assert_nothing_found(notes)
        notes.action_post()
        self.assertEqual(set(notes.mapped("state")), {"posted"})
        self.assertEqual(
            set(notes.account_ai_reference_ids.mapped("code")), {"1"}, "all of it"
        )
        self._assert_nothing_found(notes)
        self._assert_nothing_found(invoices)
