from dataclasses import replace

from odoo.tests import BaseCase

from .rules_documents import (
    CONTEXT,
    OURS,
    THEIRS,
    bill,
    credit_note,
    exempt_receipt,
    export_invoice,
    guide,
    invoice,
    purchase_invoice,
    receipt,
    reference,
    with_issuer,
    with_receiver,
    with_references,
)
from .rules_table import WARNING, Broken, RulesTable, Sound

GUIDE_TO_OURSELVES = with_receiver(guide(), rut=OURS)
NOTE_ON_BOLETA = with_references(
    credit_note(), reference(document_type="39", folio="5120")
)


class TestIdentityRules(RulesTable, BaseCase):
    BROKEN = (
        Broken(
            "DOCTYPE_UNSUPPORTED",
            invoice(document_type="35"),
            field="TipoDTE",
            severity=WARNING,
            evidence="35",
        ),
        Broken(
            "DOCTYPE_UNSUPPORTED",
            invoice(document_type=""),
            field="TipoDTE",
            severity=WARNING,
        ),
        Broken(
            "RUT_GENERIC_NOT_ALLOWED",
            with_receiver(receipt(), rut="55555555-5"),
            field="RUTRecep",
            severity=WARNING,
        ),
        Broken(
            "RUT_DV",
            with_receiver(invoice(), rut="76431209-1"),
            field="RUTRecep",
            evidence="76431209-1 ≠ 76431209-0",
        ),
        Broken(
            "RUT_DV",
            with_issuer(bill(), rut="76431209-K"),
            field="RUTEmisor",
            evidence="76431209-0",
        ),
        Broken(
            "RUT_FORMAT",
            with_receiver(invoice(), rut="76.431.209-0"),
            field="RUTRecep",
            evidence="76.431.209-0",
        ),
        Broken(
            "RUT_FORMAT",
            with_receiver(invoice(), rut="96800123-k"),
            field="RUTRecep",
        ),
        Broken("RUT_FORMAT", with_issuer(invoice(), rut="no sé"), field="RUTEmisor"),
        Broken(
            "RUT_PLACEHOLDER",
            with_receiver(invoice(), rut="11111111-1"),
            field="RUTRecep",
            severity=WARNING,
        ),
        Broken(
            "RUT_GENERIC_NOT_ALLOWED",
            with_receiver(invoice(), rut="66666666-6"),
            field="RUTRecep",
        ),
        Broken(
            "RUT_GENERIC_NOT_ALLOWED",
            with_issuer(bill(), rut="55555555-5"),
            field="RUTEmisor",
        ),
        Broken(
            "FOREIGN_WRONG_DOCTYPE",
            with_receiver(invoice(), rut="55555555-5", country="DE"),
            field="RUTRecep",
            evidence="55555555-5 DE",
        ),
        Broken(
            "FOREIGN_WRONG_DOCTYPE",
            with_receiver(invoice(), rut="", country="DE"),
            field="RUTRecep",
            also=frozenset({"MISSING_RUTRECEP"}),
        ),
        Broken(
            "EXPORT_RUT",
            with_receiver(export_invoice(), rut=THEIRS),
            field="RUTRecep",
            evidence=THEIRS,
        ),
        Broken(
            "RECEIVER_NOT_US",
            with_receiver(bill(), rut="96800123-K"),
            field="RUTRecep",
            evidence=f"96800123-K ≠ {OURS}",
        ),
        Broken("RUT_SELF", with_receiver(invoice(), rut=OURS), field="RUTRecep"),
        Broken(
            "RUT_SELF",
            with_receiver(credit_note(), rut=OURS),
            field="RUTRecep",
        ),
    )
    SOUND = (
        Sound("RUT_DV", with_receiver(invoice(), rut="96800123-K")),
        Sound("RUT_FORMAT", with_receiver(export_invoice(), rut="55555555-5")),
        Sound("RUT_PLACEHOLDER", with_receiver(invoice(), rut="77777771-8")),
        Sound("RUT_GENERIC_NOT_ALLOWED", exempt_receipt()),
        Sound("RUT_GENERIC_NOT_ALLOWED", with_receiver(receipt(), rut=THEIRS)),
        Sound(
            "FOREIGN_WRONG_DOCTYPE",
            replace(with_receiver(invoice(), rut="55555555-5"), special_invoice=1),
        ),
        Sound("FOREIGN_WRONG_DOCTYPE", with_receiver(invoice(), country="US")),
        Sound(
            "FOREIGN_WRONG_DOCTYPE",
            with_receiver(purchase_invoice(), rut="55555555-5", country="US"),
        ),
        Sound("RECEIVER_NOT_US", purchase_invoice()),
        Sound(
            "RECEIVER_NOT_US",
            replace(
                with_references(credit_note(), reference(document_type="46")),
                flow="purchase",
            ),
        ),
        Sound(
            "RECEIVER_NOT_US",
            with_receiver(bill(), rut="96800123-K"),
            context=replace(CONTEXT, company_rut=""),
        ),
        Sound("RUT_SELF", replace(GUIDE_TO_OURSELVES, transfer_indicator=5)),
        Sound("RUT_SELF", with_receiver(NOTE_ON_BOLETA, rut=OURS)),
    )

    def test_who_received_a_document_reads_other_advice(self):
        issued = with_receiver(invoice(), rut="76431209-1")
        received = with_issuer(bill(), rut="76431209-1")
        (ours,) = self.findings(issued)
        (theirs,) = self.findings(received)
        self.assertEqual(ours.code, theirs.code)
        self.assertNotEqual(ours.advice, theirs.advice)
        self.assertIn("claim", theirs.advice)

    def test_every_check_digit_is_found(self):
        right = 0
        for digit in "0123456789K":
            document = with_receiver(invoice(), rut=f"76431209-{digit}")
            right += "RUT_DV" not in self.codes(document)
        self.assertEqual(right, 1)
