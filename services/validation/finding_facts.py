"""What a finding rests on: the facts that a person's decision about it holds for.

A decision is kept with the fingerprint of these facts, never with the finding's place:
a line that moves stays decided, a line that changes is open again.

* Always: the code, the field, who found it, the type of the document, and both RUTs.
* On a line: everything in that line but its number.
* In the header: the value of the field; the whole document where the field is none
  that is known here.
* Found by a rule: the evidence and the parameters too, which name what the books say,
  e.g. the other document of a duplicate. The model words its evidence anew each time,
  so of its findings only the place counts.

What changes with the day on which somebody looks is no fact of the document.
"""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from ..claude.request import canonical_json
from ..common.wording import neutral_text
from ..documents.document import Document
from ..privacy.document_texts import PARTY_FIELDS
from .finding import Finding, Origin

_TOTALS = ("currency", "totals")
_REFERENCES = ("references",)
_PARTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("MntNeto", "MntExe", "TasaIVA", "IVA", "MntTotal"), _TOTALS),
    **dict.fromkeys(("ImptoReten", "IVANoRet", "CredEC", "GrntDep"), _TOTALS),
    **dict.fromkeys(("MontoNF", "retencion", "tasa"), _TOTALS),
    **dict.fromkeys(("Referencia", "TpoDocRef", "FolioRef"), _REFERENCES),
    **dict.fromkeys(("FchRef", "CodRef", "RazonRef"), _REFERENCES),
    "TipoDTE": (),
    "Folio": ("folio",),
    "FchEmis": ("issue_date",),
    "FchVenc": ("issue_date", "due_date"),
    "FmaPago": ("payment_form",),
    "TpoMoneda": ("currency",),
    "IndServicio": ("service_indicator",),
    "IndTraslado": ("transfer_indicator",),
    "notes": ("notes",),
}
"""Parts of the document that hold the value of a field of the header."""
_ZERO = "0"
_OF_THE_DAY = frozenset({"today", "days"})
"""Parameters of sentences that tell today's date, or how far away it is."""
_NO_FACTS = frozenset({"folio", "issue_date_assumed", "not_representable"})
"""Of the whole document: posting gives the folio; the others tell of the source."""
_WHOLE = tuple(
    field.name for field in dataclasses.fields(Document) if field.name not in _NO_FACTS
)
_WORDED_BY_ODOO = frozenset({"SEM_UNUSUAL_AMOUNT", "UNUSUAL_DATE"})
"""Their evidence is a sentence of Odoo's, in the language of whoever looks."""


def facts_fingerprints(document: Document, finding: Finding) -> tuple[str, ...]:
    """Return the fingerprint of the facts that ``finding`` rests on.

    A document with a date has a second one: that of the draft without a date that it
    may have been. Getting its date by posting is no change.
    """
    own = _fingerprint(document, finding)
    if document.issue_date_assumed:
        return (own,)
    return (own, _fingerprint(replace(document, issue_date_assumed=True), finding))


def _fingerprint(document: Document, finding: Finding) -> str:
    facts = _facts(document, finding)
    return hashlib.sha256(canonical_json(facts).encode()).hexdigest()


def _facts(document: Document, finding: Finding) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "code": finding.code,
        "origin": finding.origin.value,
        "field": finding.field,
        "type": document.document_type,
        "flow": document.flow,
        "ruts": [document.issuer.rut, document.receiver.rut],
    }
    facts["value"] = _value(_undated(document), finding)
    if finding.origin is Origin.RULE:
        facts["seen"] = _seen(document, finding)
    return facts


def _undated(document: Document) -> Document:
    """Return the document without what posting gives it."""
    if not document.issue_date_assumed:
        return document
    return replace(document, issue_date=None, due_date=None, folio=None)


def _value(document: Document, finding: Finding) -> Any:
    if 0 < finding.line <= len(document.lines):
        return _plain(replace(document.lines[finding.line - 1], number=0))
    if finding.field in PARTY_FIELDS:
        party, attribute = PARTY_FIELDS[finding.field]
        return _plain(getattr(getattr(document, party), attribute))
    names = _PARTS.get(finding.field, _WHOLE)
    parts = {name: _plain(getattr(document, name)) for name in names}
    return {name: part for name, part in parts.items() if part}


def _plain(value: Any) -> Any:
    """Return a value of a document as JSON, without fields that are empty: one that
    documents get in a later version must not change what was decided before."""
    if dataclasses.is_dataclass(value):
        plain = {
            field.name: _plain(getattr(value, field.name))
            for field in dataclasses.fields(value)
        }
        return {name: each for name, each in plain.items() if each and each != _ZERO}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else _ZERO
    if isinstance(value, date):
        return value.isoformat()
    return value or None


def _seen(document: Document, finding: Finding) -> list[Any]:
    params = finding.params
    if finding.code in _WORDED_BY_ODOO or not _OF_THE_DAY.isdisjoint(params):
        return []
    stated = {
        name: neutral_text(value) for name, value in params.items() if name != "line"
    }
    return [
        _timeless(text, document)
        for text in (finding.evidence, *(f"{k}={stated[k]}" for k in sorted(stated)))
    ]


def _timeless(text: str, document: Document) -> str:
    """Return ``text`` without the date that a draft has only because it is today."""
    day = document.issue_date
    return (
        text.replace(day.isoformat(), "")
        if document.issue_date_assumed and day
        else text
    )
