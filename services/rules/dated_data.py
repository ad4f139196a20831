"""Rates and limits that change with time, read from dated rows.

A row holds one value for one period, with its source and the day on which somebody
verified it. A period without a row has no value: the previous one is never used.
"""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Protocol

DATA_FOLDER = Path(__file__).parents[2] / "data"
RATES_FILE = "chile_rates.csv"


class DatedData(Protocol):
    """What rules need to know about rates; Odoo may serve it from records."""

    version: str
    """Changes when any value changes; part of the rulebook's version."""

    def value(self, name: str, on: date) -> Decimal | None:
        """Return the value of ``name`` in force ``on``, ``None`` when unknown."""
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

        :param rows: mappings with ``name``, ``value``, ``valid_from``, ``valid_to``
            (ISO dates, an empty ``valid_to`` means still in force)
        :raises ValueError: when two periods of the same name overlap
        """
        periods: dict[str, list[tuple[date, date, Decimal]]] = defaultdict(list)
        digest = hashlib.sha256()
        for row in rows:
            start = date.fromisoformat(row["valid_from"])
            end = date.fromisoformat(row["valid_to"]) if row["valid_to"] else date.max
            periods[row["name"]].append((start, end, Decimal(row["value"])))
        for name in sorted(periods):
            periods[name].sort()
            previous_end = date.min
            for start, end, value in periods[name]:
                if start <= previous_end or end < start:
                    raise ValueError(f"periods of {name} overlap at {start}")
                previous_end = end
                digest.update(f"{name} {start} {end} {value}\n".encode())
        self._periods = dict(periods)
        self.version = digest.hexdigest()[:8]

    def value(self, name: str, on: date) -> Decimal | None:
        """Return the value of ``name`` in force ``on``, ``None`` when unknown."""
        for start, end, value in self._periods.get(name, ()):
            if start <= on <= end:
                return value
        return None


def required(rates: DatedData, name: str, on: date) -> Decimal:
    """Return the value of ``name`` in force ``on``.

    :raises MissingRate: when no row covers the date
    """
    value = rates.value(name, on)
    if value is None:
        raise MissingRate(name, on)
    return value


def read_rows(path: Path) -> DatedRows:
    """Return the dated values of the CSV file at ``path``."""
    with path.open(encoding="utf-8", newline="") as stream:
        return DatedRows(csv.DictReader(stream))


@cache
def shipped_rates() -> DatedRows:
    """Return the values that ship with the product, read once per process."""
    return read_rows(DATA_FOLDER / RATES_FILE)
