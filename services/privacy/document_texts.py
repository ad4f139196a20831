"""Every text of a document that somebody typed, with the place where it stands."""

from collections.abc import Iterator
from dataclasses import dataclass

from ..documents.context import Context
from ..documents.document import Document


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
    issuer, receiver = document.issuer, document.receiver
    yield Text("RUTEmisor", 0, issuer.rut)
    yield Text("RznSoc", 0, issuer.name)
    yield Text("GiroEmis", 0, issuer.giro)
    yield Text("DirOrigen", 0, issuer.address)
    yield Text("CmnaOrigen", 0, issuer.comuna)
    yield Text("CiudadOrigen", 0, issuer.city)
    yield Text("RUTRecep", 0, receiver.rut)
    yield Text("RznSocRecep", 0, receiver.name)
    yield Text("GiroRecep", 0, receiver.giro)
    yield Text("DirRecep", 0, receiver.address)
    yield Text("CmnaRecep", 0, receiver.comuna)
    yield Text("CiudadRecep", 0, receiver.city)
    for line in document.lines:
        yield Text("NmbItem", line.number, line.name)
        yield Text("DscItem", line.number, line.description)
        yield Text("UnmdItem", line.number, line.unit)
    for reference in document.references:
        yield Text("TpoDocRef", 0, reference.document_type)
        yield Text("FolioRef", 0, reference.folio)
        yield Text("RazonRef", 0, reference.reason)
    yield Text("notes", 0, document.notes)
