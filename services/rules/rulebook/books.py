"""A document against what the books know: originals of notes, Odoo's own warnings."""

from __future__ import annotations

from collections.abc import Iterator

from ...documents import rut
from ...documents.context import Context, ReferencedDocument
from ...documents.document import Document, Reference
from ...translation import _
from ...validation.finding import Severity
from ..amounts import shown
from ..dated_data import DatedData
from ..document_types import ALL_NOTES, GENERIC_RUTS, acting_flow
from ..registry import Violation, rule

_ANNULS = 1


def _known_references(
    document: Document, context: Context
) -> Iterator[tuple[Reference, ReferencedDocument]]:
    """Yield the references whose document the books know."""
    if not context.referenced:
        return
    known = {(each.document_type, each.folio): each for each in context.referenced}
    for reference in document.references:
        found = known.get((reference.document_type, reference.folio))
        if found is not None:
            yield reference, found


@rule(
    "NOTE_RUT_DIFF",
    Severity.ERROR,
    message=_("%(document)s belongs to %(original)s, but the note is for %(rut)s."),
    advice=_("Use the same partner as in the document that the note corrects."),
    types=ALL_NOTES,
    source="D.L. 825 art. 57; SII, reparo REF-3-751 as seen in practice",
    secondary_source=True,
    needs=("Referencia",),
)
def note_is_for_the_same_partner(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """A note goes to the RUT of the document that it corrects."""
    if acting_flow(document) == "sale":
        field, partner = "RUTRecep", document.receiver.rut
    else:
        field, partner = "RUTEmisor", document.issuer.rut
    for reference, original in _known_references(document, context):
        theirs, ours = rut.normalise(original.partner_rut), rut.normalise(partner)
        if theirs in GENERIC_RUTS:
            continue  # a note on a boleta names buyer or issuer (FAQ 001.380.6571)
        if theirs and ours and theirs != ours:
            yield Violation(
                field=field,
                evidence=f"{ours} ≠ {theirs}",
                params={
                    "document": f"{reference.document_type}/{reference.folio}",
                    "original": theirs,
                    "rut": ours,
                },
            )


@rule(
    "NOTE_CANCEL_AMOUNT_DIFF",
    Severity.ERROR,
    message=_("The note annuls %(document)s of %(original)s, but is for %(total)s."),
    advice=_("Annul the whole amount, or choose CodRef 3 when only a part changes."),
    types=ALL_NOTES,
    source="SII, Formato DTE v2.2, p. 42, CodRef 1 (elimina en forma completa)",
    needs=("Referencia", "CodRef"),
)
def annulment_is_for_the_whole(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """A note that annuls has the total of the document that it annuls."""
    total = document.totals.total
    for reference, original in _known_references(document, context):
        if reference.code != _ANNULS or total is None or original.total is None:
            continue
        if total != original.total:
            yield Violation(
                field="MntTotal",
                evidence=f"{shown(total)} ≠ {shown(original.total)}",
                params={
                    "document": f"{reference.document_type}/{reference.folio}",
                    "original": shown(original.total),
                    "total": shown(total),
                },
            )


@rule(
    "NOTE_EXCEEDS_REF",
    Severity.ERROR,
    message=_("The credit notes on %(document)s come to more than its %(original)s."),
    advice=_("Lower the note to what is left of the document."),
    types={"61", "112"},
    source="D.L. 825 art. 21 and 57; SII, reparo REF-3-750 as seen in practice",
    secondary_source=True,
    needs=("Referencia",),
)
def credit_fits_the_original(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """All credit notes on a document together do not exceed it."""
    total = document.totals.total
    known = list(_known_references(document, context))
    if total is None or len(known) != 1:
        return  # how one note is spread over many documents is not said
    reference, original = known[0]
    if original.total is not None and total + original.credited > original.total:
        yield Violation(
            field="MntTotal",
            evidence=(
                f"{shown(total)} + {shown(original.credited)} > {shown(original.total)}"
            ),
            params={
                "document": f"{reference.document_type}/{reference.folio}",
                "original": shown(original.total),
            },
        )


@rule(
    "DUP_INVOICE",
    Severity.WARNING,
    message=_("The books hold what looks like the same document: %(names)s."),
    advice=_("Compare both, and delete the one that was entered twice."),
    source="Odoo, duplicate of reference, date or amount of the same partner",
    secondary_source=True,
)
def document_is_not_entered_twice(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """Odoo knows no duplicate of the document."""
    names = context.odoo_warnings.duplicates
    if names:
        yield Violation(
            field="Folio", evidence=", ".join(names), params={"names": ", ".join(names)}
        )


@rule(
    "SEM_UNUSUAL_AMOUNT",
    Severity.WARNING,
    message=_("The amount is unusual for this partner."),
    advice=_("Check the amount against the order or the contract."),
    source="Odoo, abnormal amount against the partner's earlier documents",
    secondary_source=True,
)
def amount_is_usual(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """Odoo does not find the amount abnormal for the partner."""
    if context.odoo_warnings.abnormal_amount:
        yield Violation(
            field="MntTotal", evidence=context.odoo_warnings.abnormal_amount
        )


@rule(
    "UNUSUAL_DATE",
    Severity.INFORMATION,
    message=_("The date is unusual for this partner."),
    advice=_("Check that the document was not entered twice, nor one forgotten."),
    source="Odoo, abnormal date against the partner's earlier documents",
    secondary_source=True,
)
def date_is_usual(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """Odoo does not find the date abnormal for the partner."""
    if context.odoo_warnings.abnormal_date:
        yield Violation(field="FchEmis", evidence=context.odoo_warnings.abnormal_date)
