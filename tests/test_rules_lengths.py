from odoo.tests import BaseCase

from .rules_documents import (
    bill,
    credit_note,
    invoice,
    line,
    reference,
    with_issuer,
    with_line,
    with_receiver,
    with_references,
)
from .rules_table import WARNING, Broken, RulesTable, Sound

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


class TestLengthRules(RulesTable, BaseCase):
    BROKEN = (
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
