"""The electronic stamp (TED) of a document and the authorisation (CAF) inside it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True)
class FolioAuthorisation:
    """CAF: the folios that the SII has authorised a taxpayer to use."""

    document_type: str = ""  # TD
    first: int | None = None  # RNG/D
    last: int | None = None  # RNG/H
    authorised_on: date | None = None  # FA
    rut: str = ""  # RE: who may use them


@dataclass(frozen=True)
class Stamp:
    """TED: what the issuer signed, to be compared with the document around it."""

    issuer_rut: str = ""  # RE
    document_type: str = ""  # TD
    folio: int | None = None  # F
    issue_date: date | None = None  # FE
    receiver_rut: str = ""  # RR
    receiver_name: str = ""  # RSR, cut to 40 characters
    total: Decimal | None = None  # MNT: MntTotal, without decimals
    first_item: str = ""  # IT1: name of the first line, cut to 40 characters
    # TSTED, local time of Chile, without a time zone.
    stamped_at: datetime | None = None
    authorisation: FolioAuthorisation | None = None  # CAF/DA
