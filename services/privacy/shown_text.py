"""How much of each text of a document a model is shown, and which texts are longer.

Nothing is left out without a word: who relies on the verdict must know what was not
read for it.
"""

from collections.abc import Iterator

from ..common.translation import _
from ..documents.document import Document
from ..validation.finding import Finding, Origin, Severity
from .document_texts import document_texts
from .hidden_text import visible_text

CODE = "TEXT_CUT"
TEXT_LENGTH = 1_000
NOTES_LENGTH = 4_000
_NOT_SHOWN = frozenset("DirOrigen CmnaOrigen CiudadOrigen DirRecep CiudadRecep".split())
"""Texts that the facts do not hold at all."""


def shown_length(field: str) -> int:
    """Return how many characters of a text of ``field`` a model is shown."""
    return NOTES_LENGTH if field == "notes" else TEXT_LENGTH


def find_cut_text(document: Document) -> Iterator[Finding]:
    """Yield a finding for each text of which a model is not shown the end."""
    for text in document_texts(document):
        most = shown_length(text.field)
        if len(text.value) <= most or text.field in _NOT_SHOWN:
            continue
        length = len(visible_text(text.value).strip())
        if length > most:
            yield Finding(
                code=CODE,
                severity=Severity.WARNING,
                origin=Origin.RULE,
                message=_(
                    "The text has %(length)s characters; Claude is shown the first "
                    "%(shown)s, the other %(left_out)s are left out."
                ),
                advice=_("Read the rest of it yourself, or shorten the text."),
                params={
                    "length": str(length),
                    "shown": str(most - 1),
                    "left_out": str(length - most + 1),
                },
                field=text.field,
                line=text.line,
                evidence=f"{length} > {most}",
            )
