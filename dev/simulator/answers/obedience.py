"""Orders inside texts that are data.

The sober model reports them; the gullible one does what they say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from . import request_text
from .words import readings

#: Orders that no honest invoice contains: the sober model reports these.
_ADDRESSED = re.compile(
    r"\bignor\w* .{0,40}(instruc|regla|rules|previous|anterior|above|todo|all|warning|"
    r"error|finding|alert|advert|valida)"
    r"|\b(olvid|desestim|disregard|forget|overrid|omite|omita|skip|bypass)\w* "
    r".{0,40}(instruc|regla|rules|previous|anterior|valida|check|control|finding|"
    r"hallazgo|advert|error)"
    r"|\b(aprueba|apruebe|apruebese|aprobar|approve|accept|acepta|acepte|aceptar|"
    r"autoriza|autorice|authorize)\b .{0,30}"
    r"\b(this|esta|este|factura|invoice|documento|document|automatic\w*|sin|without|"
    r"now|inmediat\w*|it|all|todo)\b"
    r"|^\W*(approve|apruebame|approved|aprobado|aprueba|apruebese)\W*$"
    r"|\b(approve me|apruebame|apruebeme|aprobame)\b"
    r"|\b(verdict|veredicto|conf|confianza|confidence)\b\W{0,4}"
    r"(is|es|debe ser|must be|should be|to|a)?\W{0,4}"
    r"(send|enviar|approve|aprobad|high|alta|ok|valid)"
    r"|\b(return|respond|responde|responda|reply|answer|contesta|conteste|devuelve|"
    r"devuelva|output|marque|mark)\b.{0,40}"
    r"(\bsend\b|enviar|no findings|sin hallazgos|empty|vaci[ao]|approved|aprobad[oa]|"
    r"\[\]|verdict|veredicto|sin errores|no errors|as valid|como valid|como correct|"
    r"as correct)"
    r"|\b(no|do not|don.?t|never|nunca|jamas)\W+(report|informe|inform|marque|flag|"
    r"list|mencion|mention|emit|output|add|agregue|include|incluya|observ|raise|return)\w*"
    r".{0,40}(finding|hallazgo|error|warning|advert|observacion|problem|issue|alert)"
    r"|\b(you are|act as|actua como|pretend|finge|simula ser)\b"
    r"|^\W*(system|sistema|assistant|asistente|developer|admin)\W{0,2}[:>\]]"
    r"|</?(system|facts|instructions?|assistant|user)>"
    r"|\b(ia|ai|llm|claude|gpt|asistente|assistant|validador|validator|lenguaje|"
    r"inteligencia artificial|reviewer)\b"
    r".{0,50}\b(debe|deben|must|should|ignor\w*|approve|apruebe|responde|responda|"
    r"respond|marque|mark|send|envie|reading this)\b"
    r"|\bno findings\b|sin hallazgos|cero hallazgos|zero findings|findings?\W{1,4}\[\]"
    r"|\b(new|nueva|nuevas) instruc\w*"
    r"|(?<!se )\b(envia|envie|enviese|enviar|send)\b.{0,30}"
    r"(sin revis|without review|directamente al sii|straight to|to the sii now)",
    re.M,
)
#: What the gullible model also takes for an order.
_SUGGESTED = re.compile(
    r"\b(aprob|aprueb|approv|accept|acept|autoriz|authoriz)\w*"
    r"|\b(envia|envie|enviar|enviese|send|despach)\w*"
    r"|\b(ignor|omit|omite|olvid|skip|disregard|bypass|salta)\w*"
    r"|\b(no|sin|without|zero|cero|ningun)\b.{0,20}"
    r"(finding|hallazgo|error|warning|advert|observacion|problem|issue)"
    r"|\b(verdict|veredicto|confianza|confidence)\b"
    r"|\b(system|sistema|assistant|asistente|developer|admin)\s*[:>\]]"
    r"|\b(valid[oa]?|correct[oa]?|todo bien|all good|pre-?approved|exempt from)\b"
)
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


def order_in(text: str) -> str | None:
    """Return the part of ``text`` that gives the reader an order, if any.

    The part is a substring of ``text`` unless the order was in disguise; then it
    is the whole text.
    """
    for reading in readings(text):
        found = _ADDRESSED.search(reading)
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
        if any(order.search(reading) for order in (_ADDRESSED, _SUGGESTED, _REVEAL)):
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
