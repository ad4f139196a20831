"""What a document refers to, and what the books know of it."""

from collections.abc import Iterable
from decimal import Decimal

from ..common.wording import Value, document_named
from ..documents import rut
from ..documents.context import Context, EarlierDocument, ReferencedDocument
from ..documents.document import Document, Reference
from .document_types import ALL_NOTES, TAX_DOCUMENT_CODES, acting_flow

ANNULS, CORRECTS_TEXT, CORRECTS_AMOUNTS = 1, 2, 3
"""CodRef (format p. 42)."""
_CREDIT_NOTES = frozenset({"60", "61", "112"})
DEBIT_NOTES = frozenset({"55", "56", "111"})
REJECTED = "rejected"
"""State of a document that the SII refused: it does not exist."""


def tax_references(document: Document) -> list[Reference]:
    """Return the references to tax documents; orders and the like are others."""
    return [
        reference
        for reference in document.references
        if reference.document_type in TAX_DOCUMENT_CODES
    ]


def corrects_text(document: Document) -> bool:
    """Return whether the document is a note that only corrects a text (CodRef 2)."""
    return document.document_type in ALL_NOTES and any(
        each.code == CORRECTS_TEXT for each in tax_references(document)
    )


def named(reference: Reference) -> Value:
    """Return the document that is referred to, for a sentence."""
    return document_named(reference.document_type, reference.folio)


def plain_folio(folio: str) -> str:
    """Return a folio without spaces and leading zeros."""
    return folio.strip().lstrip("0")


def other_party(document: Document) -> str:
    """Return the plain RUT of the party that is not the company."""
    party = document.receiver if acting_flow(document) == "sale" else document.issuer
    return rut.normalise(party.rut)


def known_references(
    document: Document, context: Context
) -> list[tuple[Reference, ReferencedDocument]]:
    """Return the references whose document the books know."""
    if not document.references or not (context.referenced or context.earlier):
        return []
    known = {
        (each.document_type, plain_folio(each.folio)): each
        for originals in (context.referenced, _candidates(document, context))
        for each in originals
    }
    found = []
    for reference in document.references:
        original = known.get((reference.document_type, plain_folio(reference.folio)))
        if original is not None:
            found.append((reference, original))
    return found


def _candidates(document: Document, context: Context) -> Iterable[ReferencedDocument]:
    """Yield earlier documents as originals of a note.

    Folios are the issuer's: of received documents only those of the same issuer count.
    """
    flow = acting_flow(document)
    for each in context.earlier or ():
        if each.flow != flow or each.state == REJECTED:
            continue
        if flow == "purchase" and rut.normalise(each.partner_rut) != other_party(
            document
        ):
            continue
        yield ReferencedDocument(
            document_type=each.document_type,
            folio=each.folio,
            issue_date=each.issue_date,
            partner_rut=each.partner_rut,
            total=each.total,
            credited=_credited(document, each, context.earlier or ()),
        )


def _credited(
    document: Document, original: EarlierDocument, earlier: Iterable[EarlierDocument]
) -> Decimal:
    """Return what other notes took off ``original`` already, debit notes counted."""
    name = f"{original.document_type}/{plain_folio(original.folio)}"
    own = (document.document_type, str(document.folio or ""))
    notes = [
        each
        for each in earlier
        if each.flow == original.flow
        and each.state != REJECTED
        and (each.document_type, plain_folio(each.folio)) != own
    ]
    annulled = {
        _plain_name(corrected)
        for each in notes
        if each.correction == ANNULS and each.document_type in DEBIT_NOTES
        for corrected in each.corrects
    }
    credited = Decimal(0)
    for each in notes:
        if name not in map(_plain_name, each.corrects) or each.total is None:
            continue
        if each.document_type in _CREDIT_NOTES:
            if f"{each.document_type}/{plain_folio(each.folio)}" not in annulled:
                credited += each.total
        elif each.document_type in DEBIT_NOTES:
            credited -= each.total
    return credited


def _plain_name(name: str) -> str:
    document_type, _slash, folio = name.partition("/")
    return f"{document_type.strip()}/{plain_folio(folio)}"
