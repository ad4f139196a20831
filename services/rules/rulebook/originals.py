"""Notes against the documents that they correct, as the books know them."""

from functools import partial

from ...common.translation import _
from ...common.wording import joined, listed, money
from ...documents import rut
from ...documents.context import Context
from ...documents.document import Document
from ...validation.finding import Severity
from ..amounts import ZERO
from ..document_types import ALL_NOTES, GENERIC_RUTS, acting_flow
from ..references import ANNULS, known_references, named, tax_references
from ..registry import Violation, Violations, rule


@rule(
    "NOTE_REF_NOT_FOUND",
    Severity.ERROR,
    message=_("The books do not hold %(document)s, which the note corrects."),
    advice=_("Check type and folio of the document that the note corrects."),
    purchase_advice=_("Enter that document first, or ask the issuer which it is."),
    types=ALL_NOTES,
    source="D.L. 825 art. 57; SII, reparo REF-3-415 as seen in practice",
    secondary_source=True,
    needs=("Referencia",),
)
def original_is_in_the_books(document: Document, context: Context) -> Violations:
    """The document that a note corrects is in the books, which were asked for it."""
    if context.earlier is None:
        return
    received = acting_flow(document) == "purchase"
    known = {each.number for each, _original in known_references(document, context)}
    for reference in tax_references(document):
        if reference.number in known or reference.is_global or reference.other_rut:
            continue
        yield Violation.of(
            "FolioRef",
            named(reference),
            severity=Severity.WARNING if received else None,
            document=named(reference),
        )


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
def note_is_for_the_same_partner(document: Document, context: Context) -> Violations:
    """A note goes to the RUT of the document that it corrects."""
    if acting_flow(document) == "sale":
        field, partner = "RUTRecep", document.receiver.rut
    else:
        field, partner = "RUTEmisor", document.issuer.rut
    for reference, original in known_references(document, context):
        theirs, ours = rut.normalise(original.partner_rut), rut.normalise(partner)
        if theirs in GENERIC_RUTS:
            continue  # a note on a boleta names buyer or issuer (FAQ 001.380.6571)
        if theirs and ours and theirs != ours:
            yield Violation.of(
                field,
                f"{ours} ≠ {theirs}",
                document=named(reference),
                original=theirs,
                rut=ours,
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
def annulment_is_for_the_whole(document: Document, context: Context) -> Violations:
    """A note that annuls has the total of the document that it annuls."""
    total = document.totals.total
    annulled = [
        (reference, original.total)
        for reference, original in known_references(document, context)
        if reference.code == ANNULS and original.total is not None
    ]
    if total is None or not annulled:
        return
    whole = sum((each for _reference, each in annulled if each), ZERO)
    if total != whole:
        shown = partial(money, currency=document.currency)
        yield Violation.of(
            "MntTotal",
            joined(shown(total), " ≠ ", shown(whole)),
            document=listed(named(reference) for reference, _each in annulled),
            original=shown(whole),
            total=shown(total),
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
def credit_fits_the_original(document: Document, context: Context) -> Violations:
    """All credit notes on a document together do not exceed it."""
    total = document.totals.total
    known = known_references(document, context)
    if total is None or len(known) != 1:
        return  # how one note is spread over many documents is not said
    reference, original = known[0]
    shown = partial(money, currency=document.currency)
    if original.total is not None and total + original.credited > original.total:
        yield Violation.of(
            "MntTotal",
            joined(
                shown(total),
                " + ",
                shown(original.credited),
                " > ",
                shown(original.total),
            ),
            document=named(reference),
            original=shown(original.total),
        )
