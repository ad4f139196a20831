"""The neutral tax document: plain, frozen, with the SII's field names in its docs.

Amounts are :class:`~decimal.Decimal` in the currency of the document; CLP amounts of a
DTE are whole pesos. A value that the source could hold but does not is ``None`` (or
empty): *absent*. A value that the source cannot hold at all is named in
``Document.not_representable``: a rule that needs it is skipped and says so.
Format: SII, "Formato Documentos Tributarios Electrónicos" v2.2.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class Party:
    """Emisor or Receptor."""

    rut: str = ""
    """RUTEmisor, RUTRecep: as written at the source, not normalised."""
    name: str = ""
    """RznSoc, RznSocRecep."""
    giro: str = ""
    """GiroEmis, GiroRecep."""
    address: str = ""
    """DirOrigen, DirRecep."""
    comuna: str = ""
    """CmnaOrigen, CmnaRecep."""
    city: str = ""
    """CiudadOrigen, CiudadRecep."""
    email: str = ""
    """CorreoEmisor, CorreoRecep."""
    phone: str = ""
    """Telefono, Contacto."""
    acteco: tuple[str, ...] = ()
    """Acteco: up to four activity codes of six digits."""
    country: str = ""
    """ISO code of the country, ``CL`` for Chile, empty when unknown."""
    is_natural_person: bool = False
    """A person of flesh and blood: name and RUT are masked before sending."""


@dataclass(frozen=True)
class Line:
    """One line of Detalle."""

    number: int
    """NroLinDet, from 1."""
    name: str = ""
    """NmbItem."""
    description: str = ""
    """DscItem."""
    quantity: Decimal | None = None
    """QtyItem."""
    unit: str = ""
    """UnmdItem."""
    unit_price: Decimal | None = None
    """PrcItem."""
    discount: Decimal = Decimal(0)
    """DescuentoMonto."""
    surcharge: Decimal = Decimal(0)
    """RecargoMonto."""
    amount: Decimal | None = None
    """MontoItem."""
    exemption: int | None = None
    """IndExe: 1 exempt, 2 not billable, ...; ``None`` affected."""
    tax_codes: tuple[str, ...] = ()
    """CodImpAdic: codes of additional taxes and retentions."""


@dataclass(frozen=True)
class Reference:
    """One line of Referencia."""

    number: int
    """NroLinRef, from 1."""
    document_type: str = ""
    """TpoDocRef."""
    folio: str = ""
    """FolioRef."""
    date: date | None = None
    """FchRef."""
    code: int | None = None
    """CodRef: 1 annuls, 2 corrects text, 3 corrects amounts."""
    reason: str = ""
    """RazonRef."""
    is_global: bool = False
    """IndGlobal."""


@dataclass(frozen=True)
class GlobalDiscount:
    """One line of DscRcgGlobal."""

    kind: str
    """TpoMov: ``D`` discount, ``R`` surcharge."""
    value_type: str
    """TpoValor: ``%`` or ``$``."""
    value: Decimal
    """ValorDR."""
    exemption: int | None = None
    """IndExeDR: 1 on the exempt part, 2 on what is not billable."""


@dataclass(frozen=True)
class AdditionalTax:
    """One line of ImptoReten."""

    code: str
    """TipoImp."""
    rate: Decimal | None
    """TasaImp, in per cent."""
    amount: Decimal
    """MontoImp, positive; whether it adds or withholds follows from the code."""


@dataclass(frozen=True)
class Totals:
    """Totales."""

    net: Decimal | None = None
    """MntNeto."""
    exempt: Decimal | None = None
    """MntExe."""
    vat_rate: Decimal | None = None
    """TasaIVA, in per cent: 19."""
    vat: Decimal | None = None
    """IVA."""
    additional_taxes: tuple[AdditionalTax, ...] = ()
    """ImptoReten."""
    vat_not_withheld: Decimal | None = None
    """IVANoRet."""
    deposit_guarantee: Decimal = Decimal(0)
    """GrntDep: deposit for containers, added to the total."""
    construction_credit: Decimal = Decimal(0)
    """CredEC: 65 % credit of construction companies, taken off the total."""
    commissions: Decimal = Decimal(0)
    """ValComNeto + ValComExe + ValComIVA of a type 43, taken off the total."""
    total: Decimal | None = None
    """MntTotal."""


@dataclass(frozen=True)
class Document:
    """A tax document (DTE), issued or received."""

    document_type: str
    """TipoDTE, e.g. ``33``; empty when the books do not know it."""
    flow: str
    """``sale`` or ``purchase``, seen from the company."""
    issuer: Party
    receiver: Party
    totals: Totals
    lines: tuple[Line, ...] = ()
    references: tuple[Reference, ...] = ()
    global_discounts: tuple[GlobalDiscount, ...] = ()
    folio: int | None = None
    """Folio; ``None`` while a draft has none."""
    issue_date: date | None = None
    """FchEmis; a draft without a date is judged as issued today."""
    issue_date_assumed: bool = False
    """True when ``issue_date`` is today only because the draft has none yet."""
    due_date: date | None = None
    """FchVenc."""
    payment_form: int | None = None
    """FmaPago: 1 cash, 2 credit, 3 free of charge."""
    currency: str = "CLP"
    """ISO code of the currency of the amounts."""
    service_indicator: int | None = None
    """IndServicio."""
    transfer_indicator: int | None = None
    """IndTraslado."""
    gross_lines: bool = False
    """MntBruto is 1, or a boleta without IndMntNeto: amounts of lines include VAT."""
    no_debit_reduction: bool = False
    """IndNoRebaja: a credit note that does not lower the issuer's tax debit."""
    special_invoice: int | None = None
    """TipoFactEsp: 1 is an invoice for a foreign tourist."""
    notes: str = ""
    """Free text of the document."""
    not_representable: frozenset[str] = field(default_factory=frozenset)
    """SII names of fields that the source cannot hold at all."""
