import codecs
import dataclasses
from datetime import date
from decimal import Decimal
from unittest.mock import patch

from odoo.tests import BaseCase

from odoo.addons.account_ai.services.documents import dte_xml
from odoo.addons.account_ai.services.documents.dte_fields import document_of_fields
from odoo.addons.account_ai.services.documents.dte_xml import MAX_BYTES, read_dte_xml
from odoo.addons.account_ai.services.documents.errors import (
    RefusedXml,
    UnreadableDocument,
)
from odoo.addons.account_ai.services.rules import check, shipped_rates

from ..privacy.linear_growth import MOST, growth
from ..rules.rules_documents import (
    CONTEXT,
    OURS,
    SOUND_DOCUMENTS,
    bill,
    credit_note,
    invoice,
    line,
    purchase_invoice,
    receipt,
    with_line,
    with_receiver,
    with_totals,
)
from .documents_full import FULL_DOCUMENT, NOT_IN_THE_FORMAT
from .dte_writer import body_element, fields_of, file_of, through_json, xml_of

ENVELOPES = {
    "DTE": (),
    "EnvioDTE": ("EnvioDTE", "SetDTE"),
    "EnvioBOLETA": ("EnvioBOLETA", "SetDTE"),
    "AEC": ("AEC", "DocumentoAEC", "Cesiones", "DTECedido", "DocumentoDTECedido"),
}
DTE_DOCUMENTS = {
    name: build for name, build in SOUND_DOCUMENTS.items() if name != "fee receipt"
}


def read_one(data, company_rut=OURS):
    """Return the one document of a file."""
    (dte,) = read_dte_xml(data, company_rut)
    return dte.document


def as_the_format_has_it(document):
    """Return a document without the receiver's fields that a DTE does not have."""
    return with_receiver(document, country="", acteco=())


class TestForms(BaseCase):
    def test_every_field_travels(self):
        document = read_one(xml_of(fields_of(FULL_DOCUMENT)))
        self.assertEqual(document, FULL_DOCUMENT)

    def test_all_types_are_read_from_json(self):
        for name, build in DTE_DOCUMENTS.items():
            document = build()
            with self.subTest(name):
                tree = through_json(fields_of(document))
                found = document_of_fields(tree, document.flow)
                self.assertEqual(found, as_the_format_has_it(document))

    def test_the_full_document_is_full(self):
        told = set()
        for record in _records(FULL_DOCUMENT):
            for field in dataclasses.fields(record):
                if getattr(record, field.name) != field.default:
                    told.add((type(record).__name__, field.name))
        for record in _records(FULL_DOCUMENT):
            name = type(record).__name__
            for field in dataclasses.fields(record):
                if field.name not in NOT_IN_THE_FORMAT.get(name, ()):
                    self.assertIn((name, field.name), told)

    def test_envelopes_namespaces_and_encodings_read_the_same(self):
        tree = fields_of(bill(folio=7))
        expected = as_the_format_has_it(bill(folio=7))
        for container, inside in ENVELOPES.items():
            for namespace in ("http://www.sii.cl/SiiDte", ""):
                for encoding in ("ISO-8859-1", "UTF-8", "windows-1252"):
                    with self.subTest(container, ns=namespace, encoding=encoding):
                        data = xml_of(
                            tree, encoding=encoding, namespace=namespace, inside=inside
                        )
                        (dte,) = read_dte_xml(data, OURS)
                        self.assertEqual(dte.document, expected)
                        self.assertEqual(dte.container, container)
                        self.assertFalse(dte.has_signature)

    def test_a_byte_order_mark_is_no_matter(self):
        data = codecs.BOM_UTF8 + xml_of(fields_of(bill()), encoding="UTF-8")
        self.assertEqual(read_one(data), as_the_format_has_it(bill()))

    def test_all_documents_of_an_envelope_are_read_in_their_order(self):
        elements = [body_element(fields_of(bill(folio=n))) for n in (3, 1, 2)]
        data = file_of(elements, inside=("EnvioDTE", "SetDTE"))
        folios = [each.document.folio for each in read_dte_xml(data)]
        self.assertEqual(folios, [3, 1, 2])

    def test_comments_and_instructions_do_not_cut_texts(self):
        data = xml_of(fields_of(bill()))
        data = data.replace(b"Cambio de", b"Cam<!-- x -->bio<?y z?> de")
        self.assertEqual(read_one(data), as_the_format_has_it(bill()))

    def test_blank_fields_are_absent(self):
        data = xml_of(fields_of(bill()))
        data = data.replace(b"<GiroRecep>OBRAS DE INGENIERIA</", b"<GiroRecep> \n</")
        self.assertEqual(read_one(data).receiver.giro, "")

    def test_a_signature_is_noticed(self):
        dte = body_element(fields_of(bill()))
        dte.append(dte.makeelement("{http://www.w3.org/2000/09/xmldsig#}Signature", {}))
        (found,) = read_dte_xml(file_of([dte], inside=()))
        self.assertTrue(found.has_signature)
        self.assertEqual(found.identifier, "T1")

    def test_whose_document_it_is_follows_from_the_issuer(self):
        self.assertEqual(read_one(xml_of(fields_of(invoice()))).flow, "sale")
        self.assertEqual(read_one(xml_of(fields_of(bill()))).flow, "purchase")
        self.assertEqual(read_one(xml_of(fields_of(invoice())), "").flow, "purchase")
        bought = read_one(xml_of(fields_of(purchase_invoice())))
        self.assertEqual(bought.flow, "purchase")

    def test_boletas_are_gross_unless_they_say_net(self):
        self.assertTrue(read_one(xml_of(fields_of(receipt()))).gross_lines)
        net = receipt(gross_lines=False)
        self.assertFalse(read_one(xml_of(fields_of(net))).gross_lines)

    def test_an_unknown_currency_is_not_taken_for_pesos(self):
        tree = fields_of(FULL_DOCUMENT)
        tree["Encabezado"]["Totales"]["TpoMoneda"] = "DOBLON"
        self.assertEqual(document_of_fields(tree, "sale").currency, "DOBLON")
        del tree["Encabezado"]["Totales"]["TpoMoneda"]
        self.assertEqual(document_of_fields(tree, "sale").currency, "")


class TestSameFindings(BaseCase):
    """The same document through XML and through JSON is judged the same."""

    def findings(self, document):
        return check(document, CONTEXT, shipped_rates()).findings

    def ways(self, document):
        tree = fields_of(document)
        yield read_one(xml_of(tree))
        yield document_of_fields(through_json(tree), document.flow)

    def test_sound_documents(self):
        for name, build in DTE_DOCUMENTS.items():
            document = build(folio=7)
            for way in self.ways(document):
                with self.subTest(name):
                    self.assertEqual(way, as_the_format_has_it(document))
                    self.assertEqual(self.findings(way), ())

    def test_faults(self):
        faults = {
            "RUT_DV": with_receiver(invoice(), rut="76431209-1"),
            "RUT_FORMAT": with_receiver(invoice(), rut="76.431.209-0"),
            "MISSING_GIRO_RECEP": with_receiver(invoice(), giro=""),
            "LINE_MISMATCH": with_line(invoice(), amount=Decimal(90_000)),
            "IVA_MISMATCH": with_totals(invoice(), vat=Decimal(18_000)),
            "TOTAL_MISMATCH": with_totals(invoice(), total=Decimal(1)),
            "DECIMALS_CLP": with_totals(invoice(), total=Decimal("119000.5")),
            "DUE_BEFORE_ISSUE": invoice(due_date=date(2026, 11, 1)),
            "ENUM_FMAPAGO": invoice(payment_form=7),
            "LEN_NMBITEM": with_line(invoice(), name="x" * 81),
            "LINES_MAX": invoice(lines=tuple(line(number=n) for n in range(1, 62))),
            "NOTE_NO_REF": credit_note(references=()),
        }
        for code, document in faults.items():
            expected = self.findings(as_the_format_has_it(document))
            with self.subTest(code):
                self.assertIn(code, [each.code for each in expected])
                for way in self.ways(document):
                    self.assertEqual(self.findings(way), expected)


class TestRefusals(BaseCase):
    """Harmful files are refused, with a message."""

    def refused(self, data):
        with self.assertRaises(RefusedXml) as caught:
            read_dte_xml(data)
        return caught.exception.code

    def test_an_entity_bomb(self):
        laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
        data = f'<!DOCTYPE DTE [<!ENTITY l0 "lol">{laughs}]><DTE>&l9;</DTE>'.encode()
        # Before it is parsed, so that nothing grows.
        with patch.object(dte_xml.etree, "fromstring") as parse:
            self.assertEqual(self.refused(data), "document_type")
        parse.assert_not_called()

    def test_an_external_entity(self):
        data = xml_of(fields_of(bill()), encoding="UTF-8")
        declaration = b'<!DOCTYPE DTE [<!ENTITY f SYSTEM "file:///etc/passwd">]><DTE '
        data = data.replace(b"<DTE ", declaration, 1)
        data = data.replace(b"Cambio de rodamientos", b"&f;")
        self.assertEqual(self.refused(data), "document_type")

    def test_a_document_type_in_an_encoding_that_hides_it(self):
        text = '<!DOCTYPE DTE SYSTEM "http://127.0.0.1:9/x.dtd"><DTE/>'
        self.assertEqual(self.refused(text.encode("utf-16")), "encoding")
        self.assertEqual(self.refused(text.encode("utf-16-le")), "encoding")
        hidden = b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE DTE+AD4-<DTE/>'
        self.assertEqual(self.refused(hidden), "encoding")
        hidden = b"<?xml version='1.0' encoding='IBM037'?><DTE/>"
        self.assertEqual(self.refused(hidden), "encoding")

    def test_a_file_of_six_megabytes(self):
        data = xml_of(fields_of(bill(lines=(line(name="x" * 6_000_000),))))
        self.assertGreater(len(data), MAX_BYTES)
        with patch.object(dte_xml.etree, "fromstring") as parse:
            self.assertEqual(self.refused(data), "too_large")
        parse.assert_not_called()

    def test_a_large_file_within_the_limit_is_read(self):
        data = xml_of(fields_of(bill(lines=(line(name="x" * 4_000_000),))))
        self.assertEqual(len(read_one(data).lines[0].name), 4_000_000)

    def test_very_many_elements(self):
        data = xml_of(fields_of(bill()))
        for many in (b"<Detalle/>" * 400_000, b"<a></a>" * 400_000):
            crowded = data.replace(b"</Encabezado>", b"</Encabezado>" + many)
            self.assertLess(len(crowded), MAX_BYTES)
            self.assertEqual(self.refused(crowded), "too_large")

    def test_more_documents_than_an_envelope_may_have(self):
        one = (
            b"<Documento><Encabezado><IdDoc><TipoDTE>33</TipoDTE></IdDoc></Encabezado>"
            b"</Documento>"
        )
        self.assertEqual(len(read_dte_xml(b"<SetDTE>%b</SetDTE>" % (one * 2000))), 2000)
        self.assertEqual(
            self.refused(b"<SetDTE>%b</SetDTE>" % (one * 2001)), "too_large"
        )

    def test_depth(self):
        deep = b"<a>" * 40 + b"</a>" * 40
        data = xml_of(fields_of(bill())).replace(b"<IdDoc>", b"<IdDoc>" + deep, 1)
        self.assertEqual(self.refused(data), "too_deep")
        with self.assertRaises(UnreadableDocument):
            read_dte_xml(b"<DTE>" + b"<a>" * 100_000)

    def test_endless_numbers(self):
        tree = fields_of(bill())
        tree["Encabezado"]["Totales"]["MntTotal"] = "9" * 1_000_000
        with self.assertRaisesRegex(UnreadableDocument, "MntTotal"):
            read_dte_xml(xml_of(tree))


class TestUnreadable(BaseCase):
    def reason(self, data):
        with self.assertRaises(UnreadableDocument) as caught:
            read_dte_xml(data)
        self.assertNotIsInstance(caught.exception, RefusedXml)
        return caught.exception.reason

    def test_no_xml(self):
        for data in (b"", b"%PDF-1.7", b"<DTE>", b"\xff" * 10, b"<a></b>"):
            with self.subTest(data):
                self.assertIn("well-formed", self.reason(data))

    def test_no_dte(self):
        for data in (b"<Invoice/>", b"<DTE><Documento/></DTE>", b"<Documento/>"):
            with self.subTest(data):
                self.assertIn("no DTE", self.reason(data))

    def test_values_of_another_kind_are_named(self):
        places = {
            "Encabezado[1]/Totales[1]/MntTotal": ("Totales", "MntTotal", "1.190.000"),
            "Encabezado[1]/IdDoc[1]/FchEmis": ("IdDoc", "FchEmis", "18-11-2026"),
            "Encabezado[1]/IdDoc[1]/Folio": ("IdDoc", "Folio", "12.5"),
            "Encabezado[1]/IdDoc[1]/FmaPago": ("IdDoc", "FmaPago", "contado"),
            "Encabezado[1]/Receptor[1]/RznSocRecep": ("Receptor", "RznSocRecep", {}),
        }
        for place, (block, name, value) in places.items():
            tree = fields_of(bill())
            tree["Encabezado"][block][name] = value or {"b": "x"}
            with self.subTest(place):
                self.assertTrue(self.reason(xml_of(tree)).startswith(place))

    def test_numbers_that_only_python_knows(self):
        for value in ("1e3", "1_000", "NaN", "Infinity", "٣", "0x10", "--1"):
            tree = fields_of(bill())
            tree["Encabezado"]["Totales"]["MntTotal"] = value
            with self.subTest(value):
                self.assertIn("MntTotal", self.reason(xml_of(tree)))

    def test_fields_that_stand_twice_are_named(self):
        tree = fields_of(bill())
        tree["Encabezado"]["Totales"]["MntTotal"] = [1, 2]
        self.assertIn("MntTotal stands more than once", self.reason(xml_of(tree)))
        tree = fields_of(bill())
        tree["Encabezado"]["Totales"] = [{"MntTotal": 1}, {"MntTotal": 2}]
        self.assertIn("Totales stands more than once", self.reason(xml_of(tree)))

    def test_no_type(self):
        tree = fields_of(bill())
        del tree["Encabezado"]["IdDoc"]["TipoDTE"]
        self.assertIn("TipoDTE", self.reason(xml_of(tree)))


class TestWork(BaseCase):
    def test_reading_takes_as_much_more_as_there_are_more_lines(self):
        def data(count):
            lines = tuple(line(number=n) for n in range(1, count + 1))
            return xml_of(fields_of(bill(lines=lines)))

        self.assertLess(growth(read_dte_xml, data, size=100), MOST)


def _records(value):
    """Yield all records within a record, itself included."""
    if isinstance(value, tuple):
        for each in value:
            yield from _records(each)
    elif dataclasses.is_dataclass(value):
        yield value
        for field in dataclasses.fields(value):
            yield from _records(getattr(value, field.name))
