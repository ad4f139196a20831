"""Every text of a document that somebody typed, with the place where it stands."""

from collections.abc import Iterator
from dataclasses import dataclass

from ..documents.context import Context
from ..documents.document import Document

PARTY_FIELDS = {
    "RUTEmisor": ("issuer", "rut"),
    "RznSoc": ("issuer", "name"),
    "GiroEmis": ("issuer", "giro"),
    "DirOrigen": ("issuer", "address"),
    "CmnaOrigen": ("issuer", "comuna"),
    "CiudadOrigen": ("issuer", "city"),
    "CorreoEmisor": ("issuer", "email"),
    "Telefono": ("issuer", "phone"),
    "Acteco": ("issuer", "acteco"),
    "RUTRecep": ("receiver", "rut"),
    "RznSocRecep": ("receiver", "name"),
    "GiroRecep": ("receiver", "giro"),
    "DirRecep": ("receiver", "address"),
    "CmnaRecep": ("receiver", "comuna"),
    "CiudadRecep": ("receiver", "city"),
    "CorreoRecep": ("receiver", "email"),
    "Contacto": ("receiver", "phone"),
}
"""Fields of the SII about a party: which party, and its attribute."""
_NO_TEXTS = ("email", "phone", "acteco")


@dataclass(frozen=True)
class Text:
    """One text and where it stands."""

    field: str  # SII name of the field, or ``notes`` for the free text, which has none
    line: int  # ``NroLinDet`` of the line, 0 for the header
    value: str


def document_texts(document: Document) -> Iterator[Text]:
    """Yield the texts of ``document`` that are not empty, header first."""
    for text in _all_texts(document):
        if text.value:
            yield text


def history_texts(context: Context | None) -> Iterator[str]:
    """Yield the descriptions of the partner's earlier documents."""
    if context is not None:
        for past in context.history.recent:
            yield from filter(None, past.descriptions)


def _all_texts(document: Document) -> Iterator[Text]:
    for field, (party, attribute) in PARTY_FIELDS.items():
        if attribute not in _NO_TEXTS:
            yield Text(field, 0, getattr(getattr(document, party), attribute))
    for line in document.lines:
        yield Text("NmbItem", line.number, line.name)
        yield Text("DscItem", line.number, line.description)
        yield Text("UnmdItem", line.number, line.unit)
    for reference in document.references:
        yield Text("TpoDocRef", 0, reference.document_type)
        yield Text("FolioRef", 0, reference.folio)
        yield Text("RazonRef", 0, reference.reason)
    yield Text("notes", 0, document.notes)
