"""Whether a document changed since it was validated."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..claude.request import canonical_json
from ..documents.document import Document
from ..documents.serialization import document_to_data

_ZERO = "0"


def as_if_assumed(document: Document) -> Document:
    """Return the document as it was while it had no date of its own."""
    return replace(document, issue_date_assumed=True)


def document_fingerprint(
    document: Document, data: Mapping[str, Any] | None = None
) -> str:
    """Return the SHA-256 of the document without the fields that posting sets.

    Those are the folio, and the dates of a draft that had none. Empty fields and what
    the source cannot hold are left out too, so that the fingerprint stays the same when
    a later version of the product reads more fields.

    :param data: result of :func:`document_to_data` for the document, where the caller
        has it already
    """
    left_out = {"folio", "not_representable"}
    if document.issue_date_assumed:
        left_out |= {"issue_date", "due_date"}
    stated = _stated(
        {
            name: value
            for name, value in (data or document_to_data(document)).items()
            if name not in left_out
        }
    )
    return hashlib.sha256(canonical_json(stated).encode()).hexdigest()


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


def document_fingerprints(document: Document) -> tuple[str, str]:
    """Return the fingerprints of ``document`` as it is and as it was before posting: a
    validation with either of them is about this document."""
    return (
        document_fingerprint(document),
        document_fingerprint(as_if_assumed(document)),
    )


def is_same_document(fingerprint: str, document: Document) -> bool:
    """Return whether ``fingerprint`` is that of ``document`` as it is or as it was
    before posting."""
    return fingerprint in document_fingerprints(document)
