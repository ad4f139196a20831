"""Vendor bills against the DTE XML that is attached to them in Odoo."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.account_ai.models.common.presentation import odoo_field
from odoo.addons.account_ai.models.documents.reading import attached_xml
from odoo.addons.account_ai.services.documents.document import AdditionalTax
from odoo.addons.account_ai.services.documents.dte_xml import MAX_BYTES
from odoo.addons.account_ai.services.documents.received_xml import (
    compare_with_received,
)
from odoo.addons.account_ai.services.documents.stamp import FolioAuthorisation, Stamp
from odoo.addons.account_ai.services.documents.xml_checks import Check, XmlChecks
from odoo.addons.account_ai.services.validation.kinds import kinds

from ..posting.posting_case import PostingMixin
from ..rules.rules_documents import with_issuer, with_line, with_receiver, with_totals
from ..validation.validation_case import ValidationCase
from .dte_writer import body_element, fields_of, file_of, xml_of

READER = "odoo.addons.account_ai.models.documents.account_ai_document_reader"
READ = f"{READER}.read_attached_xml"
NOT_CHECKED = XmlChecks(Check.UNCHECKED, Check.UNCHECKED)
WITHOUT_CHECKS = patch(
    "odoo.addons.account_ai.services.documents.received_xml.check_xml",
    return_value=NOT_CHECKED,
)
ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE DTE [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
    b"<DTE><Documento><Encabezado>&a;</Encabezado></Documento></DTE>"
)
ACKNOWLEDGEMENT = b"<RespuestaDTE><Resultado><Caratula/></Resultado></RespuestaDTE>"


class ReceivedXmlCase(PostingMixin, ValidationCase):
    """A bill, and files to attach to it."""

    checks_files = False
    """Most files here are not stamped and not signed, and so break the SII's schema;
    their content counts, and what a library says of their form does not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bill = cls.create_bill("4711")
        if not cls.checks_files:
            cls.startClassPatcher(WITHOUT_CHECKS)

    @classmethod
    def create_bill(cls, folio, **values):
        return cls.create_move(
            move_type="in_invoice",
            invoice_date=date(2026, 3, 2),
            l10n_latam_document_number=folio,
            **values,
        )

    def attach(self, data, name="F33T4711.xml", move=None, **values):
        """Attach a file to the bill, as a message or an upload does."""
        return self.env["ir.attachment"].create(
            {
                "name": name,
                "raw": data,
                "res_model": "account.move",
                "res_id": (move or self.bill).id,
                **values,
            }
        )

    def reading(self, move=None, user=None):
        move = move or self.bill
        self.synchronize()
        env = self.env(user=user or self.accountant)
        readings = env["account.ai.document.reader"]._read_with_places(
            env["account.move"].browse(move.id)
        )
        return readings[move.id]

    def true_copy(self, move=None):
        """Return the document that the bill is a good copy of."""
        document = self.reading(move).document
        return replace(document, not_representable=frozenset())

    def xml(self, **changes):
        return xml_of(fields_of(replace(self.true_copy(), **changes)))

    def found(self, move=None, user=None):
        """Return what the XML says against the bill, as the rules report it."""
        reading = self.reading(move, user)
        validations = self.env(user=user or self.accountant)["account.ai.validation"]
        return [
            finding
            for finding in validations._judge_by_rules([reading])[0].findings
            if finding.code.startswith(("XML_", "TED_"))
        ]

    def found_codes(self, move=None, user=None):
        return [finding.code for finding in self.found(move, user)]


@tagged("post_install", "-at_install")
class TestAttachedXml(ReceivedXmlCase):
    """Which file counts, and what is found in it."""

    uses_simulator = False

    def test_the_right_xml_is_no_finding(self):
        self.assertEqual(self.found_codes(), [])
        self.attach(self.xml())
        self.assertIsNotNone(self.reading().context.received.document)
        self.assertEqual(self.found_codes(), [])

    def test_each_kind_of_difference(self):
        copy = self.true_copy()
        stamp = Stamp(total=Decimal(1))
        tax = AdditionalTax("24", Decimal("31.5"), Decimal(315))
        sent = {
            "XML_TIPODTE_DIFF": replace(copy, document_type="34"),
            "XML_FOLIO_DIFF": replace(copy, folio=4712),
            "XML_RUTEMISOR_DIFF": with_issuer(copy, rut="96800123-K"),
            "XML_RUTRECEP_DIFF": with_receiver(copy, rut="96800123-K"),
            "XML_TPOMONEDA_DIFF": replace(copy, currency_name="DOLAR USA"),
            "XML_FCHEMIS_DIFF": replace(copy, issue_date=date(2026, 3, 1)),
            "XML_FCHVENC_DIFF": replace(copy, due_date=date(2026, 6, 30)),
            "XML_MNTNETO_DIFF": with_totals(copy, net=Decimal(150_010)),
            "XML_MNTEXE_DIFF": with_totals(copy, exempt=Decimal(10)),
            "XML_IVA_DIFF": with_totals(copy, vat=Decimal(1)),
            "XML_MNTTOTAL_DIFF": with_totals(copy, total=Decimal(178_501)),
            "XML_IMPTORETEN_DIFF": with_totals(copy, additional_taxes=(tax,)),
            "XML_MONTOITEM_DIFF": with_line(copy, amount=Decimal(1)),
            "XML_QTYITEM_DIFF": with_line(copy, quantity=Decimal(3)),
            "TED_MNTTOTAL_DIFF": replace(copy, stamp=stamp),
        }
        for code, document in sent.items():
            with self.subTest(code):
                self.attach(xml_of(fields_of(document)))
                (finding,) = self.found()
                self.assertEqual(finding.code, code)
                self.assertEqual(finding.origin, "rule")
                self.assertEqual(kinds()[code].source, finding.source)
                self.assertTrue(odoo_field(finding.field, finding.line), finding.field)

    def test_the_stamp_tells_the_folios_of_the_issuer(self):
        """Found once, by the rules of folios; a folio that was mistyped is not judged
        by a stamp that is not for it."""
        copy = self.true_copy()
        for caf, codes in (
            (FolioAuthorisation("33", 1, 4710), {"FOLIO_OUT_OF_RANGE"}),
            (FolioAuthorisation("34", 1, 9999), {"CAF_TYPE"}),
            (FolioAuthorisation("33", 4711, 4711), set()),
            (FolioAuthorisation("33", 1, 9999, date(2025, 1, 1)), {"CAF_EXPIRED"}),
        ):
            with self.subTest(codes):
                stamp = Stamp(folio=copy.folio, authorisation=caf)
                self.attach(xml_of(fields_of(replace(copy, stamp=stamp))))
                self.assertEqual(self.all_codes(), codes)
        narrow = Stamp(folio=1, authorisation=FolioAuthorisation("33", 1, 1))
        self.attach(xml_of(fields_of(replace(copy, folio=1, stamp=narrow))))
        self.assertEqual(self.all_codes(), {"XML_FOLIO_DIFF"})

    def all_codes(self):
        judged = self.env["account.ai.validation"]._judge_by_rules([self.reading()])[0]
        return {each.code for each in judged.findings}

    def test_a_company_can_have_a_difference_weigh_less(self):
        """As it can have rules; an error stays a warning at least."""
        settings = self.env["account.ai.rule.setting"].with_user(self.manager)
        values = {"company_id": self.company.id, "reason": "Typed from the paper"}
        copy = self.true_copy()
        for code, field, lighter, sent in (
            ("XML_FOLIO_DIFF", "folio", "warning", replace(copy, folio=4712)),
            (
                "XML_FCHVENC_DIFF",
                "due date",
                "information",
                replace(copy, due_date=date(2026, 6, 30)),
            ),
            (
                "TED_MNTTOTAL_DIFF",
                "stamp",
                "warning",
                replace(copy, stamp=Stamp(total=Decimal(1))),
            ),
        ):
            with self.subTest(field):
                self.attach(xml_of(fields_of(sent)))
                own = kinds()[code].severity
                self.assertEqual([each.severity for each in self.found()], [own])
                settings.create({"code": code, "severity": lighter, **values})
                (finding,) = self.validate(self.bill).finding_ids.filtered(
                    lambda each, code=code: each.code == code
                )
                self.assertEqual(
                    (finding.severity, finding.demoted_from), (lighter, own.value)
                )
        with self.assertRaisesRegex(ValidationError, "only be lowered"):
            settings.create({"code": "XML_SCHEMA", "severity": "warning", **values})

    def test_a_note_on_another_document(self):
        self.bill.action_post()
        note = self.bill._reverse_moves(
            [
                {
                    "invoice_date": "2026-03-09",
                    "l10n_latam_document_type_id": self.document_type("61").id,
                    "l10n_latam_document_number": "88",
                }
            ]
        )
        copy = self.true_copy(note)
        self.assertEqual([each.folio for each in copy.references], ["4711"])
        self.attach(xml_of(fields_of(copy)), move=note)
        self.assertEqual(self.found_codes(note), [])
        other = replace(copy.references[0], folio="4710")
        self.attach(xml_of(fields_of(replace(copy, references=(other,)))), move=note)
        self.assertEqual(self.found_codes(note), ["XML_REFERENCIA_DIFF"])

    def test_an_envelope_with_other_documents(self):
        copy = self.true_copy()
        others = [replace(copy, folio=folio) for folio in (1, 2)]
        self.attach(
            file_of(
                [body_element(fields_of(each)) for each in others],
                inside=("EnvioDTE", "SetDTE"),
            )
        )
        (finding,) = self.found()
        self.assertEqual(finding.code, "XML_OTHER_DOCUMENT")
        self.assertEqual(finding.severity, "error")
        self.assertIn("33/1 (77812345-2)", finding.evidence)

    def test_what_cannot_be_read_is_a_finding(self):
        message = "The XML that came with the bill cannot be read."
        for data in (b"<DTE><Documento>", b"no XML at all", self.xml()[:-40]):
            with self.subTest(data[:20]):
                self.attach(data)
                (finding,) = self.found()
                self.assertEqual(finding.code, "XML_UNREADABLE")
                self.assertEqual(finding.message, message)

    def test_an_attack_is_refused_and_that_is_said(self):
        deep = b"<DTE>" * 40 + b"</DTE>" * 40
        for data, said in (
            (ENTITIES, "declares entities or a document type, as an attack does"),
            (b"<DTE>" + b" " * MAX_BYTES + b"</DTE>", "larger than can be read safely"),
            (deep, "nested deeper"),
            ("<DTE/>".encode("utf-16"), "encoding"),
        ):
            with self.subTest(said):
                self.attach(data)
                (finding,) = self.found()
                self.assertEqual(finding.code, "XML_UNREADABLE")
                self.assertIn(said, finding.message)
                self.assertNotIn("hostname", finding.evidence)

    def test_a_file_in_the_database_is_cut_as_one_in_the_store_is(self):
        self.env["ir.config_parameter"].set_param("ir_attachment.location", "db")
        self.attach(self.xml(folio=7))
        self.assertEqual(self.found_codes(), ["XML_FOLIO_DIFF"])
        large = self.attach(b" " * (MAX_BYTES + 100))
        self.assertFalse(large.store_fname)
        ((_bill, _name, content), *_older) = self._files()
        self.assertEqual(len(content), MAX_BYTES + 1)

    def _files(self):
        self.synchronize()
        return attached_xml._files(self.env, self.bill.ids)

    def test_the_newest_that_reads_as_a_dte_counts(self):
        self.attach(self.xml(folio=1))
        self.attach(self.xml(), name="FACTURA.XML")
        self.attach(ACKNOWLEDGEMENT, name="acuse.xml")
        self.attach(b"<broken", name="broken.xml")
        self.assertEqual(self.found_codes(), [])

    def test_other_files_do_not_matter(self):
        self.attach(ACKNOWLEDGEMENT, name="acuse.xml")
        self.attach(b"%PDF-1.7", name="factura.pdf")
        self.attach(self.xml(folio=1), name="factura.txt", mimetype="text/plain")
        self.attach(self.xml(folio=1), res_field="invoice_pdf_report_file")
        self.attach(self.xml(folio=1), move=self.create_bill("4712"))
        self.assertIsNone(self.reading().context.received)

    def test_a_type_without_a_name_is_enough(self):
        self.attach(self.xml(folio=1), name="factura", mimetype="application/xml")
        self.assertEqual(self.found_codes(), ["XML_FOLIO_DIFF"])

    def test_only_so_many_files_are_looked_into(self):
        self.attach(self.xml(folio=1))
        for number in range(attached_xml.MOST_FILES):
            self.attach(ACKNOWLEDGEMENT, name=f"acuse_{number}.xml")
        self.assertIsNone(self.reading().context.received)

    # === ACCESS AND COST === #

    def test_a_file_that_the_user_may_not_see_does_not_count(self):
        self.attach(self.xml(folio=1))
        self.env["ir.rule"].create(
            {
                "name": "Only one's own files",
                "model_id": self.env.ref("base.model_ir_attachment").id,
                "domain_force": "[('create_uid', '=', user.id)]",
                "groups": [Command.set(self.env.ref("account_ai.group_user").ids)],
            }
        )
        self.assertIsNone(self.reading().context.received)
        self.assertEqual(self.found_codes(), [])
        env = self.env(su=True)
        reading = env["account.ai.document.reader"]._read_with_places(self.bill)
        self.assertIsNotNone(reading[self.bill.id].context.received)

    def test_the_file_of_a_bill_that_the_user_may_not_see(self):
        self.attach(self.xml(folio=1))
        self.synchronize()
        env = self.env(
            user=self.other_accountant,
            context={"allowed_company_ids": self.other_company.ids},
        )
        with self.assertRaises(AccessError):
            self.reading(user=self.other_accountant)
        self.assertEqual(attached_xml._files(env, self.bill.ids), [])

    def _queries(self, moves):
        self.synchronize()
        before = self.env.cr.sql_log_count
        self.env["account.ai.document.reader"]._read_with_places(moves)
        return self.env.cr.sql_log_count - before

    def test_one_query_for_all_bills(self):
        bills = self.bill + self.create_bill("4712")
        for bill in bills:
            self.attach(xml_of(fields_of(self.true_copy(bill))), move=bill)
        self._queries(bills)
        one, both = self._queries(self.bill), self._queries(bills)
        self.assertLessEqual(both, one)
        with patch(READ, return_value={}):
            without = self._queries(bills)
        self.assertEqual(both - without, 1)

    def test_no_query_for_sales(self):
        sale = self.create_move()
        self.attach(self.xml(folio=1), move=sale)
        attachments = type(self.env["ir.attachment"])
        with patch.object(attachments, "_search", side_effect=AssertionError):
            self.assertIsNone(self.reading(sale).context.received)


@tagged("post_install", "-at_install")
class TestReceivedXmlInValidation(ReceivedXmlCase):
    """What is found reaches the validation, and can be replayed."""

    def test_findings_are_the_validations(self):
        self.attach(self.xml(folio=4712))
        validation = self.validate(self.bill)
        (finding,) = validation.finding_ids.filtered(
            lambda each: each.code == "XML_FOLIO_DIFF"
        )
        self.assertEqual((finding.origin, finding.severity), ("rule", "error"))
        self.assertEqual(
            (validation.rules_verdict, validation.verdict), ("reject",) * 2
        )
        (shown,) = (
            each
            for each in validation._panel_data(stale=False)["findings"]
            if each["code"] == "XML_FOLIO_DIFF"
        )
        self.assertEqual(
            shown["message"],
            "The folio (Folio) is 4711 in the bill, but 4712 in its XML.",
        )
        self.assertEqual(shown["field_name"], "l10n_latam_document_number")

    def test_a_line_is_found_in_odoo(self):
        self.attach(xml_of(fields_of(with_line(self.true_copy(), quantity=Decimal(3)))))
        validation = self.validate(self.bill)
        finding = validation.finding_ids.filtered(
            lambda each: each.code == "XML_QTYITEM_DIFF"
        )
        self.assertEqual(finding.move_line_id, self.bill.invoice_line_ids)

    def test_a_file_that_comes_later_is_judged_without_asking_again(self):
        first = self.validate(self.bill)
        self.attach(self.xml(folio=4712))
        second = self.validate(self.bill)
        self.assertEqual(second.trigger, "rules")
        self.assertNotIn("XML_FOLIO_DIFF", self.codes(first))
        self.assertIn("XML_FOLIO_DIFF", self.codes(second))
        self.assertEqual(len(self.calls()), 1)

    def test_replay(self):
        """From what was kept, whatever became of the file and the bill."""
        for data in (self.xml(folio=4712), ENTITIES, self.xml()[:-40]):
            with self.subTest(data[:20]):
                attachment = self.attach(data)
                start = self.start(self.bill, force=True)
                found = start.opened.judged.findings
                self.assertTrue(any(each.code[:4] == "XML_" for each in found))
                self.carry_out(start.opened)
                attachment.unlink()
                self.synchronize()
                validation = self.env["account.ai.validation"].browse(
                    start.validation_id
                )
                self.assertEqual(validation._replay().rule_findings, found)

    def test_the_same_received_xml_gives_the_same_findings(self):
        self.attach(self.xml(folio=4712))
        reading = self.reading()
        received = reading.context.received
        found = compare_with_received(reading.document, received)
        self.assertEqual([each.code for each in found], ["XML_FOLIO_DIFF"])

    def test_posting_policy(self):
        self.policy("block")
        self.attach(self.xml(folio=4712))
        with self.assertRaisesRegex(UserError, "XML_FOLIO_DIFF"):
            self.bill.with_user(self.accountant).action_post()
        self.assertEqual(self.bill.state, "draft")
        self.attach(self.xml())
        self.bill.with_user(self.accountant).action_post()
        self.assertEqual(self.bill.state, "posted")
