"""One document from three sources: in Odoo, JSON and XML the same is found."""

from dataclasses import replace
from datetime import timedelta

from odoo import Command, fields
from odoo.tests import tagged

from odoo.addons.account_ai.services.documents.dte_fields import document_of_fields
from odoo.addons.account_ai.services.documents.dte_xml import read_dte_xml
from odoo.addons.account_ai.services.rules import shipped_rates
from odoo.addons.account_ai.services.validation.by_rules import judge_by_rules

from ..common.common import AccountAiCase
from ..documents.dte_writer import fields_of, through_json, xml_of
from .validation_case import ValidationMixin

WRONG_RUT = "77812345-9"
LONG_NAME = "Mantención de bombas de agua " * 4
GOODS = {"name": "Cable THHN", "quantity": 12, "price_unit": 42_900}
EXEMPT = {"tax_ids": [Command.clear()], "name": "Clase", "price_unit": 90_000}


@tagged("post_install", "-at_install")
class TestThreeSources(ValidationMixin, AccountAiCase):
    uses_simulator = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.context_today(cls.env.user)
        cls.wrong = cls._create_partner("Viña Los Aromos Ltda.", WRONG_RUT)
        cls.bare = cls._create_partner(
            "Viña El Boldo Ltda.",
            "78222333-5",
            l10n_cl_activity_description=False,
            city=False,
        )

    def document(self, code="33", flow="sale", **values):
        """Return a draft dated today, for Odoo's type of move."""
        kind = "refund" if code == "61" else "invoice"
        prefix = "out" if flow == "sale" else "in"
        if flow == "purchase":
            values.setdefault("l10n_latam_document_number", "4711")
        return self.create_move(
            move_type=f"{prefix}_{kind}",
            code=code,
            **{"invoice_date": self.today, **values},
        )

    def lines(self, *values):
        vat = self.company.account_sale_tax_id.ids
        return {
            "invoice_line_ids": [
                Command.create({"tax_ids": [Command.set(vat)], **each})
                for each in values
            ],
            "lines": [],
        }

    def reference(self, **values):
        return {
            "account_ai_reference_ids": [
                Command.create(
                    {
                        "document_type_code": "33",
                        "folio": "120",
                        "date": self.today - timedelta(days=3),
                        "code": "1",
                        "reason": "Anula factura",
                        **values,
                    }
                )
            ]
        }

    def three(self, move):
        """Return what is found in a document of Odoo, in the same of JSON, and in the
        same of XML; and what was skipped in each.

        What the books know around it is the same for all three.
        """
        self.synchronize()
        env = self.env(user=self.accountant)
        reader = env["account.ai.document.reader"]
        readings = reader._read_with_places(env["account.move"].browse(move.id))
        document, context = readings[move.id][:2]
        tree = fields_of(document)
        (dte,) = read_dte_xml(xml_of(tree), context.company_rut)
        documents = {
            "odoo": document,
            "json": document_of_fields(through_json(tree), document.flow),
            "xml": dte.document,
        }
        self.assertEqual(dte.document.flow, document.flow)
        rates = shipped_rates()
        self.assertTrue(document.not_representable)
        reports = {
            way: judge_by_rules(each, context, rates) for way, each in documents.items()
        }
        as_odoo = {
            way: judge_by_rules(
                replace(each, not_representable=document.not_representable),
                context,
                rates,
            )
            for way, each in documents.items()
        }
        return reports, as_odoo

    def check(self, move, *expected):
        """Check that the three agree, and find what was planted."""
        reports, as_odoo = self.three(move)
        skipped = {each.code for each in reports["odoo"].skipped}
        seen = {
            way: [finding for finding in report.findings if finding.code not in skipped]
            for way, report in reports.items()
        }
        self.assertEqual(seen["json"], seen["odoo"])
        self.assertEqual(seen["xml"], seen["odoo"])
        self.assertLessEqual(set(expected), {each.code for each in seen["odoo"]})
        # What only the others find is what Odoo cannot hold, and it says so.
        self.assertEqual(reports["json"].findings, reports["xml"].findings)
        for report in as_odoo.values():
            self.assertEqual(report.findings, reports["odoo"].findings)
            self.assertEqual(report.skipped, reports["odoo"].skipped)

    # === SALES === #

    def test_good_sales(self):
        for move in (self.document(), self.document("34", **self.lines(EXEMPT))):
            with self.subTest(move.l10n_latam_document_type_id.code):
                self.check(move)
                found = self.three(move)[0]["odoo"].findings
                self.assertFalse([each.code for each in found])

    def test_faults_of_sales(self):
        earlier = self.today - timedelta(days=5)
        planted = {
            "RUT_DV": self.document(partner=self.wrong),
            "MISSING_GIRO_RECEP": self.document(partner=self.bare),
            "MISSING_CMNA_RECEP": self.document("34", partner=self.bare),
            "LEN_NMBITEM": self.document(lines=[(LONG_NAME, 150_000)]),
            "DUE_BEFORE_ISSUE": self.document(
                invoice_date_due=earlier, invoice_payment_term_id=False
            ),
            "DATE_FUTURE": self.document(invoice_date=self.today + timedelta(days=9)),
            "LINES_ZERO": self.document(lines=[]),
            "EXENTA_CON_AFECTO": self.document("34", **self.lines(GOODS)),
            "AFECTA_TODO_EXENTO": self.document(**self.lines(EXEMPT)),
        }
        for code, move in planted.items():
            with self.subTest(code):
                self.check(move, code)

    def test_exempt_and_affected_lines(self):
        self.check(self.document(**self.lines(EXEMPT, GOODS)))

    def test_discounts(self):
        off = {"name": "Descuento", "quantity": 1, "price_unit": -5_000}
        self.check(self.document(**self.lines({**GOODS, "discount": 12.5}, off)))

    def test_notes(self):
        for code in ("61", "56"):
            with self.subTest(code):
                self.check(self.document(code), "NOTE_NO_REF")
                self.check(self.document(code, **self.reference()))
                self.check(
                    self.document(code, **self.reference(code=False)), "NOTE_NO_CODREF"
                )
                late = self.reference(date=self.today + timedelta(days=1))
                self.check(self.document(code, **late), "NOTE_REF_DATE")

    def test_several_faults_at_once(self):
        self.check(
            self.document(
                "34",
                partner=self.wrong,
                invoice_date_due=self.today - timedelta(days=1),
                invoice_payment_term_id=False,
                **self.lines({**GOODS, "name": LONG_NAME}),
            ),
            *("RUT_DV", "DUE_BEFORE_ISSUE", "LEN_NMBITEM", "EXENTA_CON_AFECTO"),
        )

    # === PURCHASES === #

    def test_bills(self):
        for code in ("33", "34", "61", "56", "46"):
            with self.subTest(code):
                self.check(self.document(code, "purchase"))

    def test_faults_of_bills(self):
        earlier = self.today - timedelta(days=5)
        planted = {
            "RUT_DV": {"partner": self.wrong},
            "DUE_BEFORE_ISSUE": {
                "invoice_date_due": earlier,
                "invoice_payment_term_id": False,
            },
            "LINES_ZERO": {"lines": []},
        }
        for code, values in planted.items():
            for kind in ("33", "46"):
                with self.subTest(code, kind=kind):
                    move = self.document(kind, "purchase", **values)
                    self.check(move, code)

    def test_our_own_factura_de_compra_is_held_to_what_issuers_must_say(self):
        self.check(
            self.document("46", "purchase", partner=self.bare),
            *("MISSING_GIRO_RECEP", "MISSING_CMNA_RECEP"),
        )

    def test_a_bill_need_not_say_what_only_its_issuer_must(self):
        move = self.document("33", "purchase", partner=self.bare)
        self.check(move)
        found = {each.code for each in self.three(move)[0]["xml"].findings}
        self.assertFalse({each for each in found if each.startswith("MISSING_")})

    # === ABSENT AND NOT REPRESENTABLE === #

    def test_absent_is_a_fault_and_not_representable_is_not(self):
        """Odoo has no field for Acteco: nobody forgot it. In a file it is missing."""
        reports, _as_odoo = self.three(self.document())
        code = "MISSING_ACTECO"
        found = {
            way: {each.code for each in report.findings}
            for way, report in reports.items()
        }
        skipped = {
            way: {each.code for each in report.skipped}
            for way, report in reports.items()
        }
        self.assertNotIn(code, found["odoo"])
        self.assertIn(code, skipped["odoo"])
        for way in ("json", "xml"):
            with self.subTest(way):
                self.assertIn(code, found[way])
                self.assertNotIn(code, skipped[way])
