from dataclasses import replace
from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.account_ai.services.documents.context import (
    OdooWarnings,
    ReferencedDocument,
)
from odoo.addons.account_ai.services.documents.document import Totals

from .rules_documents import (
    CONTEXT,
    THEIRS,
    bill,
    credit_note,
    debit_note,
    export_credit_note,
    export_debit_note,
    invoice,
    line,
    reference,
    with_issuer,
    with_line,
    with_receiver,
    with_references,
)
from .rules_table import INFORMATION, WARNING, Broken, RulesTable, Sound

ORDER = reference(document_type="801", folio="OC-1", code=None)
TEXT_CORRECTION = credit_note(
    references=(reference(code=2),),
    lines=(line(quantity=1, price=0),),
    totals=Totals(total=Decimal(0)),
)


def note(**values):
    """Return a credit note with a changed reference."""
    return with_references(credit_note(), reference(**values))


def known(**values):
    """Return a context in which the books know the factura 1015."""
    fields = {
        "document_type": "33",
        "folio": "1015",
        "issue_date": date(2026, 10, 22),
        "partner_rut": THEIRS,
        "total": Decimal(119_000),
    }
    return replace(CONTEXT, referenced=(ReferencedDocument(**{**fields, **values}),))


def warned(**values):
    """Return a context with warnings of Odoo."""
    return replace(CONTEXT, odoo_warnings=OdooWarnings(**values))


class TestNoteRules(RulesTable, BaseCase):
    BROKEN = (
        Broken("NOTE_NO_REF", with_references(credit_note()), field="TpoDocRef"),
        Broken("NOTE_NO_REF", with_references(credit_note(), ORDER), field="TpoDocRef"),
        Broken("NOTE_NO_CODREF", note(code=None), field="CodRef", evidence="33/1015"),
        Broken("NOTE_NO_CODREF", note(code=4), field="CodRef"),
        Broken(
            "NOTE_CODREF1_MULTI",
            with_references(credit_note(), reference(), reference(number=2, folio="9")),
            field="Referencia",
            evidence="33/1015, 33/9",
        ),
        Broken(
            "NOTE_CODREF2_AMOUNT", note(code=2), field="MntTotal", evidence="119.000"
        ),
        Broken(
            "NOTE_CODREF2_AMOUNT",
            with_line(TEXT_CORRECTION, amount=Decimal(1_000)),
            field="MontoItem",
            line=1,
            also=frozenset({"LINE_MISMATCH", "NETO_MISMATCH"}),
        ),
        Broken(
            "NOTE_WRONG_KIND",
            note(document_type="61"),
            field="TpoDocRef",
            evidence="61 → 61/1015",
        ),
        Broken(
            "NOTE_WRONG_KIND",
            with_references(debit_note(), reference()),
            field="TpoDocRef",
        ),
        Broken("NOTE_WRONG_KIND", note(document_type="52"), field="TpoDocRef"),
        Broken(
            "NOTE_WRONG_KIND",
            with_references(export_debit_note(), reference(document_type="110")),
            field="TpoDocRef",
        ),
        Broken("NOTE_EXPORT_KIND", note(document_type="110"), field="TpoDocRef"),
        Broken(
            "NOTE_EXPORT_KIND",
            with_references(export_credit_note(), reference()),
            field="TpoDocRef",
            evidence="112 → 33/1015",
        ),
        Broken("REF_FOLIO_ZERO", note(folio="0", code=3), field="FolioRef"),
        Broken("REF_FOLIO_ZERO", note(folio=" ", code=3), field="FolioRef"),
        Broken(
            "NOTE_REF_DATE",
            note(date=date(2026, 11, 19)),
            field="FchRef",
            severity=WARNING,
            evidence="> 2026-11-18",
        ),
        Broken(
            "NOTE_REF_DATE",
            note(date=date(2002, 7, 31), code=3, document_type="34"),
            field="FchRef",
            severity=WARNING,
            also=frozenset({"NOTE_LATE_NO_INDNOREBAJA"}),
        ),
        Broken(
            "NOTE_REF_DATE",
            note(date=date(2026, 10, 12)),
            field="FchRef",
            severity=WARNING,
            evidence="≠ 2026-10-22",
            context=known(),
        ),
        Broken(
            "NOTE_CANCEL_OUT_OF_PERIOD",
            note(date=date(2026, 9, 30)),
            field="FchRef",
            severity=WARNING,
        ),
        Broken(
            "NOTE_LATE_NO_INDNOREBAJA",
            note(date=date(2026, 5, 17), code=3),
            field="IndNoRebaja",
            evidence="2026-05-17 … 2026-11-18",
        ),
        Broken(
            "NOTE_RUT_DIFF",
            with_receiver(credit_note(), rut="96800123-K"),
            field="RUTRecep",
            evidence="96800123-K ≠ 76431209-0",
            context=known(),
        ),
        Broken(
            "NOTE_RUT_DIFF",
            with_issuer(
                bill(
                    document_type="61",
                    references=(reference(),),
                ),
                rut="96800123-K",
            ),
            field="RUTEmisor",
            context=known(),
        ),
        Broken(
            "NOTE_CANCEL_AMOUNT_DIFF",
            credit_note(),
            field="MntTotal",
            evidence="119.000 ≠ 238.000",
            context=known(total=Decimal(238_000)),
        ),
        Broken(
            "NOTE_EXCEEDS_REF",
            note(code=3),
            field="MntTotal",
            evidence="119.000 + 1 > 119.000",
            context=known(credited=Decimal(1)),
        ),
        Broken(
            "DUP_INVOICE",
            bill(),
            field="Folio",
            severity=WARNING,
            evidence="BILL/2026/11/0042",
            context=warned(duplicates=("BILL/2026/11/0042",)),
        ),
        Broken(
            "SEM_UNUSUAL_AMOUNT",
            bill(),
            field="MntTotal",
            severity=WARNING,
            evidence="3 times",
            context=warned(abnormal_amount="3 times the usual"),
        ),
        Broken(
            "UNUSUAL_DATE",
            bill(),
            field="FchEmis",
            severity=INFORMATION,
            context=warned(abnormal_date="late"),
        ),
    )
    SOUND = (
        Sound(
            "NOTE_NO_REF",
            with_references(credit_note(), ORDER, reference(number=2)),
        ),
        Sound("NOTE_NO_CODREF", with_references(invoice(), reference(code=None))),
        Sound(
            "NOTE_CODREF1_MULTI",
            with_references(
                credit_note(), reference(code=3), reference(number=2, code=3)
            ),
        ),
        Sound("NOTE_CODREF2_AMOUNT", TEXT_CORRECTION),
        Sound("NOTE_WRONG_KIND", note(document_type="56")),
        Sound("NOTE_WRONG_KIND", note(document_type="39")),
        Sound("NOTE_WRONG_KIND", note(document_type="61", code=3)),
        Sound("REF_FOLIO_ZERO", note(folio="0", is_global=True)),
        Sound("NOTE_REF_DATE", note(date=None)),
        Sound("NOTE_REF_DATE", credit_note(), context=known()),
        Sound("NOTE_CANCEL_OUT_OF_PERIOD", note(date=date(2026, 10, 1))),
        Sound("NOTE_LATE_NO_INDNOREBAJA", note(date=date(2026, 5, 18), code=3)),
        Sound(
            "NOTE_LATE_NO_INDNOREBAJA",
            replace(note(date=date(2026, 1, 2), code=3), no_debit_reduction=True),
        ),
        Sound(
            "NOTE_RUT_DIFF", credit_note(), context=known(partner_rut="76.431.209-0")
        ),
        Sound("NOTE_RUT_DIFF", credit_note(), context=known(partner_rut="66666666-6")),
        Sound(
            "NOTE_CANCEL_AMOUNT_DIFF",
            note(code=3),
            context=known(total=Decimal(238_000)),
        ),
        Sound("NOTE_EXCEEDS_REF", credit_note(), context=known()),
        Sound(
            "NOTE_EXCEEDS_REF",
            note(code=3),
            context=known(total=Decimal(200_000), credited=Decimal(81_000)),
        ),
    )

    def test_codes_that_the_books_cannot_hold_are_not_asked_for(self):
        document = replace(
            note(code=None), not_representable=frozenset({"CodRef", "IndNoRebaja"})
        )
        self.assertEqual(self.codes(document), set())
