from dataclasses import replace
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.account_ai.services.documents.stamp import Stamp

from .rules_documents import (
    bill,
    credit_note,
    exempt_receipt,
    export_invoice,
    guide,
    invoice,
    purchase_invoice,
    receipt,
    settlement,
    with_issuer,
    with_line,
    with_receiver,
    with_totals,
)
from .rules_table import Broken, RulesTable, Sound


class TestMandatoryRules(RulesTable, BaseCase):
    BROKEN = (
        Broken("MISSING_FCHEMIS", invoice(issue_date=None), field="FchEmis"),
        Broken("MISSING_RUTEMISOR", with_issuer(bill(), rut=""), field="RUTEmisor"),
        Broken("MISSING_RZNSOC", with_issuer(bill(), name=" "), field="RznSoc"),
        Broken("MISSING_GIROEMIS", with_issuer(invoice(), giro=""), field="GiroEmis"),
        Broken(
            "MISSING_DIR_ORIGEN", with_issuer(invoice(), address=""), field="DirOrigen"
        ),
        Broken(
            "MISSING_CMNA_ORIGEN", with_issuer(guide(), comuna=""), field="CmnaOrigen"
        ),
        Broken("MISSING_RUTRECEP", with_receiver(invoice(), rut=""), field="RUTRecep"),
        Broken(
            "MISSING_RZNSOCRECEP",
            with_receiver(credit_note(), name=""),
            field="RznSocRecep",
        ),
        Broken(
            "MISSING_GIRO_RECEP", with_receiver(invoice(), giro="  "), field="GiroRecep"
        ),
        Broken(
            "MISSING_DIR_RECEP",
            with_receiver(export_invoice(), address=""),
            field="DirRecep",
        ),
        Broken(
            "MISSING_CMNA_RECEP",
            with_receiver(purchase_invoice(), comuna=""),
            field="CmnaRecep",
        ),
        Broken(
            "MISSING_MNTTOTAL", with_totals(invoice(), total=None), field="MntTotal"
        ),
        Broken("MISSING_ACTECO", with_issuer(invoice(), acteco=()), field="Acteco"),
        Broken(
            "MISSING_NMBITEM", with_line(invoice(), name=" "), field="NmbItem", line=1
        ),
        Broken(
            "MISSING_MONTOITEM",
            with_line(invoice(), amount=None),
            field="MontoItem",
            line=1,
        ),
        Broken(
            "MISSING_CIUDAD_ORIGEN",
            with_issuer(export_invoice(), city=" "),
            field="CiudadOrigen",
        ),
        Broken(
            "MISSING_CIUDAD_RECEP",
            with_receiver(export_invoice(), city=""),
            field="CiudadRecep",
        ),
        Broken("MISSING_FOLIO", invoice(stamp=Stamp()), field="Folio"),
        Broken(
            "MISSING_COMISIONES",
            with_totals(
                settlement(commissions=()),
                commissions=Decimal(0),
                total=Decimal(119_000),
            ),
            field="Comisiones",
        ),
        Broken("ENUM_FMAPAGO", invoice(payment_form=4), field="FmaPago", evidence="4"),
        Broken(
            "BOLETA_NO_INDSERVICIO",
            receipt(service_indicator=None),
            field="IndServicio",
        ),
        Broken(
            "BOLETA_NO_INDSERVICIO",
            exempt_receipt(service_indicator=5),
            field="IndServicio",
            evidence="5",
        ),
        Broken(
            "GUIA_NO_INDTRASLADO", guide(transfer_indicator=None), field="IndTraslado"
        ),
        Broken(
            "GUIA_NO_INDTRASLADO", guide(transfer_indicator=10), field="IndTraslado"
        ),
        Broken(
            "GUIA_QTY_MISSING",
            with_line(guide(), quantity=None),
            field="QtyItem",
            line=1,
        ),
    )
    SOUND = (
        Sound("MISSING_RZNSOCRECEP", with_receiver(receipt(), name="")),
        Sound("MISSING_GIRO_RECEP", with_receiver(credit_note(), giro="")),
        Sound("MISSING_CMNA_RECEP", with_receiver(export_invoice(), comuna="")),
        Sound("MISSING_DIR_ORIGEN", with_issuer(credit_note(), address="")),
        Sound("ENUM_FMAPAGO", invoice(payment_form=None)),
        Sound("ENUM_FMAPAGO", invoice(payment_form=3)),
        Sound("GUIA_QTY_MISSING", with_line(invoice(), quantity=None)),
        Sound("GUIA_NO_INDTRASLADO", guide(transfer_indicator=9, transfer_code=1)),
    )

    def test_master_data_of_others_are_not_asked_for(self):
        sparse = with_issuer(bill(), giro="", address="", comuna="", acteco=())
        sparse = with_receiver(sparse, giro="", address="", comuna="")
        self.assertEqual(self.codes(sparse), set())
        self.assertIn("MISSING_GIROEMIS", self.codes(replace(sparse, flow="sale")))

    def test_a_field_that_cannot_be_held_is_not_missing(self):
        document = with_issuer(invoice(), acteco=())
        self.assertIn("MISSING_ACTECO", self.codes(document))
        silent = replace(document, not_representable=frozenset({"Acteco"}))
        self.assertEqual(self.codes(silent), set())
