"""Documents and contexts as JSON-able data and back, exactly: replay depends on it.

Decimals travel as strings with their digits, dates as ISO text, sets sorted. A field
that stored data do not have yet gets its default: records stay readable when the
classes grow.
"""

import dataclasses
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from .context import Context
from .document import Document

_Converter = Callable[[Any], Any]


def document_to_data(document: Document) -> dict[str, Any]:
    """Return ``document`` as data for ``json.dumps``."""
    return _to_data(document)


def document_from_data(data: Mapping[str, Any]) -> Document:
    """Return the document that :func:`document_to_data` made ``data`` of.

    :raises ValueError: when ``data`` holds a field that documents do not have
    """
    document: Document = _from_data(Document, data)
    return document


def context_to_data(context: Context) -> dict[str, Any]:
    """Return ``context`` as data for ``json.dumps``."""
    return _to_data(context)


def context_from_data(data: Mapping[str, Any]) -> Context:
    """Return the context that :func:`context_to_data` made ``data`` of.

    :raises ValueError: when ``data`` holds a field that contexts do not have
    """
    context: Context = _from_data(Context, data)
    return context


def _to_data(record: Any) -> dict[str, Any]:
    return {
        name: _value_to_data(getattr(record, name)) for name in _names(record.__class__)
    }


@cache
def _names(record_type: type) -> tuple[str, ...]:
    """Return the names of the fields, worked out once: documents have many parts."""
    return tuple(field.name for field in dataclasses.fields(record_type))


def _value_to_data(value: Any) -> Any:
    # Most values of a document: this stands before the first byte of a stream.
    if value is None or type(value) in (str, int, bool):
        return value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_value_to_data(each) for each in value]
    if dataclasses.is_dataclass(value):
        return _to_data(value)
    return value


def _from_data(record_type: type, data: Mapping[str, Any]) -> Any:
    converters = _converters(record_type)
    unknown = data.keys() - converters.keys()
    if unknown:
        raise ValueError(f"{record_type.__name__} has no {', '.join(sorted(unknown))}")
    return record_type(
        **{name: converters[name](value) for name, value in data.items()}
    )


@cache
def _converters(record_type: type) -> dict[str, _Converter]:
    """Return how to read each field of a record type, worked out once."""
    hints = get_type_hints(record_type)
    return {
        field.name: _converter(hints[field.name])
        for field in dataclasses.fields(record_type)
    }


def _converter(hint: Any) -> _Converter:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        (inner,) = (each for each in arguments if each is not NoneType)
        convert = _converter(inner)
        return lambda value: None if value is None else convert(value)
    if origin is tuple:
        convert = _converter(arguments[0])
        return lambda value: tuple(convert(each) for each in value)
    if origin is frozenset:
        return frozenset
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return lambda value: _from_data(hint, value)
    if hint is Decimal:
        return Decimal
    if hint is datetime:
        return datetime.fromisoformat
    if hint is date:
        return date.fromisoformat
    return lambda value: value
