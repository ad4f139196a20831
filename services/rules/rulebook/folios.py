"""Folios and their authorisation (CAF), by the books or in the document's stamp."""

from datetime import date

from ...common.translation import _
from ...common.wording import joined
from ...documents import rut
from ...documents.context import Context, FolioRange
from ...documents.document import Document
from ...validation.finding import Severity
from ..amounts import issue_day
from ..calendar import months_later
from ..dated_data import DatedData, required
from ..document_types import GIVE_CREDIT, SUPPORTED
from ..registry import Violation, Violations, rule
from ..sentences import CLAIM, DTE_FORMAT

_NEW_RANGE = _("Ask the SII for folios of this type and number the document again.")
_LONGEST_FOLIO = 10


def _ranges(document: Document, context: Context) -> tuple[FolioRange, ...]:
    """Return the authorisations that may cover the document: its stamp's, or ours.

    Those of the books are the company's: they say nothing about received documents.
    """
    stamp = document.stamp
    if stamp is not None and stamp.authorisation is not None:
        caf = stamp.authorisation
        if caf.first is not None and caf.last is not None:
            return (
                FolioRange(
                    document_type=caf.document_type,
                    first=caf.first,
                    last=caf.last,
                    authorised_on=caf.authorised_on,
                    issuer_rut=caf.rut,
                ),
            )
    issuer = rut.normalise(document.issuer.rut)
    if document.flow != "sale" and document.document_type != "46":
        return ()
    return tuple(
        each
        for each in context.folio_ranges or ()
        if (rut.normalise(each.issuer_rut) or issuer) == issuer
    )


def _covering(document: Document, context: Context) -> FolioRange | None:
    """Return the authorisation of the folio, the latest when there are several."""
    found = [
        each
        for each in _ranges(document, context)
        if each.document_type == document.document_type
        and document.folio is not None
        and each.first <= document.folio <= each.last
    ]
    if not found:
        return None
    return max(found, key=lambda each: each.authorised_on or date.min)


def _shown_range(each: FolioRange) -> str:
    return f"{each.document_type}: {each.first} … {each.last}"


@rule(
    "CAF_TYPE",
    Severity.ERROR,
    message=_("The folios are authorised for other types (%(ranges)s), not %(type)s."),
    advice=_NEW_RANGE,
    purchase_advice=CLAIM,
    types=SUPPORTED,
    source=f"{DTE_FORMAT}, TED and CAF (TD); Res. Ex. SII 45 of 2003",
    needs=("CAF",),
)
def authorisation_is_of_the_type(document: Document, context: Context) -> Violations:
    """There is an authorisation of folios (CAF) for the type of the document."""
    ranges = _ranges(document, context)
    if ranges and all(each.document_type != document.document_type for each in ranges):
        names = ", ".join(_shown_range(each) for each in ranges)
        yield Violation.of(
            "TipoDTE",
            f"{document.document_type} ≠ {names}",
            ranges=names,
            type=document.document_type,
        )


@rule(
    "FOLIO_OUT_OF_RANGE",
    Severity.ERROR,
    message=_("The folio %(folio)s is outside of the authorised range (%(ranges)s)."),
    advice=_NEW_RANGE,
    purchase_advice=CLAIM,
    types=SUPPORTED,
    source=f"{DTE_FORMAT}, p. 11, Folio; Res. Ex. SII 45 of 2003 (CAF)",
    needs=("CAF",),
)
def folio_is_authorised(document: Document, context: Context) -> Violations:
    """The folio lies in a range that the SII has authorised."""
    ranges = [
        each
        for each in _ranges(document, context)
        if each.document_type == document.document_type
    ]
    if document.folio is None or not ranges:
        return
    if _covering(document, context) is None:
        names = ", ".join(_shown_range(each) for each in ranges)
        yield Violation.of(
            "Folio", f"{document.folio} ∉ {names}", folio=document.folio, ranges=names
        )


@rule(
    "CAF_EXPIRED",
    Severity.ERROR,
    message=_("The authorisation of the folio ended on %(last)s, before %(date)s."),
    advice=_NEW_RANGE,
    purchase_advice=CLAIM,
    types=GIVE_CREDIT,
    valid_from=date(2018, 7, 1),
    source="SII, Res. Ex. 58 of 2017 and FAQ 001.003.6968 (six months)",
    needs=("CAF",),
)
def authorisation_is_not_expired(
    document: Document, context: Context, rates: DatedData
) -> Violations:
    """Folios of documents that give credit are used within six months."""
    caf = _covering(document, context)
    if caf is None or caf.authorised_on is None:
        return
    months = required(rates, "caf_months", caf.authorised_on)
    last = months_later(caf.authorised_on, int(months))
    day = issue_day(document, context)
    if day > last:
        yield Violation.of("FchEmis", joined(day, " > ", last), last=last, date=day)


@rule(
    "DATE_BEFORE_CAF",
    Severity.ERROR,
    message=_("The issue date %(date)s is before the folio was authorised, %(caf)s."),
    advice=_("Date the document on the day on which it is issued."),
    purchase_advice=CLAIM,
    types=SUPPORTED,
    source="SII, reparos TED-1-646 and 647 as seen in practice",
    secondary_source=True,
    needs=("CAF",),
)
def issue_is_not_before_authorisation(
    document: Document, context: Context
) -> Violations:
    """A document is not dated before its folio was authorised."""
    caf, day = _covering(document, context), document.issue_date
    if caf is None or caf.authorised_on is None or day is None:
        return
    if day < caf.authorised_on:
        yield Violation.of(
            "FchEmis",
            joined(day, " < ", caf.authorised_on),
            date=day,
            caf=caf.authorised_on,
        )


@rule(
    "LEN_FOLIO",
    Severity.ERROR,
    message=_("The folio %(folio)s is not a number of one to ten digits."),
    advice=_("Number the document with the next authorised folio."),
    purchase_advice=CLAIM,
    types=SUPPORTED,
    source=f"{DTE_FORMAT}, p. 11, Folio",
)
def folio_has_ten_digits(document: Document) -> Violations:
    """A folio is a positive number of at most ten digits."""
    folio = document.folio
    if folio is not None and (folio < 1 or len(str(folio)) > _LONGEST_FOLIO):
        yield Violation.of("Folio", str(folio), folio=folio)
