"""The facts of a document as a model gets them: compact JSON data, persons masked."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

from ...documents.context import Context, PastDocument
from ...documents.document import Document, Line, Party, Reference
from ...privacy.hidden_text import visible_text
from ...privacy.hostile_text import is_hostile
from ...privacy.masking import Masking
from ...privacy.shown_text import NOTES_LENGTH, TEXT_LENGTH

_PAST_TEXT_LENGTH = 160
_PAST_LINES = 3


def facts_of(document: Document, context: Context, masking: Masking) -> dict[str, Any]:
    """Return what a model is told about ``document``, as JSON data without empties.

    Left out on purpose: folio and today's date, and the date that a draft was only
    assumed to have, so that posting does not change the facts; what the rules and Odoo
    found, so that the model judges for itself. Texts of earlier documents that try to
    steer the reader are left out too: they are evidence of what is usual, nothing else.
    """
    return _Facts(masking).of(document, context)


def facts_text(facts: Any) -> str:
    """Return ``facts`` as JSON without ``<`` and ``>``, which could end ``<facts>``."""
    text = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e")


def facts_of_text(text: str) -> dict[str, Any]:
    """Return the facts that stand in ``text`` between ``<facts>`` and its end."""
    facts: dict[str, Any] = json.loads(
        text.partition("<facts>")[2].partition("</facts>")[0]
    )
    return facts


def size_of(facts: Any) -> int:
    """Return how many characters ``facts`` take, 0 for none."""
    return len(facts_text(facts)) if facts else 0


class _Facts:
    def __init__(self, masking: Masking) -> None:
        self._masking = masking

    def of(self, document: Document, context: Context) -> dict[str, Any]:
        history = context.history
        facts: dict[str, Any] = _without_empties(
            {
                "document": self._document(document),
                "history": {
                    "count": history.count,
                    "median_total": _number(history.median_total),
                    "min_total": _number(history.min_total),
                    "max_total": _number(history.max_total),
                    "recent": [self._past(past) for past in history.recent],
                },
            }
        )
        return facts

    def _document(self, document: Document) -> dict[str, Any]:
        totals = document.totals
        has_date = not document.issue_date_assumed
        return {
            "type": self._text(document.document_type),
            "flow": document.flow,
            "issuer": self._party(document.issuer),
            "receiver": {
                **self._party(document.receiver),
                "comuna": self._text(document.receiver.comuna),
            },
            "issue_date": _day(document.issue_date) if has_date else None,
            "due_date": _day(document.due_date) if has_date else None,
            "currency": self._text(document.currency),
            "net": _number(totals.net),
            "exempt": _number(totals.exempt) or None,
            "tax": _number(totals.vat),
            "total": _number(totals.total),
            "lines": [self._line(line) for line in document.lines],
            "references": [self._reference(each) for each in document.references],
            "notes": self._text(document.notes, NOTES_LENGTH),
        }

    def _party(self, party: Party) -> dict[str, Any]:
        return {
            "name": self._text(party.name),
            "rut": self._text(party.rut),
            "giro": self._text(party.giro),
        }

    def _line(self, line: Line) -> dict[str, Any]:
        return {
            "n": line.number,
            "name": self._text(line.name),
            "description": self._text(line.description),
            "quantity": _decimal_text(line.quantity),
            "unit": self._text(line.unit),
            "price": _decimal_text(line.unit_price),
            "discount": _number(line.discount) or None,
            "amount": _number(line.amount),
            "exempt": line.exemption == 1,
        }

    def _reference(self, reference: Reference) -> dict[str, Any]:
        return {
            "type": self._text(reference.document_type),
            "folio": self._text(reference.folio),
            "date": _day(reference.date),
            "code": reference.code,
            "reason": self._text(reference.reason),
        }

    def _past(self, past: PastDocument) -> dict[str, Any]:
        descriptions = [each for each in past.descriptions if not is_hostile(each)]
        return {
            "date": _day(past.issue_date),
            "total": _number(past.total),
            "lines": [
                self._text(description, _PAST_TEXT_LENGTH)
                for description in descriptions[:_PAST_LINES]
            ],
        }

    def _text(self, text: str, length: int = TEXT_LENGTH) -> str:
        visible = visible_text(text).strip()
        # Masked before it is cut: half a name would not be found.
        masked = self._masking.mask(visible)
        # Placeholders may make it longer: what is not said to be cut is not cut.
        is_whole = len(visible) <= length or len(masked) < length
        return masked if is_whole else masked[: length - 1] + "…"


def _without_empties(value: Any) -> Any:
    """Return ``value`` without what says nothing: ``None``, ``False``, empty ones."""
    if isinstance(value, dict):
        pairs = ((key, _without_empties(item)) for key, item in value.items())
        return {key: item for key, item in pairs if _says_something(item)}
    if isinstance(value, list):
        return [_without_empties(item) for item in value]
    return value


def _says_something(value: Any) -> bool:
    return value is not None and value is not False and value not in ("", {}, [])


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _number(amount: Decimal | None) -> int | str | None:
    """Return whole amounts, as pesos are, as numbers and others as exact text."""
    if amount is None:
        return None
    whole = amount.to_integral_value()
    return int(whole) if whole == amount else _decimal_text(amount)


def _decimal_text(amount: Decimal | None) -> str | None:
    if amount is None:
        return None
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
