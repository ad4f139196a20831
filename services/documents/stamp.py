"""The electronic stamp (TED) of a document and the authorisation (CAF) inside it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from .fields import sii


@dataclass(frozen=True)
class FolioAuthorisation:
    """CAF: the folios that the SII has authorised a taxpayer to use."""

    document_type: str = sii("", "TD")
    first: int | None = None  # RNG/D
    last: int | None = None  # RNG/H
    authorised_on: date | None = sii(None, "FA")
    rut: str = sii("", "RE")  # who may use them


@dataclass(frozen=True)
class Stamp:
    """TED: what the issuer signed, to be compared with the document around it."""

    issuer_rut: str = sii("", "RE")
    document_type: str = sii("", "TD")
    folio: int | None = sii(None, "F")
    issue_date: date | None = sii(None, "FE")
    receiver_rut: str = sii("", "RR")
    receiver_name: str = sii("", "RSR")  # cut to 40 characters
    total: Decimal | None = sii(None, "MNT")  # MntTotal, without decimals
    first_item: str = sii("", "IT1")  # name of the first line, cut to 40 characters
    # TSTED, local time of Chile, without a time zone.
    stamped_at: datetime | None = sii(None, "TSTED")
    authorisation: FolioAuthorisation | None = None  # CAF/DA
