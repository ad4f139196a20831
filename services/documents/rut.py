"""The RUT, Chile's tax number: body, dash, check digit."""

import re

_WRITTEN_AT_ALL = re.compile(r"\s*(\d[\d.]*)\s*(?:-\s*)?([\dKk])\s*")
_XML_FORMAT = re.compile(r"[0-9]{6,8}-[0-9K]")
_DIGITS = "0123456789K0"
NATURAL_PERSON_LIMIT = 50_000_000
"""RUTs below it are given to natural persons, the others to legal entities."""


def normalise(rut: str) -> str:
    """Return ``rut`` as ``digits-DV`` (no dots, capital K), empty when it is none.

    Says nothing about the check digit; see :func:`is_valid`.
    """
    match = _WRITTEN_AT_ALL.fullmatch(rut)
    if not match:
        return ""
    digits = match[1].replace(".", "").lstrip("0")
    if not 1 <= len(digits) <= 8 or not digits.isascii():
        return ""
    return f"{digits}-{match[2].upper()}"


def has_xml_format(rut: str) -> bool:
    """Return whether ``rut`` is written as the SII's schema wants it.

    ``RUTType`` of SiiTypes_v10.xsd and the body's range of the format: 100.000 to
    99.999.999, no dots, a dash, capital K.
    """
    return bool(_XML_FORMAT.fullmatch(rut)) and not rut.startswith("0")


def body(rut: str) -> int:
    """Return the number before the check digit, 0 when ``rut`` is none."""
    plain = normalise(rut)
    return int(plain[:-2]) if plain else 0


def check_digit(number: int) -> str:
    """Return the check digit of ``number`` (modulo 11, weights 2 to 7)."""
    total, weight = 0, 2
    while number:
        number, digit = divmod(number, 10)
        total += digit * weight
        weight = 2 if weight == 7 else weight + 1
    return _DIGITS[11 - total % 11]


def is_valid(rut: str) -> bool:
    """Return whether ``rut``, however written, has the right check digit."""
    plain = normalise(rut)
    return bool(plain) and check_digit(int(plain[:-2])) == plain[-1]
