"""Documents against what the books know: earlier ones, projects, partners, claims."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.account_ai.services.documents.context import (
    Context,
    EarlierDocument,
    KnownPartner,
    Project,
    ReferencedDocument,
)
from odoo.addons.account_ai.services.rules.matching import is_same_name

from .rules_documents import (
    CONTEXT,
    OURS,
    THEIRS,
    bill,
    credit_note,
    fee_receipt,
    invoice,
    line,
    reference,
    totals,
    with_receiver,
    with_references,
)
from .rules_table import WARNING, Broken, RulesTable, Sound


def earlier(**values):
    """Return the factura that ``credit_note`` annuls, as the books know it."""
    fields = {
        "document_type": "33",
        "folio": "1015",
        "flow": "sale",
        "issue_date": date(2026, 10, 22),
        "partner_rut": THEIRS,
        "net": Decimal(100_000),
        "total": Decimal(119_000),
    }
    return EarlierDocument(**{**fields, **values})


def note(total, folio="210", **values):
    """Return an earlier note on that factura."""
    fields = {
        "document_type": "61",
        "folio": folio,
        "issue_date": date(2026, 11, 4),
        "total": Decimal(total),
        "corrects": ("33/1015",),
        "correction": 3,
    }
    return earlier(**{**fields, **values})


def books(*documents, **values):
    """Return a context whose books hold those documents."""
    return replace(CONTEXT, earlier=documents, **values)


def partial_note(net, **values):
    """Return a nota de crédito on a part of that factura."""
    return credit_note(
        references=(reference(code=3),),
        totals=totals(net),
        lines=(line(quantity=1, price=net),),
        **values,
    )


def received(**values):
    """Return an earlier received document of the same issuer as ``bill``."""
    fields = {"flow": "purchase", "folio": "88231", "issue_date": date(2026, 11, 13)}
    return earlier(**{**fields, **values})


PROJECT = Project(
    code="P-2601",
    name="Remodelación pabellones",
    customer_rut=THEIRS,
    state="in_progress",
    contract_net=Decimal(180_000_000),
    billed_net=Decimal(179_900_000),
    order="OC-4417",
)


def in_project(**values):
    """Return a context that offers one project."""
    return replace(CONTEXT, projects=(replace(PROJECT, **values),))


def claiming(received_on, today=CONTEXT.today, intended=False):
    """Return a context in which the SII got the document on a day."""
    return Context(
        today=today,
        company_rut=OURS,
        sii_received_on=received_on,
        claim_intended=intended,
    )


ORDER = (reference(document_type="801", folio="oc 4417", code=None),)
ON_ORDER = invoice(references=ORDER)
KNOWN = replace(
    CONTEXT,
    known_partners=(
        KnownPartner(OURS, "MONTAJES QUILAPILUN SPA"),
        KnownPartner(THEIRS, "Clínica Los Aromos S.A."),
    ),
)
REFERENCED = ReferencedDocument("33", "1015", total=Decimal(119_000))


class TestBookRules(RulesTable, BaseCase):
    BROKEN = (
        Broken(
            "NOTE_REF_NOT_FOUND",
            credit_note(),
            field="FolioRef",
            evidence="33/1015",
            context=books(earlier(folio="1016")),
        ),
        Broken(
            "NOTE_REF_NOT_FOUND",
            credit_note(),
            field="FolioRef",
            context=books(earlier(document_type="34")),
        ),
        Broken(
            "NOTE_REF_NOT_FOUND",
            credit_note(),
            field="FolioRef",
            context=books(earlier(state="rejected")),
        ),
        Broken(
            "NOTE_REF_NOT_FOUND",
            bill(
                document_type="61",
                references=(reference(),),
                payment_form=None,
                due_date=None,
            ),
            field="FolioRef",
            severity=WARNING,
            context=books(received(folio="1015", partner_rut="96800123-K")),
        ),
        Broken(
            "NOTE_RUT_DIFF",
            credit_note(),
            field="RUTRecep",
            evidence=f"{THEIRS} ≠ 96800123-K",
            context=books(earlier(partner_rut="96800123-K")),
        ),
        Broken(
            "NOTE_CANCEL_AMOUNT_DIFF",
            credit_note(),
            field="MntTotal",
            evidence="119.000 ≠ 119.001",
            context=books(earlier(total=Decimal(119_001))),
        ),
        Broken(
            "NOTE_EXCEEDS_REF",
            partial_note(90_000),
            field="MntTotal",
            evidence="107.100 + 12.000 > 119.000",
            context=books(earlier(), note(12_000)),
        ),
        Broken(
            "NOTE_REF_DATE",
            with_references(credit_note(), reference(date=date(2026, 10, 12))),
            field="FchRef",
            severity=WARNING,
            context=books(earlier()),
        ),
        Broken(
            "FOLIO_DUPLICATE",
            invoice(folio=1015),
            field="Folio",
            evidence="33/1015",
            context=books(earlier(partner_rut="96800123-K")),
        ),
        Broken(
            "DUP_INVOICE",
            bill(folio=88231),
            field="Folio",
            evidence="BILL/7 (33/88231)",
            context=books(received(name="BILL/7", total=None, net=None)),
        ),
        Broken(
            "DUP_INVOICE",
            bill(folio=88240),
            field="MntTotal",
            severity=WARNING,
            evidence="119.000: 33/88231",
            context=books(received()),
        ),
        Broken(
            "DUP_INVOICE",
            fee_receipt(),
            field="Folio",
            context=books(
                received(document_type="70", folio="214", partner_rut="15.876.432-6")
            ),
        ),
        Broken(
            "PROJECT_CLOSED",
            ON_ORDER,
            field="Referencia",
            severity=WARNING,
            evidence="P-2601: done",
            context=in_project(state="done"),
        ),
        Broken(
            "PROJECT_CLOSED",
            bill(notes="Cargar a P-2601"),
            field="Referencia",
            severity=WARNING,
            context=in_project(state="cancelled"),
        ),
        Broken(
            "PROJECT_OVERBILLING",
            ON_ORDER,
            field="MntNeto",
            severity=WARNING,
            evidence="179.900.001 + 100.000 > 180.000.000",
            context=in_project(billed_net=Decimal(179_900_001)),
        ),
        Broken(
            "PROJECT_OVERBILLING",
            invoice(),
            field="MntNeto",
            severity=WARNING,
            evidence="179.960.000 + 40.001 > 180.000.000",
            context=in_project(
                billed_net=Decimal(179_960_000), charged_net=Decimal(40_001)
            ),
        ),
        Broken(
            "PARTNER_NAME_RUT_MISMATCH",
            with_receiver(invoice(), name="Clínica Los Robles SpA"),
            field="RznSocRecep",
            severity=WARNING,
            evidence="Clínica Los Robles SpA ≠ Clínica Los Aromos S.A.",
            context=KNOWN,
        ),
        Broken(
            "CLAIM_EXPIRED",
            bill(),
            field="sii_received_at",
            severity=WARNING,
            evidence="2026-11-18 > 2026-11-17",
            context=claiming(date(2026, 11, 9), intended=True),
        ),
        Broken(
            "CLAIM_DEADLINE",
            bill(),
            field="sii_received_at",
            severity=WARNING,
            evidence="2026-11-18 … 2026-11-18 = 0",
            context=claiming(date(2026, 11, 10)),
        ),
        Broken(
            "CLAIM_DEADLINE",
            bill(),
            field="sii_received_at",
            severity=WARNING,
            context=claiming(date(2026, 11, 12), intended=True),
        ),
    )
    SOUND = (
        Sound("NOTE_REF_NOT_FOUND", credit_note(), context=books(earlier())),
        Sound("NOTE_REF_NOT_FOUND", credit_note(), context=CONTEXT),
        Sound(
            "NOTE_REF_NOT_FOUND",
            credit_note(),
            context=books(earlier(folio="0001015")),
        ),
        Sound(
            "NOTE_REF_NOT_FOUND",
            credit_note(),
            context=books(referenced=(REFERENCED,)),
        ),
        Sound(
            "NOTE_EXCEEDS_REF",
            partial_note(90_000),
            context=books(earlier(), note(11_900)),
        ),
        # A note that was annulled, one that was refused, and a debit note count too.
        Sound(
            "NOTE_EXCEEDS_REF",
            partial_note(90_000),
            context=books(
                earlier(),
                note(119_000),
                earlier(
                    document_type="56",
                    folio="12",
                    corrects=("61/210",),
                    correction=1,
                ),
            ),
        ),
        Sound(
            "NOTE_EXCEEDS_REF",
            partial_note(90_000),
            context=books(earlier(), note(119_000, state="rejected")),
        ),
        Sound(
            "NOTE_EXCEEDS_REF",
            partial_note(90_000),
            context=books(
                earlier(), note(12_000), note(100, folio="13", document_type="56")
            ),
        ),
        Sound(
            "NOTE_EXCEEDS_REF",
            partial_note(100_000, folio=210),
            context=books(earlier(), note(119_000)),
            also=frozenset({"FOLIO_DUPLICATE"}),
        ),
        Sound(
            "FOLIO_DUPLICATE",
            invoice(folio=1016),
            context=books(earlier(), earlier(document_type="34", folio="1016")),
        ),
        Sound(
            "DUP_INVOICE",
            bill(folio=88240),
            context=books(
                received(issue_date=date(2026, 11, 10)),
                received(folio="88240", partner_rut="96800123-K"),
                received(folio="88241", total=Decimal(119_001)),
                received(folio="88242", document_type="61"),
            ),
        ),
        Sound("PROJECT_CLOSED", ON_ORDER, context=in_project()),
        Sound("PROJECT_CLOSED", invoice(), context=in_project(state="done")),
        Sound("PROJECT_OVERBILLING", ON_ORDER, context=in_project()),
        Sound(
            "PROJECT_OVERBILLING",
            ON_ORDER,
            context=in_project(
                billed_net=Decimal(179_960_000), charged_net=Decimal(40_000)
            ),
        ),
        Sound("PARTNER_NAME_RUT_MISMATCH", invoice(), context=KNOWN),
        Sound("CLAIM_EXPIRED", bill(), context=claiming(date(2026, 11, 9))),
        Sound("CLAIM_DEADLINE", bill(), context=claiming(date(2026, 11, 13))),
        Sound("CLAIM_DEADLINE", invoice(), context=claiming(date(2026, 11, 10))),
    )

    def test_eight_days_end_at_midnight(self):
        """SII, FAQ 001.003.6914: received on January 1st at 20:00, until the 9th."""
        for day, codes in ((9, {"CLAIM_DEADLINE"}), (10, {"CLAIM_EXPIRED"})):
            context = claiming(date(2026, 1, 1), date(2026, 1, day), intended=True)
            document = bill(issue_date=date(2026, 1, 1), due_date=None)
            self.assertEqual(self.codes(document, context), codes)

    def test_names_of_the_same_company(self):
        for one, other in (
            ("Celulosa Ñuble Sur S.A.", "CELULOSA NUBLE SUR SA"),
            ("Montajes Quilapilún SpA", "Ingeniería y Montajes Quilapilún Limitada"),
            ("Ing. y Montajes Quilapilún", "Ingeniería y Montajes Quilapilún SpA"),
            ("Distribuidora Andalien", "Distribuidora Andalién y Cía. Ltda."),
            ("Distribuidora Andalen", "Distribuidora Andalién"),
            ("Inmobiliaria Puente Viejo 2", "Inmobiliaria Puente Viejo 2 SpA"),
        ):
            self.assertTrue(is_same_name(one, other), one)
        for one, other in (
            ("Celulosa Ñuble Norte S.A.", "Celulosa Ñuble Sur S.A."),
            ("Inmobiliaria Puente Viejo 2", "Inmobiliaria Puente Viejo 3"),
            ("Clínica Los Robles", "Clínica Los Aromos"),
        ):
            self.assertFalse(is_same_name(one, other), one)
