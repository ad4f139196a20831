"""Taxed and exempt: what each type of document may hold."""

from ...common.translation import _
from ...common.wording import field_named, joined, listed, money, phrase
from ...documents.document import Document
from ...validation.finding import Severity
from ..amounts import EXEMPT
from ..document_types import EXEMPT_ONLY, EXPORTS
from ..registry import Violation, Violations, rule
from ..sentences import CLAIM, DTE_FORMAT


@rule(
    "AFECTA_TODO_EXENTO",
    Severity.ERROR,
    message=_("All lines are exempt, but the type %(type)s is for taxed sales."),
    advice=_("Issue an exempt document (34 or 41), or put VAT on the lines."),
    purchase_advice=CLAIM,
    types={"33", "39"},
    source=f"{DTE_FORMAT}, p. 31, IndExe",
)
def taxed_document_has_taxed_lines(document: Document) -> Violations:
    """A taxed invoice or boleta has at least one taxed line."""
    lines = document.lines
    if lines and all(line.exemption == EXEMPT for line in lines):
        yield Violation.of(
            "IndExe",
            phrase(_("all lines are exempt"), f"IndExe 1: {len(lines)} / {len(lines)}"),
            type=document.document_type,
        )


@rule(
    "EXENTA_CON_AFECTO",
    Severity.ERROR,
    message=_("An exempt document of type %(type)s has taxed amounts."),
    advice=_("Issue a taxed document (33 or 39), or make every line exempt."),
    purchase_advice=CLAIM,
    types=EXEMPT_ONLY,
    source=f"{DTE_FORMAT}, p. 24-25 (MntNeto and IVA do not exist in type 34)",
)
def exempt_document_is_exempt(document: Document) -> Violations:
    """An exempt invoice or boleta has neither net amount nor VAT."""
    totals = document.totals
    seen = [
        joined(field_named(name), " ", money(value, document.currency))
        for name, value in (("MntNeto", totals.net), ("IVA", totals.vat))
        if value
    ]
    mixed = phrase(_("exempt and taxed lines"), "IndExe 1 / –")
    marked = [line.exemption for line in document.lines]
    if seen or (EXEMPT in marked and None in marked):
        yield Violation.of(
            "IndExe", listed(seen) if seen else mixed, type=document.document_type
        )


@rule(
    "EXPORT_IVA",
    Severity.ERROR,
    message=_("An export document has no net amount and no VAT."),
    advice=_("Make the lines exempt: exports are free of VAT."),
    types=EXPORTS,
    source="D.L. 825 art. 12 letter D; Formato DTE v2.2, p. 24-25",
)
def export_has_no_vat(document: Document) -> Violations:
    """An export document has neither net amount nor VAT."""
    for field, value in (
        ("MntNeto", document.totals.net),
        ("IVA", document.totals.vat),
    ):
        if value:
            shown = money(value, document.currency)
            yield Violation.of(field, joined(field_named(field), " ", shown))
