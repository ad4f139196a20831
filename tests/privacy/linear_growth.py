"""Whether work grows with the text as it should: measured as a ratio, never as a time.

A pattern that backtracks needs four times the work for twice the text, or worse. What
is compared is the least of several measurements at two sizes, and only the ratio
counts: a slow or busy machine is slow at both.
"""

import gc
import random
import time
from re import _constants as codes
from re import _parser

SIZE = 1_250
FACTOR = 8
"""At ``SIZE * FACTOR`` = 10,000 characters linear work is 8 times, quadratic 64."""
MOST = 24
_ATTEMPTS = 6
_UNBOUNDED = 200
"""A repeat of more than that counts as one without end."""
_LADDER = (*range(11, 119, 3), 119, 149, 186, 232, 290, 362, 453, 566, 708, 885)
"""Sizes to climb first: where work explodes, it shows before it never ends."""
_BASE = 119
_STEPS_COMPARED = 4
_MOST_ON_THE_LADDER = 30
"""Cubic work grows eightfold within so many steps."""
_LEAST_SECONDS = 10e-6
"""Below that a measurement says nothing."""
_REPEATS = tuple(
    getattr(codes, name)
    for name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
    if hasattr(codes, name)
)


def growth(work, text_of, size=SIZE, factor=FACTOR):
    """Return how many times more ``work`` takes for ``factor`` times the text.

    If it is too much between small sizes, large ones are not tried.

    :param text_of: returns the text of a size
    """
    earlier: list[float] = []
    base = None
    for step in (each for each in _LADDER if each < size):
        text = text_of(step)
        took = _least(work, text, 2)
        before = max(_LEAST_SECONDS, *earlier[-_STEPS_COMPARED:][:1], 0.0)
        if earlier and took > before * _MOST_ON_THE_LADDER:
            return float("inf")
        earlier.append(took)
        if step == _BASE:
            base = took
        elif base and step >= _BASE * 4:
            most = step / _BASE * MOST / FACTOR
            if took > base * most:
                if _ratio(work, text_of(_BASE), text, step / _BASE) > most:
                    return float("inf")
    return _ratio(work, text_of(size), text_of(size * factor), factor)


def _ratio(work, small, large, factor):
    """Return the ratio of the least times of two texts; measured again while it is more
    than the texts explain."""
    least_small = least_large = ratio = float("inf")
    for _attempt in range(_ATTEMPTS):
        least_small = min(least_small, _least(work, small, 3))
        least_large = min(least_large, _least(work, large, 1))
        ratio = least_large / least_small
        if ratio <= factor * 1.5:
            break
    return ratio


def _least(work, text, times):
    least = float("inf")
    gc_was_on = gc.isenabled()
    gc.disable()
    try:
        for _time in range(times):
            started = time.process_time_ns()
            work(text)
            least = min(least, time.process_time_ns() - started)
    finally:
        if gc_was_on:
            gc.enable()
    return max(least, 1_000) / 1e9


def worst_texts(pattern):
    """Return texts on which ``pattern`` is slow if it is on any: a name, and a function
    that makes the text of a size.

    Each begins as a match does, continues with what one of its unbounded repeats
    matches, alone or with what precedes it, and fails at the end.
    """
    flags = pattern.flags & ~32 if isinstance(pattern.pattern, bytes) else pattern.flags
    parsed = _parser.parse(pattern.pattern, flags)
    chance = random.Random(1)
    texts = {}
    for before, inner in _endless(parsed, ()):
        prefixes = {"", _sample(before, chance), _sample(before, chance)}
        pumps = {_sample(inner, chance) for _ in range(4)} | set(_characters_of(inner))
        for prefix in sorted(prefixes):
            for pump in sorted(filter(None, pumps)):
                for end in ("", "\x01", "a!"):
                    texts[(prefix, pump, end, 0)] = None
                if prefix:
                    texts[("", prefix + pump, "\x01", 0)] = None
    whole = [_sample(parsed, chance) for _ in range(3)]
    for sample in filter(None, whole):
        texts[("", sample, "", 0)] = None
        texts[("", sample[:-1] or sample, "\x01", 0)] = None
    for first, second in zip(whole, whole[1:], strict=False):
        texts[("", first[: len(first) // 2 + 1] + second[-1:], "", 0)] = None

    def text_of(prefix, pump, end):
        return lambda size: prefix + pump * max(1, size // len(pump)) + end

    return [
        (f"{prefix!r} + {pump!r} * n + {end!r}", text_of(prefix, pump, end))
        for prefix, pump, end, _ in texts
        if pump
    ]


def _endless(parsed, before):
    """Yield for each unbounded repeat what precedes it, and what it repeats."""
    before = list(before)
    for item in parsed:
        code, value = item
        if code in _REPEATS:
            _least_times, most, inner = value
            if most > _UNBOUNDED:
                yield tuple(before), inner
            yield from _endless(inner, before)
        elif code is codes.SUBPATTERN:
            yield from _endless(value[-1], before)
        elif code is codes.BRANCH:
            for each in value[1]:
                yield from _endless(each, before)
        elif code in (codes.ASSERT, codes.ASSERT_NOT):
            yield from _endless(value[1], before)
        before.append(item)


def _sample(parsed, chance):
    return "".join(_parts(parsed, chance))


def _parts(parsed, chance):
    for code, value in parsed:
        if code is codes.BRANCH:
            yield from _parts(chance.choice(value[1]), chance)
        elif code is codes.SUBPATTERN:
            yield from _parts(value[-1], chance)
        elif code in _REPEATS:
            least, most, inner = value
            for _ in range(chance.randint(least, min(most, least + 2))):
                yield from _parts(inner, chance)
        elif code is codes.LITERAL:
            yield chr(value)
        elif code in (codes.IN, codes.NOT_LITERAL, codes.ANY):
            yield chance.choice(_allowed(code, value))


_TRIED = " \n\t.,:;-_*#/@$<>[]\"'+%°oaeiznydAK019áñ\u0301\u200b\x00"
_TESTS = {
    codes.CATEGORY_SPACE: str.isspace,
    codes.CATEGORY_NOT_SPACE: lambda each: not each.isspace(),
    codes.CATEGORY_DIGIT: str.isdigit,
    codes.CATEGORY_NOT_DIGIT: lambda each: not each.isdigit(),
    codes.CATEGORY_WORD: lambda each: each.isalnum() or each == "_",
    codes.CATEGORY_NOT_WORD: lambda each: not (each.isalnum() or each == "_"),
}


def _characters_of(parsed):
    """Yield single characters that every part of ``parsed`` may take."""
    for code, value in parsed:
        if code in (codes.IN, codes.NOT_LITERAL, codes.ANY):
            yield from _allowed(code, value)[:5]
        elif code is codes.LITERAL:
            yield chr(value)
        elif code is codes.SUBPATTERN:
            yield from _characters_of(value[-1])
        elif code in _REPEATS:
            yield from _characters_of(value[2])


def _allowed(code, value):
    if code is codes.ANY:
        return [each for each in _TRIED if each != "\n"]
    if code is codes.NOT_LITERAL:
        return [each for each in _TRIED if ord(each) != value]
    negated = value[0][0] is codes.NEGATE
    named = [chr(inner) for kind, inner in value if kind is codes.LITERAL]
    named += [chr(inner[0]) for kind, inner in value if kind is codes.RANGE]
    candidates = _TRIED if negated else [*_TRIED, *named]
    found = [each for each in candidates if _is_in(each, value) is not negated]
    return list(dict.fromkeys(found)) or ["a"]


def _is_in(character, value):
    for kind, inner in value:
        if kind is codes.LITERAL and chr(inner) == character:
            return True
        if kind is codes.RANGE and inner[0] <= ord(character) <= inner[1]:
            return True
        if kind is codes.CATEGORY and _TESTS[inner](character):
            return True
    return False
