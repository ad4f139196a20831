import re
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from odoo import models
from odoo.tools import html2plaintext

from ...services.documents.context import (
    Context,
    FolioRange,
    KnownPartner,
    OdooWarnings,
    ReferencedDocument,
)
from ...services.documents.document import Document, Party
from ..common.presentation import Places
from .reading.amounts import GROSS_TYPES, Amounts, decimal_of
from .reading.attached_xml import read_attached_xml
from .reading.books import read_earlier
from .reading.history import NO_HISTORY, read_history
from .reading.orders import read_orders
from .reading.parties import party_of
from .reading.projects import analytic_distribution, read_projects
from .reading.queries import read_lines, read_moves, read_origins, read_partners
from .reading.references import (
    entered_references,
    folio_of,
    linked_reference,
    origin_folio,
)
from .reading.rows import LineRow, MoveRow, OriginRow, PartnerRow

_EMPTY_LINES = re.compile(r"\n{3,}")
CHILE = ZoneInfo("America/Santiago")
UTC = ZoneInfo("UTC")
SELF_BILLED = "46"
CODE_FIELDS = frozenset({"CodRef", "IndGlobal"})
"""What Odoo's link of a note to the document that it corrects does not say."""
# What has no field, here nor in Odoo Community: rules that need it are skipped and
# say so.
NOT_REPRESENTABLE = frozenset(
    {
        "Acteco",
        "Aduana",
        "CAF",
        "CiudadOrigen",
        "CiudadRecep",
        "CmnaDest",
        "Comisiones",
        "FmaPago",
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
    analytic: dict[str, float] = {}
    """Per cents by analytic account, of the lines together."""


class AccountAiDocumentReader(models.AbstractModel):
    _name = "account.ai.document.reader"
    _description = "Reads invoices as neutral tax documents"

    # === BUSINESS METHODS === #

    def _read_documents(self, moves) -> dict[int, Document]:
        """Return the documents alone, by move id: without history and warnings."""
        readings = self._read_with_places(moves, surroundings=False)
        return {move_id: each.document for move_id, each in readings.items()}

    def _read_with_places(self, moves, surroundings: bool = True) -> dict[int, Reading]:
        """Return each invoice as a neutral document, by move id.

        Read with the access rights of the environment's user; the number of queries
        does not grow with the number of invoices.

        :param moves: customer or vendor invoices and credit notes, others are left out
        :param surroundings: read the partner's history and Odoo's warnings too
        :raises AccessError: when the user may not read one of them
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
        readings = {
            row.id: self._reading(
                row,
                Amounts(row, lines[row.id]),
                partners,
                origins.get(row.origin_id or 0),
                today,
            )
            for row in rows
        }
        if not surroundings:
            return readings
        around = self._surroundings(rows, lines, readings, entered)
        return {
            move_id: reading._replace(
                context=replace(reading.context, **around[move_id]),
                analytic=analytic_distribution(lines[move_id]),
            )
            for move_id, reading in readings.items()
        }

    def _surroundings(
        self,
        rows: list[MoveRow],
        lines: dict[int, list[LineRow]],
        readings: dict[int, Reading],
        entered: dict[int, date],
    ) -> dict[int, dict[str, Any]]:
        """Return what the books know around each document, as fields of its context.

        What cannot matter to a document is not asked for.
        """
        histories = read_history(self.env, rows, entered)
        warnings = self._odoo_warnings(rows)
        earlier = read_earlier(
            self.env,
            [
                (row, readings[row.id].document, _linked(readings[row.id].context))
                for row in rows
            ],
        )
        orders = read_orders(self.env, self._ordering_lines(rows, lines, readings))
        bills = {
            row.id: (readings[row.id].document, readings[row.id].context.company_rut)
            for row in rows
            if row.move_type.startswith("in_")
        }
        received = read_attached_xml(self.env, bills)
        projects = read_projects(self.env, [(row, lines[row.id]) for row in rows])
        around: dict[int, dict[str, Any]] = {}
        for row in rows:
            charged = projects.get(row.id, ())
            around[row.id] = {
                "history": histories.get(row.id, NO_HISTORY),
                "odoo_warnings": warnings.get(row.id, NO_WARNINGS),
                "earlier": earlier.get(row.id, ()),
                "purchase_order": orders.get(row.id),
                "received": received.get(row.id),
                "projects": charged,
                "project": charged[0].code if len(charged) == 1 else "",
            }
        return around

    @staticmethod
    def _ordering_lines(
        rows: list[MoveRow],
        lines: dict[int, list[LineRow]],
        readings: dict[int, Reading],
    ) -> dict[int, int]:
        """Return NroLinDet of the lines of bills that charge an order, by their id."""
        ordering = {
            line.id for row in rows for line in lines[row.id] if line.order_line_id
        }
        if not ordering:
            return {}
        return {
            line_id: number
            for row in rows
            if row.move_type == "in_invoice"
            for number, line_id in enumerate(readings[row.id].places.line_ids, start=1)
            if line_id in ordering
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
    ) -> Reading:
        company = party_of(move.company_partner_id, partners)
        partner = party_of(move.partner_id, partners)
        flow = "sale" if move.move_type.startswith("out_") else "purchase"
        references = entered_references(move.references)
        linked_only = not references and origin is not None
        if linked_only:
            references = linked_reference(origin, move.ref or "")
        company_issues = flow == "sale" or SELF_BILLED in (
            move.document_type,
            *(each.document_type for each in references),
        )
        issued = move.state == "posted"
        folio_ranges = self._folio_ranges(move) if company_issues else ()
        assumed = not move.invoice_date
        document = Document(
            document_type=move.document_type or "",
            flow=flow,
            issuer=company if company_issues else partner,
            receiver=partner if company_issues else company,
            totals=amounts.totals(),
            lines=tuple(amounts.lines),
            references=references,
            global_discounts=tuple(amounts.discounts),
            folio=folio_of(move.name, move.prefix),
            issue_date=today if assumed else move.invoice_date,
            issue_date_assumed=assumed,
            due_date=move.invoice_date_due,
            currency=amounts.currency,
            gross_lines=move.document_type in GROSS_TYPES,
            no_debit_reduction=bool(move.no_debit_reduction),
            notes=_notes(move, flow, origin),
            not_representable=_not_representable(
                has_ranges=bool(folio_ranges),
                # A link says no CodRef; on a draft of ours it can still be entered.
                knows_codes=not linked_only or (company_issues and not issued),
            ),
        )
        context = Context(
            today=today,
            company_rut=company.rut,
            referenced=_referenced(move, origin),
            is_issued=issued,
            folio_ranges=folio_ranges or None,
            sii_received_on=move.sii_received_at
            and self._local_date(move.sii_received_at),
            known_partners=_known_partners(partner),
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

    def _folio_ranges(self, move: MoveRow) -> tuple[FolioRange, ...]:
        """Return the company's authorised folios, empty when nobody keeps those of
        this type: then nothing can be said of a folio."""
        ranges = self.env["account.ai.folio.range"]._ranges_of(move.company_id)
        if any(each.document_type == move.document_type for each in ranges):
            return ranges
        return ()

    def _odoo_warnings(self, rows: list[MoveRow]) -> dict[int, OdooWarnings]:
        """Return Odoo's own warnings of vendor documents, by move id."""
        bills = self.env["account.move"].browse(
            row.id for row in rows if row.move_type.startswith("in_")
        )
        if not bills:
            return {}
        duplicates = bills._fetch_duplicate_reference()
        found = self.env["account.move"].browse(
            {each for moves in duplicates.values() for each in moves.ids}
        )
        # Only what the user may see: a duplicate elsewhere is not named.
        names = {
            each.id: each.name or each.ref for each in found._filtered_access("read")
        }
        drafts = {row.id for row in rows if row.state == "draft"}
        return {
            bill.id: OdooWarnings(
                duplicates=tuple(
                    names[duplicate_id] or f"#{duplicate_id}"
                    for duplicate_id in sorted(duplicates.get(bill, bill.browse()).ids)
                    if duplicate_id in names
                ),
                abnormal_amount=bill.id in drafts
                and bill.abnormal_amount_warning
                or "",
                abnormal_date=bill.id in drafts and bill.abnormal_date_warning or "",
            )
            for bill in bills
        }


def _not_representable(*, has_ranges: bool, knows_codes: bool) -> frozenset[str]:
    """Return the SII's names of what this document cannot hold.

    Authorised folios differ from absent ones only where somebody keeps them.
    """
    absent = NOT_REPRESENTABLE
    if has_ranges:
        absent = absent - {"CAF"}
    return absent if knows_codes else absent | CODE_FIELDS


def _known_partners(partner: Party) -> tuple[KnownPartner, ...]:
    if not partner.rut or not partner.name:
        return ()
    return (KnownPartner(rut=partner.rut, name=partner.name),)


def _linked(context: Context) -> str:
    """Return the document that a note corrects by Odoo's link, as ``type/folio``."""
    return "".join(f"{each.document_type}/{each.folio}" for each in context.referenced)


def _referenced(
    move: MoveRow, origin: OriginRow | None
) -> tuple[ReferencedDocument, ...]:
    """Return what the books know of the document that a note refers to."""
    if origin is None or not origin.name:
        return ()
    return (
        ReferencedDocument(
            document_type=origin.document_type or "",
            folio=origin_folio(origin),
            issue_date=origin.invoice_date,
            partner_rut=(origin.vat or "").strip(),
            total=decimal_of(origin.total),
            credited=decimal_of(origin.credited_by_others(move.id)) or Decimal(0),
        ),
    )


def _notes(move: MoveRow, flow: str, origin: OriginRow | None) -> str:
    """Return the free text: the narration, and the customer's reference of a sale.

    A bill's reference is the vendor's folio, and a note's is its reason.
    """
    texts = [_plain_text(move.narration)] if move.narration else []
    if flow == "sale" and move.ref and origin is None:
        texts.append(move.ref)
    return "\n".join(filter(None, texts))


@lru_cache(maxsize=256)
def _plain_text(html: str) -> str:
    """Return the text of a narration; most of a company's are the same terms."""
    return _EMPTY_LINES.sub("\n\n", html2plaintext(html)).strip()
