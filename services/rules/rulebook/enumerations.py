"""Fields that take one of a few values, and the order of lines."""

from collections.abc import Callable, Iterable

from ...common.translation import _
from ...common.wording import joined
from ...documents.document import Document
from ...validation.finding import Severity
from ..document_types import EXPORTS, RECEIPTS, SUPPORTED
from ..registry import Violation, Violations, rule
from ..sentences import CLAIM, DTE_FORMAT, RECEIPT_FORMAT

_Value = str | int | None


def _one_of(
    code: str,
    field: str,
    allowed: Iterable[str],
    values: Callable[[Document], Iterable[tuple[int, _Value]]],
    types: frozenset[str],
    source: str,
    needs: tuple[str, ...] = (),
) -> None:
    """Register the rule that a field, when it is there, has one of the values."""
    known = frozenset(allowed)
    shown = ", ".join(sorted(known))

    def check(document: Document) -> Violations:
        for line, value in values(document):
            if value is not None and value != "" and str(value).strip() not in known:
                yield Violation.of(
                    field, f"{value} ∉ {shown}", line=line, value=value, allowed=shown
                )

    rule(
        code,
        Severity.ERROR,
        message=_("%(field)s is %(value)s, which is none of %(allowed)s."),
        advice=_("Choose one of the values that the format allows."),
        purchase_advice=CLAIM,
        types=types,
        source=source,
        needs=needs,
        title=f"{field}, when it is there, is one of the format's values.",
    )(check)


_one_of(
    "ENUM_INDEXE",
    "IndExe",
    "123456",
    lambda document: [(line.number, line.exemption) for line in document.lines],
    SUPPORTED,
    f"{DTE_FORMAT}, p. 31, IndExe",
)
_one_of(
    "ENUM_TIPODESPACHO",
    "TipoDespacho",
    "123",
    lambda document: ((0, document.dispatch_type),),
    SUPPORTED - RECEIPTS,
    f"{DTE_FORMAT}, p. 11, TipoDespacho",
    needs=("TipoDespacho",),
)
_one_of(
    "ENUM_INDSERVICIO",
    "IndServicio",
    "123",
    lambda document: ((0, document.service_indicator),),
    SUPPORTED - RECEIPTS - EXPORTS,
    f"{DTE_FORMAT}, p. 12, IndServicio",
    needs=("IndServicio",),
)
_one_of(
    "ENUM_INDSERVICIO_EXPORT",
    "IndServicio",
    "123456",
    lambda document: ((0, document.service_indicator),),
    EXPORTS,
    f"{DTE_FORMAT}, p. 12, IndServicio (exportación)",
    needs=("IndServicio",),
)
_one_of(
    "ENUM_MEDIOPAGO",
    "MedioPago",
    ("CH", "CF", "LT", "EF", "PE", "TC", "OT"),
    lambda document: ((0, document.means_of_payment),),
    SUPPORTED - RECEIPTS,
    f"{DTE_FORMAT}, p. 14, MedioPago",
)
_one_of(
    "ENUM_MEDIOPAGO_BOLETA",
    "MedioPago",
    "12345",
    lambda document: ((0, document.means_of_payment),),
    RECEIPTS,
    f"{RECEIPT_FORMAT}, p. 8, MedioPago",
)
_one_of(
    "ENUM_DSCRCGGLOBAL",
    "TpoMov/TpoValor",
    ("D%", "D$", "R%", "R$"),
    lambda document: [
        (0, f"{each.kind}{each.value_type}") for each in document.global_discounts
    ],
    SUPPORTED,
    f"{DTE_FORMAT}, p. 39, TpoMov and TpoValor",
)


@rule(
    "LINES_NUMBERING",
    Severity.ERROR,
    message=_("The lines are numbered %(numbers)s instead of 1 to %(count)s."),
    advice=_("Number the lines one after the other, from 1."),
    purchase_advice=CLAIM,
    types=SUPPORTED,
    source=f"{DTE_FORMAT}, p. 31, NroLinDet",
)
def lines_are_numbered(document: Document) -> Violations:
    """Lines are numbered one after the other, from 1."""
    numbers = [line.number for line in document.lines]
    if numbers != list(range(1, len(numbers) + 1)):
        text = ", ".join(str(number) for number in numbers[:20])
        yield Violation.of("NroLinDet", text, numbers=text, count=len(numbers))


@rule(
    "PERIOD_REVERSED",
    Severity.ERROR,
    message=_("The period billed ends on %(last)s, before it begins on %(first)s."),
    advice=_("Correct the period."),
    purchase_advice=CLAIM,
    types=SUPPORTED,
    source=f"{DTE_FORMAT}, p. 14, PeriodoDesde and PeriodoHasta",
)
def period_runs_forward(document: Document) -> Violations:
    """The period that is billed does not end before it begins."""
    first, last = document.period_from, document.period_to
    if first is not None and last is not None and last < first:
        yield Violation.of(
            "PeriodoHasta", joined(last, " < ", first), first=first, last=last
        )
