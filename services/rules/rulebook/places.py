"""Where issuer and receiver are."""

from ...common.translation import _
from ...documents import rut
from ...documents.context import Context
from ...documents.document import Document
from ...validation.finding import Severity
from ..dated_data import COMUNAS, DatedData, listed
from ..document_types import DOMESTIC, FOREIGNER
from ..registry import Violation, Violations, rule


@rule(
    "CMNA_UNKNOWN",
    Severity.WARNING,
    message=_("There is no comuna “%(comuna)s” in Chile."),
    advice=_("Choose the comuna of the address; a city or a sector is not one."),
    types=DOMESTIC,
    flow="sale",
    source="Código Único Territorial (D.S. 1.115 of 2018, Interior): 346 comunas",
    secondary_source=True,
)
def comuna_exists(document: Document, context: Context, rates: DatedData) -> Violations:
    """Comunas of issuer, receiver and destination exist, by the list of today."""
    destination = document.transport.comuna if document.transport else ""
    for field, comuna, country in (
        ("CmnaOrigen", document.issuer.comuna, document.issuer.country),
        ("CmnaRecep", document.receiver.comuna, document.receiver.country),
        ("CmnaDest", destination, "CL"),
    ):
        name = comuna.strip()
        if not name or country not in ("", "CL"):
            continue
        if field == "CmnaRecep" and rut.normalise(document.receiver.rut) == FOREIGNER:
            continue
        if not listed(rates, COMUNAS, name, context.today):
            yield Violation.of(field, name, comuna=name)
