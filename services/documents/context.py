"""What the books know around a document."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from .document import Document


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

    # Display names of possible duplicates (``duplicated_ref_ids``).
    duplicates: tuple[str, ...] = ()
    abnormal_amount: str = ""
    abnormal_date: str = ""


@dataclass(frozen=True)
class ReferencedDocument:
    """A document that a note refers to, as the books know it."""

    document_type: str
    folio: str
    issue_date: date | None = None
    partner_rut: str = ""  # RUT of the other party
    total: Decimal | None = None
    # Total of the other credit notes on it that are in the books already.
    credited: Decimal = Decimal(0)


@dataclass(frozen=True)
class FolioRange:
    """An authorisation of folios (CAF) that the SII gave the company."""

    document_type: str  # TD
    first: int  # D: first folio of the range
    last: int  # H: last folio of the range
    authorised_on: date | None = None  # FA: the day on which the SII authorised it
    issuer_rut: str = ""  # RE; empty when the books do not say


@dataclass(frozen=True)
class EarlierDocument:
    """A document that is in the books already, other than the one that is judged.

    A value that the books do not know is ``None`` or empty and is not compared.
    """

    document_type: str
    folio: str
    # ``sale`` when the company issued it, ``purchase`` when it received it.
    flow: str = "sale"
    issue_date: date | None = None
    # RUT of the other party: receiver of a sale, issuer of a purchase.
    partner_rut: str = ""
    currency: str = "CLP"
    net: Decimal | None = None
    exempt: Decimal | None = None
    vat: Decimal | None = None
    total: Decimal | None = None
    # State at the SII: ``accepted``, ``rejected``, ...; empty when unknown.
    state: str = ""
    name: str = ""  # How the books name it, e.g. ``BILL/2026/11/0042``.
    descriptions: tuple[str, ...] = ()  # Names of its lines
    # Of a note: the documents that it refers to, as ``type/folio``.
    corrects: tuple[str, ...] = ()
    # Of a note: CodRef: 1 annuls, 2 corrects text, 3 corrects amounts.
    correction: int | None = None
    project: str = ""  # Code of the project that it was charged to


@dataclass(frozen=True)
class OrderLine:
    """A line of a purchase order, in the unit of the bill."""

    description: str = ""
    quantity: Decimal | None = None  # Quantity ordered
    unit_price: Decimal | None = None  # Net price ordered
    # Quantity received so far; ``None`` when it is not counted, e.g. a service.
    received: Decimal | None = None
    billed: Decimal = Decimal(0)  # Quantity that other bills charged already
    # NroLinDet of the line that charges it; 0 when only the text can tell.
    bill_line: int = 0


@dataclass(frozen=True)
class PurchaseOrder:
    """The order that a received document charges."""

    name: str = ""
    vendor_rut: str = ""
    currency: str = "CLP"
    net: Decimal | None = None  # Net amount ordered
    lines: tuple[OrderLine, ...] = ()
    # Quantity received of the order as a whole, when its lines do not know it.
    received: Decimal | None = None
    project: str = ""  # Code of the project that the order was made for


@dataclass(frozen=True)
class Project:
    """A project that the document may belong to."""

    code: str
    name: str = ""
    customer_rut: str = ""
    state: str = ""  # ``in_progress``, ``done`` or ``cancelled``; empty when unknown
    start: date | None = None
    end: date | None = None
    contract_net: Decimal | None = None  # Net amount of the contract
    # Net amount of the customer's documents so far, without this one.
    billed_net: Decimal | None = None
    # Net amount of this document that the books charge to it; ``None`` when they
    # do not say: then it is the whole document that counts.
    charged_net: Decimal | None = None
    order: str = ""  # Number of the customer's purchase order
    milestones: tuple[str, ...] = ()


@dataclass(frozen=True)
class KnownPartner:
    """A partner of the master data."""

    rut: str
    name: str
    # Other names that count as the same: trade name, former name.
    other_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExchangeRate:
    """Pesos for one unit of a currency on a day (dólar observado and the like)."""

    currency: str
    on: date
    pesos: Decimal


@dataclass(frozen=True)
class ReceivedXml:
    """The DTE XML that came with a vendor bill, as far as the bill is compared with it;
    see :mod:`.received_xml`. It is kept in place of the file: a verdict is replayed
    when the file has long been replaced."""

    # The document that the bill is a copy of; ``None`` when there is none in it.
    document: Document | None = None
    unreadable: str = ""  # Why the file cannot be read, empty when it can
    # Code of :class:`~.errors.RefusedXml` when reading it could do harm.
    refused: str = ""
    # What a file holds that does not hold the bill: ``type/folio (RUT)``.
    others: tuple[str, ...] = ()
    # How it breaks the SII's schema; empty when it does not, or nobody looked.
    schema_fault: str = ""
    # What is wrong with its signature; empty when nothing is, or nobody looked.
    signature_fault: str = ""


@dataclass(frozen=True)
class Context:
    """Everything around a document that rules and prompt may use."""

    today: date  # The date on which the document is judged, in the company's country
    company_rut: str = ""
    history: PartnerHistory = field(default_factory=PartnerHistory)
    odoo_warnings: OdooWarnings = field(default_factory=OdooWarnings)
    # What the books know of the documents in ``Document.references``.
    referenced: tuple[ReferencedDocument, ...] = ()
    # True when the document is out already (posted): its date is history.
    is_issued: bool = False
    # The company's authorised folios (CAF); ``None`` when nobody keeps them.
    folio_ranges: tuple[FolioRange, ...] | None = None
    # Documents of the books that have to do with this one: those it refers to,
    # notes on them, possible duplicates. ``None`` when the books were not asked.
    earlier: tuple[EarlierDocument, ...] | None = None
    # The order that a received document charges.
    purchase_order: PurchaseOrder | None = None
    # The day on which the SII got a received document, in Chile: the claim clock.
    sii_received_on: date | None = None
    # True when somebody wants to claim the received document.
    claim_intended: bool = False
    projects: tuple[Project, ...] = ()  # Projects that the document may belong to
    # The XML that came with a received document; ``None`` when there is none.
    received: ReceivedXml | None = None
    project: str = ""  # Code of the project that the document was charged to
    # What the master data say of the RUTs in the document.
    known_partners: tuple[KnownPartner, ...] = ()
    # Pesos above which a boleta names its buyer (135 UF), when the books know
    # better than the dated data.
    receipt_threshold: Decimal | None = None
    # Exchange rates around the issue date.
    exchange_rates: tuple[ExchangeRate, ...] = ()
