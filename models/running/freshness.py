"""Whether a document changed since it was validated."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from ...services.claude.request import canonical_json
from ...services.documents.document import Document
from ...services.documents.serialization import document_to_data

_ZERO = "0"


def as_if_assumed(document: Document) -> Document:
    """Return the document as it was while it had no date of its own."""
    return replace(document, issue_date_assumed=True)


def document_fingerprint(document: Document) -> str:
    """Return the SHA-256 of everything in the document but what posting gives it.

    That is the folio, and the dates of a draft that had none. Nor is what is empty part
    of it, and what the source cannot hold: a later version of the product that reads
    more does not make a document another one.
    """
    changes: dict = {"folio": None, "not_representable": frozenset()}
    if document.issue_date_assumed:
        changes.update(issue_date=None, due_date=None)
    data = _stated(document_to_data(replace(document, **changes)))
    return hashlib.sha256(canonical_json(data).encode()).hexdigest()


def _stated(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _stated(each)
            for name, each in value.items()
            if each and each != _ZERO
        }
    if isinstance(value, list):
        return [_stated(each) for each in value]
    return value


def is_same_document(fingerprint: str, document: Document) -> bool:
    """Return whether ``fingerprint`` is that of ``document``, or of what it was before
    it was posted."""
    return fingerprint in (
        document_fingerprint(document),
        document_fingerprint(as_if_assumed(document)),
    )
