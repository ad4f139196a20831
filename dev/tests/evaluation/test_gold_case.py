"""Labelled cases are read exactly as they are written, or refused by name."""

from __future__ import annotations

import unittest
from datetime import date
from decimal import Decimal

from dev.evaluation.gold_case import read_gold_case
from services.documents.context import ExchangeRate, FolioRange, KnownPartner
from services.documents.errors import UnreadableDocument

from .cases import OURS, SOUND_DOCUMENTS, THEIRS, tree_of

MASTER = {
    "company": {"RUTEmisor": OURS, "RznSoc": "Montajes Quilapilún SpA"},
    "projects": [
        {
            "id": "P-1",
            "name": "Pabellones",
            "customer": THEIRS,
            "status": "done",
            "start": "2026-06-01",
            "end": "2027-01-31",
            "contract_net": 180000000,
            "billed_net": 99000000,
            "milestones": ["30% anticipo"],
            "po": "OC-4417",
        }
    ],
}
FEE_RECEIPT = {
    "tipo": "BHE",
    "numero": 214,
    "fecha": "2026-11-18",
    "emisor": {"rut": "15876432-6", "name": "Camila Soto Riquelme"},
    "receptor": {"rut": OURS, "name": "Montajes Quilapilún SpA"},
    "glosa": "Cálculo",
    "bruto": 1200000,
    "tasa_retencion": Decimal("15.25"),
    "retencion": 183000,
    "liquido": 1017000,
}


def case(document=None, flow="sale", context=None, **values):
    """Return a case around a tree of fields."""
    tree = tree_of("invoice") if document is None else document
    return {
        "id": "T1",
        "flow": flow,
        "today": "2026-11-18",
        "document": tree,
        "context": context or {},
        **values,
    }


def context_of(context, flow="sale", document=None):
    """Return the context that a case's context is read as."""
    return read_gold_case(case(document, flow, context), MASTER).context


class TestDocuments(unittest.TestCase):
    def test_all_types_are_read(self):
        for name, written in SOUND_DOCUMENTS.items():
            header = written["tree"]["Encabezado"]
            with self.subTest(name):
                found = read_gold_case(case(written["tree"], written["flow"]), MASTER)
                document = found.document
                self.assertEqual(document.document_type, header["IdDoc"]["TipoDTE"])
                self.assertEqual(document.flow, written["flow"])
                total = Decimal(header["Totales"]["MntTotal"])
                self.assertEqual(document.totals.total, total)
                self.assertEqual(found.unread, ())

    def test_a_fee_receipt_is_a_bill_of_type_70(self):
        found = read_gold_case(case(FEE_RECEIPT, "honorarios"), MASTER)
        totals = found.document.totals
        self.assertEqual((totals.fee, totals.total), (1200000, 1017000))
        self.assertEqual(totals.retention, 183000)
        self.assertEqual(totals.retention_rate, Decimal("15.25"))
        self.assertEqual(found.document.document_type, "70")
        self.assertEqual(found.document.flow, "purchase")
        self.assertEqual(found.document.folio, 214)
        self.assertEqual(found.document.lines[0].name, "Cálculo")
        self.assertTrue(found.document.issuer.is_natural_person)
        self.assertFalse(found.document.receiver.is_natural_person)
        self.assertEqual(found.context.company_rut, OURS)

    def test_numbers_stay_exact(self):
        tree = tree_of("invoice")
        tree["Detalle"][0]["QtyItem"] = Decimal("0.1")
        found = read_gold_case(case(tree), MASTER)
        self.assertEqual(found.document.lines[0].quantity, Decimal("0.1"))

    def test_a_field_in_the_wrong_block_is_told(self):
        tree = tree_of("invoice")
        tree["Encabezado"]["Emisor"]["FmaPago"] = 1
        found = read_gold_case(case(tree), MASTER)
        self.assertEqual(found.unread, ("Encabezado/Emisor/FmaPago",))

    def test_a_word_about_the_books_that_is_not_known_is_told(self):
        found = read_gold_case(case(context={"weather": "fine"}), MASTER)
        self.assertEqual(found.unread, ("context/weather",))


class TestUnknownShapes(unittest.TestCase):
    def refused(self, source):
        with self.assertRaises(UnreadableDocument) as caught:
            read_gold_case(source, MASTER)
        self.assertTrue(caught.exception.reason.startswith("Case T1: "))
        return caught.exception.reason

    def test_other_documents(self):
        self.assertIn(
            "holds period, wage", self.refused(case({"period": 1, "wage": 2}))
        )
        self.assertIn("holds tipo", self.refused(case({"tipo": "BTE"}, "honorarios")))
        self.assertIn("no document", self.refused(case([])))

    def test_flows(self):
        self.assertIn("'gift'", self.refused(case(flow="gift")))
        self.assertIn("honorarios", self.refused(case(flow="honorarios")))

    def test_fields_that_no_format_has_are_named(self):
        tree = tree_of("invoice")
        tree["Encabezado"]["Totales"]["MntPropina"] = 1
        tree["Detalle"][0]["Emoji"] = "x"
        reason = self.refused(case(tree))
        self.assertIn("Encabezado/Totales/MntPropina", reason)
        self.assertIn("Detalle/Emoji", reason)
        reason = self.refused(case({**FEE_RECEIPT, "propina": 1}, "honorarios"))
        self.assertIn("propina", reason)
        party = {**FEE_RECEIPT, "emisor": {"rut": "1-9", "zodiac": "x"}}
        self.assertIn("emisor: zodiac", self.refused(case(party, "honorarios")))

    def test_values_of_another_kind(self):
        values = (("Totales", "MntTotal", 1.5), ("Totales", "IVA", True))
        for block, name, value in (*values, ("IdDoc", "FchEmis", "ayer")):
            tree = tree_of("invoice")
            tree["Encabezado"][block][name] = value
            with self.subTest(name):
                self.assertIn(name, self.refused(case(tree)))

    def test_no_day_of_judgement(self):
        source = case()
        del source["today"]
        self.assertIn("today", self.refused(source))


class TestContext(unittest.TestCase):
    def test_folios(self):
        caf = {"TD": 33, "D": 1001, "H": 1200, "FA": "2026-08-20"}
        expected = (FolioRange("33", 1001, 1200, date(2026, 8, 20)),)
        self.assertEqual(context_of({"caf": caf}).folio_ranges, expected)
        self.assertIsNone(context_of({}).folio_ranges)

    def test_whose_books_they_are(self):
        self.assertEqual(context_of({}).company_rut, OURS)
        self.assertEqual(context_of({}, flow="purchase").company_rut, OURS)
        self.assertEqual(read_gold_case(case()).context.company_rut, OURS)
        self.assertEqual(read_gold_case(case(flow="purchase")).context.company_rut, "")

    def test_documents_of_the_books_and_what_was_credited(self):
        note = tree_of("credit note")
        books = {
            "prior_docs": [
                {
                    "TipoDTE": 33,
                    "Folio": 1015,
                    "FchEmis": "2026-10-22",
                    "RUTRecep": THEIRS,
                    "MntNeto": 1000000,
                    "IVA": 190000,
                    "MntTotal": 1190000,
                    "sii_state": "accepted",
                    "lines": ["Luminarias"],
                },
                {
                    "TipoDTE": 61,
                    "Folio": 210,
                    "RUTRecep": THEIRS,
                    "MntTotal": 238000,
                    "CodRef": 3,
                    "ref": "33/1015",
                },
            ]
        }
        context = context_of(books, document=note)
        (referenced,) = context.referenced
        self.assertEqual(referenced.folio, "1015")
        self.assertEqual(referenced.total, Decimal(1190000))
        self.assertEqual(referenced.credited, Decimal(238000))
        first, second = context.earlier
        self.assertEqual(first.net, Decimal(1000000))
        self.assertEqual(first.descriptions, ("Luminarias",))
        self.assertEqual(second.corrects, ("33/1015",))
        self.assertEqual(second.correction, 3)
        self.assertEqual(context.history.count, 1)
        self.assertEqual(context.history.recent[0].total, Decimal(1190000))

    def test_what_is_not_listed_is_not_in_the_books(self):
        self.assertEqual(context_of({}).earlier, ())

    def test_bills(self):
        bills = [{"vendor": THEIRS, "TipoDTE": 33, "Folio": 7, "move": "BILL/7"}]
        (bill,) = context_of({"existing_bills": bills}, flow="purchase").earlier
        self.assertEqual((bill.flow, bill.partner_rut), ("purchase", THEIRS))
        self.assertEqual((bill.folio, bill.name), ("7", "BILL/7"))

    def test_order(self):
        order = {
            "name": "PO-1",
            "vendor": THEIRS,
            "amount_net": 1773000,
            "project": "P-1",
            "lines": [{"desc": "Plancha", "qty": 180, "price": 9850}],
            "received_qty": 150,
        }
        found = context_of({"purchase_order": order}, flow="purchase").purchase_order
        self.assertEqual((found.name, found.project), ("PO-1", "P-1"))
        self.assertEqual(found.received, Decimal(150))
        self.assertEqual(found.lines[0].unit_price, Decimal(9850))
        self.assertIsNone(context_of({}).purchase_order)
        books = {"purchase_order": order, "project_candidates": ["P-9", "P-1"]}
        projects = context_of(books, flow="purchase").projects
        self.assertEqual([each.code for each in projects], ["P-9", "P-1"])
        (project,) = context_of({"purchase_order": order}, flow="purchase").projects
        self.assertEqual((project.code, project.state), ("P-1", "done"))

    def test_the_day_of_reception_is_the_one_in_chile(self):
        received = {"sii_received_at": "2026-11-04T01:30:00+00:00"}
        self.assertEqual(context_of(received).sii_received_on, date(2026, 11, 3))
        received = {"sii_received_at": "2026-11-03T09:00:00-03:00"}
        self.assertEqual(context_of(received).sii_received_on, date(2026, 11, 3))

    def test_claims(self):
        for words, intended in {
            "reclamar RCD": True,
            "reclamar RFP": True,
            "aceptar ACD": False,
            "": False,
        }.items():
            with self.subTest(words):
                context = context_of({"requested_action": words})
                self.assertEqual(context.claim_intended, intended)

    def test_projects(self):
        found = context_of({"project_candidates": ["P-1", "P-9"]}).projects
        self.assertEqual([each.code for each in found], ["P-1", "P-9"])
        self.assertEqual((found[0].state, found[0].order), ("done", "OC-4417"))
        self.assertEqual(found[0].contract_net, Decimal(180000000))
        self.assertEqual(found[1].name, "")

    def test_the_rest(self):
        context = context_of(
            {
                "partner_master": [{"rut": THEIRS, "name": "Clínica"}],
                "boleta_identification_threshold_clp": 5360000,
                "fx_observado": {"2026-11-18": Decimal("941.27")},
            }
        )
        self.assertEqual(context.known_partners, (KnownPartner(THEIRS, "Clínica"),))
        self.assertEqual(context.receipt_threshold, Decimal(5360000))
        rate = ExchangeRate("USD", date(2026, 11, 18), Decimal("941.27"))
        self.assertEqual(context.exchange_rates, (rate,))

    def test_a_history_of_net_amounts_is_told_in_totals(self):
        months = [
            {"month": f"2026-0{n}", "MntNeto": n * 100, "desc": "Mantención"}
            for n in range(1, 4)
        ]
        history = context_of({"history": months}).history
        self.assertEqual(history.count, 3)
        self.assertEqual(history.median_total, Decimal(238))
        self.assertEqual(history.recent[0].issue_date, date(2026, 3, 1))

    def test_a_history_of_fees_is_told_as_it_is(self):
        months = [{"month": "2026-09", "bruto": 900000, "desc": "Cálculo"}]
        history = context_of({"history": months}, "honorarios", FEE_RECEIPT).history
        self.assertEqual(history.median_total, Decimal(900000))

    def test_a_users_note_stands_beside_the_document(self):
        found = read_gold_case(case(context={"note_by_user": "cargar a P-1"}), MASTER)
        self.assertEqual(found.document.notes, "cargar a P-1")

    def test_values_that_are_none_of_their_kind(self):
        for words in (
            {"caf": {"TD": 33}},
            {"history": [{"month": "mayo", "MntNeto": 1}]},
            {"history": [{"month": "2026-05"}]},
            {"fx_observado": {"hoy": 1}},
            {"fx_observado": 941},
            {"sii_received_at": "ayer"},
            {"purchase_order": "PO-1"},
        ):
            with self.subTest(words), self.assertRaises(UnreadableDocument):
                context_of(words)
