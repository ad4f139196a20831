"""Documents and their surroundings as labelled cases write them in JSON.

A case holds one document with the field names of the SII's format (honorarios have
names of their own), its ``flow``, the day ``today`` on which it is judged, and a
``context``: what the books know (see :mod:`.gold_context`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from services.documents.context import Context
from services.documents.document import Document, Line, Party, Totals
from services.documents.dte_fields import document_of_fields, is_natural_person
from services.documents.errors import UnreadableDocument
from services.documents.fields import Fields

from .dte_names import strange_fields
from .gold_context import context_of_case

FLOWS = frozenset({"sale", "purchase", "honorarios"})
FEE_RECEIPT = "70"
"""Boleta de honorarios electrónica, among the types of the SII's registers."""

_FEE_RECEIPT_KIND = "BHE"
_FEE_FIELDS = frozenset(
    "tipo numero fecha emisor receptor glosa bruto tasa_retencion retencion liquido"
    " giro domicilio comuna".split()
)
_FEE_PARTY_FIELDS = frozenset(
    {"rut", "name", "giro", "address", "comuna", "city", "email"}
)


@dataclass(frozen=True)
class GoldCase:
    """What a case is about; what it expects is read elsewhere."""

    document: Document
    context: Context
    unread: tuple[str, ...] = ()
    """Paths of fields that no document or context has a place for: an SII field in the
    wrong block, or a word of the books that is not known here."""


def read_gold_case(
    case: Mapping[str, Any], master: Mapping[str, Any] | None = None
) -> GoldCase:
    """Return the document of a case and what the books know around it.

    :param case: one case; numbers with a fraction must be ``Decimal``
    :param master: the master data that stand once in the file, for all cases
    :raises UnreadableDocument: for a document of an unknown shape; the message tells
        what is unknown, and begins with the id of the case
    """
    name = str(case.get("id", "?"))
    try:
        return _read(case, master or {})
    except UnreadableDocument as error:
        raise UnreadableDocument(f"Case {name}: {error.reason}") from error


def _read(case: Mapping[str, Any], master: Mapping[str, Any]) -> GoldCase:
    flow = case.get("flow")
    if flow not in FLOWS:
        raise UnreadableDocument(f"Unknown flow {flow!r}.")
    source = case.get("document")
    if not isinstance(source, Mapping):
        raise UnreadableDocument("It has no document.")
    unread: tuple[str, ...] = ()
    if "Encabezado" in source:
        if flow == "honorarios":
            raise UnreadableDocument("A DTE has the flow of honorarios.")
        unread = _misplaced(source)
        document = document_of_fields(source, str(flow))
    elif source.get("tipo") == _FEE_RECEIPT_KIND:
        document = _fee_receipt(source)
    else:
        names = ", ".join(sorted(map(str, source))) or "nothing"
        raise UnreadableDocument(f"Unknown shape of document, it holds {names}.")
    surroundings = context_of_case(case, master, document)
    if surroundings.note:
        document = replace(document, notes=surroundings.note)
    return GoldCase(document, surroundings.context, unread + surroundings.unread)


def _misplaced(source: Mapping[str, Any]) -> tuple[str, ...]:
    strange = dict(strange_fields(source))
    if unknown := [path for path, is_known in strange.items() if not is_known]:
        raise UnreadableDocument(f"Unknown fields: {', '.join(unknown)}.")
    return tuple(strange)


def _fee_receipt(source: Mapping[str, Any]) -> Document:
    """Return a boleta de honorarios: a bill for a fee that tax is withheld from."""
    if unknown := sorted(map(str, source.keys() - _FEE_FIELDS)):
        raise UnreadableDocument(f"Unknown fields: {', '.join(unknown)}.")
    fields = Fields(source)
    fee = fields.number("bruto")
    return Document(
        document_type=FEE_RECEIPT,
        flow="purchase",
        issuer=_fee_party(source, "emisor"),
        receiver=_fee_party(source, "receptor"),
        totals=Totals(
            total=fields.number("liquido"),
            fee=fee,
            retention_rate=fields.number("tasa_retencion"),
            retention=fields.number("retencion"),
        ),
        lines=(Line(number=1, name=fields.text("glosa"), amount=fee),),
        folio=fields.integer("numero"),
        issue_date=fields.day("fecha"),
    )


def _fee_party(source: Mapping[str, Any], name: str) -> Party:
    party = source.get(name, {})
    if not isinstance(party, Mapping):
        raise UnreadableDocument(f"{name} is no party.")
    if unknown := sorted(map(str, party.keys() - _FEE_PARTY_FIELDS)):
        raise UnreadableDocument(f"Unknown fields of {name}: {', '.join(unknown)}.")
    fields = Fields(party, name)
    number = fields.written("rut")
    return Party(
        rut=number,
        name=fields.text("name"),
        giro=fields.text("giro"),
        address=fields.text("address"),
        comuna=fields.text("comuna"),
        city=fields.text("city"),
        email=fields.text("email"),
        country="CL",
        is_natural_person=is_natural_person(number),
    )
