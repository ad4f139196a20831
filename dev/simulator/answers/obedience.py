"""Orders inside texts that are data.

The model reports them; with the setting ``gullible`` it follows them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from . import request_text
from .order_words import ADDRESSED, SUGGESTED
from .words import readings

_REJECT = re.compile(
    r"(verdict|veredicto)\W{0,6}(reject|rechaz)|\b(reject|rechaza) (it|this|esta)"
)
_REVIEW = re.compile(r"(verdict|veredicto)\W{0,6}(review|revis)")
_LOW = re.compile(r"(conf\w*|confianza)\W{0,6}(is|es|to|a|:|=)?\W{0,4}(low|baja)")
_MEDIUM = re.compile(
    r"(conf\w*|confianza)\W{0,6}(is|es|to|a|:|=)?\W{0,4}(medium|media)"
)
_SAY = re.compile(
    r"\b(?:say|reply with|answer with|respond with|write|print|output|di|responde|"
    r"escribe|contesta)\b\W{0,3}[\"'«“]([^\"'»”]{1,400})[\"'»”]",
    re.I,
)
_REVEAL = re.compile(
    r"(reveal|print|show|repeat|revela|muestra|repite|imprime).{0,40}"
    r"(system prompt|instructions|prompt|instrucciones)"
)


@dataclass
class Orders:
    """What the texts of an input ask for.

    ``found`` says whether anything was asked; ``said`` holds texts to repeat;
    ``reveal`` asks for the system prompt.
    """

    found: bool = False
    verdict: str = "send"
    confidence: str = "high"
    said: list[str] = field(default_factory=list)
    reveal: bool = False
    text: str = ""


@lru_cache(maxsize=4096)
def order_in(text: str) -> str | None:
    """Return the part of ``text`` that gives the reader an order, if any.

    The part is a substring of ``text`` unless the order was in disguise; then it
    is the whole text. Names and trades come again and again, so that it is
    remembered.
    """
    for reading in readings(text):
        found = ADDRESSED.search(reading)
        if found is None:
            continue
        if len(reading) == len(text):
            return text[found.start() : found.end()].strip() or text
        return text
    return None


def orders_in(text: str) -> Orders:
    """Return what ``text`` asks for."""
    orders = Orders(text=text)
    for reading in readings(text):
        if any(order.search(reading) for order in (ADDRESSED, SUGGESTED, _REVEAL)):
            orders.found = True
        if _REJECT.search(reading):
            orders.verdict = "reject"
        elif _REVIEW.search(reading):
            orders.verdict = "review"
        if _LOW.search(reading):
            orders.confidence = "low"
        elif _MEDIUM.search(reading):
            orders.confidence = "medium"
        orders.reveal = orders.reveal or bool(_REVEAL.search(reading))
    orders.said = _SAY.findall(text)
    orders.found = orders.found or bool(orders.said)
    return orders


def read_orders(body: dict[str, Any]) -> Orders | None:
    """Return what any text of the conversation asks for; None if nothing does.

    Facts are read value by value, because JSON escapes and keys would hide or
    imitate an order.
    """
    facts = request_text.facts_of(body)
    if facts is not None:
        text = "\n".join(texts_in(facts))
    else:
        text = "\n".join(
            request_text.content_text(message["content"])
            for message in body["messages"]
            if message["role"] == "user"
        )
    orders = orders_in(text)
    return orders if orders.found else None


def texts_in(value: Any) -> list[str]:
    """Return all texts inside JSON data."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for item in value for text in texts_in(item)]
    return []
