"""Typed values of a tree of SII fields, whether it came from XML or from JSON.

A tree is a mapping of element names to texts, numbers, trees, or lists of them when an
element repeats. What is absent, ``null`` or blank reads as absent.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar, get_type_hints

from .errors import UnreadableDocument

_Record = TypeVar("_Record", bound=Hashable)
_SHOWN = 40
_NUMBER = re.compile(r"[+-]?[0-9]{1,25}(\.[0-9]{0,25})?|[+-]?\.[0-9]{1,25}")
"""The format has 18 digits at most; conversion of endless ones is not linear."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def sii(default: Any, *names: str) -> Any:
    """Return a field of a dataclass that stands in a DTE under one of ``names``.

    :param default: of the field; ``dataclasses.MISSING`` when it has none
    """
    return dataclasses.field(default=default, metadata={"sii": names})


class Fields:
    """The values of one block."""

    def __init__(self, values: Mapping[str, Any], path: str = "") -> None:
        self._values = values
        self._path = path

    def __bool__(self) -> bool:
        """Return whether the block stands in the document, with anything in it."""
        return bool(self._values)

    def written(self, name: str) -> str:
        """Return a text exactly as it is written, empty when absent."""
        value = self._single(name)
        return "" if value is None else str(value)

    def text(self, *names: str) -> str:
        """Return the first of ``names`` that has a text, without space around it."""
        for name in names:
            if found := self.written(name).strip():
                return found
        return ""

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the texts of an element that may repeat, without blank ones."""
        found = (str(self._leaf(name, each)).strip() for each in self._all(name))
        return tuple(text for text in found if text)

    def number(self, name: str) -> Decimal | None:
        """Return a number.

        :raises UnreadableDocument: when it is none
        """
        text = self.text(name)
        if not text:
            return None
        if not _NUMBER.fullmatch(text):
            raise self._unreadable(name, text, "a number")
        return Decimal(text)

    def integer(self, name: str) -> int | None:
        """Return a whole number.

        :raises UnreadableDocument: when it is none
        """
        value = self.number(name)
        if value is None:
            return None
        if value != value.to_integral_value():
            raise self._unreadable(name, str(value), "a whole number")
        return int(value)

    def day(self, name: str) -> date | None:
        """Return a date, written ``YYYY-MM-DD``.

        :raises UnreadableDocument: when it is none
        """
        text = self.text(name)
        if not text:
            return None
        try:
            if not _DAY.fullmatch(text):
                raise ValueError("not written as the format wants it")
            return date.fromisoformat(text)
        except ValueError:
            raise self._unreadable(name, text, "a date") from None

    def moment(self, name: str) -> datetime | None:
        """Return a date with a time.

        :raises UnreadableDocument: when it is none
        """
        text = self.text(name)
        if not text:
            return None
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            raise self._unreadable(name, text, "a date with time") from None

    def block(self, name: str) -> Fields:
        """Return a block, one without values when it is absent."""
        found = self.blocks(name)
        if len(found) > 1:
            raise UnreadableDocument(f"{self._place(name)} stands more than once.")
        return found[0] if found else Fields({}, self._place(name))

    def blocks(self, name: str) -> tuple[Fields, ...]:
        """Return the blocks of an element that may repeat."""
        return tuple(self._blocks(name))

    def record(self, record_type: type[_Record], **given: Any) -> _Record:
        """Return a record of the block: fields that are :func:`sii` as they stand in
        it, the others as they are ``given``.

        :raises UnreadableDocument: when a value is none of its kind
        """
        read = {
            attribute: reader(self, *names)
            for attribute, reader, names in _sii_fields(record_type)
            if attribute not in given
        }
        return record_type(**read, **given)

    def records(self, name: str, record_type: type[_Record]) -> tuple[_Record, ...]:
        """Return a record of each block of an element that may repeat."""
        return tuple(each.record(record_type) for each in self.blocks(name))

    def _blocks(self, name: str) -> Iterator[Fields]:
        for number, value in enumerate(self._all(name), 1):
            if isinstance(value, Mapping):
                yield Fields(value, f"{self._place(name)}[{number}]")
            elif value is not None and str(value).strip():
                raise self._unreadable(name, str(value), "a block of fields")

    def _all(self, name: str) -> list[Any]:
        value = self._values.get(name)
        if value is None:
            return []
        return value if isinstance(value, list) else [value]

    def _single(self, name: str) -> Any:
        found = self._all(name)
        if len(found) > 1:
            raise UnreadableDocument(f"{self._place(name)} stands more than once.")
        return self._leaf(name, found[0]) if found else None

    def _leaf(self, name: str, value: Any) -> Any:
        if isinstance(value, Mapping | list | bool | float):
            raise self._unreadable(name, str(value), "a text or a number")
        return "" if value is None else value

    def _place(self, name: str) -> str:
        return f"{self._path}/{name}" if self._path else name

    def _unreadable(self, name: str, value: str, wanted: str) -> UnreadableDocument:
        shown = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"
        return UnreadableDocument(f"{self._place(name)} is not {wanted}: {shown!r}.")


_READERS: Mapping[Any, Callable[..., Any]] = {
    str: Fields.text,
    tuple[str, ...]: Fields.texts,
    bool: lambda block, name: block.integer(name) == 1,
    int | None: Fields.integer,
    Decimal: lambda block, name: block.number(name) or Decimal(0),
    Decimal | None: Fields.number,
    date | None: Fields.day,
    datetime | None: Fields.moment,
}
"""How a field is read, by its type."""


@cache
def _sii_fields(
    record_type: type,
) -> tuple[tuple[str, Callable[..., Any], tuple[str, ...]], ...]:
    """Return attribute, reader and SII names of the fields that are :func:`sii`."""
    hints = get_type_hints(record_type)
    return tuple(
        (field.name, _READERS[hints[field.name]], field.metadata["sii"])
        for field in dataclasses.fields(record_type)
        if "sii" in field.metadata
    )
