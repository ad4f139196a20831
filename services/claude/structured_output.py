"""Reads a JSON answer: whole when it is complete, item by item while it streams.

Structured output makes Claude's text follow the schema, but not when it is cut short or
refused, and proxies and older models wrap it: one fence and plain words around it are
looked through. Where there is a second JSON value, nobody knows which is the answer:
then there is none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from ..common.storable import storable
from ..common.translation import _
from .errors import ClaudeError
from .schema import SchemaMismatch, conform

_FENCE = "```"
_FENCES = 2
"""One before the answer and one after it."""
_BRACKETS = frozenset("{}[]")


def read_json_answer(
    text: str, stop_reason: str, schema: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the object that ``text`` holds, valid by ``schema``.

    The call was paid for, whatever this says: usage is booked apart from it.

    :param text: all text blocks of the answer together
    :param stop_reason: why the model stopped
    :raises ClaudeError: ``refused``, ``truncated`` or ``invalid_answer``
    """
    check_stop_reason(stop_reason)
    if not text.strip():
        raise ClaudeError("invalid_answer", _("Claude gave an empty answer."))
    try:
        answer: dict[str, Any] = storable(conform(_only_object(text), schema))
        return answer
    except (ValueError, RecursionError) as error:
        # The text is no JSON, or SchemaMismatch: it says where, and never what.
        raise ClaudeError(
            "invalid_answer", _("Claude's answer does not have the expected form.")
        ) from (error if isinstance(error, SchemaMismatch) else None)


def check_stop_reason(stop_reason: str) -> None:
    """Pass when the model finished by itself.

    :raises ClaudeError: ``refused`` or ``truncated``
    """
    if stop_reason == "refusal":
        raise ClaudeError("refused", _("Claude refused to answer about this document."))
    if stop_reason in ("max_tokens", "model_context_window_exceeded"):
        raise ClaudeError(
            "truncated", _("Claude's answer was cut off because it became too long.")
        )


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _refuse_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a property is there twice")
    return value


_decoder = json.JSONDecoder(
    parse_constant=_refuse_constant, object_pairs_hook=_refuse_repetition
)


def _only_object(text: str) -> dict[str, Any]:
    """Return the one JSON object in ``text``; one fence or plain words may be around.

    :raises ValueError: when there is none, or more than one JSON value
    """
    start = text.find("{")
    if start < 0:
        raise ValueError("no object")
    value: dict[str, Any]
    value, end = _decoder.raw_decode(text, start)
    around = text[:start] + text[end:]
    if _BRACKETS.intersection(around) or around.count(_FENCE) > _FENCES:
        raise ValueError("more than one value")
    return value


def item_schema(schema: Mapping[str, Any] | None, path: str) -> Mapping[str, Any]:
    """Return the schema of the items of the array of objects that is called ``path``.

    :raises ValueError: when ``schema`` has no such array
    """
    array = (schema or {}).get("properties", {}).get(path, {})
    items: Mapping[str, Any] = array.get("items", {})
    if array.get("type") != "array" or items.get("type") != "object":
        raise ValueError(f"the output schema has no array of objects {path!r}")
    return items


class ItemParser:
    """Yields the complete items of one array of the answer while its text arrives.

    Half an item is never shown; one that does not fit the schema is left out, because
    the whole answer will be judged at its end anyway.
    """

    def __init__(self, schema: Mapping[str, Any] | None, path: str) -> None:
        """Prepare for an answer by ``schema``.

        :param path: name of an array of objects of the schema; empty for no items
        :raises ValueError: when ``schema`` has no such array
        """
        self.path = path
        self._item_schema = item_schema(schema, path) if path else {}
        # Quotation marks inside of a string are escaped, so this matches only a key.
        self._start = re.compile(rf'"{re.escape(path)}"\s*:\s*\[')
        self._buffer = ""
        self._position = -1
        self._done = not path

    def feed(self, text: str) -> list[Mapping[str, Any]]:
        """Return the items that ``text`` completed."""
        if self._done:
            return []
        self._buffer += text
        if "}" not in text:  # no item can have ended: most deltas stop here
            return []
        if self._position < 0:
            match = self._start.search(self._buffer)
            if match is None:
                return []
            self._position = match.end()
        return list(self._complete_items())

    def _complete_items(self) -> Iterator[Mapping[str, Any]]:
        while True:
            while self._buffer[self._position : self._position + 1] in _SEPARATORS:
                self._position += 1
            if self._buffer[self._position : self._position + 1] != "{":
                self._done = self._position < len(self._buffer)
                return
            try:
                item, self._position = _decoder.raw_decode(self._buffer, self._position)
            except (ValueError, RecursionError):
                return  # not complete yet
            try:
                yield storable(conform(item, self._item_schema))
            except SchemaMismatch:
                continue


_SEPARATORS = frozenset((" ", "\n", "\t", "\r", ","))
