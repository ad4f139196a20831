"""Which words, and which lines of an order, mean the same."""

import unicodedata
from difflib import SequenceMatcher
from functools import lru_cache

from ..common.unicode_text import normalised
from ..documents.context import OrderLine
from ..documents.document import Document, Line

_LEGAL_FORMS = frozenset(
    "spa sa ltda limitada eirl sac cia compania sociedad anonima cerrada abierta "
    "responsabilidad individual empresa por acciones de del la las los el y e i en "
    "comercial".split()
)
"""Words that do not tell two companies apart."""
_STOP_WORDS = frozenset(
    "de del la las los el y e o u en con sin para por al a un una segun n no "
    "the of and for to in on".split()
)
_SHORTEST_ABBREVIATION = 2
_SAME_WORD = 0.84
"""Share of equal letters from which two words are the same but for a typing error."""
_LONGEST_NAME = 200
"""Characters of a name that are compared, twice what a tax document may have."""
_SAME_LINE = 0.5
"""Share of common words from which a line charges a line of an order."""


@lru_cache(maxsize=4096)
def words(text: str) -> tuple[str, ...]:
    """Return the words of ``text`` without accents, case and signs."""
    letters = normalised("NFKD", text.replace(".", ""))
    plain = "".join(
        each if each.isalnum() else " "
        for each in letters
        if not unicodedata.combining(each)
    )
    return tuple(plain.casefold().split())


def significant_words(text: str) -> frozenset[str]:
    """Return the words of ``text`` but for articles, prepositions and the like."""
    return frozenset(words(text)) - _STOP_WORDS


def is_same_name(one: str, other: str) -> bool:
    """Return whether two names may be the same company's or person's.

    Legal forms do not count. Each word of the shorter name must be in the other: as it
    is, abbreviated, or with a typing error.
    """
    one, other = one[:_LONGEST_NAME], other[:_LONGEST_NAME]
    ours = [each for each in words(one) if each not in _LEGAL_FORMS]
    theirs = [each for each in words(other) if each not in _LEGAL_FORMS]
    if not ours or not theirs:
        return words(one) == words(other) or not one.strip() or not other.strip()
    shorter, longer = sorted((ours, theirs), key=len)
    return all(
        each in longer or any(_is_same_word(each, word) for word in longer)
        for each in shorter
    )


def _is_same_word(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) >= _SHORTEST_ABBREVIATION and longer.startswith(shorter):
        return True
    if any(each.isdigit() for each in one + other):
        return False
    compared = SequenceMatcher(None, one, other)
    # The quick ones are upper bounds of it.
    return (
        compared.real_quick_ratio() >= _SAME_WORD
        and compared.quick_ratio() >= _SAME_WORD
        and compared.ratio() >= _SAME_WORD
    )


def ordered_lines(
    document: Document, lines: tuple[OrderLine, ...]
) -> list[tuple[Line, OrderLine]]:
    """Return the lines of a bill with the lines of the order that they charge.

    By the number that the books give, else by their words; a bill of one line charges
    an order of one line. A line that fits none, or several equally, is left out.
    """
    numbered = {each.bill_line: each for each in lines if each.bill_line}
    found = []
    for line in document.lines:
        ordered = numbered.get(line.number)
        if ordered is None:
            open_lines = [each for each in lines if not each.bill_line]
            if len(document.lines) == len(lines) == len(open_lines) == 1:
                ordered = open_lines[0]
            else:
                ordered = _closest(line, open_lines)
        if ordered is not None:
            found.append((line, ordered))
    return found


def _closest(line: Line, lines: list[OrderLine]) -> OrderLine | None:
    ours = significant_words(f"{line.name} {line.description}")
    scored = []
    for each in lines:
        theirs = significant_words(each.description)
        union = ours | theirs
        scored.append((len(ours & theirs) / len(union) if union else 0.0, each))
    scored.sort(key=lambda pair: -pair[0])
    if not scored or scored[0][0] < _SAME_LINE:
        return None
    if len(scored) > 1 and scored[1][0] == scored[0][0]:
        return None
    return scored[0][1]
