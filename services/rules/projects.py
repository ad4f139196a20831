"""Which project a document is charged to, as far as numbers say it."""

from ..documents.context import Context, Project
from ..documents.document import Document
from .matching import words


def charged_project(document: Document, context: Context) -> Project | None:
    """Return the project that a document is charged to for certain.

    The one that the books say, that of the purchase order, the one whose order number
    the document refers to, or whose code stands in its texts. ``None`` when nothing of
    this decides.
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
    if not found:
        text = {
            word
            for line in document.lines
            for word in f"{line.name} {line.description}".split()
        } | set(document.notes.split())
        quoted = {_plain(word) for word in text}
        found = [each for each in context.projects if _plain(each.code) in quoted]
    return found[0] if len(found) == 1 else None


def _plain(number: str) -> str:
    return "".join(words(number))
