from dataclasses import replace
from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.account_ai.services.documents.document import (
    Commission,
    GlobalDiscount,
    Payment,
)

from .rules_documents import (
    TRANSPORT,
    bill,
    credit_note,
    invoice,
    line,
    receipt,
    reference,
    settlement,
    with_issuer,
    with_line,
    with_receiver,
    with_references,
    with_totals,
)
from .rules_table import INFORMATION, WARNING, Broken, RulesTable, Sound


def with_transport(document, **values):
    """Return ``document`` with a changed transport."""
    return replace(document, transport=replace(TRANSPORT, **values))


HEADER = (
    ("RznSoc", with_issuer, "name", 100),
    ("GiroEmis", with_issuer, "giro", 80),
    ("CorreoEmisor", with_issuer, "email", 80),
    ("CmnaOrigen", with_issuer, "comuna", 20),
    ("CiudadOrigen", with_issuer, "city", 20),
    ("RznSocRecep", with_receiver, "name", 100),
    ("GiroRecep", with_receiver, "giro", 40),
    ("CorreoRecep", with_receiver, "email", 80),
    ("DirRecep", with_receiver, "address", 70),
    ("CmnaRecep", with_receiver, "comuna", 20),
    ("CiudadRecep", with_receiver, "city", 20),
    ("Sucursal", with_issuer, "branch", 20),
    ("CdgSIISucur", with_issuer, "branch_code", 9),
    ("CdgVendedor", with_issuer, "seller_code", 60),
    ("Telefono", with_issuer, "phone", 20),
    ("Contacto", with_receiver, "phone", 80),
    ("CdgIntRecep", with_receiver, "customer_code", 20),
    ("NumId", with_receiver, "foreign_id", 20),
    ("TermPagoGlosa", replace, "payment_terms", 100),
    ("Patente", with_transport, "plate", 8),
    ("NombreChofer", with_transport, "driver_name", 30),
    ("DirDest", with_transport, "address", 70),
    ("CmnaDest", with_transport, "comuna", 20),
    ("CiudadDest", with_transport, "city", 20),
)
LINES = (
    ("NmbItem", "name", 80),
    ("DscItem", "description", 1000),
    ("UnmdItem", "unit", 4),
)


def code_of(field):
    """Return the code of the length rule of ``field``."""
    return f"LEN_{field.upper()}"


def consequences_of(field):
    """Return what a text of many x breaks besides its length."""
    return frozenset({"CMNA_UNKNOWN"} if field.startswith("Cmna") else ())


def two_references(**values):
    """Return a note with its own reference and one to an order."""
    order = reference(number=2, document_type="801", code=None, **values)
    return with_references(credit_note(), reference(), order)


def discounted(text):
    """Return an invoice with a global discount of nothing."""
    nothing = GlobalDiscount("D", "$", Decimal(0), text=text)
    return invoice(global_discounts=(nothing,))


def in_instalments(text):
    """Return an invoice that is paid at once, in one instalment."""
    return invoice(payments=(Payment(date(2026, 12, 18), Decimal(119_000), text),))


def with_commission(text):
    """Return a liquidación-factura with one commission."""
    commission = Commission("C", text, net=Decimal(10_000), vat=Decimal(1_900))
    return settlement(commissions=(commission,))


OTHER_TEXTS = (
    ("GlosaDR", discounted, 45),
    ("GlosaPagos", in_instalments, 40),
    ("Glosa", with_commission, 60),
)
THIRD = Decimal("0.3333333")


class TestLengthRules(RulesTable, BaseCase):
    BROKEN = (
        *(
            Broken(
                code_of(field),
                make("x" * (limit + 1)),
                field=field,
                evidence=f"{limit + 1} > {limit}",
            )
            for field, make, limit in OTHER_TEXTS
        ),
        Broken(
            "LEN_VLRCODIGO",
            with_line(invoice(), item_codes=("A1", "x" * 36)),
            field="VlrCodigo",
            line=1,
            evidence="36 > 35",
        ),
        Broken(
            "LEN_NUMBER",
            with_line(invoice(), quantity=THIRD, unit_price=Decimal(300_000)),
            field="QtyItem",
            line=1,
            evidence="0,3333333",
        ),
        Broken(
            "LEN_NUMBER",
            with_totals(invoice(), total=Decimal(10) ** 18),
            field="MntTotal",
            also=frozenset({"TOTAL_MISMATCH"}),
        ),
        Broken(
            "LEN_RZNSOCRECEP_BOLETA",
            with_receiver(receipt(), name="x" * 41),
            field="RznSocRecep",
            severity=INFORMATION,
            evidence="41 > 40",
        ),
        *(
            Broken(
                code_of(field),
                change(invoice(), **{attribute: "x" * (limit + 1)}),
                field=field,
                evidence=f"{limit + 1} > {limit}",
                also=consequences_of(field),
            )
            for field, change, attribute, limit in HEADER
        ),
        *(
            Broken(
                code_of(field),
                with_line(invoice(), **{attribute: "x" * (limit + 1)}),
                field=field,
                line=1,
                evidence=f"{limit + 1} > {limit}",
            )
            for field, attribute, limit in LINES
        ),
        Broken(
            "LEN_TPODOCREF",
            with_references(invoice(), reference(document_type="ORDEN")),
            field="TpoDocRef",
        ),
        Broken("LEN_FOLIOREF", two_references(folio="9" * 19), field="FolioRef"),
        Broken("LEN_RAZONREF", two_references(reason="x" * 91), field="RazonRef"),
        Broken(
            "LEN_DIRORIGEN",
            with_issuer(invoice(), address="x" * 71),
            field="DirOrigen",
        ),
        Broken(
            "LEN_DIRORIGEN",
            with_issuer(invoice(), address="x" * 61),
            field="DirOrigen",
            severity=WARNING,
        ),
    )
    SOUND = (
        *(
            Sound(code_of(field), make("x" * limit))
            for field, make, limit in OTHER_TEXTS
        ),
        Sound("LEN_RZNSOCRECEP_BOLETA", with_receiver(receipt(), name="x" * 40)),
        Sound(
            "LEN_NUMBER",
            with_line(invoice(), quantity=Decimal("0.333333"), unit_price=None),
        ),
        *(
            Sound(code_of(field), change(bill(), **{attribute: "x" * (limit + 1)}))
            for field, change, attribute, limit in HEADER
        ),
        *(
            Sound(code_of(field), with_line(bill(), **{attribute: "x" * (limit + 1)}))
            for field, attribute, limit in LINES
        ),
        *(
            Sound(
                code_of(field),
                change(invoice(), **{attribute: "x" * limit}),
                also=consequences_of(field),
            )
            for field, change, attribute, limit in HEADER
        ),
        *(
            Sound(code_of(field), with_line(invoice(), **{attribute: "x" * limit}))
            for field, attribute, limit in LINES
        ),
        Sound("LEN_NMBITEM", with_line(invoice(), name="x" * 80 + "   ")),
        Sound("LEN_DIRORIGEN", with_issuer(invoice(), address="x" * 60)),
        Sound("LEN_FOLIOREF", two_references(folio="9" * 18)),
        Sound("LEN_RAZONREF", two_references(reason="x" * 90)),
    )

    def test_every_line_that_is_too_long_is_named(self):
        document = invoice(
            lines=(
                line(1, name="x" * 81),
                line(2, name="corto"),
                line(3, name="y" * 99),
            ),
        )
        found = [
            each.line for each in self.findings(document) if each.code == "LEN_NMBITEM"
        ]
        self.assertEqual(found, [1, 3])

    def test_evidence_quotes_a_part_only(self):
        document = with_line(invoice(), description="x" * 5000)
        (finding,) = self.findings(document)
        self.assertLess(len(finding.evidence), 200)
