"""A document against its own electronic stamp (TED).

The stamp repeats what matters of the document and is signed apart, with the key that
the SII gave with the folios. A document that was changed later contradicts it.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from ..translation import _
from ..validation.finding import Finding, Origin, Severity
from . import rut
from .document import Document
from .stamp import Stamp

_STAMPED_TEXT = 40
"""Characters of RSR and IT1: longer texts are cut."""


def compare_with_stamp(document: Document) -> tuple[Finding, ...]:
    """Return a finding ``TED_<FIELD>_DIFF`` for each field that the stamp contradicts.

    ``TED_CAF_DIFF`` says that the folio is outside of the authorisation in the stamp.
    Empty without a stamp: whether one is needed is no matter of comparing.
    """
    stamp = document.stamp
    if stamp is None:
        return ()
    return tuple(
        Finding(
            code=f"TED_{field.upper()}_DIFF",
            severity=Severity.ERROR,
            origin=Origin.RULE,
            message=_(
                "%(field)s is %(stated)s in the document, but its stamp was made for "
                "%(stamped)s."
            ),
            advice=_("Do not accept the document: ask its issuer for the true one."),
            params={"field": field, "stated": stated, "stamped": stamped},
            field=field,
            evidence=f"{stated} ≠ {stamped}",
            source="SII, Formato DTE v2.2, Timbre Electrónico (TED)",
        )
        for field, stated, stamped in (
            *_differences(document, stamp),
            *_outside_authorisation(document, stamp),
        )
    )


def _differences(document: Document, stamp: Stamp) -> Iterator[tuple[str, str, str]]:
    issuer, receiver = document.issuer.rut, document.receiver.rut
    first = document.lines[0].name if document.lines else ""
    pairs = (
        ("RUTEmisor", rut.normalise(issuer), rut.normalise(stamp.issuer_rut)),
        ("TipoDTE", document.document_type, stamp.document_type),
        ("Folio", _text(document.folio), _text(stamp.folio)),
        ("FchEmis", _text(document.issue_date), _text(stamp.issue_date)),
        ("RUTRecep", rut.normalise(receiver), rut.normalise(stamp.receiver_rut)),
        ("MntTotal", _whole(document.totals.total), _whole(stamp.total)),
        ("NmbItem", _cut(first), _cut(stamp.first_item)),
    )
    for field, stated, stamped in pairs:
        if stated and stamped and stated != stamped:
            yield field, stated, stamped


def _outside_authorisation(
    document: Document, stamp: Stamp
) -> Iterator[tuple[str, str, str]]:
    authorised, folio = stamp.authorisation, document.folio
    if authorised is None or folio is None:
        return
    first, last = authorised.first, authorised.last
    if first is None or last is None:
        return
    if authorised.document_type != document.document_type or not first <= folio <= last:
        yield (
            "CAF",
            f"{document.document_type}/{folio}",
            f"{authorised.document_type}/{first}–{last}",
        )


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _whole(value: Decimal | None) -> str:
    """Return an amount as the stamp has it: without decimals."""
    return "" if value is None else str(int(value))


def _cut(text: str) -> str:
    """Return what is compared of a text: its start, without regard to spaces."""
    return " ".join(text[:_STAMPED_TEXT].split())
