"""Masking: no person can be identified from what is sent, and everything is
restored."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests.common import BaseCase

from odoo.addons.account_ai.services.agents.registry import agent
from odoo.addons.account_ai.services.documents.context import (
    PartnerHistory,
    PastDocument,
)
from odoo.addons.account_ai.services.documents.document import Party, Reference
from odoo.addons.account_ai.services.privacy.masking import Masking, is_natural_person

from ..agents.agents_documents import CUSTOMER, PERSON, context, invoice, line

PERSON_IN_TEXTS = (
    "Honorarios Elena Rojas Soto, octubre 2026",
    "HONORARIOS ELENA ROJAS SOTO",
    "Elena  Rojas\tSoto",
    "Rojas Soto, Elena",
    "elena rojas",
    "E. Rojas Soto",
    "Sra. Rojas",
    "Sra. Rojas Soto",
    "Eléna Rójas Sóto",
    "ElenaRojas",
    "elena_rojas",
    "RUT 12.345.678-5",
    "RUT: 12345678-5",
    "12345678-5",
    "123456785",
    "12.345.678 - 5",
    "12 345 678-5",
    "12.345.678",
    "Ｒut １２.３４５.６７８-５",
    "contacto elena.rojas@correo.cl",
    "fono +56 9 8765 4321",
    "cel 987654321",
    "9 8765 4321",
)
OTHER_PERSONS = (
    "chofer RUT 9.876.543-3",
    "entregado a 15.432.109-0",
    "C.I. 7654321-6",
    "guardia 11111111-1",
)
NOT_PERSONS = (
    "OC 4500098812",
    "Factura 1234567",
    "Total 12.345.679",
    "Contrato 4512-7",
    "Orden 4500981-1",
    "RUT 76.543.210-3",
    "96800123-K",
    "Soto mayor 3/4",
    "Plan de 600 minutos",
    "Medidas 2.400 x 1.200 x 18",
    "Patente KJHT-45",
    "Período 01-10-2026 al 31-10-2026",
)


class TestMasking(BaseCase):
    def setUp(self):
        super().setUp()
        self.masking = Masking.of(invoice(issuer=PERSON))

    def test_a_person_is_masked_however_it_is_written(self):
        for text in PERSON_IN_TEXTS:
            masked = self.masking.mask(text)
            self.assertNotRegex(masked, r"(?i)el[eé]na|r[oó]jas|s[oó]to")
            self.assertNotRegex(masked, r"\d{3}\D?\d{3}")
            self.assertRegex(masked, r"\[(PERSON|RUT|EMAIL|PHONE)_1")
            self.assertEqual(self.masking.unmask(masked), text)

    def test_ruts_of_others_in_free_text_are_masked(self):
        for text in OTHER_PERSONS:
            masked = self.masking.mask(text)
            self.assertRegex(masked, r"\[RUT_[2-9]\]$")
            self.assertEqual(self.masking.unmask(masked), text)

    def test_what_is_no_person_stays(self):
        for text in NOT_PERSONS:
            self.assertEqual(self.masking.mask(text), text)

    def test_the_first_spelling_has_the_plain_placeholder(self):
        self.assertEqual(self.masking.mask(PERSON.name), "[PERSON_1]")
        self.assertEqual(self.masking.mask(PERSON.rut), "[RUT_1]")
        self.assertEqual(self.masking.mask("Elena Rojas"), "[PERSON_1_2]")
        self.assertEqual(self.masking.mask("12345678-5"), "[RUT_1_2]")

    def test_names_of_any_form(self):
        for name in ("D'Angelo-Ruiz 2", "Li", "¡!", "Al 3"):
            masking = Masking.of(invoice(issuer=replace(PERSON, name=name)))
            masked = masking.mask(f"Pago a {name}, obra")
            self.assertEqual(masked, "Pago a [PERSON_1], obra")

    def test_two_persons_are_told_apart(self):
        other = Party(rut="9876543-3", name="Bruno Díaz", is_natural_person=True)
        masking = Masking.of(invoice(issuer=PERSON, receiver=other))
        self.assertEqual(
            masking.mask("Elena Rojas Soto a Bruno Díaz"), "[PERSON_1] a [PERSON_2]"
        )

    def test_the_same_document_gives_the_same_placeholders(self):
        document = invoice(
            issuer=PERSON, lines=(line(1, "Aseo"), line(2, "Rojas Elena, 9876543-3"))
        )
        text = "Rojas Elena y 9876543-3 y ELENA ROJAS SOTO"
        first, second = Masking.of(document), Masking.of(document)
        self.assertEqual(first.mask(text), second.mask(text))
        # What reads the answer has not seen the texts in the same order.
        self.assertEqual(second.unmask("[PERSON_1_2]"), "Rojas Elena")

    def test_placeholders_in_the_document_are_texts(self):
        text = "Pague a [PERSON_1], [RUT_1_2]"
        masked = self.masking.mask(text)
        self.assertEqual(masked, "Pague a [TEXT_1], [TEXT_2]")
        self.assertEqual(self.masking.unmask(masked), text)

    def test_an_unknown_placeholder_stays(self):
        self.assertEqual(self.masking.unmask("de [PERSON_7]"), "de [PERSON_7]")

    def test_off_leaves_everything(self):
        masking = Masking.off()
        self.assertEqual(masking.mask(PERSON_IN_TEXTS[0]), PERSON_IN_TEXTS[0])
        self.assertEqual(masking.unmask("[PERSON_1]"), "[PERSON_1]")

    def test_who_is_a_natural_person(self):
        for party, expected in (
            (Party(rut="12345678-5"), True),
            (Party(rut="CL12.345.678-5"), True),
            (Party(rut="76543210-3"), False),
            (Party(rut="76543210-3", is_natural_person=True), True),
            (Party(name="ACME Inc.", rut="12345678-5", country="US"), False),
            (Party(), False),
            (CUSTOMER, False),
        ):
            self.assertEqual(is_natural_person(party), expected, party)

    @settings(deadline=None, derandomize=True)
    @given(
        st.lists(
            st.one_of(
                st.text(max_size=20),
                st.sampled_from(PERSON_IN_TEXTS + OTHER_PERSONS + NOT_PERSONS),
                st.sampled_from(("[PERSON_1]", "[RUT_1_2]", "[TEXT_1]", "[", "_2]")),
            ),
            max_size=6,
        ).map(" ".join)
    )
    def test_what_was_masked_comes_back(self, text):
        masking = Masking.of(invoice(issuer=PERSON))
        self.assertEqual(masking.unmask(masking.mask(text)), text)

    @settings(deadline=None, derandomize=True)
    @given(
        st.integers(1_000_000, 49_999_999),
        st.text("abcdefghijlmnopqrstuvxyzáéíóúñ", min_size=3, max_size=12),
        st.text("abcdefghijlmnopqrstuvxyzáéíóúñ", min_size=3, max_size=12),
    )
    def test_any_person_is_masked(self, body, first, last):
        name = f"{first.capitalize()} {last.capitalize()}"
        party = Party(rut=f"{body}-0", name=name, is_natural_person=True)
        masking = Masking.of(invoice(receiver=party))
        text = f"Pago a {name.upper()} ({body:,}-0), {last} {first}".replace(
            ",", ".", 2
        )
        masked = masking.mask(text)
        self.assertNotIn(str(body), re.sub(r"\D", "", masked))
        self.assertNotIn(name.upper(), masked)
        self.assertEqual(masking.unmask(masked), text)


class TestRequestOfAPerson(BaseCase):
    """Nothing of a person leaves: every field of the document names one."""

    SECRETS = re.compile(
        r"(?i)elena|rojas|soto|12\D?345\D?678|9\D?876\D?543|correo\.cl|8765\D?4321"
    )

    def request(self, **options):
        story = " ".join((*PERSON_IN_TEXTS[:4], "RUT 9.876.543-3", "+56987654321"))
        document = replace(
            invoice(issuer=PERSON, receiver=replace(PERSON, comuna="Tomé")),
            lines=(line(1, story, description=story, unit="12345678-5"),),
            references=(Reference(1, "HES", "12345678-5", None, None, story),),
            notes=f"{story} elena.rojas@correo.cl",
        )
        past = PastDocument(date(2026, 10, 1), Decimal(1), (story,))
        around = context(history=PartnerHistory(count=1, recent=(past,)))
        return agent("dte").request(
            document, around, language="es", model="claude-haiku-5-5", **options
        )

    def test_nothing_that_tells_who_it_is_leaves(self):
        self.assertNotRegex(self.request().canonical, self.SECRETS)

    def test_only_the_company_can_switch_it_off(self):
        unmasked = self.request(mask_persons=False).canonical
        self.assertRegex(unmasked, self.SECRETS)
