"""Which project a document belongs to, as far as numbers and words say it."""

from __future__ import annotations

from ..documents import rut
from ..documents.context import Context, Project
from ..documents.document import Document
from .document_types import acting_flow
from .matching import telling_words, words
from .references import other_party

_OPEN_STATES = frozenset({"", "in_progress"})


def charged_project(document: Document, context: Context) -> Project | None:
    """Return the project that a document is charged to for certain.

    The one that the books say, that of the purchase order, or the one whose order
    number the document quotes. ``None`` when nothing of this decides.
    """
    if not context.projects:
        return None
    order = context.purchase_order
    for code in (context.project, order.project if order else ""):
        for each in context.projects:
            if code and each.code == code:
                return each
    quoted = {_plain(each.folio) for each in document.references} - {""}
    found = [each for each in context.projects if _plain(each.order) in quoted]
    return found[0] if len(found) == 1 else None


def suggested_project(document: Document, context: Context) -> Project | None:
    """Return the project that a document most likely belongs to.

    The certain one, else the open project of the customer (of anybody, for what the
    company buys) whose name shares most words with the lines; ``None`` when none does,
    or several do equally.
    """
    certain = charged_project(document, context)
    if certain is not None:
        return certain
    candidates = [each for each in context.projects if each.state in _OPEN_STATES]
    if acting_flow(document) == "sale":
        partner = other_party(document)
        candidates = [
            each
            for each in candidates
            if rut.normalise(each.customer_rut) in ("", partner)
        ]
    text = " ".join(
        (
            document.notes,
            *(f"{each.name} {each.description}" for each in document.lines),
        )
    )
    ours = telling_words(text)
    common = telling_words(" ".join((document.issuer.name, document.receiver.name)))
    scored = sorted(
        (
            (len(ours & (telling_words(each.name) - common)), each)
            for each in candidates
        ),
        key=lambda pair: -pair[0],
    )
    if not scored or not scored[0][0]:
        return None
    if len(scored) > 1 and scored[1][0] == scored[0][0]:
        return None
    return scored[0][1]


def _plain(number: str) -> str:
    return "".join(words(number))
