"""How many lines, references and other repetitions a document may have."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...common.translation import _
from ...documents.context import Context
from ...documents.document import Document
from ...validation.finding import Severity
from ..dated_data import DatedData
from ..document_types import RECEIPTS, SUPPORTED
from ..registry import Violation, rule

_DTE = "SII, Formato DTE v2.2 (2019-11-15)"
_MAX_LINES = 60
_MAX_RECEIPT_LINES = 1000
_MAX_LINE_TAXES = 2


@rule(
    "LINES_ZERO",
    Severity.ERROR,
    message=_("The document has no lines."),
    advice=_("Add at least one line that says what is sold."),
    types=SUPPORTED,
    source=f"{_DTE}, p. 31, Detalle (1 to 60 lines)",
)
def document_has_lines(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """A document has at least one line."""
    if not document.lines:
        yield Violation(field="NroLinDet", evidence="0")


@rule(
    "LINES_MAX",
    Severity.ERROR,
    message=_("The document has %(count)s lines; %(limit)s are allowed."),
    advice=_("Split it into several documents, or sum lines up."),
    types=SUPPORTED,
    source=f"{_DTE}, p. 31, Detalle; Formato Boletas v4.1, Detalle (1000)",
)
def lines_are_not_too_many(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """A document has at most 60 lines, a boleta at most 1000."""
    is_receipt = document.document_type in RECEIPTS
    limit = _MAX_RECEIPT_LINES if is_receipt else _MAX_LINES
    count = len(document.lines)
    if count > limit:
        yield Violation(
            field="NroLinDet",
            evidence=f"{count} > {limit}",
            params={"count": str(count), "limit": str(limit)},
        )


def _at_most(
    code: str,
    field: str,
    limit: int,
    page: str,
    count: Callable[[Document], int],
    needs: tuple[str, ...] = (),
) -> None:
    """Register the rule that a field is repeated at most ``limit`` times."""

    def check(
        document: Document, context: Context, rates: DatedData
    ) -> Iterator[Violation]:
        found = count(document)
        if found > limit:
            yield Violation(
                field=field,
                evidence=f"{found} > {limit}",
                params={"field": field, "count": str(found), "limit": str(limit)},
            )

    rule(
        code,
        Severity.ERROR,
        message=_("%(field)s occurs %(count)s times; %(limit)s are allowed."),
        advice=_("Keep the most important ones, or split the document."),
        types=SUPPORTED,
        source=f"{_DTE}, {page}, {field}",
        needs=needs,
        title=f"{field} occurs at most {limit} times.",
    )(check)


_at_most(
    "REFS_MAX", "Referencia", 40, "p. 41", lambda document: len(document.references)
)
_at_most(
    "DISCOUNTS_MAX",
    "DscRcgGlobal",
    20,
    "p. 39",
    lambda document: len(document.global_discounts),
)
_at_most(
    "TAXES_MAX",
    "ImptoReten",
    20,
    "p. 25",
    lambda document: len(document.totals.additional_taxes),
)
_at_most(
    "ACTECO_MAX",
    "Acteco",
    4,
    "p. 16",
    lambda document: len(document.issuer.acteco),
    needs=("Acteco",),
)


_at_most(
    "SUBTOTALS_MAX", "SubTotInfo", 20, "p. 38", lambda document: document.subtotals
)
_at_most(
    "COMMISSIONS_MAX",
    "Comisiones",
    20,
    "p. 43",
    lambda document: len(document.commissions),
)
_at_most(
    "PAYMENTS_MAX", "MntPagos", 30, "p. 14", lambda document: len(document.payments)
)
_at_most(
    "ITEM_CODES_MAX",
    "CdgItem",
    5,
    "p. 31",
    lambda document: max((len(line.item_codes) for line in document.lines), default=0),
)


@rule(
    "DISCOUNTS_NOT_ALLOWED",
    Severity.ERROR,
    message=_("A document of type %(type)s has no global discounts or surcharges."),
    advice=_("Enter the discount in the lines."),
    types={"43", "52"},
    source=f"{_DTE}, p. 9 and 39, DscRcgGlobal",
)
def type_may_have_discounts(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """Guides and liquidaciones-factura have no global discounts."""
    if document.global_discounts:
        yield Violation(
            field="DscRcgGlobal",
            evidence=str(len(document.global_discounts)),
            params={"type": document.document_type},
        )


@rule(
    "LINE_TAXES_MAX",
    Severity.ERROR,
    message=_("Line %(line)s has %(count)s additional taxes; two are allowed."),
    advice=_("Split the line, or take the tax off that does not belong to it."),
    types=SUPPORTED,
    source=f"{_DTE}, p. 36, CodImpAdic",
)
def line_taxes_are_not_too_many(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """A line has at most two additional taxes."""
    for line in document.lines:
        if len(line.tax_codes) > _MAX_LINE_TAXES:
            yield Violation(
                field="CodImpAdic",
                line=line.number,
                evidence=", ".join(line.tax_codes),
                params={"line": str(line.number), "count": str(len(line.tax_codes))},
            )
