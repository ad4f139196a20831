from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from odoo import api, models
from odoo.tools import html2plaintext

from ..services.documents.context import (
    Context,
    OdooWarnings,
    PartnerHistory,
    ReferencedDocument,
)
from ..services.documents.document import Document, Reference
from .reading.amounts import GROSS_TYPES, Amounts, decimal_of
from .reading.history import NO_HISTORY, read_history
from .reading.parties import party_of
from .reading.queries import read_lines, read_moves, read_origins, read_partners
from .reading.rows import MoveRow, OriginRow, PartnerRow
from .running.presentation import Places

CHILE = ZoneInfo("America/Santiago")
UTC = ZoneInfo("UTC")
SELF_BILLED = "46"
# What Odoo Community has no field for: rules that need it are skipped and say so.
NOT_REPRESENTABLE = frozenset(
    {
        "Acteco",
        "Aduana",
        "CAF",
        "CiudadOrigen",
        "CiudadRecep",
        "CmnaDest",
        "CodRef",
        "Comisiones",
        "FmaPago",
        "IndGlobal",
        "IndNoRebaja",
        "IndServicio",
        "IndTraslado",
        "MntPagos",
        "OtraMoneda",
        "SubTotInfo",
        "TipoDespacho",
        "TpoCambio",
        "TpoMoneda",
        "Transporte",
    }
)
NO_WARNINGS = OdooWarnings()


class Reading(NamedTuple):
    """An invoice as it was read."""

    document: Document
    context: Context
    places: Places
    move_id: int
    company_id: int
    company_country: str
    """ISO code of the company's fiscal country."""
    partner_id: int
    """The commercial partner, 0 when there is none."""


class AccountAiDocumentReader(models.AbstractModel):
    _name = "account.ai.document.reader"
    _description = "Reads invoices as neutral tax documents"

    # === BUSINESS METHODS === #

    @api.model
    def _read(self, moves) -> dict[int, tuple[Document, Context]]:
        """Return ``(document, context)`` of each invoice, by move id.

        Read with the access rights of the environment's user; the number of queries
        does not grow with the number of invoices.

        :param moves: customer or vendor invoices and credit notes, others are left out
        :raises AccessError: when the user may not read one of them
        """
        readings = self._read_with_places(moves)
        return {
            move_id: (each.document, each.context) for move_id, each in readings.items()
        }

    @api.model
    def _read_documents(self, moves) -> dict[int, Document]:
        """Return the documents alone, by move id: without history and warnings."""
        readings = self._read_with_places(moves, surroundings=False)
        return {move_id: each.document for move_id, each in readings.items()}

    @api.model
    def _read_with_places(self, moves, surroundings: bool = True) -> dict[int, Reading]:
        """Return what :meth:`_read` does, with where its parts live in Odoo.

        :param surroundings: read the partner's history and Odoo's warnings too
        """
        rows = read_moves(self.env, moves.ids)
        if len(rows) < len(moves):
            moves.check_access("read")
        if not rows:
            return {}
        today = self._today()
        entered = {row.id: self._local_date(row.create_date) for row in rows}
        partners = read_partners(self.env, self._partner_ids(rows))
        origin_ids = {row.origin_id for row in rows if row.origin_id}
        origins = read_origins(self.env, origin_ids) if origin_ids else {}
        lines: dict[int, list] = {row.id: [] for row in rows}
        for line in read_lines(self.env, [row.id for row in rows]):
            lines[line.move_id].append(line)
        histories, warnings = {}, {}
        if surroundings:
            histories = read_history(self.env, rows, entered)
            warnings = self._odoo_warnings(rows)
        return {
            row.id: self._reading(
                row,
                Amounts(row, lines[row.id]),
                partners,
                origins.get(row.origin_id or 0),
                today,
                histories.get(row.id, NO_HISTORY),
                warnings.get(row.id, NO_WARNINGS),
            )
            for row in rows
        }

    def _today(self) -> date:
        """Return today's date in Chile, by the clock of the database."""
        return self._local_date(self.env.cr.now())

    @staticmethod
    def _local_date(moment: datetime) -> date:
        return moment.replace(tzinfo=UTC).astimezone(CHILE).date()

    @staticmethod
    def _partner_ids(rows: list[MoveRow]) -> set[int]:
        ids = {row.partner_id for row in rows} | {
            row.company_partner_id for row in rows
        }
        return {partner_id for partner_id in ids if partner_id}

    def _reading(
        self,
        move: MoveRow,
        amounts: Amounts,
        partners: dict[int, PartnerRow],
        origin: OriginRow | None,
        today: date,
        history: PartnerHistory,
        warnings: OdooWarnings,
    ) -> Reading:
        company = party_of(move.company_partner_id, partners)
        partner = party_of(move.partner_id, partners)
        flow = "sale" if move.move_type.startswith("out_") else "purchase"
        company_issues = flow == "sale" or SELF_BILLED in (
            move.document_type,
            origin and origin.document_type,
        )
        assumed = not move.invoice_date
        document = Document(
            document_type=move.document_type or "",
            flow=flow,
            issuer=company if company_issues else partner,
            receiver=partner if company_issues else company,
            totals=amounts.totals(),
            lines=tuple(amounts.lines),
            references=_references(move, origin),
            global_discounts=tuple(amounts.discounts),
            folio=_folio(move.name, move.prefix),
            issue_date=today if assumed else move.invoice_date,
            issue_date_assumed=assumed,
            due_date=move.invoice_date_due,
            currency=amounts.currency,
            gross_lines=move.document_type in GROSS_TYPES,
            notes=_notes(move, flow, origin),
            not_representable=NOT_REPRESENTABLE,
        )
        context = Context(
            today=today,
            company_rut=company.rut,
            history=history,
            odoo_warnings=warnings,
            referenced=_referenced(move, origin),
            is_issued=move.state == "posted",
        )
        ids = (move.company_partner_id, move.partner_id or 0)
        issuer_id, receiver_id = ids if company_issues else reversed(ids)
        return Reading(
            document,
            context,
            Places(tuple(amounts.line_ids), issuer_id, receiver_id),
            move.id,
            move.company_id,
            move.company_country or "",
            move.commercial_partner_id or 0,
        )

    def _odoo_warnings(self, rows: list[MoveRow]) -> dict[int, OdooWarnings]:
        """Return Odoo's own warnings of vendor documents, by move id."""
        bills = self.env["account.move"].browse(
            row.id for row in rows if row.move_type.startswith("in_")
        )
        if not bills:
            return {}
        duplicates = bills._fetch_duplicate_reference()
        found = self.env["account.move"].browse(
            {twin for twins in duplicates.values() for twin in twins.ids}
        )
        # Only what the user may see: a duplicate elsewhere is not told by its name.
        names = {
            twin.id: twin.name or twin.ref for twin in found._filtered_access("read")
        }
        drafts = {row.id for row in rows if row.state == "draft"}
        return {
            bill.id: OdooWarnings(
                duplicates=tuple(
                    names[twin_id] or f"#{twin_id}"
                    for twin_id in sorted(duplicates.get(bill, bill.browse()).ids)
                    if twin_id in names
                ),
                abnormal_amount=bill.id in drafts
                and bill.abnormal_amount_warning
                or "",
                abnormal_date=bill.id in drafts and bill.abnormal_date_warning or "",
            )
            for bill in bills
        }


def _folio(name: str | None, prefix: str | None) -> int | None:
    """Return the number in a document's name such as ``FAC 000123``."""
    if not name or name == "/":
        return None
    number = name.split(" ", 1)[-1] if prefix else name
    return int(number) if number.isascii() and number.isdigit() else None


def _references(move: MoveRow, origin: OriginRow | None) -> tuple[Reference, ...]:
    """Return what a note refers to: the entry it reverses or debits.

    Community has no table of references and no CodRef; the reason is the note's own
    reference text.
    """
    if origin is None or not origin.name:
        return ()
    return (
        Reference(
            number=1,
            document_type=origin.document_type or "",
            folio=_origin_folio(origin),
            date=origin.invoice_date,
            reason=move.ref or "",
        ),
    )


def _referenced(
    move: MoveRow, origin: OriginRow | None
) -> tuple[ReferencedDocument, ...]:
    """Return what the books know of the document that a note refers to."""
    if origin is None or not origin.name:
        return ()
    return (
        ReferencedDocument(
            document_type=origin.document_type or "",
            folio=_origin_folio(origin),
            issue_date=origin.invoice_date,
            partner_rut=(origin.vat or "").strip(),
            total=decimal_of(origin.total),
            credited=decimal_of(origin.credited_by_others(move.id)) or Decimal(0),
        ),
    )


def _origin_folio(origin: OriginRow) -> str:
    folio = _folio(origin.name, origin.prefix)
    return origin.name or "" if folio is None else str(folio)


def _notes(move: MoveRow, flow: str, origin: OriginRow | None) -> str:
    """Return the free text: the narration, and the customer's reference of a sale.

    A bill's reference is the vendor's folio, and a note's is told as its reason.
    """
    texts = [_plain_text(move.narration)] if move.narration else []
    if flow == "sale" and move.ref and origin is None:
        texts.append(move.ref)
    return "\n".join(filter(None, texts))


@lru_cache(maxsize=256)
def _plain_text(html: str) -> str:
    """Return the text of a narration; most of a company's are the same terms."""
    return re.sub(r"\n{3,}", "\n\n", html2plaintext(html)).strip()
