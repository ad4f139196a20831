"""Finds a person's name in a text, however it is written there."""

from __future__ import annotations

import re
import unicodedata

_CONNECTORS = frozenset({"de", "del", "la", "las", "los", "y", "e", "da", "do", "von"})
_HONORIFICS = (
    r"(?:sr|sra|srta|sr\(a\)|don|do[nñ]a|dr|dra|se[nñ]or|se[nñ]ora|se[nñ]orita|"
    r"mr|mrs|ms)\.?\s+"
)
_SEPARATOR = r"[\s,.\-_·]*"
_START = r"(?<![^\W\d_])"
_END = r"(?![^\W\d_])"


def name_pattern(name: str) -> re.Pattern[str]:
    """Return a pattern that finds ``name`` and its usual variations.

    Case, accents and spacing do not count. Besides the whole name it finds two or more
    of its words in any order ("Rojas Soto, Elena"), initials before a surname ("E.
    Rojas") and one word or more after a form of address ("Sra. Rojas"); there the
    group ``name`` is the person's part.
    """
    words = [word for word in re.findall(r"[^\W\d_]+", name) if len(word) > 1]
    significant = [word for word in words if word.casefold() not in _CONNECTORS]
    significant = sorted(set(significant), key=lambda word: (-len(word), word))
    whole = r"[\s]+".join(_folded(part) for part in name.split())
    alternatives = [whole]
    if significant:
        word = "(?:" + "|".join(map(_folded, significant)) + ")"
        initial = "[" + "".join(sorted({each[0] for each in significant})) + "]"
        connectors = "(?:(?:" + "|".join(sorted(_CONNECTORS)) + r")\s+)*"
        more = f"(?:{_SEPARATOR}{connectors}{word})"
        if len(significant) > 1:
            alternatives.append(f"{word}{more}+")
            alternatives.append(
                rf"{initial}\.\s*(?:{initial}\.\s*){{0,3}}{word}{more}*"
            )
    pattern = f"{_START}(?:{'|'.join(alternatives)}){_END}"
    if significant:
        pattern += f"|{_START}{_HONORIFICS}(?P<name>{word}{more}*){_END}"
    else:
        pattern += "|(?P<name>(?!))"
    return re.compile(pattern, re.IGNORECASE)


def _folded(text: str) -> str:
    """Return a pattern for ``text`` with or without its accents."""
    return "".join(map(_letter, unicodedata.normalize("NFC", text)))


def _letter(letter: str) -> str:
    base = unicodedata.normalize("NFD", letter)[0]
    if not base.isalpha():
        return re.escape(letter)
    forms = {letter, base, *_ACCENTED.get(base.lower(), "")}
    return "[" + "".join(sorted(forms)) + "][\u0300-\u036f]*"


_ACCENTED = {
    "a": "áàäâã",
    "c": "ç",
    "e": "éèëê",
    "i": "íìïî",
    "n": "ñ",
    "o": "óòöôõ",
    "u": "úùüû",
}
