"""Words made comparable: lower case, without accents, disguises undone."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterator

#: Letters of other alphabets that look like Latin ones.
_LOOKALIKES = str.maketrans("аеорсухіјѕԁһмнвткαορντικε", "aeopcyxijsdhmhbtkaopvtike")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{16,}={0,2}")
_SPACED = re.compile(r"\b(?:\w[ ._\-*]){4,}\w\b")
_SINGLE_LETTERS = re.compile(r"(?<!\w)\w(?:[ ._\-*]\w(?!\w))+")


def plain(text: str) -> str:
    """Return ``text`` in lower case without accents and invisible characters."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text)
    kept = [
        character
        for character in decomposed
        if unicodedata.category(character) not in ("Mn", "Cf")
    ]
    return "".join(kept).lower().translate(_LOOKALIKES)


def readings(text: str) -> Iterator[str]:
    """Yield ``text`` as it is and with each disguise undone.

    The disguises: letters with spaces between them, broken lines, reversed text and
    base64.
    """
    first = plain(text)
    yield first
    if _SPACED.search(first):
        joined = _SINGLE_LETTERS.sub(
            lambda found: re.sub(r"\W|_", "", found.group()), first
        )
        yield " ".join(joined.split())
    elif "\n" in first or "  " in first:
        yield " ".join(first.split())
    for found in _BASE64.findall(text):
        try:
            decoded = base64.b64decode(found + "=" * (-len(found) % 4))
            yield plain(decoded.decode())
        except (binascii.Error, UnicodeDecodeError):
            # A long word that only looks like base64.
            continue
    if "evorppa" in first or "abeurpa" in first or "erongi" in first:
        yield first[::-1]


def words_of(text: str) -> list[str]:
    """Return the words of ``text`` as :func:`plain` gives them."""
    return re.findall(r"[a-zñ0-9]+", plain(text))
