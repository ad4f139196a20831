"""Documents against the state and the contract of their project."""

from collections.abc import Iterator
from decimal import Decimal
from functools import partial

from ...common.translation import _
from ...common.wording import joined, money
from ...documents.context import Context, Project
from ...documents.document import Document
from ...validation.finding import Severity
from ..amounts import ZERO, untaxed
from ..document_types import EXPORT_NOTES, INVOICES, KNOWN, RECEIPTS
from ..projects import charged_project
from ..registry import Violation, Violations, rule

_SOURCE = "Internal control: the project and its contract"
_CLOSED = frozenset({"done", "cancelled"})
_CREDIT_NOTES = frozenset({"61", "112"})


@rule(
    "PROJECT_CLOSED",
    Severity.WARNING,
    message=_("The project %(project)s is closed."),
    advice=_("Choose another project, or ask for this one to be opened again."),
    types=KNOWN - _CREDIT_NOTES,
    source=_SOURCE,
    secondary_source=True,
)
def project_is_open(document: Document, context: Context) -> Violations:
    """A document is charged to a project that is still open."""
    project = charged_project(document, context)
    if project is not None and project.state in _CLOSED:
        yield Violation.of(
            "Referencia", f"{project.code}: {project.state}", project=project.code
        )


@rule(
    "PROJECT_OVERBILLING",
    Severity.WARNING,
    message=_(
        "With this document %(project)s is billed for %(billed)s net; its contract is "
        "for %(contract)s."
    ),
    advice=_("Bill what is left of the contract, or have the contract extended."),
    types=(INVOICES - {"46"}) | RECEIPTS | {"56", "110"} | (EXPORT_NOTES - {"112"}),
    flow="sale",
    source=_SOURCE,
    secondary_source=True,
)
def contract_is_not_exceeded(document: Document, context: Context) -> Violations:
    """A project is not billed for more than its contract."""
    for project, net in _shares(document, context):
        contract, before = project.contract_net, project.billed_net
        if contract is None or before is None:
            continue
        billed = before + net
        if net > ZERO and billed > contract:
            pesos = partial(money, currency="CLP")
            yield Violation.of(
                "MntNeto",
                joined(pesos(before), " + ", pesos(net), " > ", pesos(contract)),
                project=project.code,
                billed=pesos(billed),
                contract=pesos(contract),
            )


def _shares(document: Document, context: Context) -> Iterator[tuple[Project, Decimal]]:
    """Yield the projects that a document bills, each with the net amount of it.

    The books may charge parts of it to several; without them it is the whole document
    for the one project that it belongs to.
    """
    charged = [each for each in context.projects if each.charged_net is not None]
    for each in charged:
        yield each, each.charged_net or ZERO
    if not charged and (project := charged_project(document, context)):
        yield project, untaxed(document)
