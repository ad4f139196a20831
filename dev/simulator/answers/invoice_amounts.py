"""Checks of amounts against the history and against the texts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .invoice_facts import Invoice, Line, Suspicion
from .words import plain, words_of

#: Types that are exempt as a whole, and those of foreign trade.
_EXEMPT_TYPES = frozenset({"34", "41"})
_EXPORT_TYPES = frozenset({"110", "111", "112"})
_TAXABLE = re.compile(
    r"\b(software|licencias?|consultoria|asesoria|mantencion|reparacion|arriendo de "
    r"(?:equipos?|maquinaria|vehiculos?)|insumos?|materiales|repuestos?|notebooks?|"
    r"computador(?:es)?|publicidad|marketing|aseo|vigilancia|hosting|diseno|muebles|"
    r"cemento|combustible|catering|instalacion|venta de)\b"
)
_EXEMPT = re.compile(
    r"\b(salud|medic[oa]s?|clinic[oa]s?|educacion|docencia|curso|capacitacion|"
    r"colegiatura|pasajeros|pasaje|intereses|seguros?|arriendo (?:de )?"
    r"(?:oficina|inmueble|casa|departamento|local|terreno|bodega)|exportacion|"
    r"honorarios|donacion|peaje|exent[oa]s?)\b"
)
_FOREIGN = re.compile(
    r"\b(?:usd|us\$|dolares|eur|euros|uf|clf)\s*\$?\s*(\d[\d.,]*)|"
    r"(\d[\d.,]*)\s*(?:usd|us\$|dolares|eur|euros|uf)\b"
)
_PART_OF = re.compile(r"(\d{1,3})\s*%\s*(?:de|of)\s*\$?\s*(\d[\d.,]*)")
_COUNTED = re.compile(
    r"\b(?:cuota|hito|estado de pago|ep|milestone|installment)\s*(?:n[o°]?\s*)?"
    r"(\d{1,3})\s*(?:de|/|of)\s*(\d{1,3})\b"
)


def unusual(invoice: Invoice) -> Iterator[Suspicion]:
    """A total far from what the partner usually has."""
    total, median = invoice.total, invoice.median_total
    if invoice.history_count < 3 or not total or not median or invoice.is_note:
        return
    ratio = total / median
    beyond = invoice.max_total is None or total > invoice.max_total * 1.5
    if not (ratio > 3 and beyond) and ratio >= 1 / 8:
        return
    shown = f"{ratio:.1f}" if ratio >= 1 else f"1/{1 / ratio:.0f}"
    yield Suspicion(
        "amount",
        "W",
        0,
        "total",
        _as_written(total),
        (
            f"El total es {shown} veces la mediana de {invoice.history_count} "
            f"documentos anteriores ({median:,.0f}).".replace(",", "."),
            "Confirmar el monto con el respaldo antes de enviar.",
        ),
        (
            f"The total is {shown} times the median of {invoice.history_count} "
            f"earlier documents ({median:,.0f}).",
            "Confirm the amount before it is sent.",
        ),
    )


def _as_written(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)


def exempt(invoice: Invoice) -> Iterator[Suspicion]:
    """A line without tax that sells something taxable."""
    if invoice.type in _EXPORT_TYPES:
        return
    for line in invoice.lines:
        if not line.exempt and invoice.type not in _EXEMPT_TYPES:
            continue
        text = plain(line.text)
        if _TAXABLE.search(text) and not _EXEMPT.search(text):
            yield _exempt_line(line)


def _exempt_line(line: Line) -> Suspicion:
    return Suspicion(
        "exempt",
        "W",
        line.number,
        line.field,
        line.quote,
        (
            f"«{line.quote[:60]}» va exento, pero describe una operación que "
            f"normalmente está afecta a IVA.",
            "Indicar la norma que la exime, o emitirla afecta.",
        ),
        (
            f"“{line.quote[:60]}” is exempt but describes something that is usually "
            f"taxed.",
            "Name the exemption, or issue it with tax.",
        ),
    )


def _signature(line: Line) -> tuple[str, float | None]:
    return " ".join(words_of(line.text)), line.amount


def duplicate(invoice: Invoice) -> Iterator[Suspicion]:
    """The same service twice, in the document or in a recent one."""
    seen: dict[tuple[str, float | None], Line] = {}
    for line in invoice.lines:
        key = _signature(line)
        if key[0] and key in seen:
            yield _repeated(line, f"n.º {seen[key].number}", f"line {seen[key].number}")
        seen.setdefault(key, line)
    for past in invoice.recent:
        if past.date is None or past.total != invoice.total:
            continue
        texts = {" ".join(words_of(text)) for text in past.lines}
        for line in invoice.lines:
            words = " ".join(words_of(line.text))
            # The same words with the same month or number are no recurrence.
            if words in texts and re.search(r"\d", words):
                shown = past.date.isoformat()
                yield _repeated(
                    line, f"del documento del {shown}", f"of the document of {shown}"
                )
                return


def _repeated(line: Line, where: str, where_english: str) -> Suspicion:
    return Suspicion(
        "duplicate",
        "W",
        line.number,
        line.field,
        line.quote,
        (
            f"«{line.quote[:60]}» repite texto y monto {where}.",
            "Confirmar que no se cobra dos veces lo mismo.",
        ),
        (
            f"“{line.quote[:60]}” repeats text and amount: {where_english}.",
            "Confirm that the same is not billed twice.",
        ),
    )


def split(invoice: Invoice) -> Iterator[Suspicion]:
    """Several documents for the same within a few days."""
    issued = invoice.issue_date
    if issued is None or not invoice.lines:
        return
    own = {" ".join(words_of(line.text)) for line in invoice.lines}
    close = [
        past
        for past in invoice.recent
        if past.date is not None
        and abs((issued - past.date).days) <= 3
        and own & {" ".join(words_of(text)) for text in past.lines}
    ]
    if len(close) < 2:
        return
    line = invoice.lines[0]
    yield Suspicion(
        "split",
        "W",
        0,
        "lines",
        line.quote,
        (
            f"Hay {len(close)} documentos por lo mismo dentro de tres días.",
            "Revisar si una sola operación se dividió en varias.",
        ),
        (
            f"There are {len(close)} documents for the same within three days.",
            "Check whether one operation was split into several.",
        ),
    )


def currency(invoice: Invoice) -> Iterator[Suspicion]:
    """A foreign amount in the text that went into the line as pesos."""
    if invoice.currency != "CLP":
        return
    for line in invoice.lines:
        for found in _FOREIGN.finditer(plain(line.text)):
            stated = _amount(found.group(1) or found.group(2))
            if stated and line.amount and abs(line.amount - stated) < 1:
                yield Suspicion(
                    "currency",
                    "W",
                    line.number,
                    line.field,
                    line.quote,
                    (
                        f"El texto habla de moneda extranjera y el mismo número, "
                        f"{_as_written(line.amount)}, figura en pesos.",
                        "Convertir el monto a pesos con el valor de la fecha.",
                    ),
                    (
                        f"The text speaks of foreign currency and the same number, "
                        f"{_as_written(line.amount)}, stands there in pesos.",
                        "Convert the amount to pesos at the rate of the date.",
                    ),
                )
                break


def milestone(invoice: Invoice) -> Iterator[Suspicion]:
    """An instalment that contradicts its own count or percentage."""
    for line in invoice.lines:
        text = plain(line.text)
        counted = _COUNTED.search(text)
        part = _PART_OF.search(text)
        wrong = bool(counted and int(counted.group(1)) > int(counted.group(2)))
        if part and line.amount:
            due = int(part.group(1)) * (_amount(part.group(2)) or 0) / 100
            wrong = wrong or (due > 0 and abs(due - line.amount) > max(due * 0.02, 1))
        if wrong:
            yield Suspicion(
                "milestone",
                "W",
                line.number,
                line.field,
                line.quote,
                (
                    f"El hito o porcentaje de «{line.quote[:60]}» no calza con el "
                    f"monto de la línea.",
                    "Revisar el hito contra el contrato.",
                ),
                (
                    f"The milestone or percentage in “{line.quote[:60]}” does not fit "
                    f"the amount of the line.",
                    "Check the milestone against the contract.",
                ),
            )


def _amount(text: str | None) -> float | None:
    """Return the number in Chilean writing: points for thousands, comma decimal."""
    cleaned = (text or "").rstrip(".,").replace(".", "").replace(",", ".")
    try:
        return float(cleaned)
    except ValueError:
        # Digits and marks that make no number, such as ``1,2,3``.
        return None
