"""How many lines, references and other repetitions a document may have."""

from collections.abc import Callable

from ...common.translation import _
from ...documents.document import Document
from ...validation.finding import Severity
from ..document_types import RECEIPTS, SUPPORTED
from ..registry import Violation, Violations, rule
from ..sentences import DTE_FORMAT

_MAX_LINES = 60
_MAX_RECEIPT_LINES = 1000
_MAX_LINE_TAXES = 2


@rule(
    "LINES_ZERO",
    Severity.ERROR,
    message=_("The document has no lines."),
    advice=_("Add at least one line that says what is sold."),
    types=SUPPORTED,
    source=f"{DTE_FORMAT}, p. 31, Detalle (1 to 60 lines)",
)
def document_has_lines(document: Document) -> Violations:
    """A document has at least one line."""
    if not document.lines:
        yield Violation.of("NroLinDet", "0")


@rule(
    "LINES_MAX",
    Severity.ERROR,
    message=_("The document has %(count)s lines; %(limit)s are allowed."),
    advice=_("Split it into several documents, or sum lines up."),
    types=SUPPORTED,
    source=f"{DTE_FORMAT}, p. 31, Detalle; Formato Boletas v4.1, Detalle (1000)",
)
def lines_are_not_too_many(document: Document) -> Violations:
    """A document has at most 60 lines, a boleta at most 1000."""
    is_receipt = document.document_type in RECEIPTS
    limit = _MAX_RECEIPT_LINES if is_receipt else _MAX_LINES
    count = len(document.lines)
    if count > limit:
        yield Violation.of("NroLinDet", f"{count} > {limit}", count=count, limit=limit)


def _at_most(
    code: str,
    field: str,
    limit: int,
    page: str,
    count: Callable[[Document], int],
    needs: tuple[str, ...] = (),
) -> None:
    """Register the rule that a field is repeated at most ``limit`` times."""

    def check(document: Document) -> Violations:
        found = count(document)
        if found > limit:
            yield Violation.of(field, f"{found} > {limit}", count=found, limit=limit)

    rule(
        code,
        Severity.ERROR,
        message=_("%(field)s occurs %(count)s times; %(limit)s are allowed."),
        advice=_("Keep the most important ones, or split the document."),
        types=SUPPORTED,
        source=f"{DTE_FORMAT}, {page}, {field}",
        needs=needs,
        title=f"{field} occurs at most {limit} times.",
    )(check)


def _item_codes(document: Document) -> int:
    return max((len(line.item_codes) for line in document.lines), default=0)


_at_most("REFS_MAX", "Referencia", 40, "p. 41", lambda dte: len(dte.references))
_at_most(
    "DISCOUNTS_MAX", "DscRcgGlobal", 20, "p. 39", lambda dte: len(dte.global_discounts)
)
_at_most(
    "TAXES_MAX", "ImptoReten", 20, "p. 25", lambda dte: len(dte.totals.additional_taxes)
)
_at_most(
    "ACTECO_MAX", "Acteco", 4, "p. 16", lambda dte: len(dte.issuer.acteco), ("Acteco",)
)
_at_most("SUBTOTALS_MAX", "SubTotInfo", 20, "p. 38", lambda dte: dte.subtotals)
_at_most("COMMISSIONS_MAX", "Comisiones", 20, "p. 43", lambda dte: len(dte.commissions))
_at_most("PAYMENTS_MAX", "MntPagos", 30, "p. 14", lambda dte: len(dte.payments))
_at_most("ITEM_CODES_MAX", "CdgItem", 5, "p. 31", _item_codes)


@rule(
    "DISCOUNTS_NOT_ALLOWED",
    Severity.ERROR,
    message=_("A document of type %(type)s has no global discounts or surcharges."),
    advice=_("Enter the discount in the lines."),
    types={"43", "52"},
    source=f"{DTE_FORMAT}, p. 9 and 39, DscRcgGlobal",
)
def type_may_have_discounts(document: Document) -> Violations:
    """Guides and liquidaciones-factura have no global discounts."""
    if document.global_discounts:
        yield Violation.of(
            "DscRcgGlobal",
            str(len(document.global_discounts)),
            type=document.document_type,
        )


@rule(
    "LINE_TAXES_MAX",
    Severity.ERROR,
    message=_("Line %(line)s has %(count)s additional taxes; two are allowed."),
    advice=_("Split the line, or take the tax off that does not belong to it."),
    types=SUPPORTED,
    source=f"{DTE_FORMAT}, p. 36, CodImpAdic",
)
def line_taxes_are_not_too_many(document: Document) -> Violations:
    """A line has at most two additional taxes."""
    for line in document.lines:
        if len(line.tax_codes) > _MAX_LINE_TAXES:
            yield Violation.of(
                "CodImpAdic",
                ", ".join(line.tax_codes),
                line=line.number,
                count=len(line.tax_codes),
            )
