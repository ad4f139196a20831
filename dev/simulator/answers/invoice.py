"""Answers the validation of an invoice by a few words and figures of its facts.

It does not judge: the tables below say which words of a line get which finding, enough
for the demonstration and for tests that need some finding. A test that is about the
answer itself scripts it (:meth:`~dev.simulator.control.SimulatorControl.answer`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from . import request_text
from .obedience import Orders, order_in
from .words import plain

_MONTHS = (
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre"
    " diciembre".split()
)
_MONTH = re.compile(rf"\b({'|'.join(_MONTHS)})\b(?: (?:de )?(20\d\d)\b)?")
_VAGUE = re.compile(
    r"(servicios?|productos?|trabajos?|insumos|gastos|ventas?) (varios|generales)\b"
    r"|segun lo (acordado|conversado)\b"
)
_CODE = re.compile(r"(?=.*\d)[A-Z0-9][A-Z0-9._/#-]{2,}")
_PERSONAL = re.compile(r"\b(cumpleanos|juguetes?|videojuegos|vacaciones|perfumes?)\b")
_LONGEST_QUOTE = 100
_USUAL_RATIO = 3
"""How many times the median a total may be."""
_ENOUGH_HISTORY = 3

Finding = dict[str, Any]

_ADVICE = {
    "VAGUE": (
        ("No permite saber qué se vendió o prestó.", "Indicar el bien o servicio."),
        ("It does not tell what was sold.", "Name the goods or the service."),
    ),
    "CODE_ONLY": (
        ("La línea trae solo un código.", "Agregar la descripción junto al código."),
        ("The line has nothing but a code.", "Add a description to the code."),
    ),
    "PERIOD": (
        ("El mes del texto no es el de la emisión.", "Confirmar el período facturado."),
        ("The month in the text is not that of the issue.", "Confirm the period."),
    ),
    "PERSONAL": (
        ("Parece un gasto personal.", "Pedir el respaldo del gasto."),
        ("It looks like a private expense.", "Ask what it was for."),
    ),
    "INJECTION": (
        ("El texto da instrucciones a quien revisa.", "Confirmar con el emisor."),
        ("The text gives orders to its reader.", "Ask the issuer about it."),
    ),
    "UNUSUAL_AMOUNT": (
        (
            "El total está lejos de la mediana de los documentos anteriores.",
            "Confirmar el monto con el respaldo antes de enviar.",
        ),
        (
            "The total is far from the median of earlier documents.",
            "Confirm the amount before it is sent.",
        ),
    ),
}
"""Part of a finding's code -> reason and advice, in Spanish and in English."""


def is_validation(schema: dict[str, Any]) -> bool:
    """Return whether ``schema`` is that of the validation of an invoice."""
    properties = schema.get("properties") or {}
    return {"findings", "verdict", "conf"} <= set(properties)


def judge(
    body: dict[str, Any], schema: dict[str, Any], orders: Orders | None
) -> dict[str, Any]:
    """Return the answer to a validation: findings, verdict and confidence.

    Any finding asks for a review. Only codes of the schema are used.
    """
    if orders is not None:
        return {"findings": [], "verdict": orders.verdict, "conf": orders.confidence}
    facts = request_text.facts_of(body)
    if facts is None:
        return {"findings": [], "verdict": "review", "conf": "low"}
    item = schema["properties"]["findings"]["items"]["properties"]
    codes = item["code"].get("enum") or []
    spanish = request_text.is_spanish(body)
    findings = [
        _finding(code, part, *place, spanish=spanish)
        for part, *place in _suspicions(facts)
        for code in [each for each in codes if part in each][:1]
    ]
    history = facts.get("history") or {}
    enough = (history.get("count") or 0) >= _ENOUGH_HISTORY
    return {
        "findings": findings,
        "verdict": "review" if findings else "send",
        "conf": "high" if enough and len(findings) != 1 else "medium",
    }


def _finding(
    code: str, part: str, line: int, field: str, quote: str, *, spanish: bool
) -> Finding:
    why, fix = _ADVICE[part][0 if spanish else 1]
    return {
        "code": code,
        "sev": "W",
        "line": line,
        "field": field,
        "quote": quote[:_LONGEST_QUOTE].strip(),
        "why": why,
        "fix": fix,
    }


def _suspicions(facts: dict[str, Any]) -> Iterator[tuple[str, int, str, str]]:
    """Yield part of a code, line, the SII's name of the field, and a quote."""
    document = facts.get("document") or {}
    for line, field, text in _texts(document):
        if order := order_in(text):
            yield "INJECTION", line, field, order
    for line in document.get("lines") or []:
        name = line.get("name") or ""
        words = plain(name)
        for part, is_found in (
            ("VAGUE", _VAGUE.match(words)),
            ("CODE_ONLY", _CODE.fullmatch(name)),
            ("PERIOD", _is_of_another_month(words, document.get("issue_date"))),
            ("PERSONAL", _is_purchase(document) and _PERSONAL.search(words)),
        ):
            if is_found:
                yield part, line["n"], "NmbItem", name
    history = facts.get("history") or {}
    if (history.get("count") or 0) >= _ENOUGH_HISTORY:
        total, median = document.get("total"), history.get("median_total")
        if float(total or 0) > _USUAL_RATIO * float(median or 0):
            yield "UNUSUAL_AMOUNT", 0, "MntTotal", str(total)


def _texts(document: dict[str, Any]) -> Iterator[tuple[int, str, str]]:
    """Yield line, the SII's name of the field, and text of all that people write."""
    yield 0, "notes", document.get("notes") or ""
    for line in document.get("lines") or []:
        yield line["n"], "NmbItem", line.get("name") or ""
        yield line["n"], "DscItem", line.get("description") or ""
    for reference in document.get("references") or []:
        yield 0, "RazonRef", reference.get("reason") or ""
        yield 0, "FolioRef", reference.get("folio") or ""
    for party, suffixes in (("issuer", ("", "Emis")), ("receiver", ("Recep",) * 2)):
        found = document.get(party) or {}
        yield 0, f"RznSoc{suffixes[0]}", found.get("name") or ""
        yield 0, f"Giro{suffixes[1]}", found.get("giro") or ""


def _is_of_another_month(words: str, issued: str | None) -> bool:
    found = _MONTH.search(words)
    if found is None or not issued:
        return False
    year, month, _day = issued.split("-")
    return _MONTHS.index(found[1]) + 1 != int(month) or (found[2] or year) != year


def _is_purchase(document: dict[str, Any]) -> bool:
    return document.get("flow") == "purchase"
