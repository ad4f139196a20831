"""The version of everything that finds something in a document without a model."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from .dated_data import DatedData, shipped_rates

_ADDON = Path(__file__).parents[2]
_FOLDERS = ("common", "documents", "privacy", "rules", "validation")
"""Parts of ``services`` whose code decides what is found: whole folders, because a
version that changes once too often does no harm, and one that stays does."""


def rulebook_version(rates: DatedData) -> str:
    """Return ``<code>.<data>``: which code and which dated values were used.

    Equal versions give equal findings for the same document and context: that is what
    makes a stored verdict replayable.
    """
    return f"{_shipped_version()}.{rates.version}"


def source_version(addon: Path) -> str:
    """Return a short hash over the :func:`sources` of the addon in ``addon``."""
    digest = hashlib.sha256()
    for path in sources(addon):
        digest.update(path.relative_to(addon).as_posix().encode())
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:8]


def sources(addon: Path) -> list[Path]:
    """Return the files in ``addon`` that decide what is found: the code of rules,
    comparisons, text checks and merging, and the lists that they read."""
    return sorted(_sources(addon))


def _sources(addon: Path) -> Iterator[Path]:
    for folder in _FOLDERS:
        yield from (addon / "services" / folder).rglob("*.py")
    yield from (addon / "data").glob("*.csv")


@cache
def _shipped_version() -> str:
    """Return the version of the sources that run here, read once."""
    return source_version(_ADDON)


RULEBOOK_VERSION = rulebook_version(shipped_rates())
"""The version of the code and the dated values that ship with the product."""
