"""Values inside sentences, kept as what they are until somebody reads them.

A sentence is stored with its values, not with their words: whoever reads it gets
amounts and dates in the format of his language, and a field by its name. A value is
plain JSON: a text that stands as it is, or a mapping of one kind, made here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

Value = str | Mapping[str, Any]
"""A text, or one of the mappings below."""
_ZERO = Decimal(0)


def money(value: Decimal, currency: str) -> Value:
    """Return an amount of money; ``currency`` is an ISO code."""
    return {"amount": plain_number(value), "currency": currency}


def number(value: Decimal | int) -> Value:
    """Return a number that is no money: a rate, a quantity, a count."""
    return {"number": plain_number(Decimal(value))}


def dated(value: date) -> Value:
    """Return a date."""
    return {"date": value.isoformat()}


def field_named(tag: str, flow: str = "") -> Value:
    """Return a field by the SII's name, shown by its own name with the SII's behind it.

    :param flow: ``sale`` or ``purchase``: whether issuer or receiver is the company
    """
    return {"field": tag, "flow": flow}


def document_named(document_type: str, folio: str) -> Value:
    """Return a document by its SII type and folio."""
    return {"document_type": document_type, "folio": folio}


def tax_named(code: str) -> Value:
    """Return a further tax or retention by its code of the SII."""
    return {"tax": code}


def phrase(source: str, neutral: str, **params: Value) -> Value:
    """Return a part of a sentence that is translated by itself.

    :param source: in English, marked for translation where it is written
    :param neutral: how it stands in :func:`neutral_text`
    """
    return {"phrase": source, "neutral": neutral, "params": params}


def listed(values: Iterable[Value]) -> Value:
    """Return several values, shown one after the other with commas."""
    return {"list": list(values)}


def joined(*values: Value | date | int) -> Value:
    """Return values that follow each other without anything between them."""
    return {"joined": [value_of(each) for each in values]}


def value_of(given: Value | date | int) -> Value:
    """Return what stands in a sentence for a date, or for a count."""
    if isinstance(given, date):
        return dated(given)
    return given if isinstance(given, Mapping) else str(given)


def plain_number(value: Decimal) -> str:
    """Return a number in the notation of JSON and SII: ``1234567.89``."""
    return f"{value.normalize() + _ZERO:f}"


def chilean_number(value: Decimal) -> str:
    """Return a number as it is written in Chile: ``1.234.567,89``."""
    text = f"{value.normalize() + _ZERO:,f}"
    return text.replace(",", "_").replace(".", ",").replace("_", ".")


_NEUTRAL: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "amount": lambda value: chilean_number(Decimal(value["amount"])),
    "number": lambda value: chilean_number(Decimal(value["number"])),
    "date": lambda value: str(value["date"]),
    "field": lambda value: str(value["field"]),
    "document_type": lambda value: f"{value['document_type']}/{value['folio']}",
    "tax": lambda value: str(value["tax"]),
    "phrase": lambda value: str(value["neutral"]),
    "list": lambda value: ", ".join(map(neutral_text, value["list"])),
    "joined": lambda value: "".join(map(neutral_text, value["joined"])),
}


def neutral_text(value: Any) -> str:
    """Return a value in the SII's notation, the same for every reader.

    It identifies what was seen, for decisions that are kept for it, and for people who
    compare it with an XML.
    """
    if not isinstance(value, Mapping):
        return str(value)
    return next(_NEUTRAL[kind](value) for kind in _NEUTRAL if kind in value)


def neutral_sentence(source: str, params: Mapping[str, Value]) -> str:
    """Return an English sentence with its values in the SII's notation."""
    if not params:
        return source
    return source % {name: neutral_text(value) for name, value in params.items()}
