"""Who issues and who receives: RUT and parties."""

from __future__ import annotations

from collections.abc import Iterator

from ...documents.context import Context
from ...documents.document import Document
from ...translation import _
from ...validation.finding import Severity
from ..dated_data import DatedData
from ..document_types import SUPPORTED
from ..registry import Violation, rule


@rule(
    "DOCTYPE_UNSUPPORTED",
    Severity.WARNING,
    message=_("The document type “%(type)s” is not one that the rules know."),
    advice=_("Choose the document type of the SII, or check the document by hand."),
    source="SII, Formato DTE v2.2, TipoDTE",
)
def document_type_is_known(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """The document type is one that the rulebook covers."""
    if document.document_type not in SUPPORTED:
        yield Violation(
            field="TipoDTE",
            evidence=document.document_type,
            params={"type": document.document_type},
        )
