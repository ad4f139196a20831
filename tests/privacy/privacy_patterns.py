"""Derived from a pattern: texts that match, and words that every match contains."""

import random
from contextlib import ExitStack, contextmanager
from re import _constants as codes
from re import _parser
from unittest.mock import patch

from odoo.addons.account_ai.services.privacy import hostile_text, reader_instructions
from odoo.addons.account_ai.services.privacy.instruction_patterns import SENTENCES
from odoo.addons.account_ai.services.privacy.needed_words import KINDS

_WORD = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_ASCII = frozenset(map(chr, range(128)))
_SPACES = frozenset(" \t\n\r\f\v")
_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT)
_NO_TEXT = (codes.ASSERT_NOT, codes.AT)
_FILLING = "abcdeinorstuv0134579 .:-_\"'<>,\n"


@contextmanager
def everything_searched():
    """Search every sentence in every text, whatever words it has."""
    always = {
        (reader_instructions, "possible_sentences"): tuple(
            sentence.pattern for sentence in SENTENCES
        ),
        (reader_instructions, "may_speak_and_order"): True,
        (hostile_text, "may_instruct"): True,
    }
    with ExitStack() as stack:
        for (module, name), value in always.items():
            stack.enter_context(patch.object(module, name, return_value=value))
        stack.callback(reader_instructions._find_again.cache_clear)
        reader_instructions._find_again.cache_clear()
        yield


def can_lack(pattern, needs):
    """Return the needs of ``needs`` that the parse of ``pattern`` does not prove.

    A need is proven when on every path through the pattern stands, from where a word
    begins, one of its words. All paths are followed together: what is known of each is
    the word that it is in, or None in the midst of unknown characters.
    """
    unproven = []
    for need in needs.split(","):
        entries = {entry for kind in need.split("|") for entry in KINDS[kind.strip()]}
        if _Paths(entries).follow(_parser.parse(pattern), {None}):
            unproven.append(need)
    return unproven


class _Paths:
    def __init__(self, entries):
        self.beginnings = tuple(each[:-1] for each in entries if each.endswith("*"))
        self.words = {each.replace("_", " ") for each in entries if each[-1] != "*"}
        self.firsts = {each.split()[0] for each in self.words if " " in each}

    def follow(self, parsed, states):
        """Return where the paths are after ``parsed`` that have met no word yet."""
        for code, value in parsed:
            states = self._step(code, value, states)
        return states

    def _step(self, code, value, states):
        if code is codes.BRANCH:
            return set().union(*(self.follow(each, states) for each in value[1]))
        if code is codes.SUBPATTERN:
            return self.follow(value[-1], states)
        if code in _REPEATS:
            return self._repeat(*value, states)
        if code is codes.ASSERT and value[0] < 0 and None in states:
            # What stands behind tells more than unknown characters.
            return states - {None} | self.follow(value[1], {None})
        if code in (codes.ASSERT, codes.ASSERT_NOT):
            return states
        if code is codes.AT:
            return self._end_of_word(states)
        return self._characters(_characters(code, value), states)

    def _repeat(self, least, most, parsed, states):
        after = set(states) if least == 0 else set()
        for number in range(1, min(most, 30) + 1):
            states = self.follow(parsed, states)
            if number >= least:
                if states <= after:
                    return after
                after |= states
        return after if most <= 30 else after | {None}

    def _characters(self, characters, states):
        if characters is None or len(characters) > 12 and characters & _WORD:
            return {None} if states else set()
        after = set()
        for character in characters:
            if character in _WORD:
                after |= {self._longer(state, character) for state in states} - {""}
            elif character == "<" and "<" in self.words:
                continue
            else:
                after |= {
                    f"{state} " if character == " " and state in self.firsts else ""
                    for state in self._not_ended(states)
                }
        return after

    def _longer(self, state, character):
        """Return the word with another letter, empty when it is one that was sought."""
        if state is None:
            return None
        longer = state + character
        return "" if longer.startswith(self.beginnings or ("*",)) else longer

    def _not_ended(self, states):
        return {state for state in states if state not in self.words}

    def _end_of_word(self, states):
        return {"" for _ in self._not_ended(states)}


def _characters(code, value):
    """Return the characters that may match, None when they are not a few of ASCII."""
    if code is codes.LITERAL:
        return {chr(value)}
    if code is not codes.IN:
        return None
    found = set()
    for kind, inner in value:
        if kind is codes.LITERAL:
            found.add(chr(inner))
        elif kind is codes.RANGE:
            found.update(map(chr, range(inner[0], inner[1] + 1)))
        elif kind is codes.CATEGORY and inner is codes.CATEGORY_SPACE:
            found |= _SPACES
        elif kind is codes.CATEGORY and inner is codes.CATEGORY_NOT_WORD:
            found |= _ASCII - _WORD - {"_"} - {chr(each) for each in range(65, 91)}
        else:
            return None
    return found


_HIDDEN_BY_DIGITS = str.maketrans("oieast", "013457")


def changed(text, others, chance):
    """Return ``text`` written otherwise, or with another text beside it."""
    place = chance.randrange(len(text) + 1)
    words = text.split(" ")
    word = chance.randrange(len(words))
    return chance.choice(
        (
            text.upper(),
            text.translate(_HIDDEN_BY_DIGITS),
            "".join(
                each.translate(_HIDDEN_BY_DIGITS) if chance.random() < 0.2 else each
                for each in text
            ),
            " ".join((*words[:word], chance.choice(" .-_*").join(words[word]))),
            text[:place] + chance.choice("\n\t _@$<.1°–\u0301\u200b") + text[place:],
            text[:place] + text[place + 1 :],
            f"{chance.choice(others)}{chance.choice(' .-<')}{text}",
            f"{text}{chance.choice(' .-<')}{chance.choice(others)}",
        )
    )


def matching_text(pattern, chance: random.Random):
    """Return a text that takes one path through ``pattern``, by ``chance``.

    Few do not match: what must or must not stand beside is not looked at.
    """
    return "".join(_texts(_parser.parse(pattern), chance))


def _texts(parsed, chance):
    for code, value in parsed:
        if code is codes.BRANCH:
            yield from _texts(chance.choice(value[1]), chance)
        elif code is codes.SUBPATTERN:
            yield from _texts(value[-1], chance)
        elif code in _REPEATS:
            least, most, inner = value
            for _ in range(chance.randint(least, min(most, least + 3))):
                yield from _texts(inner, chance)
        elif code is codes.LITERAL:
            yield chr(value)
        elif code not in (codes.ASSERT, *_NO_TEXT):
            yield chance.choice(_allowed(code, value))


def _allowed(code, value):
    if code is codes.NOT_LITERAL:
        return [each for each in _FILLING if each != chr(value)]
    if value[0][0] is codes.NEGATE:
        unwanted = _characters(codes.IN, value[1:])
        return [each for each in _FILLING if each not in unwanted]
    found = _characters(code, value)
    if found is None:
        return "aeionrst1"
    return sorted(found)
