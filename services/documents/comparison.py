"""A bill as it was entered against the DTE XML that its issuer sent, field by field.

Differences are findings: the XML is the document, the bill in the books a copy of it.
What the books cannot hold, or do not hold yet, is not compared.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import partial

from ..common.translation import _
from ..common.wording import (
    Value,
    dated,
    document_named,
    field_named,
    joined,
    listed,
    money,
    neutral_text,
    number,
)
from ..validation.finding import Finding, Origin, Severity
from . import rut
from .document import Document, Line

_MESSAGE = _("%(field)s is %(entered)s in the bill, but %(received)s in its XML.")
_ADVICE = _("Enter what the XML says, or attach the XML that belongs to this bill.")
SOURCE = "D.L. 825 art. 23 and 54: the electronic document is the one that counts"
FIELDS: Mapping[str, Severity] = {
    "TipoDTE": Severity.ERROR,
    "Folio": Severity.ERROR,
    "RUTEmisor": Severity.ERROR,
    "RUTRecep": Severity.ERROR,
    "TpoMoneda": Severity.ERROR,
    "FchEmis": Severity.WARNING,
    "FchVenc": Severity.WARNING,
    "MntNeto": Severity.ERROR,
    "MntExe": Severity.ERROR,
    "IVA": Severity.ERROR,
    "MntTotal": Severity.ERROR,
    "ImptoReten": Severity.ERROR,
    "MontoItem": Severity.ERROR,
    "QtyItem": Severity.WARNING,
    "Referencia": Severity.WARNING,
}
"""What is compared, by SII names, and what a difference weighs at the most."""
_ZERO = Decimal(0)
_ONE = Decimal(1)
_CENT = Decimal("0.01")
_PESO = "CLP"


def compare_with_xml(entered: Document, received: Document) -> tuple[Finding, ...]:
    """Return a finding ``XML_<FIELD>_DIFF`` for each field that differs.

    Type, folio and parties have to be the same, else it is another document: errors.
    So are amounts that are more than a peso (a cent in other currencies) apart; one
    peso is a warning, and so are dates and references. Lines are compared one by one
    when there are as many in both; a bill entered in fewer lines is no fault.

    :param entered: the bill as the books have it
    :param received: the document of the XML
    """
    return (
        *_identity(entered, received),
        *_dates(entered, received),
        *_amounts(entered, received),
        *_lines(entered, received),
        *_references(entered, received),
    )


def code_of(field: str) -> str:
    """Return the code of the finding that an SII field differs."""
    return f"XML_{field.upper()}_DIFF"


def difference(
    field: str,
    entered: Value,
    received: Value,
    severity: Severity | None = None,
    line: int = 0,
) -> Finding:
    """Return the finding that two values of one of :data:`FIELDS` differ.

    :param severity: less than the field's own, for what is hardly a difference
    """
    evidence = joined(entered, " ≠ ", received)
    return Finding(
        code=code_of(field),
        severity=severity or FIELDS[field],
        origin=Origin.RULE,
        message=_MESSAGE,
        advice=_ADVICE,
        params={
            "field": field_named(field, "purchase"),
            "entered": entered,
            "received": received,
        },
        field=field,
        line=line,
        evidence=neutral_text(evidence),
        evidence_value=evidence,
        source=SOURCE,
    )


def _identity(entered: Document, received: Document) -> Iterator[Finding]:
    pairs = (
        ("TipoDTE", entered.document_type, received.document_type),
        ("Folio", _text(entered.folio), _text(received.folio)),
        ("RUTEmisor", _rut(entered.issuer.rut), _rut(received.issuer.rut)),
        ("RUTRecep", _rut(entered.receiver.rut), _rut(received.receiver.rut)),
        ("TpoMoneda", entered.currency, received.currency),
    )
    for field, ours, theirs in pairs:
        if ours and theirs and ours != theirs:
            yield difference(field, ours, theirs)


def _dates(entered: Document, received: Document) -> Iterator[Finding]:
    issued = None if entered.issue_date_assumed else entered.issue_date
    pairs = (
        ("FchEmis", issued, received.issue_date),
        ("FchVenc", entered.due_date, received.due_date),
    )
    for field, ours, theirs in pairs:
        if ours and theirs and ours != theirs:
            yield difference(field, dated(ours), dated(theirs))


def _amounts(entered: Document, received: Document) -> Iterator[Finding]:
    ours, theirs = entered.totals, received.totals
    pairs = [
        ("MntNeto", ours.net, theirs.net),
        ("MntExe", ours.exempt, theirs.exempt),
        ("IVA", ours.vat, theirs.vat),
        ("MntTotal", ours.total, theirs.total),
    ]
    if "ImptoReten" not in entered.not_representable:
        taxes, their_taxes = _additional_taxes(entered), _additional_taxes(received)
        pairs += [
            ("ImptoReten", taxes[code], their_taxes[code])
            for code in sorted(taxes.keys() | their_taxes.keys())
        ]
    for field, our_amount, their_amount in pairs:
        yield from _amount(field, our_amount, their_amount, received.currency)


def _lines(entered: Document, received: Document) -> Iterator[Finding]:
    if len(entered.lines) != len(received.lines):
        return
    if entered.gross_lines != received.gross_lines:
        return
    for ours, theirs in zip(entered.lines, received.lines, strict=True):
        yield from _line(ours, theirs, received.currency)


def _line(ours: Line, theirs: Line, currency: str) -> Iterator[Finding]:
    yield from _amount("MontoItem", ours.amount, theirs.amount, currency, ours.number)
    if ours.quantity is None or theirs.quantity is None:
        return
    if ours.quantity != theirs.quantity:
        entered, received = number(ours.quantity), number(theirs.quantity)
        yield difference("QtyItem", entered, received, line=ours.number)


def _references(entered: Document, received: Document) -> Iterator[Finding]:
    """Yield a finding when a note corrects another document than its XML says."""
    if not entered.references or not received.references:
        return
    ours = {(each.document_type, each.folio) for each in entered.references}
    theirs = {(each.document_type, each.folio) for each in received.references}
    if ours.isdisjoint(theirs):
        yield difference("Referencia", _documents(ours), _documents(theirs))


def _amount(
    field: str,
    entered: Decimal | None,
    received: Decimal | None,
    currency: str,
    line: int = 0,
) -> Iterator[Finding]:
    """Yield a finding when two amounts differ; an absent one is zero."""
    ours, theirs = entered or _ZERO, received or _ZERO
    step = _ONE if currency == _PESO else _CENT
    apart = abs(ours - theirs)
    if apart >= step:
        severity = Severity.WARNING if apart < 2 * step else None
        shown = partial(money, currency=currency)
        yield difference(field, shown(ours), shown(theirs), severity, line)


def _additional_taxes(document: Document) -> defaultdict[str, Decimal]:
    amounts: defaultdict[str, Decimal] = defaultdict(Decimal)
    for tax in document.totals.additional_taxes:
        amounts[tax.code] += tax.amount
    return amounts


def _rut(value: str) -> str:
    return rut.normalise(value) or value.strip()


def _text(value: int | None) -> str:
    return "" if value is None else str(value)


def _documents(references: set[tuple[str, str]]) -> Value:
    return listed(document_named(*each) for each in sorted(references))
