"""What the queries of the reader return: plain rows, no records."""

from datetime import date, datetime
from typing import NamedTuple


class MoveRow(NamedTuple):
    """Header of one invoice, with what it points at."""

    id: int
    move_type: str
    state: str
    name: str | None
    ref: str | None
    narration: str | None
    invoice_date: date | None
    invoice_date_due: date | None
    create_date: datetime
    amount_untaxed: float
    amount_total: float
    amount_untaxed_signed: float
    amount_total_signed: float
    currency_id: int
    currency: str
    company_id: int
    company_partner_id: int
    company_currency_id: int
    company_currency: str
    # ISO code of its fiscal country: the addon is for ``CL``.
    company_country: str | None
    partner_id: int | None
    commercial_partner_id: int | None
    document_type: str | None
    prefix: str | None
    origin_id: int | None  # Id of the document that a note corrects
    no_debit_reduction: bool | None  # IndNoRebaja
    sii_received_at: datetime | None  # When the SII got it, in UTC
    # Fields of :class:`ReferenceRow`, in the order of the screen.
    references: list[list] | None


class ReferenceRow(NamedTuple):
    """A document or paper that an invoice refers to, from JSON."""

    document_type: str | None
    folio: str | None
    date: str | None  # ISO date
    code: str | None  # CodRef
    reason: str | None
    is_global: bool | None


class OriginRow(NamedTuple):
    """The document that a note corrects."""

    id: int
    name: str | None
    invoice_date: date | None
    document_type: str | None
    prefix: str | None
    total: float | None
    vat: str | None  # RUT of the other party of that document
    # Totals of the posted notes on it by their id: those of credit notes above
    # zero, those of debit notes, and of debit notes on its credit notes, below.
    notes: dict[str, float] | None

    def credited_by_others(self, move_id: int) -> float:
        """Return what the notes on it but ``move_id`` took off it."""
        notes = self.notes or {}
        return sum(total for note, total in notes.items() if note != str(move_id))


class PartnerRow(NamedTuple):
    """A partner, as a party of a document."""

    id: int
    commercial_partner_id: int | None
    name: str | None
    vat: str | None
    street: str | None
    street2: str | None
    city: str | None
    email: str | None
    phone: str | None
    giro: str | None
    country: str | None
    is_company: bool


class LineRow(NamedTuple):
    """A product line or a tax line of an invoice."""

    id: int
    move_id: int
    display_type: str
    name: str | None
    quantity: float | None
    unit: str | None
    price_unit: float | None
    discount: float | None
    price_subtotal: float | None
    price_total: float | None
    balance: float
    amount_currency: float
    tax_codes: list[int] | None  # SII codes of the taxes on a product line; 14 is VAT
    tax_code: int | None  # SII code of the tax that a tax line holds
    tax_rate: float | None  # Its rate in per cent; ``None`` for a fixed amount
    # Per cents by ids of analytic accounts, parted by commas.
    analytic: dict[str, float] | None
    order_line_id: int | None  # The line of the purchase order that it charges
