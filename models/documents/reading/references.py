"""References of an invoice: our records, or those of ``l10n_cl_edi`` where it is."""

from collections.abc import Collection
from datetime import date

from odoo.api import Environment
from odoo.tools import SQL

from ....services.documents.document import Reference
from .rows import OriginRow, ReferenceRow

_ENTERPRISE_MODEL = "l10n_cl.account.invoice.reference"


def references_of(env: Environment, move_id: SQL) -> SQL:
    """Return the subquery for the references of a move, as JSON.

    A list of lists with the fields of :class:`ReferenceRow`; NULL without references.

    :param move_id: expression for the id of the move
    """
    columns = enterprise_columns(env)
    if columns is not None:
        return _enterprise_references(columns, move_id)
    env["account.ai.document.reference"].flush_model()
    return SQL(
        """
        SELECT json_agg(json_build_array(
                   reference.document_type_code, reference.folio, reference.date,
                   reference.code, reference.reason, reference.is_global
               ) ORDER BY reference.sequence, reference.id)
          FROM account_ai_document_reference reference
         WHERE reference.move_id = %s
        """,
        move_id,
    )


def enterprise_columns(env: Environment) -> Collection[str] | None:
    """Return the columns of Enterprise's references, ``None`` where it keeps none."""
    if "l10n_cl_reference_ids" not in env["account.move"]._fields:
        return None
    references = env[_ENTERPRISE_MODEL]
    references.flush_model()
    return references._fields.keys()


def _enterprise_references(columns: Collection[str], move_id: SQL) -> SQL:
    """Return the same for the records of Enterprise, whose type is a code or a link."""
    by_link = "l10n_cl_reference_doc_type_id" in columns
    return SQL(
        """
        SELECT json_agg(json_build_array(
                   %(code)s, reference.origin_doc_number, reference.date,
                   reference.reference_doc_code, reference.reason, FALSE
               ) ORDER BY reference.id)
          FROM l10n_cl_account_invoice_reference reference
          %(join)s
         WHERE reference.move_id = %(move_id)s
        """,
        code=SQL("type.code")
        if by_link
        else SQL("reference.l10n_cl_reference_doc_type_selection"),
        join=SQL(
            """
            LEFT JOIN l10n_latam_document_type type
              ON type.id = reference.l10n_cl_reference_doc_type_id
            """
        )
        if by_link
        else SQL(),
        move_id=move_id,
    )


def entered_references(rows: list[list] | None) -> tuple[Reference, ...]:
    """Return the references that were entered, numbered from 1."""
    return tuple(
        Reference(
            number=number,
            document_type=(row.document_type or "").strip(),
            folio=plain_folio(row.folio or ""),
            date=date.fromisoformat(row.date) if row.date else None,
            code=int(row.code) if row.code and row.code.isdigit() else None,
            reason=row.reason or "",
            is_global=bool(row.is_global),
        )
        for number, row in enumerate(map(ReferenceRow._make, rows or ()), start=1)
    )


def linked_reference(origin: OriginRow, reason: str) -> tuple[Reference, ...]:
    """Return the reference that follows from Odoo's link of a note to ``origin``.

    The link knows no CodRef. Empty when the document has no number yet.
    """
    if not origin.name:
        return ()
    return (
        Reference(
            number=1,
            document_type=origin.document_type or "",
            folio=origin_folio(origin),
            date=origin.invoice_date,
            reason=reason,
        ),
    )


def origin_folio(origin: OriginRow) -> str:
    """Return the folio of the document that a note corrects, or its whole name."""
    folio = folio_of(origin.name, origin.prefix)
    return origin.name or "" if folio is None else str(folio)


def folio_of(name: str | None, prefix: str | None) -> int | None:
    """Return the number in a document's name such as ``FAC 000123``."""
    if not name or name == "/":
        return None
    number = name.split(" ", 1)[-1] if prefix else name
    return int(number) if number.isascii() and number.isdigit() else None


def plain_folio(folio: str) -> str:
    """Return a folio without spaces and leading zeros; one of zeros only is ``0``."""
    text = folio.strip()
    return text.lstrip("0") or text[:1]
