"""Documents that the books hold already."""

from decimal import Decimal

from ...common.translation import _
from ...common.wording import Value, joined, money
from ...documents import rut
from ...documents.context import Context, EarlierDocument
from ...documents.document import Document
from ...validation.finding import Severity
from ..amounts import issue_day
from ..dated_data import DatedData, required
from ..document_types import SUPPORTED
from ..references import other_party, plain_folio
from ..registry import Violation, Violations, rule


def _is_same(document: Document, earlier: EarlierDocument) -> bool:
    """Return whether type and folio are the same: within an issuer they are unique."""
    return (
        document.folio is not None
        and earlier.document_type == document.document_type
        and plain_folio(earlier.folio) == str(document.folio)
    )


def _named(earlier: EarlierDocument) -> str:
    number = f"{earlier.document_type}/{earlier.folio}"
    return f"{earlier.name} ({number})" if earlier.name else number


@rule(
    "FOLIO_DUPLICATE",
    Severity.ERROR,
    message=_("The folio is used already, by %(name)s."),
    advice=_("Take the next free folio: a type and folio is issued only once."),
    types=SUPPORTED,
    flow="sale",
    source="SII, FAQ 001.003.3789; reparo DTE-3-101 as seen in practice",
    secondary_source=True,
)
def folio_is_used_once(document: Document, context: Context) -> Violations:
    """A folio of a type is issued only once."""
    for earlier in context.earlier or ():
        if earlier.flow == "sale" and _is_same(document, earlier):
            yield Violation.of("Folio", _named(earlier), name=_named(earlier))


@rule(
    "DUP_INVOICE",
    Severity.WARNING,
    message=_("The books hold what looks like the same document: %(names)s."),
    advice=_("Compare both, and delete the one that was entered twice."),
    source="D.L. 825 art. 23 no. 5 and 25 (credit once for each document)",
    secondary_source=True,
)
def document_is_not_entered_twice(
    document: Document, context: Context, rates: DatedData
) -> Violations:
    """A received document is in the books once: by issuer, type and folio, by amount.

    The same folio is an error; the same amount a few days apart, or what Odoo itself
    takes for a duplicate, is to be looked at.
    """
    certain: tuple[EarlierDocument, ...] = ()
    near: tuple[EarlierDocument, ...] = ()
    if document.flow == "purchase":
        partner = other_party(document)
        received = [
            each
            for each in context.earlier or ()
            if each.flow == "purchase" and rut.normalise(each.partner_rut) == partner
        ]
        if partner and received:
            certain = tuple(each for each in received if _is_same(document, each))
            days = required(rates, "duplicate_days", issue_day(document, context))
            near = tuple(each for each in received if _is_near(document, each, days))
    if certain:
        names = ", ".join(_named(each) for each in certain)
        yield Violation.of("Folio", names, severity=Severity.ERROR, names=names)
        return
    names = ", ".join((*map(_named, near), *context.odoo_warnings.duplicates))
    if names:
        field: str = "Folio"
        evidence: Value = names
        if near and document.totals.total is not None:
            total = money(document.totals.total, document.currency)
            field, evidence = "MntTotal", joined(total, f": {names}")
        yield Violation.of(field, evidence, names=names)


def _is_near(document: Document, earlier: EarlierDocument, days: Decimal) -> bool:
    """Return whether type and amount are the same and the dates a few days apart."""
    if earlier.document_type != document.document_type or _is_same(document, earlier):
        return False
    if earlier.currency != document.currency:
        return False
    totals = document.totals
    if earlier.total is not None:
        same_amount = bool(totals.total) and earlier.total == totals.total
    else:
        same_amount = bool(totals.net) and earlier.net == totals.net
    if not same_amount or document.issue_date is None or earlier.issue_date is None:
        return False
    return abs((document.issue_date - earlier.issue_date).days) <= days
