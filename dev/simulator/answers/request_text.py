"""The words of a request: what was asked, what was attached, in which language."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

_FACTS = re.compile(r"<facts>\s*(\{.*\})\s*</facts>", re.S)
_SPANISH_WORDS = frozenset(
    "el la los las de que y en un una por con para del al es son está qué cuál cuánto "
    "cómo favor factura según este esta mi".split()
)
_ANSWER_LANGUAGE = re.compile(
    r"(?:answer|respond|reply|write|language|responde|escribe|idioma)[^.\n]{0,60}?"
    r"\b(spanish|español|castellano|es_CL|english|inglés)\b",
    re.I,
)


def content_text(content: Any) -> str:
    """Return all text inside a message's or a tool result's content."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    parts = []
    for block in content:
        kind = block.get("type")
        if kind == "text":
            parts.append(block["text"])
        elif kind in ("tool_result", "search_result"):
            parts.append(content_text(block.get("content")))
        elif kind == "document":
            source = block.get("source") or {}
            if source.get("type") == "text":
                parts.append(str(source.get("data") or ""))
            elif source.get("type") == "content":
                parts.append(content_text(source.get("content")))
    return "\n".join(parts)


def system_text(body: dict[str, Any]) -> str:
    """Return the system prompt as one text."""
    return content_text(body.get("system"))


def last_user_text(body: dict[str, Any]) -> str:
    """Return the text of the last message that is the user's."""
    for message in reversed(body["messages"]):
        if message["role"] == "user":
            return content_text(message["content"])
    return ""


def has_tool_results(body: dict[str, Any]) -> bool:
    """Return whether the last message answers calls of tools."""
    content = body["messages"][-1]["content"]
    return not isinstance(content, str) and any(
        block["type"] == "tool_result" for block in content
    )


def facts_of(body: dict[str, Any]) -> dict[str, Any] | None:
    """Return the JSON object between ``<facts>`` and ``</facts>``, if any."""
    found = _FACTS.search(last_user_text(body))
    if found is None:
        return None
    try:
        facts = json.loads(found.group(1))
    except ValueError:
        # What the caller marked as facts is no JSON: there are none to judge.
        return None
    return facts if isinstance(facts, dict) else None


@lru_cache(maxsize=64)
def _named_language(system: str) -> str | None:
    """Return the language that ``system`` asks for; remembered, for it is long."""
    found = _ANSWER_LANGUAGE.search(system)
    return found.group(1).lower() if found else None


def is_spanish(body: dict[str, Any]) -> bool:
    """Return whether to answer in Spanish.

    The system prompt decides if it names the answer's language; otherwise the
    words of the question do.
    """
    named = _named_language(system_text(body))
    if named:
        return named not in ("english", "inglés")
    words = re.findall(r"\w+", last_user_text(body).lower())[:400]
    return sum(word in _SPANISH_WORDS for word in words) * 8 > len(words)
