"""The facts of an invoice in the shape that the checks read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

#: Reason and advice.
Explanation = tuple[str, str]


@dataclass(frozen=True)
class Suspicion:
    """Something that a check found.

    ``line`` is 0 for the header; ``quote`` is an exact part of the document.
    """

    concept: str
    severity: str
    line: int
    field: str
    quote: str
    spanish: Explanation
    english: Explanation


@dataclass(frozen=True)
class Line:
    """One line; ``number`` is the document's own."""

    number: int
    name: str
    description: str
    amount: float | None
    exempt: bool

    @property
    def text(self) -> str:
        """Name and description; a description that repeats the name counts once."""
        if not self.description or self.description.strip() == self.name.strip():
            return self.name
        if not self.name:
            return self.description
        return f"{self.name} {self.description}"

    @property
    def quote(self) -> str:
        """The part of the document to show."""
        return (self.name or self.description).strip()

    @property
    def field(self) -> str:
        """Name of the field that :attr:`quote` is from."""
        return "name" if self.name.strip() else "description"


@dataclass(frozen=True)
class Reference:
    """A reference to another document."""

    type: str
    folio: str
    code: str
    reason: str


@dataclass(frozen=True)
class PastInvoice:
    """An earlier document of the same partner."""

    date: date | None
    total: float | None
    lines: tuple[str, ...]


class Invoice:
    """Facts with every absent value as an empty one."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self._document = _mapping(facts.get("document"))
        self._history = _mapping(facts.get("history"))

    @cached_property
    def type(self) -> str:
        """The SII document type."""
        return _text(self._document.get("type"))

    @cached_property
    def is_purchase(self) -> bool:
        """Whether a supplier issued it to us."""
        return _text(self._document.get("flow")).lower() in ("purchase", "vendor", "in")

    @cached_property
    def is_note(self) -> bool:
        """Whether it is a credit or debit note."""
        return self.type in ("56", "61", "111", "112")

    @cached_property
    def issue_date(self) -> date | None:
        """Date of issue."""
        return _date(self._document.get("issue_date"))

    @cached_property
    def currency(self) -> str:
        """Currency code; pesos if nothing is said."""
        return _text(self._document.get("currency")) or "CLP"

    @cached_property
    def total(self) -> float | None:
        """Total amount."""
        return _number(self._document.get("total"))

    @cached_property
    def notes(self) -> str:
        """Free text of the header."""
        return _text(self._document.get("notes"))

    @cached_property
    def issuer_giro(self) -> str:
        """What the issuer does for a living."""
        return _text(_mapping(self._document.get("issuer")).get("giro"))

    @cached_property
    def lines(self) -> list[Line]:
        """The lines of the document."""
        return [
            Line(
                number=int(_number(line.get("n")) or index),
                name=_text(line.get("name")),
                description=_text(line.get("description")),
                amount=_number(line.get("amount")),
                exempt=bool(line.get("exempt")),
            )
            for index, line in enumerate(_mappings(self._document.get("lines")), 1)
        ]

    @cached_property
    def references(self) -> list[Reference]:
        """The references of the document."""
        return [
            Reference(
                type=_text(reference.get("type")),
                folio=_text(reference.get("folio")),
                code=_text(reference.get("code")),
                reason=_text(reference.get("reason")),
            )
            for reference in _mappings(self._document.get("references"))
        ]

    @cached_property
    def history_count(self) -> int:
        """How many earlier documents the history sums up."""
        return int(_number(self._history.get("count")) or 0)

    @cached_property
    def median_total(self) -> float | None:
        """Median of the earlier totals."""
        return _number(self._history.get("median_total"))

    @cached_property
    def max_total(self) -> float | None:
        """Largest earlier total."""
        return _number(self._history.get("max_total"))

    @cached_property
    def recent(self) -> list[PastInvoice]:
        """The latest documents of the history."""
        return [
            PastInvoice(
                date=_date(past.get("date")),
                total=_number(past.get("total")),
                lines=tuple(_text(line) for line in past.get("lines") or []),
            )
            for past in _mappings(self._history.get("recent"))
        ]

    @cached_property
    def texts(self) -> list[tuple[int, str, str]]:
        """All free texts as line number, field and text."""
        found = [(0, "notes", self.notes)]
        for line in self.lines:
            found.append((line.number, "name", line.name))
            found.append((line.number, "description", line.description))
        for reference in self.references:
            found.append((0, "references", reference.reason))
            found.append((0, "references", reference.folio))
        for party in ("issuer", "receiver"):
            for name, value in _mapping(self._document.get(party)).items():
                found.append((0, f"{party}.{name}", _text(value)))
        return [item for item in found if item[2].strip()]


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _mappings(value: Any) -> list[dict[str, Any]]:
    return [item for item in value or [] if isinstance(item, dict)]


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _number(value: Any) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        # A text that is no number is as good as none.
        return None


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(_text(value)[:10])
    except ValueError:
        # A text that is no date is as good as none.
        return None
