"""Months that a text speaks of."""

from __future__ import annotations

import re
from datetime import date

from .words import plain

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "enero january jan ene",
            "febrero february feb",
            "marzo march mar",
            "abril april abr apr",
            "mayo may",
            "junio june jun",
            "julio july jul",
            "agosto august ago aug",
            "septiembre setiembre september sep sept",
            "octubre october oct",
            "noviembre november nov",
            "diciembre december dic dec",
        ),
        1,
    )
    for name in names.split()
}
#: Short names count only beside a year, because they are also words.
_NAMED = re.compile(
    r"\b(" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b"
    r"(?:\s*(?:de|del|/|-|,|of)?\s*(20\d\d|\d\d)\b)?"
)
_NUMBERED = re.compile(r"(?<![\d/.-])(0?[1-9]|1[0-2])[/-](20\d\d)(?![\d/-])")
_AMBIGUOUS = frozenset({"mar", "may", "mayo", "ago", "march", "jan", "ene", "sep"})


def lags_in(text: str, issued: date) -> list[int]:
    """Return how many months before ``issued`` each month in ``text`` lies.

    1 is the month before, -1 the month after. A month without a year is taken
    to be the nearest one.
    """
    lags = []
    readable = plain(text)
    for name, year in _NAMED.findall(readable):
        if not year and (len(name) <= 4 or name in _AMBIGUOUS):
            continue
        lags.append(_lag(_MONTHS[name], year, issued))
    for month, year in _NUMBERED.findall(readable):
        lags.append(_lag(int(month), year, issued))
    return lags


def _lag(month: int, year: str, issued: date) -> int:
    if year:
        full = int(year) if len(year) == 4 else 2000 + int(year)
        return (issued.year - full) * 12 + issued.month - month
    lag = issued.month - month
    # The nearest: never more than six months away.
    return (lag + 5) % 12 - 5
