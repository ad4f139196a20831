"""Finds a person's name in a text, however it is written there.

The words of the text are looked at once from its end and once from its beginning: a
pattern for all spellings would try every way to cut "anaana" into names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from ..common.unicode_text import normalised

_CONNECTORS = frozenset({"de", "del", "la", "las", "los", "y", "e", "da", "do", "von"})
_LONGEST_CONNECTOR = max(map(len, _CONNECTORS))
_HONORIFICS = frozenset(
    "sr sra srta don dona dr dra senor senora senorita mr mrs ms".split()
)
_LETTER = r"[^\W\d_]"
_WORD = re.compile(rf"{_LETTER}(?:{_LETTER}|[\u0300-\u036f])*")
_SEPARATORS = re.compile(r"[\s,.\-_·]*")
_LONGEST_PHRASE = 200
"""Characters of a name that are looked for exactly as they stand: the tax office takes
100. What is beyond is found by its words."""
_LONGEST_PART = 60
"""Letters of a word of the name that is found without a space before the next one."""


class PersonName:
    """One person's name.

    Case, accents and spacing do not count. Besides the whole name it is found as two or
    more of its words in any order ("Rojas Soto, Elena"), as initials before a surname
    ("E. Rojas") and as one word or more after a form of address ("Sra. Rojas"), which
    is no part of it.
    """

    def __init__(self, name: str) -> None:
        words = {_folded(word) for word in _WORD.findall(name)}
        self._words = {word for word in words - _CONNECTORS if len(word) > 1}
        self._initials = {word[0] for word in self._words}
        if len(self._words) < 2:
            self._initials = set()
        lengths = {len(word) for word in self._words if len(word) <= _LONGEST_PART}
        self._lengths = sorted(lengths)
        self._phrase = _phrase_pattern(name)

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where the name stands in ``text``, in order and without overlaps."""
        found = [match.span() for match in self._phrase.finditer(text)]
        if self._words:
            found += self._spans_of_words(text)
        end_before = -1
        start_before = -1
        for start, end in sorted(found):
            if start < end_before:
                end_before = max(end_before, end)
                continue
            if end_before >= 0:
                yield start_before, end_before
            start_before, end_before = start, end
        if end_before >= 0:
            yield start_before, end_before

    def _spans_of_words(self, text: str) -> Iterator[tuple[int, int]]:
        words = [
            _TextWord(*match.span(), _folded(match[0]))
            for match in _WORD.finditer(text)
        ]
        for word, following in zip(words, words[1:], strict=False):
            word.gap = text[word.end : following.start]
        if words:
            words[-1].gap = text[words[-1].end :]
        self._link(words)
        place = 0
        while place < len(words):
            first, last = self._name_at(words, place)
            if first < 0:
                place += 1
                continue
            yield words[first].start, words[last].end
            place = last + 1

    def _link(self, words: list[_TextWord]) -> None:
        """Find for each word, from the last one, what of a name begins with it."""
        beyond = len(words)
        is_composed = len(self._words) > 1
        for place in range(beyond - 1, -1, -1):
            word = words[place]
            following = words[place + 1] if place + 1 < beyond else None
            reaches = following is not None and _SEPARATORS.fullmatch(word.gap)
            next_word = following.first_word if following and reaches else -1
            parts, then_connector = self._parts(word.letters)
            if parts or (then_connector and next_word >= 0):
                word.first_word = place
                word.last_word = words[next_word].last_word if next_word >= 0 else place
                word.is_several = is_composed and (parts > 1 or next_word >= 0)
            elif word.letters in _CONNECTORS:
                word.first_word = next_word
            if (
                following
                and word.letters in self._initials
                and word.gap[:1] == "."
                and not word.gap[1:].strip()
            ):
                is_name = following.first_word == place + 1
                word.after_initials = place + 1 if is_name else following.after_initials

    def _name_at(self, words: list[_TextWord], place: int) -> tuple[int, int]:
        """Return the first and the last word of the name at ``place``, -1 for none."""
        word = words[place]
        if word.first_word == place and word.is_several:
            return place, word.last_word
        if word.after_initials >= 0:
            return place, words[word.after_initials].last_word
        addressed = self._addressed(words, place)
        if addressed >= 0 and words[addressed].first_word == addressed:
            return addressed, words[addressed].last_word
        return -1, -1

    @staticmethod
    def _addressed(words: list[_TextWord], place: int) -> int:
        """Return the word that follows a form of address at ``place``, -1 for none."""
        if words[place].letters not in _HONORIFICS:
            return -1
        gap = words[place].gap
        if gap == "(" and words[place].letters == "sr" and place + 1 < len(words):
            place += 1
            if words[place].letters != "a" or words[place].gap[:1] != ")":
                return -1
            gap = words[place].gap[1:]
        spaces = gap.removeprefix(".")
        is_before_word = bool(spaces) and spaces.isspace()
        return place + 1 if is_before_word and place + 1 < len(words) else -1

    def _parts(self, letters: str) -> tuple[int, bool]:
        """Return of how many words of the name ``letters`` are made, 0 if they are not,
        and whether they are when a connecting word ends them, as in "elenade"."""
        parts = int(letters in self._words)
        if len(letters) <= (self._lengths[0] if self._lengths else len(letters)):
            return parts, False
        reached = {0}
        then_connector = False
        # Each place is left behind once: nothing is tried again.
        pending = [0]
        while pending:
            start = pending.pop()
            if start and len(letters) - start <= _LONGEST_CONNECTOR:
                then_connector = then_connector or letters[start:] in _CONNECTORS
            for length in self._lengths:
                end = start + length
                is_whole = length == len(letters)
                if end > len(letters) or end in reached or is_whole:
                    continue
                if letters[start:end] in self._words:
                    reached.add(end)
                    pending.append(end)
        return 2 if len(letters) in reached else parts, then_connector


@dataclass(slots=True)
class _TextWord:
    """A word of the text, and what begins with it."""

    start: int
    end: int
    letters: str
    gap: str = ""
    """What stands between it and the next one."""
    first_word: int = -1
    """Place of the first word of a name: itself, or where connecting words lead."""
    last_word: int = -1
    """Place of the last word of the name that begins here."""
    is_several: bool = False
    """Whether two or more words of the name begin here."""
    after_initials: int = -1
    """Place of the word of the name to which initials lead from here."""


def _phrase_pattern(name: str) -> re.Pattern[str]:
    """Return a pattern for the name as it stands, with or without its accents."""
    phrase = r"\s+".join(
        "".join(map(_letter, normalised("NFC", part)))
        for part in name[:_LONGEST_PHRASE].split()
    )
    return re.compile(
        rf"(?<!{_LETTER})(?:{phrase or '(?!)'})(?!{_LETTER})", re.IGNORECASE
    )


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


def _folded(word: str) -> str:
    """Return the letters of ``word`` in lower case, without accents."""
    return word.lower() if word.isascii() else "".join(map(_base, word))


@lru_cache(maxsize=4096)
def _base(character: str) -> str:
    """Return a letter without its accents, nothing for an accent alone."""
    decomposed = unicodedata.normalize("NFKD", character)
    return "".join(each for each in decomposed if each.isalpha()).casefold()
