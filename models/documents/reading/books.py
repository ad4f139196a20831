"""What the books hold besides an invoice: duplicates, originals of notes, other notes.

One query for all invoices, and none when nothing can matter: a draft of ours has no
folio yet, and a document without references has no original.
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from odoo.api import Environment
from odoo.tools import SQL

from ....services.documents.context import EarlierDocument
from ....services.documents.document import Document
from .amounts import EXPORT_TYPES, decimal_of
from .references import folio_of, plain_folio, references_of
from .rows import MoveRow, ReferenceRow

NEAR_DAYS = 31
"""How far apart two documents of the same amount may be to be worth comparing."""
_SALES = ("out_invoice", "out_refund")
_BILLS = ("in_invoice", "in_refund")
_SELF_BILLED = frozenset({"45", "46"})
_FOLIO_DIGITS = 6
"""Odoo fills folios up to so many digits."""


class _Wanted(NamedTuple):
    """A document that the books are asked for, by type and folio."""

    move_id: int
    company_id: int
    # The issuer of a received document; ``None`` when we issue: any partner.
    partner_id: int | None
    is_sale: bool
    document_type: str
    folio: str
    padded: str
    is_note: bool  # Notes on it are asked for too


class _Near(NamedTuple):
    """A received document whose amount may have been entered twice."""

    move_id: int
    company_id: int
    partner_id: int
    move_type: str
    document_type: str
    currency_id: int
    total: float
    day: date


class _Row(NamedTuple):
    subject: int
    id: int
    name: str | None
    move_type: str
    document_type: str | None
    prefix: str | None
    issue_date: date | None
    vat: str | None
    currency: str
    company_currency: str
    total: float
    total_signed: float
    # ``type/name`` of the document that a note corrects by Odoo's link.
    origin: str | None
    references: list[list] | None


def read_earlier(
    env: Environment, documents: Iterable[tuple[MoveRow, Document, str]]
) -> dict[int, tuple[EarlierDocument, ...]]:
    """Return what the books hold for each document, by move id.

    Documents of the same type and folio, those that it refers to with the notes on
    them, and received documents of the same issuer and amount. Only what the user may
    read counts.

    :param documents: each with its move and the ``type/folio`` of the document that it
        corrects by Odoo's link, which is known already
    """
    wanted: list[_Wanted] = []
    near: list[_Near] = []
    for move, document, linked in documents:
        wanted += _wanted(move, document, linked)
        near += _near(move, document)
    if not wanted and not near:
        return {}
    found: dict[int, dict[int, EarlierDocument]] = {}
    for row in _rows(env, wanted, near):
        found.setdefault(row.subject, {})[row.id] = _earlier(row)
    return {move_id: tuple(each.values()) for move_id, each in found.items()}


def _wanted(move: MoveRow, document: Document, linked: str) -> list[_Wanted]:
    is_sale = move.move_type in _SALES
    if not is_sale and not move.commercial_partner_id:
        return []
    own = []
    if document.folio is not None and document.document_type:
        own.append((document.document_type, str(document.folio), False))
    referred = [
        (each.document_type, plain_folio(each.folio), True)
        for each in document.references
        if each.document_type.isdigit()
        and each.folio.isdigit()
        and not each.is_global
        and f"{each.document_type}/{each.folio}" != linked
    ]
    # Whoever issued a factura de compra, its folio is ours.
    partner = None if is_sale else move.commercial_partner_id
    return [
        _Wanted(
            move.id,
            move.company_id,
            None if code in _SELF_BILLED else partner,
            is_sale,
            code,
            folio,
            folio.zfill(_FOLIO_DIGITS),
            is_note,
        )
        for code, folio, is_note in dict.fromkeys((*own, *referred))
    ]


def _near(move: MoveRow, document: Document) -> list[_Near]:
    if (
        move.move_type not in _BILLS
        or not move.commercial_partner_id
        or not move.document_type
        or not move.amount_total
        or document.issue_date is None
    ):
        return []
    return [
        _Near(
            move.id,
            move.company_id,
            move.commercial_partner_id,
            move.move_type,
            move.document_type,
            move.currency_id,
            move.amount_total,
            document.issue_date,
        )
    ]


def _rows(env: Environment, wanted: list[_Wanted], near: list[_Near]) -> list[_Row]:
    moves = env["account.move"]
    moves.flush_model(
        ("name", "state", "invoice_date", "amount_total", "reversed_entry_id")
    )
    companies = {each.company_id for each in (*wanted, *near)}
    readable = moves._search(
        [
            ("company_id", "in", list(companies)),
            ("move_type", "in", (*_SALES, *_BILLS)),
            ("state", "!=", "cancel"),
        ]
    )
    parts = []
    if wanted:
        parts.append(_by_identity(wanted))
        if any(each.is_note for each in wanted):
            parts.append(_notes_on(wanted))
    if near:
        parts.append(_by_amount(near))
    rows = env.execute_query(
        SQL(
            """
            SELECT DISTINCT ON (found.subject, past.id)
                   found.subject, past.id, past.name, past.move_type, type.code,
                   type.doc_code_prefix, past.invoice_date, partner.vat,
                   currency.name, company_currency.name,
                   past.amount_total, past.amount_total_signed,
                   origin_type.code || '/' || origin.name,
                   (%(references)s)
              FROM (%(found)s) found(subject, id)
              JOIN account_move past ON past.id = found.id
              JOIN res_currency currency ON currency.id = past.currency_id
              JOIN res_company company ON company.id = past.company_id
              JOIN res_currency company_currency
                ON company_currency.id = company.currency_id
              LEFT JOIN l10n_latam_document_type type
                ON type.id = past.l10n_latam_document_type_id
              LEFT JOIN res_partner partner ON partner.id = past.commercial_partner_id
              LEFT JOIN account_move origin
                ON origin.id = COALESCE(past.reversed_entry_id, past.debit_origin_id)
              LEFT JOIN l10n_latam_document_type origin_type
                ON origin_type.id = origin.l10n_latam_document_type_id
             WHERE past.id <> found.subject
               AND past.id IN (%(readable)s)
             ORDER BY found.subject, past.id
            """,
            references=references_of(env, SQL("past.id")),
            found=SQL(" UNION ").join(parts),
            readable=readable.select(),
        )
    )
    return [_Row._make(row) for row in rows]


def _wanted_values(wanted: list[_Wanted]) -> SQL:
    values = SQL(", ").join(
        SQL("(%s, %s, %s::int, %s, %s, %s, %s, %s)", *each) for each in wanted
    )
    return SQL(
        "(VALUES %s) wanted(subject, company_id, partner_id, is_sale, code, folio, "
        "padded, is_note)",
        values,
    )


_IS_ITS_OWN = SQL(
    """(past.move_type IN %s) = wanted.is_sale
       AND (wanted.partner_id IS NULL
            OR past.commercial_partner_id = wanted.partner_id)""",
    _SALES,
)


def _by_identity(wanted: list[_Wanted]) -> SQL:
    return SQL(
        """
        SELECT wanted.subject, past.id
          FROM %(wanted)s
          JOIN l10n_latam_document_type type ON type.code = wanted.code
          JOIN account_move past
            ON past.company_id = wanted.company_id
           AND past.l10n_latam_document_type_id = type.id
           AND past.name = type.doc_code_prefix || ' ' || wanted.padded
           AND %(own)s
        """,
        wanted=_wanted_values(wanted),
        own=_IS_ITS_OWN,
    )


def _notes_on(wanted: list[_Wanted]) -> SQL:
    """Return the notes that refer to a document, by entry or by Odoo's link."""
    return SQL(
        """
        SELECT wanted.subject, past.id
          FROM %(wanted)s
          JOIN account_ai_document_reference reference
            ON reference.company_id = wanted.company_id
           AND reference.document_type_code = wanted.code
           AND ltrim(reference.folio, '0 ') = wanted.folio
          JOIN account_move past ON past.id = reference.move_id AND %(own)s
         WHERE wanted.is_note AND past.state = 'posted'
         UNION
        SELECT wanted.subject, past.id
          FROM %(wanted)s
          JOIN l10n_latam_document_type type ON type.code = wanted.code
          JOIN account_move original
            ON original.company_id = wanted.company_id
           AND original.l10n_latam_document_type_id = type.id
           AND original.name = type.doc_code_prefix || ' ' || wanted.padded
          JOIN account_move past
            ON (past.reversed_entry_id = original.id
                OR past.debit_origin_id = original.id)
           AND %(own)s
         WHERE wanted.is_note AND past.state = 'posted'
        """,
        wanted=_wanted_values(wanted),
        own=_IS_ITS_OWN,
    )


def _by_amount(near: list[_Near]) -> SQL:
    values = SQL(", ").join(
        SQL("(%s, %s, %s, %s, %s, %s, %s::numeric, %s::date)", *each) for each in near
    )
    return SQL(
        """
        SELECT near.subject, past.id
          FROM (VALUES %(values)s) near(subject, company_id, partner_id, move_type,
                                        code, currency_id, total, day)
          JOIN l10n_latam_document_type type ON type.code = near.code
          JOIN account_move past
            ON past.commercial_partner_id = near.partner_id
           AND past.company_id = near.company_id
           AND past.move_type = near.move_type
           AND past.l10n_latam_document_type_id = type.id
           AND past.currency_id = near.currency_id
           AND past.amount_total = near.total
           AND past.invoice_date BETWEEN near.day - %(days)s AND near.day + %(days)s
        """,
        values=values,
        days=NEAR_DAYS,
    )


def _earlier(row: _Row) -> EarlierDocument:
    code = row.document_type or ""
    in_pesos = row.currency != row.company_currency and code not in EXPORT_TYPES
    folio = folio_of(row.name, row.prefix)
    corrects, correction = _corrects(row)
    is_ours = row.move_type in _SALES or code in _SELF_BILLED
    return EarlierDocument(
        document_type=code,
        folio="" if folio is None else str(folio),
        flow="sale" if is_ours else "purchase",
        issue_date=row.issue_date,
        partner_rut=(row.vat or "").strip(),
        currency=row.company_currency if in_pesos else row.currency,
        total=decimal_of(abs(row.total_signed) if in_pesos else row.total),
        name=row.name or "",
        corrects=corrects,
        correction=correction,
    )


def _corrects(row: _Row) -> tuple[tuple[str, ...], int | None]:
    """Return what a note corrects, as ``type/folio``, and its CodRef."""
    references = [ReferenceRow._make(each) for each in row.references or ()]
    names = [
        f"{each.document_type}/{plain_folio(each.folio or '')}" for each in references
    ]
    if row.origin and not names:
        code, name = row.origin.split("/", 1)
        folio = folio_of(name, " ")
        names = [f"{code}/{name if folio is None else folio}"]
    codes = {each.code for each in references if each.code}
    correction = int(codes.pop()) if len(codes) == 1 else None
    return tuple(names), correction
