"""Lengths that the SII's format allows; longer texts are refused by its schema.

Only documents that we issue are asked: one that came through the SII kept its lengths,
and what is longer is how the books describe it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ...documents.context import Context
from ...documents.document import Document, Line, Reference
from ...translation import _
from ...validation.finding import Severity
from ..dated_data import DatedData
from ..document_types import SUPPORTED
from ..registry import Violation, rule

_DTE = "SII, Formato DTE v2.2 (2019-11-15)"
_SHOWN = 100
"""Characters of a text that the evidence quotes."""

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
)
_LINES: tuple[tuple[str, int, str, Callable[[Line], str]], ...] = (
    ("NmbItem", 80, "p. 32", lambda line: line.name),
    ("DscItem", 1000, "p. 32", lambda line: line.description),
    ("UnmdItem", 4, "p. 34", lambda line: line.unit),
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

    def check(
        document: Document, context: Context, rates: DatedData
    ) -> Iterator[Violation]:
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
        source=f"{_DTE}, {page}, {field}",
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
    return Violation(
        field=field,
        line=line,
        evidence=f"{len(text)} > {limit}: {quoted}",
        params={"field": field, "length": str(len(text)), "limit": str(limit)},
        severity=severity,
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

_ADDRESS_BY_FORMAT = 60
_ADDRESS_BY_SCHEMA = 70


@rule(
    "LEN_DIRORIGEN",
    Severity.ERROR,
    message=_("%(field)s has %(length)s characters; %(limit)s are allowed."),
    advice=_("Shorten the address of the company."),
    types=SUPPORTED,
    flow="sale",
    source=f"{_DTE}, p. 17, DirOrigen (60); SII, DTE_v10.xsd (70)",
    title="DirOrigen has at most 60 characters (70 in the schema).",
)
def issuer_address_is_short(
    document: Document, context: Context, rates: DatedData
) -> Iterator[Violation]:
    """The format allows 60 characters, the schema 70: in between is to be reviewed."""
    text = document.issuer.address.strip()
    if len(text) > _ADDRESS_BY_SCHEMA:
        yield _too_long("DirOrigen", 0, text, _ADDRESS_BY_SCHEMA)
    elif len(text) > _ADDRESS_BY_FORMAT:
        yield _too_long("DirOrigen", 0, text, _ADDRESS_BY_FORMAT, Severity.WARNING)
