"""Rates, limits and lists that change with time, read from dated rows.

A row holds one value for one period, or one entry of a list, with its source and the
day on which somebody verified it. A period without a row has no value: the previous
one is never used.
"""

import csv
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Protocol

from ..common.unicode_text import normalised

DATA_FOLDER = Path(__file__).parents[2] / "data"
RATES_FILE = "chile_rates.csv"
LISTS_FILE = "chile_lists.csv"
COMUNAS_FILE = "chile_comunas.csv"
COMUNAS = "comuna"
PAYMENT_FORMS = "payment_form"
TRANSFER_INDICATORS = "transfer_indicator"

_Period = tuple[date, date]


class DatedData(Protocol):
    """What rules need to know about rates; Odoo may serve it from records."""

    version: str
    """Changes when any value changes; part of the rulebook's version."""

    def value(self, name: str, on: date) -> Decimal | None:
        """Return the value of ``name`` in force ``on``, ``None`` when unknown."""
        ...

    def holds(self, name: str, text: str, on: date) -> bool | None:
        """Return whether the list ``name`` holds ``text`` on a day, however it is
        written; ``None`` when the list has no entry for that day."""
        ...


class MissingRate(Exception):
    """No row covers the date. ``check`` turns it into a finding for review.

    :ivar name: name of the value
    :ivar on: the date for which there is none
    """

    def __init__(self, name: str, on: date) -> None:
        super().__init__(f"{name} on {on}")
        self.name = name
        self.on = on


class DatedRows:
    """:class:`DatedData` over rows as they stand in the CSV file."""

    def __init__(self, rows: Iterable[Mapping[str, str]]) -> None:
        """Read ``rows``.

        :param rows: mappings with ``name``, ``valid_from``, ``valid_to`` (ISO dates, an
            empty ``valid_to`` means still in force) and either ``value``, or ``text``
            and perhaps ``other_names`` (parted by ``|``) for an entry of a list
        :raises ValueError: when two periods of the same name overlap
        """
        periods: dict[str, list[tuple[date, date, Decimal]]] = defaultdict(list)
        entries: dict[str, dict[str, list[_Period]]] = defaultdict(dict)
        digest = hashlib.sha256()
        for row in rows:
            start = date.fromisoformat(row["valid_from"])
            end = date.fromisoformat(row["valid_to"]) if row["valid_to"] else date.max
            if row.get("text"):
                for text in (row["text"], *(row.get("other_names") or "").split("|")):
                    if text:
                        listed = entries[row["name"]].setdefault(plain(text), [])
                        listed.append((start, end))
            else:
                periods[row["name"]].append((start, end, Decimal(row["value"])))
        for name in sorted(periods):
            periods[name].sort()
            previous_end = date.min
            for start, end, value in periods[name]:
                if start <= previous_end or end < start:
                    raise ValueError(f"periods of {name} overlap at {start}")
                previous_end = end
                digest.update(f"{name} {start} {end} {value}\n".encode())
        for name in sorted(entries):
            for text in sorted(entries[name]):
                for start, end in sorted(entries[name][text]):
                    digest.update(f"{name} {text} {start} {end}\n".encode())
        self._periods = dict(periods)
        self._entries = dict(entries)
        self._spans = {
            name: (
                min(start for listed in texts.values() for start, _end in listed),
                max(end for listed in texts.values() for _start, end in listed),
            )
            for name, texts in entries.items()
        }
        self.version = digest.hexdigest()[:8]

    def value(self, name: str, on: date) -> Decimal | None:
        """Return the value of ``name`` in force ``on``, ``None`` when unknown."""
        for start, end, value in self._periods.get(name, ()):
            if start <= on <= end:
                return value
        return None

    def holds(self, name: str, text: str, on: date) -> bool | None:
        """Return whether the list ``name`` holds ``text`` on a day.

        Case, accents and signs do not matter. ``None`` when the list has no entry for
        that day.
        """
        first, last = self._spans.get(name, (date.max, date.min))
        if not first <= on <= last:
            return None
        listed = self._entries[name].get(plain(text), ())
        return any(start <= on <= end for start, end in listed)


@lru_cache(maxsize=2048)
def plain(text: str) -> str:
    """Return ``text`` without case, accents, spaces and signs, to compare names."""
    letters = normalised("NFKD", text)
    return "".join(each for each in letters if each.isalnum()).casefold()


def required(rates: DatedData, name: str, on: date) -> Decimal:
    """Return the value of ``name`` in force ``on``.

    :raises MissingRate: when no row covers the date
    """
    value = rates.value(name, on)
    if value is None:
        raise MissingRate(name, on)
    return value


def listed(rates: DatedData, name: str, text: str, on: date) -> bool:
    """Return whether the list ``name`` holds ``text`` on a day.

    :raises MissingRate: when the list has no entry for that day
    """
    found = rates.holds(name, text, on)
    if found is None:
        raise MissingRate(name, on)
    return found


def shipped_rows() -> Iterator[dict[str, str]]:
    """Yield the rows that ship with the product, values first, then lists.

    A comuna is an entry of the list :data:`COMUNAS`, its region the ``label``.
    """
    yield from _rows(DATA_FOLDER / RATES_FILE)
    yield from _rows(DATA_FOLDER / LISTS_FILE)
    for row in _rows(DATA_FOLDER / COMUNAS_FILE):
        yield {**row, "name": COMUNAS, "text": row["name"], "label": row["region"]}


@cache
def shipped_rates() -> DatedRows:
    """Return the values that ship with the product, read once per process."""
    return DatedRows(shipped_rows())


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)
