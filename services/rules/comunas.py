"""The comunas of Chile, read from dated rows."""

from __future__ import annotations

import csv
import unicodedata
from functools import cache, lru_cache

from .dated_data import DATA_FOLDER

COMUNAS_FILE = "chile_comunas.csv"


@lru_cache(maxsize=1024)
def is_comuna(name: str) -> bool:
    """Return whether ``name`` is a comuna; case, accents and signs do not matter."""
    return _plain(name) in _comunas()


@cache
def _comunas() -> frozenset[str]:
    """Return the plain names of all comunas, other usual names included."""
    path = DATA_FOLDER / COMUNAS_FILE
    with path.open(encoding="utf-8", newline="") as stream:
        return frozenset(
            _plain(name)
            for row in csv.DictReader(stream)
            for name in (row["name"], *row["other_names"].split("|"))
            if name
        )


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name)
    return "".join(each for each in letters if each.isalnum()).casefold()
