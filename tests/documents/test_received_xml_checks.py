"""Schema and signature of the XML of vendor bills, checked by ``cl-sii``, and the same
bills where that library is not installed."""

import sys
from dataclasses import replace
from importlib.util import find_spec
from unittest import skipUnless
from unittest.mock import patch

from odoo.tests import tagged

from .dte_signer import signed_xml
from .dte_writer import fields_of, xml_of
from .test_received_xml import ReceivedXmlCase

WITHOUT_LIBRARY = patch.dict(sys.modules, {"cl_sii": None, "cl_sii.dte.parse": None})


def tampered(data, there=b"bombas", instead=b"bombos"):
    """Return a file with something changed after it was signed."""
    if there not in data:
        raise ValueError(f"{there!r} is not in the file")
    return data.replace(there, instead)


@tagged("post_install", "-at_install")
@skipUnless(find_spec("cl_sii"), "cl-sii is not installed")
class TestSchemaAndSignature(ReceivedXmlCase):
    checks_files = True

    def sent(self, **changes):
        """Return the bill's XML as its issuer signed it."""
        return signed_xml(replace(self.true_copy(), **changes))

    def severities(self):
        return {each.code: each.severity.value for each in self.found()}

    def test_a_good_file_is_no_finding(self):
        self.attach(self.sent())
        self.assertIsNotNone(self.reading().context.received.document)
        self.assertEqual(self.severities(), {})

    def test_a_file_without_a_namespace_is_no_finding(self):
        """Many issuers send it so."""
        self.attach(self.sent().replace(b' xmlns="http://www.sii.cl/SiiDte"', b"", 1))
        self.assertEqual(self.severities(), {})

    def test_a_change_after_signing(self):
        self.attach(tampered(self.sent()))
        self.assertEqual(self.severities(), {"XML_SIGNATURE": "warning"})

    def test_a_changed_amount(self):
        """The amount as entered is that of the file: only the signature tells."""
        self.attach(
            tampered(
                self.sent(),
                b"<PrcItem>150000</PrcItem>",
                b"<PrcItem>150001</PrcItem>",
            )
        )
        self.assertEqual(self.severities(), {"XML_SIGNATURE": "warning"})

    def test_a_signature_of_somebody_else(self):
        self.attach(tampered(self.sent(), b"<SignatureValue>", b"<SignatureValue>AAAA"))
        (finding,) = self.found()
        self.assertEqual(finding.code, "XML_SIGNATURE")
        self.assertIn("enclosed certificate", finding.evidence)

    def test_a_broken_schema(self):
        """An element that is not the SII's, put in before the file was signed."""
        copy = self.true_copy()
        with patch.dict(
            "odoo.addons.account_ai.tests.documents.dte_signer.EXTRA", {"Fantasia": "1"}
        ):
            self.attach(signed_xml(copy))
        (finding,) = self.found()
        self.assertEqual(
            (finding.code, finding.severity), ("XML_SCHEMA", "information")
        )
        self.assertIn("Fantasia", finding.evidence)

    def test_no_signature_at_all(self):
        """It breaks the schema, which requires one; a missing one is not an invalid
        one."""
        self.attach(xml_of(fields_of(self.true_copy())))
        self.assertEqual(self.severities(), {"XML_SCHEMA": "information"})

    def test_a_signature_in_disorder(self):
        """The library raises much besides its own errors; the bill is read all the
        same, and no such signature passes for a good one."""
        good = self.sent()
        for there, instead in (
            (b"<SignatureValue>", b"<SignatureValue><Value/>"),
            (b"Modulus>", b"Product>"),
            (b'Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"', b'Algorithm=""'),
            (b"#rsa-sha1", b"#hmac-sha1"),
            (b"<X509Certificate>", b"<X509Certificate>#"),
            (b'URI="#T1"', b'URI="#T2"'),
            (b'URI="#T1"', b'URI="file:///etc/hostname"'),
        ):
            with self.subTest(instead):
                self.attach(tampered(good, there, instead))
                self.assertIn("XML_SIGNATURE", self.severities())

    def test_what_the_library_cannot_read(self):
        """It raises a plain ``Exception`` where it meets what it does not expect."""
        self.attach(self.sent(folio=4712))
        with patch("cl_sii.dte.parse.clean_dte_xml", side_effect=Exception("root")):
            self.assertEqual(self.severities(), {"XML_FOLIO_DIFF": "error"})

    def test_it_reaches_the_validation(self):
        self.attach(tampered(self.sent()))
        validation = self.validate(self.bill)
        (finding,) = validation.finding_ids.filtered(
            lambda each: each.code == "XML_SIGNATURE"
        )
        self.assertEqual((finding.origin, finding.severity), ("rule", "warning"))
        self.assertEqual(validation.rules_verdict, "review")
        found = validation._replay().rule_findings
        with WITHOUT_LIBRARY:
            self.assertEqual(validation._replay().rule_findings, found)


@tagged("post_install", "-at_install")
class TestWithoutTheLibrary(ReceivedXmlCase):
    checks_files = True

    def test_nothing_is_found_and_nothing_breaks(self):
        good = signed_xml(self.true_copy())
        for data in (good, tampered(good), xml_of(fields_of(self.true_copy()))):
            with self.subTest(data[-40:]), WITHOUT_LIBRARY:
                self.attach(data)
                self.assertIsNotNone(self.reading().context.received.document)
                self.assertEqual(self.found_codes(), [])

    def test_what_needs_no_library_is_found(self):
        self.attach(signed_xml(replace(self.true_copy(), folio=4712)))
        with WITHOUT_LIBRARY:
            self.assertEqual(self.found_codes(), ["XML_FOLIO_DIFF"])
            validation = self.validate(self.bill)
        self.assertEqual(validation.state, "done")
        self.assertIn("XML_FOLIO_DIFF", self.codes(validation))
