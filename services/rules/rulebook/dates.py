"""Dates of issue, of payment, and of the day on which a document is judged."""

from datetime import date

from ...common.translation import _
from ...common.wording import dated, joined
from ...documents.context import Context
from ...documents.document import Document
from ...validation.finding import Severity
from ..calendar import tax_period
from ..dated_data import DatedData, required
from ..document_types import GUIDE_CODES, KNOWN, SUPPORTED
from ..registry import Violation, Violations, rule
from ..sentences import DTE_FORMAT

_FIRST_ISSUE = date(2003, 4, 1)
_LAST = date(2050, 12, 31)


@rule(
    "DATE_RANGE",
    Severity.ERROR,
    message=_("The issue date %(date)s is outside of what the format allows."),
    advice=_("Correct the issue date."),
    types=SUPPORTED,
    source=f"{DTE_FORMAT}, p. 11, FchEmis (2003-04-01 to 2050-12-31)",
)
def issue_date_is_in_range(document: Document) -> Violations:
    """The issue date lies between 2003-04-01 and 2050-12-31."""
    day = document.issue_date
    if day is not None and not _FIRST_ISSUE <= day <= _LAST:
        yield Violation.of("FchEmis", dated(day), date=day)


@rule(
    "DATE_FUTURE",
    Severity.ERROR,
    message=_("The issue date %(date)s is later than today, %(today)s."),
    advice=_("Issue it on the day itself, or date it today."),
    purchase_advice=_(
        "Compare the date with the document; if it came like this, claim it within "
        "eight days."
    ),
    types=KNOWN,
    source="D.L. 825 art. 55 (issue when goods are delivered); practice of the SII",
    secondary_source=True,
)
def issue_date_is_not_in_future(document: Document, context: Context) -> Violations:
    """A document is not dated later than the day on which it is judged."""
    day = document.issue_date
    if day is not None and day > context.today:
        yield Violation.of(
            "FchEmis",
            joined(day, " > ", context.today),
            date=day,
            today=context.today,
        )


@rule(
    "DATE_BACKDATED",
    Severity.WARNING,
    message=_("The issue date is %(date)s, %(days)s days before today."),
    advice=_("Date it today, unless the law lets this date stand."),
    types=SUPPORTED - {"52"},
    flow="sale",
    source="D.L. 825 art. 55; SII, reparo DTE-1-650 (sent late) as seen in practice",
    secondary_source=True,
)
def issue_date_is_not_old(
    document: Document, context: Context, rates: DatedData
) -> Violations:
    """A document about to go out is not dated more than a few days back.

    An invoice of delivery guides belongs to their period: until day 10 of the next
    month its date is right, however old.
    """
    day = document.issue_date
    if day is None or document.issue_date_assumed or context.is_issued:
        return
    days = (context.today - day).days
    if days <= required(rates, "days_to_send", day):
        return
    if any(each.document_type in GUIDE_CODES for each in document.references):
        last = required(rates, "guide_invoice_day", day)
        periods = tax_period(context.today) - tax_period(day)
        if periods == 0 or (periods == 1 and context.today.day <= last):
            return
    yield Violation.of(
        "FchEmis",
        joined(day, " … ", context.today, f" = {days}"),
        date=day,
        days=days,
    )


@rule(
    "DUE_BEFORE_ISSUE",
    Severity.ERROR,
    message=_("The due date %(due)s is before the issue date %(date)s."),
    advice=_("Correct the due date or the payment terms."),
    purchase_advice=_(
        "Compare the dates with the document; if they came like this, ask the issuer."
    ),
    types=SUPPORTED,
    source=f"{DTE_FORMAT}, p. 15, FchVenc",
)
def due_date_is_not_before_issue(document: Document) -> Violations:
    """Payment is not due before the document is issued."""
    day, due = document.issue_date, document.due_date
    if day is None or due is None or document.issue_date_assumed:
        return
    if due < day:
        yield Violation.of("FchVenc", joined(due, " < ", day), due=due, date=day)
