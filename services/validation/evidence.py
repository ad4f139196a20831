"""Whether a quotation stands in a document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from ..documents.document import Document, Party

_SHORTEST_QUOTE = 3
"""Letters and digits below which a part of a text proves nothing."""
_SPACES = re.compile(r"\s+")
_WORDS = re.compile(r"\w")


def is_quoted(quote: str, document: Document) -> bool:
    """Return whether ``quote`` stands literally in one text or value of the document.

    Only white space may differ. Amounts and dates count as they are written in Chile
    (``1.234``, ``20-11-2026``) and in the SII's format (``1234``, ``2026-11-20``).
    """
    wanted = _plain(quote)
    if not wanted:
        return False
    texts = [_plain(text) for text in _texts(document)]
    if wanted in texts or wanted in set(_values(document)):
        return True
    if len(_WORDS.findall(wanted)) < _SHORTEST_QUOTE:
        return False
    return any(wanted in text for text in texts)


def _plain(text: str) -> str:
    return _SPACES.sub(" ", text).strip()


def _texts(document: Document) -> Iterator[str]:
    yield from _party_texts(document.issuer)
    yield from _party_texts(document.receiver)
    for line in document.lines:
        yield from (line.name, line.description, line.unit)
        if line.description:
            yield f"{line.name} {line.description}"
    for reference in document.references:
        yield from (reference.document_type, reference.folio, reference.reason)
    yield document.notes
    yield document.currency


def _party_texts(party: Party) -> Iterator[str]:
    yield from (party.rut, party.name, party.giro, party.address, party.comuna)
    yield from (party.city, party.email, party.phone)


def _values(document: Document) -> Iterator[str]:
    totals = document.totals
    numbers = [totals.net, totals.exempt, totals.vat, totals.total]
    numbers += [tax.amount for tax in totals.additional_taxes]
    for line in document.lines:
        numbers += [line.quantity, line.unit_price, line.amount, line.discount]
    for number in numbers:
        if number is not None:
            yield from _written(number)
    dates = [document.issue_date, document.due_date]
    dates += [reference.date for reference in document.references]
    for day in dates:
        if day is not None:
            yield day.isoformat()
            yield day.strftime("%d-%m-%Y")
            yield day.strftime("%d/%m/%Y")


def _written(number: Decimal) -> Iterator[str]:
    normal = number.normalize() + Decimal(0)
    yield f"{normal:f}"
    yield str(number)
    chilean = f"{normal:,f}".replace(",", "_").replace(".", ",").replace("_", ".")
    yield chilean
    yield f"${chilean}"
    yield f"$ {chilean}"
