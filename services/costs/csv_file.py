"""Rows as CSV text, safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A spreadsheet takes a text that begins so for a formula, and runs it."""
MARK = "\ufeff"
"""Tells spreadsheets that the file is UTF-8; stands before the first line."""


@dataclass(frozen=True)
class Dialect:
    """How fields and decimals are parted."""

    delimiter: str
    decimal_point: str


INTERNATIONAL = Dialect(",", ".")
CHILEAN = Dialect(";", ",")


def lines_of(rows: Iterable[Sequence[object]], dialect: Dialect) -> bytes:
    """Return ``rows`` as lines of CSV, UTF-8.

    Numbers are written plainly, with all their digits and no thousands; everything
    else is text, quoted where it has to be, and never a formula.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=dialect.delimiter, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_field(value, dialect) for value in row])
    return buffer.getvalue().encode()


def _field(value: object, dialect: Dialect) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Decimal):
        return _plain(value).replace(".", dialect.decimal_point)
    if isinstance(value, int):
        return str(value)
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _plain(value: Decimal) -> str:
    """Return a number without exponent and without zeros behind its last digit."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
