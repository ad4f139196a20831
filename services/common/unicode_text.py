"""Unicode normalisation whose work is linear in the text."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]

MOST_MARKS = 30
"""Combining marks on one character; no language needs as many (Unicode's Stream-Safe
Text Format allows the same)."""

# All combining marks are among these; the halfwidth sound marks become such.
_PERHAPS_MARKS = re.compile(
    rf"(?:[^\w\s\x00-\x7f]|[\uff9e\uff9f]){{{MOST_MARKS + 1},}}"
)
_HALFWIDTH_MARKS = "\uff9e\uff9f"


def normalised(form: Form, text: str) -> str:
    """Return ``text`` in a form of Unicode, with at most :data:`MOST_MARKS` a letter.

    Python sorts the marks of one letter by insertion: a hundred thousand of them, in
    one line of an invoice, take minutes.
    """
    return unicodedata.normalize(form, _with_few_marks(text))


def heaped_marks(text: str) -> frozenset[str]:
    """Return the marks that are too many for one letter; no ordinary text has any."""
    heaped: set[str] = set()
    for match in _runs(text):
        heaped.update(_parted(match[0])[1])
    return frozenset(heaped)


def _with_few_marks(text: str) -> str:
    if text.isascii():
        return text
    return _PERHAPS_MARKS.sub(lambda match: _parted(match[0])[0], text)


def _runs(text: str) -> list[re.Match[str]]:
    return [] if text.isascii() else list(_PERHAPS_MARKS.finditer(text))


def _parted(run: str) -> tuple[str, list[str]]:
    """Return ``run`` without the marks that are too many, and those."""
    kept: list[str] = []
    heaped: list[str] = []
    marks = 0
    for character in run:
        is_mark = unicodedata.combining(character) or character in _HALFWIDTH_MARKS
        marks = marks + 1 if is_mark else 0
        (kept if marks <= MOST_MARKS else heaped).append(character)
    return "".join(kept), heaped
