"""Lengths that the SII's format allows; longer texts are refused by its schema.

Only documents that we issue are asked: one that came through the SII kept its lengths,
and what is longer is how the books describe it.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal

from ...common.translation import _
from ...common.wording import number
from ...documents.document import Document, Line, Reference
from ...documents.transport import Transport
from ...validation.finding import Severity
from ..document_types import RECEIPTS, SUPPORTED
from ..registry import Violation, Violations, rule
from ..sentences import DTE_FORMAT

_SHOWN = 100
"""Characters of a text that the evidence quotes."""

_NO_TRANSPORT = Transport()


def _transport(document: Document) -> Transport:
    return document.transport or _NO_TRANSPORT


_HEADER: tuple[tuple[str, int, str, Callable[[Document], str]], ...] = (
    ("RznSoc", 100, "p. 16", lambda document: document.issuer.name),
    ("GiroEmis", 80, "p. 16", lambda document: document.issuer.giro),
    ("CorreoEmisor", 80, "p. 16", lambda document: document.issuer.email),
    ("CmnaOrigen", 20, "p. 17", lambda document: document.issuer.comuna),
    ("CiudadOrigen", 20, "p. 17", lambda document: document.issuer.city),
    ("RznSocRecep", 100, "p. 18", lambda document: document.receiver.name),
    ("GiroRecep", 40, "p. 18", lambda document: document.receiver.giro),
    ("CorreoRecep", 80, "p. 19", lambda document: document.receiver.email),
    ("DirRecep", 70, "p. 19", lambda document: document.receiver.address),
    ("CmnaRecep", 20, "p. 19", lambda document: document.receiver.comuna),
    ("CiudadRecep", 20, "p. 19", lambda document: document.receiver.city),
    ("Sucursal", 20, "p. 17", lambda document: document.issuer.branch),
    ("CdgSIISucur", 9, "p. 17", lambda document: document.issuer.branch_code),
    ("CdgVendedor", 60, "p. 17", lambda document: document.issuer.seller_code),
    ("Telefono", 20, "p. 16", lambda document: document.issuer.phone),
    ("Contacto", 80, "p. 19", lambda document: document.receiver.phone),
    ("CdgIntRecep", 20, "p. 18", lambda document: document.receiver.customer_code),
    ("NumId", 20, "p. 18", lambda document: document.receiver.foreign_id),
    ("TermPagoGlosa", 100, "p. 15", lambda document: document.payment_terms),
    ("Patente", 8, "p. 20", lambda document: _transport(document).plate),
    ("NombreChofer", 30, "p. 20", lambda document: _transport(document).driver_name),
    ("DirDest", 70, "p. 20", lambda document: _transport(document).address),
    ("CmnaDest", 20, "p. 20", lambda document: _transport(document).comuna),
    ("CiudadDest", 20, "p. 20", lambda document: _transport(document).city),
)
_LINES: tuple[tuple[str, int, str, Callable[[Line], str]], ...] = (
    ("NmbItem", 80, "p. 32", lambda line: line.name),
    ("DscItem", 1000, "p. 32", lambda line: line.description),
    ("UnmdItem", 4, "p. 34", lambda line: line.unit),
    ("VlrCodigo", 35, "p. 31", lambda line: max(line.item_codes, key=len, default="")),
)
_REFERENCES: tuple[tuple[str, int, str, Callable[[Reference], str]], ...] = (
    ("TpoDocRef", 3, "p. 41", lambda reference: reference.document_type),
    ("FolioRef", 18, "p. 42", lambda reference: reference.folio),
    ("RazonRef", 90, "p. 42", lambda reference: reference.reason),
)


def _length(
    field: str,
    limit: int,
    page: str,
    texts: Callable[[Document], Iterable[tuple[int, str]]],
) -> None:
    """Register the rule that a text is not longer than ``limit`` characters."""

    def check(document: Document) -> Violations:
        for line, text in texts(document):
            if len(text) > limit:
                length = len(text.strip())
                if length > limit:
                    yield _too_long(field, line, text.strip(), limit)

    rule(
        f"LEN_{field.upper()}",
        Severity.ERROR,
        message=_("%(field)s has %(length)s characters; %(limit)s are allowed."),
        advice=_("Shorten the text, or move what is left over to the description."),
        types=SUPPORTED,
        flow="sale",
        source=f"{DTE_FORMAT}, {page}, {field}",
        title=f"{field} has at most {limit} characters.",
    )(check)


def _too_long(
    field: str,
    line: int,
    text: str,
    limit: int,
    severity: Severity | None = None,
) -> Violation:
    quoted = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return Violation.of(
        field,
        f"{len(text)} > {limit}: {quoted}",
        line=line,
        severity=severity,
        length=len(text),
        limit=limit,
    )


def _in_header(
    text: Callable[[Document], str],
) -> Callable[[Document], Iterable[tuple[int, str]]]:
    return lambda document: ((0, text(document)),)


def _in_lines(
    text: Callable[[Line], str],
) -> Callable[[Document], Iterable[tuple[int, str]]]:
    return lambda document: [(line.number, text(line)) for line in document.lines]


def _in_references(
    text: Callable[[Reference], str],
) -> Callable[[Document], Iterable[tuple[int, str]]]:
    return lambda document: [(0, text(each)) for each in document.references]


for _field, _limit, _page, _header_text in _HEADER:
    _length(_field, _limit, _page, _in_header(_header_text))
for _field, _limit, _page, _line_text in _LINES:
    _length(_field, _limit, _page, _in_lines(_line_text))
for _field, _limit, _page, _reference_text in _REFERENCES:
    _length(_field, _limit, _page, _in_references(_reference_text))

_length(
    "GlosaDR",
    45,
    "p. 39",
    lambda document: [(0, each.text) for each in document.global_discounts],
)
_length(
    "GlosaPagos",
    40,
    "p. 14",
    lambda document: [(0, each.text) for each in document.payments],
)
_length(
    "Glosa",
    60,
    "p. 44",
    lambda document: [(0, each.text) for each in document.commissions],
)

_ADDRESS_BY_FORMAT = 60
_ADDRESS_BY_SCHEMA = 70


@rule(
    "LEN_DIRORIGEN",
    Severity.ERROR,
    message=_("%(field)s has %(length)s characters; %(limit)s are allowed."),
    advice=_("Shorten the address of the company."),
    types=SUPPORTED,
    flow="sale",
    source=f"{DTE_FORMAT}, p. 17, DirOrigen (60); SII, DTE_v10.xsd (70)",
    title="DirOrigen has at most 60 characters (70 in the schema).",
)
def issuer_address_is_short(document: Document) -> Violations:
    """The format allows 60 characters, the schema 70: in between is to be reviewed."""
    text = document.issuer.address.strip()
    if len(text) > _ADDRESS_BY_SCHEMA:
        yield _too_long("DirOrigen", 0, text, _ADDRESS_BY_SCHEMA)
    elif len(text) > _ADDRESS_BY_FORMAT:
        yield _too_long("DirOrigen", 0, text, _ADDRESS_BY_FORMAT, Severity.WARNING)


_LARGEST_FACTOR = Decimal(10) ** 12
_SMALLEST_STEP = Decimal("0.000001")
_LARGEST_AMOUNT = Decimal(10) ** 18


@rule(
    "LEN_NUMBER",
    Severity.ERROR,
    message=_("%(field)s has more digits than the format allows: %(value)s."),
    advice=_("Round the number, or split the line."),
    types=SUPPORTED,
    flow="sale",
    source=f"{DTE_FORMAT}, p. 33-37 (12 and 6 digits, amounts 18)",
)
def numbers_fit(document: Document) -> Violations:
    """Quantities and prices have 12 digits and 6 decimals, amounts 18 digits."""
    totals = document.totals
    for field, value in (
        ("MntNeto", totals.net),
        ("MntExe", totals.exempt),
        ("IVA", totals.vat),
        ("MntTotal", totals.total),
    ):
        if value is not None and abs(value) >= _LARGEST_AMOUNT:
            yield _too_many_digits(field, 0, value)
    for line in document.lines:
        if line.amount is not None and abs(line.amount) >= _LARGEST_AMOUNT:
            yield _too_many_digits("MontoItem", line.number, line.amount)
        for field, value in (("QtyItem", line.quantity), ("PrcItem", line.unit_price)):
            if value is None:
                continue
            if abs(value) >= _LARGEST_FACTOR or value % _SMALLEST_STEP:
                yield _too_many_digits(field, line.number, value)


def _too_many_digits(field: str, line: int, value: Decimal) -> Violation:
    return Violation.of(field, number(value), line=line, value=number(value))


_RECEIPT_NAME = 40


@rule(
    "LEN_RZNSOCRECEP_BOLETA",
    Severity.INFORMATION,
    message=_("%(field)s has %(length)s characters; %(limit)s are allowed."),
    advice=_("Shorten the name: the format of boletas allows 40 characters."),
    types=RECEIPTS,
    flow="sale",
    source="SII, Formato Boletas v4.1, p. 10 (40); EnvioBOLETA_v11.xsd (100)",
    title="RznSocRecep of a boleta has at most 40 characters (100 in the schema).",
)
def receipt_name_is_short(document: Document) -> Violations:
    """The format allows 40 characters, the schema 100: longer names are taken."""
    text = document.receiver.name.strip()
    if len(text) > _RECEIPT_NAME:
        yield _too_long("RznSocRecep", 0, text, _RECEIPT_NAME)
