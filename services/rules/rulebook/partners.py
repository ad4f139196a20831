"""Names of parties against the master data of their RUT."""

from ...common.translation import _
from ...documents import rut
from ...documents.context import Context
from ...documents.document import Document
from ...validation.finding import Severity
from ..document_types import GENERIC_RUTS, KNOWN
from ..matching import is_same_name
from ..registry import Violation, Violations, rule


@rule(
    "PARTNER_NAME_RUT_MISMATCH",
    Severity.WARNING,
    message=_("%(rut)s belongs to “%(known)s”, but the document names “%(name)s”."),
    advice=_("Check whether name or RUT is wrong: it may be a related company."),
    types=KNOWN,
    source="Master data of partners",
    secondary_source=True,
)
def name_belongs_to_rut(document: Document, context: Context) -> Violations:
    """The name of a party is the one that the master data have for its RUT."""
    if not context.known_partners:
        return
    for field, party in (
        ("RznSoc", document.issuer),
        ("RznSocRecep", document.receiver),
    ):
        plain = rut.normalise(party.rut)
        if not plain or plain in GENERIC_RUTS or not party.name.strip():
            continue
        known = [
            name
            for each in context.known_partners
            if rut.normalise(each.rut) == plain
            for name in (each.name, *each.other_names)
            if name.strip()
        ]
        if known and not any(is_same_name(party.name, name) for name in known):
            yield Violation.of(
                field,
                f"{party.name} ≠ {known[0]}",
                rut=plain,
                known=known[0],
                name=party.name,
            )
