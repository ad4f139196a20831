import json
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.account_ai.services.documents.context import (
    Context,
    OdooWarnings,
    PartnerHistory,
    PastDocument,
    ReferencedDocument,
)
from odoo.addons.account_ai.services.documents.document import Document, GlobalDiscount
from odoo.addons.account_ai.services.documents.serialization import (
    context_from_data,
    context_to_data,
    document_from_data,
    document_to_data,
)
from odoo.addons.account_ai.services.rules import check, shipped_rates

from ..rules.rules_documents import (
    CONTEXT,
    SOUND_DOCUMENTS,
    invoice,
    purchase_invoice,
    with_line,
    with_receiver,
)

FULL_CONTEXT = Context(
    today=date(2026, 11, 18),
    company_rut="77123987-0",
    history=PartnerHistory(
        count=3,
        median_total=Decimal("119000.50"),
        min_total=Decimal(1),
        max_total=None,
        recent=(PastDocument(date(2026, 10, 1), Decimal("1E+3"), ("Arriendo", "ñ")),),
    ),
    odoo_warnings=OdooWarnings(("BILL/1", "BILL/2"), "high", ""),
    referenced=(ReferencedDocument("33", "1015", None, "", Decimal("0.00")),),
    is_issued=True,
)


def through_json(data):
    """Return ``data`` as it comes back from a JSON column."""
    return json.loads(json.dumps(data))


class TestSerialization(BaseCase):
    def test_documents_come_back_as_they_were(self):
        for name, build in SOUND_DOCUMENTS.items():
            with self.subTest(name):
                document = build()
                data = through_json(document_to_data(document))
                self.assertEqual(document_from_data(data), document)
                self.assertEqual(repr(document_from_data(data)), repr(document))

    def test_digits_of_decimals_are_kept(self):
        for text in ("1", "1.0", "1.000000", "0", "0.00", "-0", "1E+3"):
            document = with_line(invoice(), discount=Decimal(text))
            data = through_json(document_to_data(document))
            back = document_from_data(data).lines[0].discount
            self.assertEqual(str(back), text)

    def test_every_field_travels(self):
        document = replace(
            purchase_invoice(),
            not_representable=frozenset({"CodRef", "Acteco"}),
            global_discounts=(GlobalDiscount("D", "%", Decimal(5), 1),),
            notes="línea\n«cita» 😀",
        )
        data = document_to_data(document)
        self.assertEqual(set(data), {each.name for each in fields(Document)})
        self.assertEqual(data["not_representable"], ["Acteco", "CodRef"])
        self.assertEqual(document_from_data(through_json(data)), document)

    def test_contexts_come_back_as_they_were(self):
        data = through_json(context_to_data(FULL_CONTEXT))
        self.assertEqual(repr(context_from_data(data)), repr(FULL_CONTEXT))

    def test_fields_that_were_not_stored_yet_have_their_default(self):
        data = through_json(document_to_data(invoice()))
        del data["no_debit_reduction"]
        self.assertEqual(document_from_data(data), invoice())

    def test_unknown_fields_are_refused(self):
        with self.assertRaisesRegex(ValueError, "Document has no colour"):
            document_from_data({**document_to_data(invoice()), "colour": "red"})

    def test_a_stored_verdict_is_replayed(self):
        broken = with_receiver(invoice(), rut="76431209-1", giro="")
        first = check(broken, CONTEXT, shipped_rates())
        replayed = check(
            document_from_data(through_json(document_to_data(broken))),
            context_from_data(through_json(context_to_data(CONTEXT))),
            shipped_rates(),
        )
        self.assertEqual(replayed, first)
        self.assertTrue(first.findings)
