"""What Odoo itself finds unusual for the partner."""

from ...common.translation import _
from ...documents.context import Context
from ...documents.document import Document
from ...validation.finding import Severity
from ..registry import Violation, Violations, rule


@rule(
    "SEM_UNUSUAL_AMOUNT",
    Severity.WARNING,
    message=_("The amount is unusual for this partner."),
    advice=_("Check the amount against the order or the contract."),
    source="Odoo, abnormal amount against the partner's earlier documents",
    secondary_source=True,
)
def amount_is_usual(document: Document, context: Context) -> Violations:
    """Odoo does not find the amount abnormal for the partner."""
    if context.odoo_warnings.abnormal_amount:
        yield Violation.of("MntTotal", context.odoo_warnings.abnormal_amount)


@rule(
    "UNUSUAL_DATE",
    Severity.INFORMATION,
    message=_("The date is unusual for this partner."),
    advice=_("Check that the document was not entered twice, nor one forgotten."),
    source="Odoo, abnormal date against the partner's earlier documents",
    secondary_source=True,
)
def date_is_usual(document: Document, context: Context) -> Violations:
    """Odoo does not find the date abnormal for the partner."""
    if context.odoo_warnings.abnormal_date:
        yield Violation.of("FchEmis", context.odoo_warnings.abnormal_date)
