"""Calls of tools, when the text clearly asks for what a tool does."""

from __future__ import annotations

from typing import Any

from ..identifiers import new_identifier
from . import request_text
from .obedience import Orders
from .schema_value import value_for
from .words import words_of

_COMMON = frozenset(
    "this that with from para como donde cuando tool returns return gives about list "
    "search find buscar lista entrega devuelve dado given using esta este sobre todos "
    "todas which used user their una los las del".split()
)


def wanted_calls(
    body: dict[str, Any], orders: Orders | None = None
) -> list[dict[str, Any]]:
    """Return the ``tool_use`` blocks of the answer; none is usual.

    A tool is asked for if its name stands in the text, or if the text shares two
    words with its name and description. Results of tools are answered with text,
    not with another call, unless the choice forces one.
    """
    choice = body.get("tool_choice") or {"type": "auto"}
    tools = [tool for tool in body.get("tools") or [] if "input_schema" in tool]
    if not tools or choice["type"] == "none":
        return []
    if choice["type"] == "tool":
        chosen = [tool for tool in tools if tool["name"] == choice["name"]]
        return [_call(tool, body) for tool in chosen]
    text = request_text.last_user_text(body)
    scored = [(_score(tool, text), tool) for tool in tools]
    if choice["type"] == "any":
        best = max(scored, key=lambda item: item[0])[1]
        return [_call(best, body)]
    if request_text.has_tool_results(body) and orders is None:
        return []
    called = [tool for score, tool in scored if score >= 2]
    if choice.get("disable_parallel_tool_use"):
        called = called[:1]
    return [_call(tool, body) for tool in called]


def _score(tool: dict[str, Any], text: str) -> int:
    if tool["name"].lower() in text.lower():
        return 10
    words = {word for word in words_of(text) if len(word) > 3}
    described = words_of(
        tool["name"].replace("_", " ") + " " + tool.get("description", "")
    )
    known = {word for word in described if len(word) > 3} - _COMMON
    return sum(any(_alike(word, other) for other in words) for word in known)


def _alike(one: str, other: str) -> bool:
    """Whether two words have the same beginning: ``name`` and ``named``."""
    one, other = one[:6], other[:6]
    return one.startswith(other) or other.startswith(one)


def _call(tool: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "properties": {}, **tool["input_schema"]}
    return {
        "type": "tool_use",
        "id": new_identifier("toolu"),
        "name": tool["name"],
        "input": value_for(schema, body),
    }
