"""The kinds of labelled cases: what a case is about and how it is validated.

A further kind (payslips, say) is one more :class:`CaseKind` in :data:`KINDS`; files,
scores, reports and floors stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.documents.errors import UnreadableDocument

from .asking import Asking
from .case import Answer
from .invoice_cases import has_invoice, validate_invoice

Case = Mapping[str, Any]


@dataclass(frozen=True)
class CaseKind:
    """How the cases of one kind are recognised and validated."""

    name: str
    recognises: Callable[[Case], bool]
    validate: Callable[[Case, Mapping[str, Any], Asking | None], Answer]
    """Gets the case, the master data of its file, and the model to ask, if any."""


KINDS = (CaseKind("invoices", has_invoice, validate_invoice),)


def kind_of(case: Case) -> CaseKind:
    """Return the kind of a case.

    :raises UnreadableDocument: when none of the kinds knows it; the message names the
        case and what it holds
    """
    for kind in KINDS:
        if kind.recognises(case):
            return kind
    document = case.get("document")
    held = ", ".join(map(str, document)) if isinstance(document, Mapping) else "nothing"
    raise UnreadableDocument(
        f"Case {case.get('id', '?')}: no kind of case that is known here; its document "
        f"holds {held}."
    )
