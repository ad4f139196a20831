"""A document against its own electronic stamp (TED).

The stamp repeats what matters of the document and is signed apart, with the key that
the SII gave with the folios. A document that was changed later contradicts it.
"""

from collections.abc import Iterator
from decimal import Decimal

from ..common.translation import _
from ..common.wording import field_named
from ..validation.finding import Finding, Origin, Severity
from . import rut
from .document import Document
from .stamp import Stamp

SOURCE = "SII, Formato DTE v2.2, Timbre Electrónico (TED)"
FIELDS = (
    "RUTEmisor",
    "TipoDTE",
    "Folio",
    "FchEmis",
    "RUTRecep",
    "MntTotal",
    "NmbItem",
)
"""What a stamp repeats, by SII names; each contradiction is an error."""
_STAMPED_TEXT = 40
"""Characters of RSR and IT1: longer texts are cut."""


def code_of(field: str) -> str:
    """Return the code of the finding that a stamp contradicts an SII field."""
    return f"TED_{field.upper()}_DIFF"


def compare_with_stamp(document: Document) -> tuple[Finding, ...]:
    """Return a finding ``TED_<FIELD>_DIFF`` for each field that the stamp contradicts.

    Whether the authorisation of folios in the stamp covers the document is asked by the
    rules of folios, not here. Empty without a stamp: whether one is needed is no matter
    of comparing.
    """
    stamp = document.stamp
    if stamp is None:
        return ()
    return tuple(
        Finding(
            code=code_of(field),
            severity=Severity.ERROR,
            origin=Origin.RULE,
            message=_(
                "%(field)s is %(stated)s in the document, but its stamp was made for "
                "%(stamped)s."
            ),
            advice=_("Do not accept the document: ask its issuer for the true one."),
            params={
                "field": field_named(field, "purchase"),
                "stated": stated,
                "stamped": stamped,
            },
            field=field,
            evidence=f"{stated} ≠ {stamped}",
            source=SOURCE,
        )
        for field, stated, stamped in _differences(document, stamp)
    )


def _differences(document: Document, stamp: Stamp) -> Iterator[tuple[str, str, str]]:
    issuer, receiver = document.issuer.rut, document.receiver.rut
    first = document.lines[0].name if document.lines else ""
    pairs = (
        (rut.normalise(issuer), rut.normalise(stamp.issuer_rut)),
        (document.document_type, stamp.document_type),
        (_text(document.folio), _text(stamp.folio)),
        (_text(document.issue_date), _text(stamp.issue_date)),
        (rut.normalise(receiver), rut.normalise(stamp.receiver_rut)),
        (_whole(document.totals.total), _whole(stamp.total)),
        (_cut(first), _cut(stamp.first_item)),
    )
    for field, (stated, stamped) in zip(FIELDS, pairs, strict=True):
        if stated and stamped and stated != stamped:
            yield field, stated, stamped


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _whole(value: Decimal | None) -> str:
    """Return an amount as the stamp has it: without decimals."""
    return "" if value is None else str(int(value))


def _cut(text: str) -> str:
    """Return what is compared of a text: its start, without regard to spaces."""
    return " ".join(text[:_STAMPED_TEXT].split())
