"""Finds text that talks to whoever validates the document, instead of describing it.

A model that believes such a text would send what nobody checked, so the search is
deterministic: no document can talk it out of its finding. It looks for the act, telling
the reader what to conclude, and not for single words: "aprobado por", "según
instrucciones de" and "ignorar" are everyday language of invoices.
"""

import re
import unicodedata
from functools import lru_cache

from ..common.unicode_text import normalised
from .instruction_patterns import ORDERED, SPOKEN_TO
from .needed_words import (
    ANY_KIND,
    SEPARATOR,
    kinds_of_each,
    kinds_of_words,
    may_speak_and_order,
    possible_sentences,
)

_TOGETHER = 120
_KEPT_LENGTH = 20_000
"""Characters; what was found in longer texts is not kept: memory has an end."""

_LONG_WORD = re.compile(r"[\w@$]{3,}")
_LETTER = re.compile(r"[a-z@$]")
_DIGIT = re.compile(r"[\d@$]")
_LEET = str.maketrans("013457@$", "oieastas")
_SPACED_WORD = re.compile(r"(?<!\w)(?:\w[ .\-_*]){3,}\w(?!\w)")
_MIXED_OR_SPACED = re.compile(r"[a-z][\d@$]|[\d@$][a-z]|\b\w[ .\-_*]\w\b")
# Each spaced word ends so; quick to search, as it begins with few characters.
_SPACED_END = re.compile(r"[ .\-_*]\w[ .\-_*]\w[ .\-_*]\w(?!\w)")
# Acute, tilde and diaeresis.
_MARKS = "\u0301\u0303\u0308"
_SPACES = ("  ", "\t", "\r", "\f", "\v", "\n\n", "\n ", " \n")
_GAP = re.compile(r"[ \t\r\f\v]+")
_LINE_END = re.compile(r"(?: ?\n)+ ?")
_SPACING = re.compile(r"[ .\-_*]")
# Cyrillic and Greek letters that look like Latin ones.
_LOOKALIKE = str.maketrans(
    "авекмнорстухіјѕԁɡαβεικνορτυχⅼ", "abekmhopctyxijsdgabeikvoptuxl"
)


def find_reader_instruction(text: str, *, only_orders: bool = False) -> str:
    """Return the part of ``text`` that instructs its reader, empty when none does.

    What is returned is in the plain form that was searched: lower case, no accents.

    :param only_orders: leave out what is suspicious only because words that speak to a
        machine and words that order something stand together
    """
    if len(text) > _KEPT_LENGTH:
        return _find(text, only_orders)
    return _find_again(text, only_orders)


def _find(text: str, only_orders: bool) -> str:
    plain = _plain(text)
    for form in dict.fromkeys((plain, _deobfuscated(plain))):
        found = _instruction_in(form, only_orders)
        if found:
            return found
    return ""


# The texts of a partner's earlier documents are looked through again with each new one,
# and again with its answer.
_find_again = lru_cache(maxsize=2048)(_find)


def kinds_in(texts: tuple[str, ...]) -> tuple[int, ...]:
    """Return for each of ``texts`` the kinds of words in it, as bits; quick.

    When :func:`.needed_words.may_instruct` denies it of these kinds, the text has no
    instruction, and of the kinds of two texts, both together have none.

    :param texts: visible ones; those that may be read together stand side by side
    """
    if sum(map(len, texts)) > _KEPT_LENGTH:
        return _kinds(texts)
    return _kinds_again(texts)


def _kinds(texts: tuple[str, ...]) -> tuple[int, ...]:
    each_plain = _plain(SEPARATOR.join(texts)).split(SEPARATOR)
    stripped = [plain.strip() for plain in each_plain]
    # A word may be spaced out from one text to the next.
    together = " ".join(stripped)
    if _SPACED_END.search(together) and _SPACED_WORD.search(together):
        return (ANY_KIND,) * len(texts)
    plain = SEPARATOR.join(stripped)
    # Here digits count as letters everywhere, not only in words with both.
    return tuple(kinds_of_each(plain, plain.translate(_LEET)))


# A document is looked at again whenever it is validated again.
_kinds_again = lru_cache(maxsize=256)(_kinds)


def _instruction_in(plain: str, only_orders: bool) -> str:
    kinds = kinds_of_words(plain)
    matches = [each.search(plain) for each in possible_sentences(kinds)]
    first = min(filter(None, matches), key=re.Match.start, default=None)
    if first:
        return first[0].strip()
    if only_orders or not may_speak_and_order(kinds):
        return ""
    spoken_to = SPOKEN_TO.pattern.search(plain)
    ordered = spoken_to and ORDERED.pattern.search(plain)
    if spoken_to and ordered and abs(spoken_to.start() - ordered.start()) < _TOGETHER:
        start = min(spoken_to.start(), ordered.start())
        return plain[start : max(spoken_to.end(), ordered.end())].strip()
    return ""


def _plain(text: str) -> str:
    """Return ``text`` as it sounds: lower case Latin letters without accents.

    A gap is one space, whatever white space it was, and so is the end of a line.
    """
    folded = text.lower() if text.isascii() else _folded(text)
    if any(space in folded for space in _SPACES):
        return _LINE_END.sub("\n", _GAP.sub(" ", folded))
    return folded


def _folded(text: str) -> str:
    decomposed = normalised("NFKD", text).casefold()
    # Without those of Spanish, most texts are ASCII.
    for mark in _MARKS:
        decomposed = decomposed.replace(mark, "")
    if decomposed.isascii():
        return decomposed
    plain = "".join(each for each in decomposed if not unicodedata.combining(each))
    return plain.translate(_LOOKALIKE)


def _deobfuscated(plain: str) -> str:
    """Return ``plain`` with spaced words closed and digits for letters put back."""
    if _MIXED_OR_SPACED.search(plain) is None:
        return plain
    closed = _SPACED_WORD.sub(lambda match: _SPACING.sub("", match[0]), plain)
    return _LONG_WORD.sub(_with_letters, closed)


def _with_letters(match: re.Match[str]) -> str:
    """Return a word with both letters and digits with the letters meant."""
    word = match[0]
    is_mixed = _LETTER.search(word) and _DIGIT.search(word)
    return word.translate(_LEET) if is_mixed else word
