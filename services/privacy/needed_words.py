"""Tells from the words of a text which sentences it may hold: quick, and never too few.

A sentence is searched only in texts that have a word of every kind that it needs. The
words of each kind are in ``data/instruction_words.csv``: whole words, with ``*``
beginnings of words, with ``_`` two words. They follow from :mod:`.instruction_words`
and :mod:`.instruction_patterns`: who adds a word there adds it here; the tests tell
when one is missing.
"""

import csv
import re
from functools import lru_cache, reduce
from operator import or_
from pathlib import Path

from .instruction_patterns import ORDERED, SENTENCES, SPOKEN_TO, Sentence

_WORDS_FILE = Path(__file__).parents[2] / "data" / "instruction_words.csv"

SEPARATOR = "\x1f"
"""Between texts: never in a visible one, and in none of the patterns."""
ANY_KIND = -1
"""All bits: of a text that may have words of every kind."""


def _read_kinds() -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = {}
    with _WORDS_FILE.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            for kind in row["kinds"].split("|"):
                kinds.setdefault(kind, []).extend(row["words"].split())
    return kinds


KINDS = _read_kinds()
"""Words by kind."""
_BITS = {kind: 1 << place for place, kind in enumerate(KINDS)}
# Only letters and digits make words; "<" counts as one, as no word stands in "<!--".
_SEPARATED = bytes(
    code if chr(code).isalnum() or chr(code) in f"<{SEPARATOR}" else ord(" ")
    for code in range(128)
).ljust(256)
_HEAD = 3


def _kinds_of_entries() -> dict[str, int]:
    kinds: dict[str, int] = {}
    for kind, entries in KINDS.items():
        for entry in entries:
            kinds[entry] = kinds.get(entry, 0) | _BITS[kind]
    return kinds


def _by_head() -> dict[str, tuple[tuple[str, bool, int], ...]]:
    """Return by first letters: words, whether as beginnings only, and their kinds."""
    heads: dict[str, list[tuple[str, bool, int]]] = {}
    for entry, bits in _kinds_of_entries().items():
        word = entry.removesuffix("*")
        heads.setdefault(word[:_HEAD], []).append((word, word != entry, bits))
    return {head: tuple(entries) for head, entries in heads.items()}


_BY_HEAD = _by_head()
_PHRASES = tuple(
    (entry.replace("_", " "), bits)
    for entry, bits in _kinds_of_entries().items()
    if "_" in entry
)
# Two words of which one text has the first, and the next text the second.
_SEAMS = tuple(phrase.replace(" ", SEPARATOR) for phrase, _ in _PHRASES)


def kinds_of_words(plain: str) -> int:
    """Return the kinds of words that are in ``plain``, as bits.

    :param plain: lower case, without accents
    """
    return reduce(or_, _known_words(_words(plain)).values(), 0)


def kinds_of_each(*forms: str) -> list[int]:
    """Return the kinds of words of each text, in any of its ``forms``.

    Two texts that follow each other have together the words of the one and the other.

    :param forms: all texts, with :data:`SEPARATOR` between them
    :return: no kinds at all where even all texts together cannot instruct
    """
    each_form = [_words(form) for form in forms]
    count = each_form[0].count(SEPARATOR) + 1
    if any(seam in form for form in each_form for seam in _SEAMS):
        return [ANY_KIND] * count
    known = _known_words(" ".join(each_form))
    kinds = [0] * count
    if not may_instruct(reduce(or_, known.values(), 0)):
        return kinds
    phrases = [(f" {phrase} ", bits) for phrase, bits in _PHRASES if phrase in known]
    for form in each_form:
        for number, text in enumerate(form.split(SEPARATOR)):
            for word in known.keys() & text.split():
                kinds[number] |= known[word]
            alone = f" {text} "
            for phrase, bits in phrases:
                if phrase in alone:
                    kinds[number] |= bits
    return kinds


def _words(plain: str) -> str:
    if "<" in plain:
        plain = plain.replace("<", " < ")
    # What is left of other alphabets separates words too: that can only find more.
    return plain.encode("ascii", "replace").translate(_SEPARATED).decode("ascii")


def _known_words(words: str) -> dict[str, int]:
    """Return those of ``words`` that any sentence needs, with their kinds."""
    found: dict[str, int] = {}
    for word in set(words.split()):
        entries = _BY_HEAD.get(word[:_HEAD])
        if entries:
            for known, is_beginning, bits in entries:
                if word == known or (is_beginning and word.startswith(known)):
                    found[word] = found.get(word, 0) | bits
    padded = f" {words.replace(SEPARATOR, ' ')} "
    for phrase, bits in _PHRASES:
        if f" {phrase} " in padded:
            found[phrase] = bits
    return found


def _needs(sentence: Sentence) -> tuple[int, ...]:
    return tuple(
        sum({_BITS[kind.strip()] for kind in one.split("|")})
        for one in sentence.needs.split(",")
    )


_NEEDS = tuple((_needs(sentence), sentence.pattern) for sentence in SENTENCES)
_NEEDS_TOGETHER = _needs(SPOKEN_TO) + _needs(ORDERED)


@lru_cache(maxsize=4096)
def possible_sentences(kinds: int) -> tuple[re.Pattern[str], ...]:
    """Return the patterns of what a text with words of these ``kinds`` may say."""
    return tuple(
        pattern for needs, pattern in _NEEDS if all(kinds & each for each in needs)
    )


def may_speak_and_order(kinds: int) -> bool:
    """Return whether a text may both speak to a machine and order something."""
    return all(kinds & each for each in _NEEDS_TOGETHER)


def may_instruct(kinds: int) -> bool:
    """Return whether a text with words of these ``kinds`` may instruct its reader."""
    return bool(possible_sentences(kinds)) or may_speak_and_order(kinds)
