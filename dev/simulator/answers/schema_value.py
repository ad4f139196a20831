"""A value that fits any JSON schema, derived from the words of the request."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from . import request_text
from .obedience import Orders
from .plain_text import nearest_sentences
from .words import plain, words_of

try:
    from re import _constants as regex_codes
    from re import _parser as regex_parser
except ImportError:
    # Python 3.10 has the same modules under other names.
    import sre_constants as regex_codes
    import sre_parse as regex_parser

_FORMATS = {
    "date-time": "2026-11-20T12:00:00Z",
    "time": "12:00:00Z",
    "date": "2026-11-20",
    "duration": "P1D",
    "email": "contacto@example.cl",
    "hostname": "example.cl",
    "uri": "https://example.cl/",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_DATE = re.compile(r"\b20\d\d-\d\d-\d\d\b")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
_MORE_WORDS = {
    "yes": "si true correcto",
    "no": "not falso",
}


class _Context:
    def __init__(self, body: dict[str, Any], schema: dict[str, Any]) -> None:
        self.text = request_text.last_user_text(body)
        self.words = words_of(self.text)
        self.definitions = {
            **(schema.get("definitions") or {}),
            **(schema.get("$defs") or {}),
        }
        self.orders: Orders | None = None

    def choose(self, path: str, count: int) -> int:
        """Return a number below ``count`` that depends on path and text alone."""
        digest = hashlib.sha256(f"{path}\n{self.text}".encode()).digest()
        return int.from_bytes(digest[:4], "big") % count


def value_for(
    schema: dict[str, Any], body: dict[str, Any], orders: Orders | None = None
) -> Any:
    """Return a value that ``schema`` accepts.

    Enumerations take the option whose words occur most in the text, numbers and
    dates those in it, texts the sentence nearest to the name of the property.
    """
    context = _Context(body, schema)
    context.orders = orders
    return _value(schema, "", context)


def _value(schema: dict[str, Any], path: str, context: _Context) -> Any:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return _value(context.definitions[name], path, context)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return _option(schema, path, context)
    if schema.get("anyOf"):
        return _value(schema["anyOf"][0], path, context)
    if schema.get("allOf"):
        merged: dict[str, Any] = {}
        for branch in schema["allOf"]:
            merged = _merge(merged, branch)
        rest = {name: item for name, item in schema.items() if name != "allOf"}
        return _value(_merge(merged, rest), path, context)
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((name for name in kind if name != "null"), "null")
    if kind == "object" or "properties" in schema:
        return _object(schema, path, context)
    if kind == "array":
        return _array(schema, path, context)
    return _scalar(kind, schema, path, context)


def _merge(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    properties = {**(one.get("properties") or {}), **(other.get("properties") or {})}
    required = [*(one.get("required") or []), *(other.get("required") or [])]
    merged = {**one, **other}
    if properties:
        merged.update(properties=properties, required=required)
    return merged


def _object(schema: dict[str, Any], path: str, context: _Context) -> dict[str, Any]:
    properties = schema.get("properties") or {}
    required = schema.get("required") or []
    # Required properties come first, as the API gives them.
    names = [name for name in properties if name in required]
    names += [name for name in properties if name not in required]
    return {name: _value(properties[name], f"{path}.{name}", context) for name in names}


def _array(schema: dict[str, Any], path: str, context: _Context) -> list[Any]:
    items = schema.get("items") or {"type": "string"}
    if "enum" in items:
        named = [
            option for option in items["enum"] if _occurrences(option, context) > 0
        ]
        return named or [_option(items, path, context)]
    count = 1 + context.choose(path, 2)
    return [_value(items, f"{path}.{index}", context) for index in range(count)]


def _option(schema: dict[str, Any], path: str, context: _Context) -> Any:
    options = schema["enum"]
    if context.orders is not None:
        for option in options:
            if str(option).lower() in (context.orders.verdict, "send", "approve"):
                return option
    best = max(options, key=lambda option: _occurrences(option, context))
    if _occurrences(best, context):
        return best
    return options[context.choose(path, len(options))]


def _occurrences(option: Any, context: _Context) -> int:
    names = plain(str(option)).replace("_", " ")
    wanted = set(words_of(names + " " + _MORE_WORDS.get(names, "")))
    wanted = {word for word in wanted if len(word) > 2 or word == names}
    return sum(
        any(word.startswith(name[:5]) for name in wanted) for word in context.words
    )


def _scalar(kind: Any, schema: dict[str, Any], path: str, context: _Context) -> Any:
    if kind == "null":
        return None
    if kind == "boolean":
        return bool(context.choose(path, 2))
    if kind in ("integer", "number"):
        return _number(kind, path, context)
    return _string(schema, path, context)


def _number(kind: str, path: str, context: _Context) -> float | int:
    """Return the number nearest behind the property's name in the text."""
    text = plain(context.text)
    name = plain(path.rsplit(".", 1)[-1]).replace("_", " ")
    start = max(text.find(name), 0) if name else 0
    found = _NUMBER.search(text, start) or _NUMBER.search(text)
    if found is None:
        return 0
    number = float(found.group())
    return int(number) if kind == "integer" else number


def _string(schema: dict[str, Any], path: str, context: _Context) -> str:
    if "pattern" in schema:
        return matching(schema["pattern"])
    kind = schema.get("format")
    if kind == "uuid":
        digest = hashlib.sha256(f"{path}{context.text}".encode()).hexdigest()
        return (
            f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-"
            + (digest[20:32])
        )
    pattern = {"date": _DATE, "email": _EMAIL}.get(kind or "")
    if pattern is not None:
        found = pattern.search(context.text)
        if found:
            return found.group()
    if kind in _FORMATS:
        return _FORMATS[kind]
    if context.orders is not None and context.orders.said:
        return context.orders.said[0]
    wanted = set(words_of(f"{path} {schema.get('description', '')}"))
    best = nearest_sentences(context.text, wanted, 1)
    if best:
        return best[0][:240]
    sentences = [part.strip() for part in re.split(r"[.\n]", context.text)]
    sentences = [part for part in sentences if part] or ["-"]
    return sentences[context.choose(path, len(sentences))][:240]


def matching(pattern: str) -> str:
    """Return a text that the regular expression ``pattern`` matches."""
    return "".join(_piece(node) for node in regex_parser.parse(pattern))


def _piece(node: tuple[Any, Any]) -> str:
    code, argument = node
    if code is regex_codes.LITERAL:
        return chr(argument)
    if code is regex_codes.IN:
        return _member(argument)
    if code in (regex_codes.MAX_REPEAT, regex_codes.MIN_REPEAT):
        least, most, inner = argument
        count = max(least, min(1, most))
        return "".join(_piece(part) for part in inner) * count
    if code is regex_codes.SUBPATTERN:
        return "".join(_piece(part) for part in argument[-1])
    if code is regex_codes.BRANCH:
        return "".join(_piece(part) for part in argument[1][0])
    if code is regex_codes.AT:
        return ""
    return "a"


def _member(options: list[tuple[Any, Any]]) -> str:
    code, argument = options[0]
    if code is regex_codes.LITERAL:
        return chr(argument)
    if code is regex_codes.RANGE:
        return chr(argument[0])
    if code is regex_codes.CATEGORY:
        if argument is regex_codes.CATEGORY_DIGIT:
            return "0"
        return " " if argument is regex_codes.CATEGORY_SPACE else "a"
    # A negated set: a letter outside of it.
    taken = {chr(item) for kind, item in options if kind is regex_codes.LITERAL}
    return next(letter for letter in "axz0-_" if letter not in taken)
