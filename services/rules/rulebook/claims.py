"""The term in which a received document can be claimed at the SII."""

from datetime import date, timedelta

from ...common.translation import _
from ...common.wording import joined
from ...documents.context import Context
from ...documents.document import Document
from ...validation.finding import Severity
from ..dated_data import DatedData, required
from ..registry import Violation, Violations, rule

_CLAIMABLE = frozenset({"33", "34", "43"})
_SOURCE = "Ley 19.983 art. 3; SII, FAQ 001.003.6914 and web service of claims v1.2"


def _last_day(context: Context, rates: DatedData) -> date | None:
    """Return the last day to claim: eight days after the SII got the document."""
    received = context.sii_received_on
    if received is None:
        return None
    return received + timedelta(days=int(required(rates, "claim_days", received)))


@rule(
    "CLAIM_EXPIRED",
    Severity.WARNING,
    message=_("The term to claim the document ended on %(last)s."),
    advice=_("Ask the issuer for a credit note: the SII takes no claim any more."),
    types=_CLAIMABLE,
    flow="purchase",
    source=_SOURCE,
)
def claim_is_still_possible(
    document: Document, context: Context, rates: DatedData
) -> Violations:
    """Who wants to claim a document does it within eight days."""
    last = _last_day(context, rates)
    if last is None or not context.claim_intended or context.today <= last:
        return
    yield Violation.of("sii_received_at", joined(context.today, " > ", last), last=last)


@rule(
    "CLAIM_DEADLINE",
    Severity.WARNING,
    message=_("The document can be claimed until %(last)s only."),
    advice=_("Decide now: after that day it counts as accepted."),
    types=_CLAIMABLE,
    flow="purchase",
    source=_SOURCE,
)
def claim_term_is_not_about_to_end(
    document: Document, context: Context, rates: DatedData
) -> Violations:
    """There is time left to claim the document, two days at least."""
    last = _last_day(context, rates)
    if last is None or context.today > last:
        return
    left = (last - context.today).days
    if left <= required(rates, "claim_warning_days", context.today):
        yield Violation.of(
            "sii_received_at",
            joined(context.today, " … ", last, f" = {left}"),
            last=last,
        )
