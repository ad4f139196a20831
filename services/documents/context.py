"""What the books know around a document."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class PastDocument:
    """An earlier document of the same partner, as evidence of what is usual."""

    issue_date: date
    total: Decimal
    descriptions: tuple[str, ...] = ()


@dataclass(frozen=True)
class PartnerHistory:
    """The partner's posted documents of the same flow before this one was entered."""

    count: int = 0
    median_total: Decimal | None = None
    min_total: Decimal | None = None
    max_total: Decimal | None = None
    recent: tuple[PastDocument, ...] = ()


@dataclass(frozen=True)
class OdooWarnings:
    """Warnings that Odoo itself computes; evidence for rules, not asked of a model."""

    duplicates: tuple[str, ...] = ()
    """Display names of possible duplicates (``duplicated_ref_ids``)."""
    abnormal_amount: str = ""
    abnormal_date: str = ""


@dataclass(frozen=True)
class ReferencedDocument:
    """A document that a note refers to, as the books know it."""

    document_type: str
    folio: str
    issue_date: date | None = None
    partner_rut: str = ""
    """RUT of the other party."""
    total: Decimal | None = None
    credited: Decimal = Decimal(0)
    """Total of the other credit notes on it that are in the books already."""


@dataclass(frozen=True)
class Context:
    """Everything around a document that rules and prompt may use."""

    today: date
    """The date on which the document is judged, in the company's country."""
    company_rut: str = ""
    history: PartnerHistory = field(default_factory=PartnerHistory)
    odoo_warnings: OdooWarnings = field(default_factory=OdooWarnings)
    referenced: tuple[ReferencedDocument, ...] = ()
    """What the books know of the documents in ``Document.references``."""
    is_issued: bool = False
    """True when the document is out already (posted): its date is history."""
