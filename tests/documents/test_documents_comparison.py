import sys
from dataclasses import replace
from datetime import date
from decimal import Decimal
from unittest.mock import patch

from odoo.tests import BaseCase

from odoo.addons.account_ai.services.common.wording import neutral_sentence
from odoo.addons.account_ai.services.documents.comparison import compare_with_xml
from odoo.addons.account_ai.services.documents.document import AdditionalTax
from odoo.addons.account_ai.services.documents.errors import UnreadableDocument
from odoo.addons.account_ai.services.documents.received_xml import (
    compare_with_received,
    read_received,
    unreadable,
)
from odoo.addons.account_ai.services.documents.stamp import FolioAuthorisation, Stamp
from odoo.addons.account_ai.services.documents.stamp_comparison import (
    compare_with_stamp,
)
from odoo.addons.account_ai.services.documents.xml_checks import (
    Check,
    XmlChecks,
    check_xml,
)
from odoo.addons.account_ai.services.validation.finding import Severity

from ..rules.rules_documents import (
    OURS,
    THEIRS,
    bill,
    credit_note,
    line,
    reference,
    totals,
    with_issuer,
    with_line,
    with_receiver,
    with_totals,
)
from .dte_writer import body_element, fields_of, file_of, xml_of

CHECK_XML = "odoo.addons.account_ai.services.documents.received_xml.check_xml"
RECEIVED = bill(folio=1234)


def stamp_of(document, **values):
    """Return the stamp that belongs to a document."""
    fields = {
        "issuer_rut": document.issuer.rut,
        "document_type": document.document_type,
        "folio": document.folio,
        "issue_date": document.issue_date,
        "receiver_rut": document.receiver.rut,
        "receiver_name": document.receiver.name[:40],
        "total": document.totals.total,
        "first_item": document.lines[0].name[:40],
        "authorisation": FolioAuthorisation(document.document_type, 1200, 1300),
    }
    return Stamp(**{**fields, **values})


def codes(findings):
    return [each.code for each in findings]


class TestBillAgainstXml(BaseCase):
    def test_a_true_copy_has_no_difference(self):
        self.assertEqual(compare_with_xml(RECEIVED, RECEIVED), ())

    def test_each_field(self):
        tax = AdditionalTax("24", Decimal("31.5"), Decimal(315))
        error, warning = Severity.ERROR, Severity.WARNING
        entered = {
            "XML_TIPODTE_DIFF": (replace(RECEIVED, document_type="34"), error),
            "XML_FOLIO_DIFF": (replace(RECEIVED, folio=1243), error),
            "XML_RUTEMISOR_DIFF": (with_issuer(RECEIVED, rut="96800123-K"), error),
            "XML_RUTRECEP_DIFF": (with_receiver(RECEIVED, rut="96800123-K"), error),
            "XML_TPOMONEDA_DIFF": (replace(RECEIVED, currency="USD"), error),
            "XML_FCHEMIS_DIFF": (
                replace(RECEIVED, issue_date=date(2026, 11, 17)),
                warning,
            ),
            "XML_FCHVENC_DIFF": (
                replace(RECEIVED, due_date=date(2026, 12, 31)),
                warning,
            ),
            "XML_MNTNETO_DIFF": (with_totals(RECEIVED, net=Decimal(90_000)), error),
            "XML_MNTEXE_DIFF": (with_totals(RECEIVED, exempt=Decimal(5)), error),
            "XML_IVA_DIFF": (with_totals(RECEIVED, vat=Decimal(19_001)), warning),
            "XML_MNTTOTAL_DIFF": (with_totals(RECEIVED, total=Decimal(1)), error),
            "XML_IMPTORETEN_DIFF": (
                with_totals(RECEIVED, additional_taxes=(tax,)),
                error,
            ),
            "XML_MONTOITEM_DIFF": (with_line(RECEIVED, amount=Decimal(1)), error),
            "XML_QTYITEM_DIFF": (with_line(RECEIVED, quantity=Decimal(3)), warning),
        }
        for code, (document, severity) in entered.items():
            with self.subTest(code):
                (finding,) = compare_with_xml(document, RECEIVED)
                self.assertEqual(finding.code, code)
                self.assertEqual(finding.severity, severity)

    def test_the_evidence_shows_both_sides(self):
        entered = with_totals(RECEIVED, total=Decimal(1_190_000))
        (finding,) = compare_with_xml(entered, RECEIVED)
        self.assertEqual(finding.field, "MntTotal")
        self.assertEqual(finding.evidence, "1.190.000 ≠ 119.000")
        shown = neutral_sentence(finding.message, finding.params)
        self.assertEqual(
            shown, "MntTotal is 1.190.000 in the bill, but 119.000 in its XML."
        )

    def test_a_line_is_named(self):
        lines = (line(number=1), line(number=2))
        entered = replace(RECEIVED, lines=(line(number=1), line(number=2, price=1)))
        (finding,) = compare_with_xml(entered, replace(RECEIVED, lines=lines))
        self.assertEqual((finding.code, finding.line), ("XML_MONTOITEM_DIFF", 2))

    def test_ruts_are_the_same_however_written(self):
        entered = with_issuer(RECEIVED, rut="76.431.209-0")
        entered = with_receiver(entered, rut="77.123.987-0")
        self.assertEqual(compare_with_xml(entered, RECEIVED), ())

    def test_what_the_books_do_not_hold_is_no_difference(self):
        entered = replace(
            with_totals(
                RECEIVED,
                additional_taxes=(AdditionalTax("24", None, Decimal(9)),),
            ),
            folio=None,
            due_date=None,
            issue_date=date(2026, 11, 1),
            issue_date_assumed=True,
            not_representable=frozenset({"ImptoReten"}),
        )
        self.assertEqual(compare_with_xml(entered, RECEIVED), ())

    def test_a_bill_entered_in_one_line_is_no_difference(self):
        received = replace(RECEIVED, lines=(line(number=1), line(number=2, price=0)))
        self.assertEqual(compare_with_xml(RECEIVED, received), ())

    def test_cents_of_other_currencies(self):
        received = replace(RECEIVED, currency="USD")
        for apart, severity in (("0.009", None), ("0.01", "warning"), ("1", "error")):
            entered = with_totals(received, total=Decimal(119_000) + Decimal(apart))
            with self.subTest(apart):
                found = compare_with_xml(entered, received)
                self.assertEqual(
                    [each.severity for each in found], [severity] if severity else []
                )

    def test_a_note_on_another_document(self):
        received = credit_note(flow="purchase")
        entered = replace(received, references=(reference(folio="9"),))
        (finding,) = compare_with_xml(entered, received)
        self.assertEqual(finding.code, "XML_REFERENCIA_DIFF")
        self.assertEqual(finding.evidence, "33/9 ≠ 33/1015")
        more = replace(received, references=(reference(), reference(folio="9")))
        self.assertEqual(compare_with_xml(received, more), ())


class TestStamp(BaseCase):
    def test_a_document_that_fits_its_stamp(self):
        document = replace(RECEIVED, stamp=stamp_of(RECEIVED))
        self.assertEqual(compare_with_stamp(document), ())
        self.assertEqual(compare_with_stamp(RECEIVED), ())

    def test_each_contradiction(self):
        changes = {
            "TED_RUTEMISOR_DIFF": {"issuer_rut": OURS},
            "TED_TIPODTE_DIFF": {"document_type": "34"},
            "TED_FOLIO_DIFF": {"folio": 1},
            "TED_FCHEMIS_DIFF": {"issue_date": date(2026, 1, 1)},
            "TED_RUTRECEP_DIFF": {"receiver_rut": THEIRS},
            "TED_MNTTOTAL_DIFF": {"total": Decimal(118_999)},
            "TED_NMBITEM_DIFF": {"first_item": "Otra cosa"},
        }
        for code, change in changes.items():
            document = replace(RECEIVED, stamp=stamp_of(RECEIVED, **change))
            with self.subTest(code):
                self.assertEqual(codes(compare_with_stamp(document)), [code])

    def test_the_authorisation_is_no_matter_of_comparing(self):
        """The rules of folios check it, and one cause gives one finding."""
        narrow = FolioAuthorisation("33", 1, 1233)
        document = replace(RECEIVED, stamp=stamp_of(RECEIVED, authorisation=narrow))
        self.assertEqual(compare_with_stamp(document), ())

    def test_the_stamp_of_an_export_has_no_decimals(self):
        dear = with_totals(RECEIVED, total=Decimal("2102.95"))
        document = replace(dear, stamp=stamp_of(dear, total=Decimal(2102)))
        self.assertEqual(compare_with_stamp(document), ())


class TestFile(BaseCase):
    def compare(self, entered, data):
        """Compare without a look at schema and signature, which these files lack."""
        checks = XmlChecks(Check.UNCHECKED, Check.UNCHECKED)
        with patch(CHECK_XML, return_value=checks):
            try:
                received = read_received(entered, data, OURS)
            except UnreadableDocument as error:
                received = unreadable(error)
        return compare_with_received(entered, received)

    def test_a_true_copy(self):
        self.assertEqual(self.compare(RECEIVED, xml_of(fields_of(RECEIVED))), ())

    def test_a_difference(self):
        sent = with_totals(RECEIVED, **vars(totals(90_000)))
        found = self.compare(RECEIVED, xml_of(fields_of(sent)))
        self.assertEqual(
            codes(found), ["XML_MNTNETO_DIFF", "XML_IVA_DIFF", "XML_MNTTOTAL_DIFF"]
        )

    def test_a_stamp_that_contradicts(self):
        sent = replace(RECEIVED, stamp=stamp_of(RECEIVED, total=Decimal(1)))
        found = self.compare(RECEIVED, xml_of(fields_of(sent)))
        self.assertEqual(codes(found), ["TED_MNTTOTAL_DIFF"])

    def test_the_bill_is_found_among_others(self):
        sent = [replace(RECEIVED, folio=n) for n in (1, 1234, 2)]
        data = file_of(
            [body_element(fields_of(each)) for each in sent],
            inside=("EnvioDTE", "SetDTE"),
        )
        self.assertEqual(self.compare(RECEIVED, data), ())
        found = self.compare(replace(RECEIVED, folio=7), data)
        self.assertEqual(codes(found), ["XML_OTHER_DOCUMENT"])

    def test_the_only_document_is_taken_for_the_bill(self):
        data = xml_of(fields_of(RECEIVED))
        found = self.compare(replace(RECEIVED, folio=7), data)
        self.assertEqual(codes(found), ["XML_FOLIO_DIFF"])

    def test_files_that_cannot_be_read_are_findings(self):
        for data in (b"", b"<x/>", b"<!DOCTYPE x><x/>"):
            with self.subTest(data):
                (finding,) = self.compare(RECEIVED, data)
                self.assertEqual(finding.code, "XML_UNREADABLE")
                self.assertEqual(finding.severity, Severity.WARNING)

    def test_without_the_library_nothing_is_checked_and_that_is_said(self):
        data = xml_of(fields_of(RECEIVED))
        with patch.dict(sys.modules, {"cl_sii": None, "cl_sii.dte.parse": None}):
            checks = check_xml(data)
        self.assertIs(checks.schema, Check.UNCHECKED)
        self.assertIs(checks.signature, Check.UNCHECKED)
        self.assertEqual(checks.signature_reason, "cl-sii is not installed")
