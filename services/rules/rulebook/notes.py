"""Credit and debit notes: what they refer to, and whether they may do it."""

from datetime import date

from ...common.translation import _
from ...common.wording import joined, listed, money
from ...documents.context import Context
from ...documents.document import Document, Reference
from ...validation.finding import Severity
from ..calendar import months_later, tax_period
from ..document_types import ALL_NOTES, EXPORT_NOTES, EXPORTS, RECEIPT_CODES
from ..references import (
    ANNULS,
    CORRECTS_AMOUNTS,
    CORRECTS_TEXT,
    DEBIT_NOTES,
    corrects_text,
    known_references,
    named,
    tax_references,
)
from ..registry import Violation, Violations, rule
from ..sentences import DTE_FORMAT

_CODES = frozenset({ANNULS, CORRECTS_TEXT, CORRECTS_AMOUNTS})
_INVOICE_CODES = frozenset({"30", "32", "33", "34", "45", "46"})
_MAY_ANNUL = {
    "61": _INVOICE_CODES | RECEIPT_CODES | DEBIT_NOTES,
    "56": frozenset({"60", "61"}),
    "112": frozenset({"110", "111"}),
    "111": frozenset({"112"}),
}
_FIRST_REFERENCE = date(2002, 8, 1)
_LAST_REFERENCE = date(2050, 12, 31)
_MONTHS_TO_RETURN = 6


def _wrong_type(document: Document, reference: Reference) -> Violation:
    """Return the violation that a document of this type may not refer so."""
    return Violation.of(
        "TpoDocRef",
        joined(f"{document.document_type} → ", named(reference)),
        type=document.document_type,
        document=named(reference),
    )


@rule(
    "NOTE_NO_REF",
    Severity.ERROR,
    message=_("The note does not say which document it corrects."),
    advice=_("Add a reference to the document that the note corrects."),
    types=ALL_NOTES,
    source=f"{DTE_FORMAT}, p. 41-42, Referencia; D.L. 825 art. 57",
    needs=("Referencia",),
)
def note_refers_to_document(document: Document) -> Violations:
    """A note refers to at least one tax document."""
    if not tax_references(document):
        yield Violation.of("TpoDocRef")


@rule(
    "NOTE_NO_CODREF",
    Severity.ERROR,
    message=_("The reference to %(document)s does not say what the note does to it."),
    advice=_("Choose 1 (annuls), 2 (corrects text) or 3 (corrects amounts)."),
    types=ALL_NOTES,
    source=f"{DTE_FORMAT}, p. 42, CodRef",
    needs=("Referencia", "CodRef"),
)
def note_says_what_it_does(document: Document) -> Violations:
    """Every document that a note refers to has a CodRef of 1, 2 or 3."""
    for reference in tax_references(document):
        if reference.code not in _CODES:
            yield Violation.of(
                "CodRef",
                joined(named(reference), f": {reference.code or '–'}"),
                document=named(reference),
            )


@rule(
    "NOTE_CODREF1_MULTI",
    Severity.ERROR,
    message=_("A note that annuls or corrects text refers to one document, not %(n)s."),
    advice=_("Issue one note for each document."),
    types=ALL_NOTES,
    source=f"{DTE_FORMAT}, p. 42, CodRef (cases a, b and c)",
    needs=("Referencia", "CodRef"),
)
def annulling_note_has_one_reference(document: Document) -> Violations:
    """A note that annuls, or corrects text, refers to exactly one tax document."""
    references = tax_references(document)
    if len(references) > 1 and any(
        reference.code in (ANNULS, CORRECTS_TEXT) for reference in references
    ):
        yield Violation.of(
            "Referencia",
            listed(named(reference) for reference in references),
            n=len(references),
        )


@rule(
    "NOTE_CODREF2_AMOUNT",
    Severity.ERROR,
    message=_("A note that corrects text has no amounts, but this one has %(total)s."),
    advice=_("Set the amounts to zero, or choose CodRef 3 when amounts change."),
    types=ALL_NOTES,
    source=f"{DTE_FORMAT}, p. 37, MontoItem (fe de erratas) and p. 42, CodRef 2",
    needs=("CodRef",),
)
def text_correction_is_zero(document: Document) -> Violations:
    """A note that corrects text has the total zero, and every line."""
    if not corrects_text(document):
        return
    amounts = [("MntTotal", 0, document.totals.total)]
    amounts += [("MontoItem", line.number, line.amount) for line in document.lines]
    for field, line_number, amount in amounts:
        if amount:
            shown = money(amount, document.currency)
            yield Violation.of(field, shown, line=line_number, total=shown)
            return


@rule(
    "NOTE_WRONG_KIND",
    Severity.ERROR,
    message=_("A document of type %(type)s cannot annul %(document)s."),
    advice=_(
        "Annul invoices and debit notes by a credit note, credit notes by a debit."
    ),
    types=ALL_NOTES,
    source=f"{DTE_FORMAT}, p. 42, CodRef (cases a and c); D.L. 825 art. 57",
    needs=("Referencia", "CodRef"),
)
def note_annuls_what_it_may(document: Document) -> Violations:
    """A credit note annuls invoices and debit notes, a debit note credit notes."""
    export_note = document.document_type in EXPORT_NOTES
    for reference in tax_references(document):
        if reference.code != ANNULS:
            continue
        if (reference.document_type in EXPORTS) != export_note:
            continue  # NOTE_EXPORT_KIND says it
        if reference.document_type not in _MAY_ANNUL[document.document_type]:
            yield _wrong_type(document, reference)


@rule(
    "NOTE_EXPORT_KIND",
    Severity.ERROR,
    message=_("A note of type %(type)s cannot refer to %(document)s."),
    advice=_("Use 111 and 112 for export documents, 56 and 61 for all others."),
    types=ALL_NOTES,
    source=f"{DTE_FORMAT}, p. 41, TpoDocRef (notas de exportación)",
    needs=("Referencia",),
)
def note_stays_in_its_family(document: Document) -> Violations:
    """Export notes refer to export documents, the others to domestic ones."""
    export_note = document.document_type in EXPORT_NOTES
    for reference in tax_references(document):
        if (reference.document_type in EXPORTS) != export_note:
            yield _wrong_type(document, reference)


@rule(
    "REF_FOLIO_ZERO",
    Severity.ERROR,
    message=_("A reference to a document of type %(type)s has no folio."),
    advice=_("Enter the folio, or mark the reference as global."),
    types=ALL_NOTES,
    source=f"{DTE_FORMAT}, p. 42, FolioRef",
    needs=("Referencia",),
)
def reference_has_folio(document: Document) -> Violations:
    """A note's reference has a folio, zero only when it is global."""
    for reference in tax_references(document):
        if not reference.folio.strip(" 0") and not reference.is_global:
            yield Violation.of(
                "FolioRef", reference.folio, type=reference.document_type
            )


@rule(
    "NOTE_REF_DATE",
    Severity.WARNING,
    message=_("The reference to %(document)s has the date %(date)s: %(problem)s."),
    advice=_("Enter the date of the document that the note corrects."),
    types=ALL_NOTES,
    source=f"{DTE_FORMAT}, p. 42, FchRef",
    needs=("Referencia",),
)
def reference_date_is_right(document: Document, context: Context) -> Violations:
    """A reference has the date of its document, which is not later than the note's."""
    known = {
        reference.number: original.issue_date
        for reference, original in known_references(document, context)
    }
    for reference in tax_references(document):
        day = reference.date
        if day is None:
            continue
        booked = known.get(reference.number)
        if booked is not None and booked != day:
            problem = joined("≠ ", booked)
        elif document.issue_date is not None and day > document.issue_date:
            problem = joined("> ", document.issue_date)
        elif not _FIRST_REFERENCE <= day <= _LAST_REFERENCE:
            problem = joined("∉ ", _FIRST_REFERENCE, " … ", _LAST_REFERENCE)
        else:
            continue
        yield Violation.of(
            "FchRef",
            joined(named(reference), ": ", day, " ", problem),
            document=named(reference),
            date=day,
            problem=problem,
        )


@rule(
    "NOTE_CANCEL_OUT_OF_PERIOD",
    Severity.WARNING,
    message=_("The note annuls %(document)s of %(date)s, of a period long closed."),
    advice=_("Check whether the debit has to be recovered by petition (form 2117)."),
    types={"61"},
    flow="sale",
    source="SII, FAQ 001.003.7335 (2025-06-30) and 001.003.2167",
    needs=("Referencia", "CodRef"),
)
def annulment_is_in_time(document: Document) -> Violations:
    """An own error is annulled in the same tax period or the next."""
    day = document.issue_date
    if day is None or not document.totals.vat:
        return
    for reference in tax_references(document):
        if reference.code != ANNULS or reference.date is None:
            continue
        if tax_period(day) - tax_period(reference.date) > 1:
            yield Violation.of(
                "FchRef",
                joined(reference.date, " … ", day),
                document=named(reference),
                date=reference.date,
            )


@rule(
    "NOTE_LATE_NO_INDNOREBAJA",
    Severity.ERROR,
    message=_(
        "More than six months after %(document)s (%(date)s) the note cannot lower the "
        "VAT debit, and it does not say so."
    ),
    advice=_("Set IndNoRebaja to 1, unless nothing is returned or cancelled."),
    types={"61"},
    flow="sale",
    source="D.L. 825 art. 70 and art. 21 no. 2; Formato DTE v2.2, p. 11, IndNoRebaja",
    needs=("Referencia", "CodRef", "IndNoRebaja"),
)
def late_return_does_not_lower_debit(document: Document) -> Violations:
    """A note on a sale of more than six months ago carries IndNoRebaja."""
    day = document.issue_date
    if day is None or document.no_debit_reduction or not document.totals.vat:
        return
    for reference in tax_references(document):
        if reference.code != CORRECTS_AMOUNTS or reference.date is None:
            continue
        if day > months_later(reference.date, _MONTHS_TO_RETURN):
            yield Violation.of(
                "IndNoRebaja",
                joined(reference.date, " … ", day),
                document=named(reference),
                date=reference.date,
            )
