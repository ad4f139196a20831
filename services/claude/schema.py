"""Checks a JSON value against the part of JSON Schema that Claude's API accepts.

Own and small, because Claude does not promise the case of ``enum`` values: a value that
differs from an allowed one only in case is taken as the allowed one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


class SchemaMismatch(ValueError):
    """A value does not fit its schema; says where and why, never the value itself."""


def conform(value: Any, schema: Mapping[str, Any], path: str = "$") -> Any:
    """Return ``value`` as ``schema`` wants it, with enums in the schema's case.

    :raises SchemaMismatch: when it does not fit
    :raises NotImplementedError: when the schema uses a word that is not known here
    """
    unknown = schema.keys() - _KNOWN_WORDS
    if unknown:
        raise NotImplementedError(f"{path}: {', '.join(sorted(unknown))}")
    if "anyOf" in schema:
        return _conform_any(value, schema["anyOf"], path)
    if "const" in schema:
        return _conform_enum(value, (schema["const"],), path)
    if "enum" in schema:
        return _conform_enum(value, schema["enum"], path)
    kind = schema.get("type")
    if kind is None:
        return value
    if isinstance(kind, list):
        options = [{**schema, "type": each} for each in kind]
        return _conform_any(value, options, path)
    if not _IS_OF_TYPE[kind](value):
        raise SchemaMismatch(f"{path} is not of type {kind}")
    if kind == "object":
        return _conform_object(value, schema, path)
    if kind == "array":
        return _conform_array(value, schema, path)
    if kind == "integer":
        return int(value)
    return value


_KNOWN_WORDS = frozenset(
    {"type", "properties", "required", "additionalProperties", "items", "minItems"}
    | {"enum", "const", "anyOf", "title", "description", "default", "format"}
)


def _is_number(value: Any) -> bool:
    # bool is an int in Python, but not in JSON
    return isinstance(value, int | float) and not isinstance(value, bool)


_IS_OF_TYPE: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: (
        _is_number(value) and (isinstance(value, int) or value.is_integer())
    ),
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}


def _conform_any(value: Any, options: Any, path: str) -> Any:
    for option in options:
        try:
            return conform(value, option, path)
        except SchemaMismatch:
            continue
    raise SchemaMismatch(f"{path} fits none of its alternatives")


def _conform_enum(value: Any, allowed: Any, path: str) -> Any:
    for candidate in allowed:
        if value == candidate and type(value) is type(candidate):
            return candidate
    if isinstance(value, str):
        folded = value.strip().casefold()
        for candidate in allowed:
            if isinstance(candidate, str) and candidate.casefold() == folded:
                return candidate
    raise SchemaMismatch(f"{path} is none of the allowed values")


def _conform_object(
    value: Mapping[str, Any], schema: Mapping[str, Any], path: str
) -> dict[str, Any]:
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            raise SchemaMismatch(f"{path}.{name} is missing")
    if schema.get("additionalProperties") is False:
        if value.keys() - properties.keys():
            raise SchemaMismatch(f"{path} has properties that are not allowed")
    return {
        name: conform(item, properties.get(name, {}), f"{path}.{name}")
        for name, item in value.items()
    }


def _conform_array(value: list[Any], schema: Mapping[str, Any], path: str) -> list[Any]:
    if len(value) < schema.get("minItems", 0):
        raise SchemaMismatch(f"{path} has too few items")
    items = schema.get("items", {})
    return [conform(item, items, f"{path}[{at}]") for at, item in enumerate(value)]
