"""Finds RUTs of natural persons in free text."""

import re
from collections.abc import Iterator

from ..documents.rut import NATURAL_PERSON_LIMIT, check_digit, normalise

_LOWEST_BODY = 1_000_000

_DASH = r"[-\u2010-\u2015\u2212]"
_RUT = re.compile(
    rf"""
    (?<![\d.,])
    (?P<body>\d{{1,2}}\.\d{{3}}\.\d{{3}}|\d{{1,2}}[ ]\d{{3}}[ ]\d{{3}}|\d{{7,8}})
    (?P<dash>\s?{_DASH}\s?)(?P<digit>[\dkK])
    (?![\w])
    """,
    re.VERBOSE,
)
_LABELLED = re.compile(
    rf"""
    (?<![^\W\d_])(?:r\.?\s?u\.?\s?[tn]|c\.?\s?i|c[eé]dula(?:\s+de\s+identidad)?|rol)
    \.?\s*(?:n[°º.o]*\s*)?(?::\s*)?
    (?P<rut>(?P<body>\d{{1,2}}[. ]?\d{{3}}[. ]?\d{{3}})(?:\s?{_DASH}?\s?[\dkK](?!\w))?)
    (?!\d)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_WRITING = re.compile(rf"\s|^CL(?=\d)|{_DASH}")


def ruts_in(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the RUTs of natural persons that ``text`` holds: beginning, end, and the
    digits before the check digit.

    With thousands separators or after the word RUT any number counts; without, only one
    with the right check digit, because an order number looks the same.
    """
    for match in _LABELLED.finditer(text):
        body = _digits(match["body"])
        if _is_natural(body):
            yield *match.span("rut"), body
    for match in _RUT.finditer(text):
        body = _digits(match["body"])
        is_right = check_digit(int(body)) == match["digit"].upper()
        is_dotted = "." in match["body"] and len(match["dash"]) == 1
        if _is_natural(body) and (is_right or is_dotted):
            yield *match.span(), body


def known_rut_pattern(rut: str) -> re.Pattern[str]:
    """Return a pattern that finds ``rut`` in any format, also without its digit."""
    body = rut_body(rut)
    # Something too short to be a RUT would match half of all numbers.
    alternatives = [re.escape(rut)] if len(rut) > 4 else ["(?!)"]
    if len(body) >= 6:
        groups = [body[:-6], body[-6:-3], body[-3:]]
        spelled = r"[.\s]?".join(group for group in groups if group)
        alternatives.append(rf"(?<!\d){spelled}(?:\s?{_DASH}?\s?[\dkK](?!\w))?(?!\d)")
    return re.compile("|".join(alternatives))


def rut_body(rut: str) -> str:
    """Return the digits before the check digit of ``rut`` as written, or nothing."""
    plain = _WRITING.sub("", rut.upper())
    return normalise(plain)[:-2]


def _digits(text: str) -> str:
    """Return the digits of ``text`` as ASCII: fullwidth digits are digits too."""
    return "".join(str(int(character)) for character in text if character.isdecimal())


def _is_natural(body: str) -> bool:
    return _LOWEST_BODY <= int(body) < NATURAL_PERSON_LIMIT
