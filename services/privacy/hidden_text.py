"""Characters that a person does not see and a model reads.

Zero-width, bidirectional and tag characters can hide an instruction from the accountant
who looks at the invoice, or break a word so that no search finds it.
"""

import re

from ..common.unicode_text import heaped_marks, normalised

# Marks that word processors, web pages and emoji leave behind; they hide nothing.
_HARMLESS = "\u00ad\u200d\ufe0e\ufe0f"
_ZERO_WIDTH = "\u115f\u1160\u180e\u200b\u200c\u2060-\u2064\u3164\ufeff\uffa0"
_DIRECTION = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"
_TAGS = "\U000e0000-\U000e007f\U000e0100-\U000e01ef"
_CONTROL = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufff9-\ufffb"
# Line breaks and tabs as office programs write them.
_WHITESPACE = re.compile("[\x0b\x0c\x85\u2028\u2029]")

_INVISIBLE = re.compile(f"[{_HARMLESS}{_ZERO_WIDTH}{_DIRECTION}{_TAGS}{_CONTROL}]")
# A left-to-right mark or a zero-width space at the edge of a word comes from copying;
# inside a word, or many together, somebody put it there.
_SUSPICIOUS = re.compile(
    f"[{_TAGS}{_CONTROL}\u202a-\u202e\u2066-\u206f]"
    f"|[^\\W_][{_ZERO_WIDTH}{_DIRECTION}]+[^\\W_]"
    f"|[{_ZERO_WIDTH}{_DIRECTION}{_HARMLESS}]{{3,}}"
)


def visible_text(text: str) -> str:
    """Return ``text`` as a person sees it: NFC, without invisible characters.

    Spaces, tabs and line breaks stay.
    """
    if text.isascii() and text.isprintable():
        return text
    plain = _INVISIBLE.sub("", _WHITESPACE.sub("\n", text))
    return normalised("NFC", plain)


def hides_text(text: str) -> bool:
    """Return whether ``text`` holds characters that are there to be unseen.

    What copying from a web page or a word processor leaves behind does not count.
    """
    if text.isascii() and text.isprintable():
        return False
    return _SUSPICIOUS.search(text) is not None or bool(heaped_marks(text))


def hidden_characters(text: str) -> tuple[str, ...]:
    """Return the invisible characters of ``text`` as ``U+200B``, each once, sorted."""
    unseen = heaped_marks(text).union(_INVISIBLE.findall(text))
    return tuple(sorted({f"U+{ord(character):04X}" for character in unseen}))
