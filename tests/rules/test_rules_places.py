from odoo.tests import BaseCase

from odoo.addons.account_ai.services.rules.dated_data import COMUNAS, shipped_rates

from .rules_documents import (
    CONTEXT,
    bill,
    export_invoice,
    guide,
    invoice,
    with_issuer,
    with_receiver,
)
from .rules_table import WARNING, Broken, RulesTable, Sound


class TestPlaceRules(RulesTable, BaseCase):
    BROKEN = (
        Broken(
            "CMNA_UNKNOWN",
            with_receiver(invoice(), comuna="Villa Inventada"),
            field="CmnaRecep",
            severity=WARNING,
            evidence="Villa Inventada",
        ),
        Broken(
            "CMNA_UNKNOWN",
            with_issuer(guide(), comuna="Stgo."),
            field="CmnaOrigen",
            severity=WARNING,
        ),
    )
    SOUND = (
        Sound("CMNA_UNKNOWN", with_receiver(invoice(), comuna="ÑUÑOA ")),
        Sound("CMNA_UNKNOWN", with_receiver(export_invoice(), comuna="Brooklyn")),
        Sound("CMNA_UNKNOWN", with_issuer(bill(), comuna="Villa Inventada")),
    )

    def is_comuna(self, name):
        return shipped_rates().holds(COMUNAS, name, CONTEXT.today)

    def test_names_are_known_however_they_are_written(self):
        for name in (
            "Ñuñoa",
            "NUNOA",
            "ollague",
            "Til-Til",
            "O'Higgins",
            "o´higgins",
            "San Vicente de Tagua Tagua",
            "Llay Llay",
            "COYHAIQUE",
        ):
            self.assertTrue(self.is_comuna(name), name)
        for name in ("", "Chile", "Huépil", "Santiago de Chile", "Concepcion 1"):
            self.assertFalse(self.is_comuna(name), name)
