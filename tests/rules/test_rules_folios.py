from dataclasses import replace
from datetime import date

from odoo.tests import BaseCase

from odoo.addons.account_ai.services.documents.context import FolioRange
from odoo.addons.account_ai.services.documents.stamp import FolioAuthorisation, Stamp

from .rules_documents import (
    CONTEXT,
    OURS,
    TODAY,
    bill,
    exempt_invoice,
    invoice,
    with_issuer,
)
from .rules_table import Broken, RulesTable, Sound


def books(**values):
    """Return a context with one authorisation of the folios 1001 to 1200 of type 33."""
    fields = {
        "document_type": "33",
        "first": 1001,
        "last": 1200,
        "authorised_on": date(2026, 8, 20),
    }
    return replace(CONTEXT, folio_ranges=(FolioRange(**{**fields, **values}),))


def stamped(caf):
    """Return a factura whose stamp holds an authorisation."""
    return invoice(folio=1060, stamp=Stamp(authorisation=caf))


BOOKED = books(first=1, last=50)
LATER = replace(
    CONTEXT,
    folio_ranges=(
        *books(authorised_on=date(2026, 1, 10)).folio_ranges,
        *books(authorised_on=date(2026, 9, 1)).folio_ranges,
    ),
)


class TestFolioRules(RulesTable, BaseCase):
    BROKEN = (
        Broken(
            "CAF_TYPE",
            invoice(folio=1060),
            field="TipoDTE",
            evidence="33 ≠ 34: 1001 … 1200",
            context=books(document_type="34"),
        ),
        Broken(
            "FOLIO_OUT_OF_RANGE",
            invoice(folio=1201),
            field="Folio",
            evidence="1201 ∉ 33: 1001 … 1200",
            context=books(),
        ),
        Broken(
            "FOLIO_OUT_OF_RANGE",
            invoice(folio=1000),
            field="Folio",
            context=books(),
        ),
        Broken(
            "CAF_EXPIRED",
            invoice(folio=1060),
            field="FchEmis",
            evidence="2026-11-18 > 2026-11-17",
            context=books(authorised_on=date(2026, 5, 17)),
        ),
        Broken(
            "DATE_BEFORE_CAF",
            invoice(folio=1060),
            field="FchEmis",
            evidence="2026-11-18 < 2026-11-19",
            context=books(authorised_on=date(2026, 11, 19)),
        ),
        Broken("LEN_FOLIO", invoice(folio=0), field="Folio"),
        Broken("LEN_FOLIO", invoice(folio=10**10), field="Folio"),
        Broken(
            "FOLIO_OUT_OF_RANGE",
            bill(folio=60, stamp=Stamp(authorisation=FolioAuthorisation("33", 1, 50))),
            field="Folio",
            evidence="60 ∉ 33: 1 … 50",
        ),
    )
    SOUND = (
        Sound("CAF_TYPE", invoice(folio=1060), context=books()),
        Sound("FOLIO_OUT_OF_RANGE", invoice(folio=1001), context=books()),
        Sound("FOLIO_OUT_OF_RANGE", invoice(folio=1200), context=books()),
        Sound("FOLIO_OUT_OF_RANGE", invoice(folio=None), context=books()),
        Sound("FOLIO_OUT_OF_RANGE", bill(folio=7), context=books()),
        Sound(
            "FOLIO_OUT_OF_RANGE",
            with_issuer(invoice(folio=7), rut="76854321-6"),
            context=books(issuer_rut=OURS),
        ),
        Sound(
            "CAF_EXPIRED",
            invoice(folio=1060),
            context=books(authorised_on=date(2026, 5, 18)),
        ),
        Sound("CAF_EXPIRED", invoice(folio=1060), context=LATER),
        Sound(
            "CAF_EXPIRED",
            exempt_invoice(folio=1060),
            context=books(document_type="34", authorised_on=date(2025, 1, 1)),
        ),
        Sound(
            "DATE_BEFORE_CAF",
            invoice(folio=1060),
            context=books(authorised_on=TODAY),
        ),
        Sound("LEN_FOLIO", invoice(folio=10**10 - 1)),
        Sound(
            "FOLIO_OUT_OF_RANGE", stamped(FolioAuthorisation("33", 1060, 1060)), BOOKED
        ),
    )
