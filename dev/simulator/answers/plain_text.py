"""Plain answers: the sentences of the request that are closest to the question."""

from __future__ import annotations

import re
from typing import Any

from . import request_text
from .obedience import Orders
from .words import words_of

_SENTENCE = re.compile(r"[^.!?\n]+[.!?]?")


def reply(body: dict[str, Any], orders: Orders | None) -> str:
    """Return a text that answers the last message of the user.

    It quotes what tools and documents brought, or else the system prompt, where
    words of the question occur.
    """
    if orders is not None and orders.reveal:
        return request_text.system_text(body) or "There is no system prompt."
    if orders is not None and orders.said:
        return "\n".join(orders.said)
    spanish = request_text.is_spanish(body)
    question = request_text.last_user_text(body)
    if request_text.has_tool_results(body):
        found = " ".join(question.split())[:600]
        return f"Esto es lo que encontré: {found}" if spanish else f"I found: {found}"
    asked = set(words_of(question))
    best = nearest_sentences(_knowledge(body), asked, 3)
    topic = " ".join(question.split())[:160]
    if best:
        answer = " ".join(best)
        return f"Según lo disponible: {answer}" if spanish else f"From this: {answer}"
    if spanish:
        return f"Sobre «{topic}» no tengo antecedentes; indique el documento o período."
    return f"About “{topic}” I have nothing at hand; name the document or the period."


def _knowledge(body: dict[str, Any]) -> str:
    attached = [
        request_text.content_text([block])
        for message in body["messages"]
        if not isinstance(message["content"], str)
        for block in message["content"]
        if block["type"] in ("document", "search_result", "tool_result")
    ]
    return "\n".join([*attached, request_text.system_text(body)])


def nearest_sentences(text: str, wanted: set[str], count: int) -> list[str]:
    """Return up to ``count`` sentences that share the most words with ``wanted``."""
    scored = []
    for position, sentence in enumerate(_SENTENCE.findall(text)):
        shared = {word for word in words_of(sentence) if len(word) > 3} & wanted
        if shared:
            scored.append((-len(shared), position, sentence.strip()))
    return [sentence for _score, _position, sentence in sorted(scored)[:count]]
