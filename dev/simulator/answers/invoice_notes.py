"""Checks of credit and debit notes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .invoice_facts import Invoice, Reference, Suspicion
from .words import plain

#: Reference code -> what the words of its reason speak of.
_SPEAKS_OF = {
    "1": re.compile(r"\b(anul\w*|dej\w* sin efecto|cancel\w*)"),
    "2": re.compile(
        r"\b(texto|giro|direccion|donde dice|debe decir|dice|razon social)"
    ),
    "3": re.compile(
        r"\b(monto|precio|descuento|devol\w*|devuel\w*|parcial\w*|diferencia|rebaja|cantidad|bonific\w*|"
        r"interes\w*|cobr\w* de mas|amount|price|discount|return\w*)"
    ),
}
_MEANING = {
    "1": ("anula el documento", "cancels the document"),
    "2": ("corrige texto", "mends text"),
    "3": ("corrige montos", "mends amounts"),
}
_EMPTY = re.compile(r"\W*(|ajuste|correccion|error|varios|otro|otros|nc|nd|nota)\W*")


def note_reason(invoice: Invoice) -> Iterator[Suspicion]:
    """A reason that is missing, says nothing or contradicts the code."""
    if not invoice.is_note:
        return
    for reference in invoice.references:
        if reference.code not in _SPEAKS_OF:
            continue
        reason = plain(reference.reason)
        if _EMPTY.fullmatch(reason):
            yield _suspicion(reference, missing=True)
            continue
        lines = plain(" ".join(line.text for line in invoice.lines))
        spoken = _codes_of(reason)
        if spoken and reference.code not in spoken:
            yield _suspicion(reference, missing=False)
        elif _codes_of(lines) and reference.code not in _codes_of(lines):
            yield _suspicion(reference, missing=False)


def _codes_of(text: str) -> set[str]:
    """Return the reference codes whose words occur in ``text``."""
    return {code for code, words in _SPEAKS_OF.items() if words.search(text)}


def _suspicion(reference: Reference, *, missing: bool) -> Suspicion:
    spanish, english = _MEANING[reference.code]
    if missing:
        why = (
            f"La razón de la referencia {reference.folio} no explica por qué se "
            f"{spanish}.",
            f"The reason of reference {reference.folio} does not say why it {english}.",
        )
    else:
        why = (
            f"La razón «{reference.reason[:60]}» no corresponde al código "
            f"{reference.code}, que {spanish}.",
            f"The reason “{reference.reason[:60]}” does not fit code "
            f"{reference.code}, which {english}.",
        )
    return Suspicion(
        "note_reason",
        "W",
        0,
        "references",
        reference.reason.strip() or reference.folio,
        (why[0], "Escribir la razón concreta y revisar el código de referencia."),
        (why[1], "Write the concrete reason and check the reference code."),
    )
