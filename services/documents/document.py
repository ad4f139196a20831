"""The neutral tax document: plain, frozen, with the SII's names of its fields.

Amounts are :class:`~decimal.Decimal` in the currency of the document; CLP amounts of a
DTE are whole pesos. A value that the source could hold but does not is ``None`` (or
empty): *absent*. A value that the source cannot hold at all is named in
``Document.not_representable``: a rule that needs it is skipped and says so.
Format: SII, "Formato Documentos Tributarios Electrónicos" v2.2.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field
from datetime import date
from decimal import Decimal

from .fields import sii
from .stamp import Stamp
from .transport import Transport


@dataclass(frozen=True)
class Party:
    """Emisor or Receptor."""

    rut: str = ""  # RUTEmisor, RUTRecep: as written at the source, not normalised
    name: str = sii("", "RznSoc", "RznSocEmisor", "RznSocRecep")
    giro: str = sii("", "GiroEmis", "GiroEmisor", "GiroRecep")
    address: str = sii("", "DirOrigen", "DirRecep")
    comuna: str = sii("", "CmnaOrigen", "CmnaRecep")
    city: str = sii("", "CiudadOrigen", "CiudadRecep")
    email: str = sii("", "CorreoEmisor", "CorreoRecep")
    phone: str = sii("", "Contacto")
    # Up to four activity codes of six digits.
    acteco: tuple[str, ...] = sii((), "Acteco")
    country: str = ""  # ISO code of the country, ``CL`` for Chile, empty when unknown
    branch: str = sii("", "Sucursal")
    branch_code: str = sii("", "CdgSIISucur")
    seller_code: str = sii("", "CdgVendedor")
    customer_code: str = sii("", "CdgIntRecep")
    foreign_id: str = ""  # Extranjero/NumId: tax number abroad
    nationality: str = ""  # Extranjero/Nacionalidad, a code of customs
    # A natural person: name and RUT are masked before sending.
    is_natural_person: bool = False


@dataclass(frozen=True)
class Line:
    """One line of Detalle."""

    number: int  # NroLinDet, from 1
    name: str = sii("", "NmbItem")
    description: str = sii("", "DscItem")
    quantity: Decimal | None = sii(None, "QtyItem")
    unit: str = sii("", "UnmdItem")
    unit_price: Decimal | None = sii(None, "PrcItem")
    discount: Decimal = sii(Decimal(0), "DescuentoMonto")
    surcharge: Decimal = sii(Decimal(0), "RecargoMonto")
    amount: Decimal | None = sii(None, "MontoItem")
    # IndExe: 1 exempt, 2 not billable, ...; ``None`` affected.
    exemption: int | None = sii(None, "IndExe")
    # CodImpAdic: codes of additional taxes and retentions.
    tax_codes: tuple[str, ...] = sii((), "CodImpAdic")
    discount_percent: Decimal | None = sii(None, "DescuentoPct")
    surcharge_percent: Decimal | None = sii(None, "RecargoPct")
    item_codes: tuple[str, ...] = ()  # CdgItem/VlrCodigo: codes of the product
    # TpoDocLiq: type of the document that this line of a type 43 settles.
    settled_type: str = sii("", "TpoDocLiq")


@dataclass(frozen=True)
class Reference:
    """One line of Referencia."""

    number: int  # NroLinRef, from 1
    document_type: str = sii("", "TpoDocRef")
    folio: str = sii("", "FolioRef")
    date: date | None = sii(None, "FchRef")
    # 1 annuls, 2 corrects text, 3 corrects amounts.
    code: int | None = sii(None, "CodRef")
    reason: str = sii("", "RazonRef")
    other_rut: str = ""  # RUTOtr: who issued the document, when it was somebody else
    is_global: bool = sii(False, "IndGlobal")


@dataclass(frozen=True)
class GlobalDiscount:
    """One line of DscRcgGlobal."""

    kind: str = sii(MISSING, "TpoMov")  # ``D`` discount, ``R`` surcharge
    value_type: str = sii(MISSING, "TpoValor")  # ``%`` or ``$``
    value: Decimal = sii(MISSING, "ValorDR")
    # IndExeDR: 1 on the exempt part, 2 on what is not billable.
    exemption: int | None = sii(None, "IndExeDR")
    text: str = sii("", "GlosaDR")


@dataclass(frozen=True)
class Commission:
    """One line of Comisiones of a type 43."""

    kind: str = sii(MISSING, "TipoMovim")  # ``C`` commission, ``O`` other charges
    text: str = sii("", "Glosa")
    rate: Decimal | None = sii(None, "TasaComision")  # in per cent
    net: Decimal | None = sii(None, "ValComNeto")
    exempt: Decimal | None = sii(None, "ValComExe")
    vat: Decimal | None = sii(None, "ValComIVA")


@dataclass(frozen=True)
class Payment:
    """One line of MntPagos: an instalment."""

    date: date | None = sii(MISSING, "FchPago")
    amount: Decimal | None = sii(MISSING, "MntPago")
    text: str = sii("", "GlosaPagos")


@dataclass(frozen=True)
class OtherCurrency:
    """One block of OtraMoneda: the totals in a second currency."""

    name: str = sii("", "TpoMoneda")  # as the SII names it: ``PESO CL``, ``DOLAR USA``
    # TpoCambio: pesos for one unit of the document's currency.
    rate: Decimal | None = sii(None, "TpoCambio")
    net: Decimal | None = sii(None, "MntNetoOtrMnda")
    exempt: Decimal | None = sii(None, "MntExeOtrMnda")
    vat: Decimal | None = sii(None, "IVAOtrMnda")
    total: Decimal | None = sii(None, "MntTotOtrMnda")


@dataclass(frozen=True)
class AdditionalTax:
    """One line of ImptoReten."""

    code: str = sii(MISSING, "TipoImp")
    rate: Decimal | None = sii(MISSING, "TasaImp")  # in per cent
    # MontoImp, positive; whether it adds or withholds follows from the code.
    amount: Decimal = sii(MISSING, "MontoImp")


@dataclass(frozen=True)
class Totals:
    """Totales."""

    net: Decimal | None = sii(None, "MntNeto")
    exempt: Decimal | None = sii(None, "MntExe")
    vat_rate: Decimal | None = sii(None, "TasaIVA")  # in per cent: 19
    vat: Decimal | None = sii(None, "IVA")
    additional_taxes: tuple[AdditionalTax, ...] = ()  # ImptoReten
    vat_not_withheld: Decimal | None = sii(None, "IVANoRet")
    # GrntDep: deposit for containers, added to the total.
    deposit_guarantee: Decimal = sii(Decimal(0), "GrntDep")
    # CredEC: 65 % credit of construction companies, taken off the total.
    construction_credit: Decimal = sii(Decimal(0), "CredEC")
    # ValComNeto + ValComExe + ValComIVA of a type 43, taken off the total.
    commissions: Decimal = Decimal(0)
    total: Decimal | None = sii(None, "MntTotal")
    # IVAProp: VAT on one's own part, in documents for a third party.
    own_vat: Decimal | None = sii(None, "IVAProp")
    third_party_vat: Decimal | None = sii(None, "IVATerc")
    not_billable: Decimal | None = sii(None, "MontoNF")
    period_amount: Decimal | None = sii(None, "MontoPeriodo")
    previous_balance: Decimal | None = sii(None, "SaldoAnterior")
    to_pay: Decimal | None = sii(None, "VlrPagar")
    # Gross fee of a boleta de honorarios (type 70), which ``total`` is the rest
    # of.
    fee: Decimal | None = None
    retention_rate: Decimal | None = None  # Rate withheld from the fee, in per cent
    retention: Decimal | None = None  # Amount withheld from the fee


@dataclass(frozen=True)
class Document:
    """A tax document (DTE), issued or received."""

    # TipoDTE, e.g. ``33``; ``70`` for a boleta de honorarios; empty when the
    # books do not know it.
    document_type: str
    flow: str  # ``sale`` or ``purchase``, seen from the company
    issuer: Party
    receiver: Party
    totals: Totals
    lines: tuple[Line, ...] = ()
    references: tuple[Reference, ...] = ()
    global_discounts: tuple[GlobalDiscount, ...] = ()
    folio: int | None = None  # Folio; ``None`` while a draft has none
    # FchEmis; a draft without a date is judged as issued today.
    issue_date: date | None = None
    # True when ``issue_date`` is today only because the draft has none yet.
    issue_date_assumed: bool = False
    due_date: date | None = None  # FchVenc
    payment_form: int | None = None  # FmaPago: 1 cash, 2 credit, 3 free of charge
    currency: str = "CLP"  # ISO code of the currency of the amounts
    service_indicator: int | None = None  # IndServicio
    transfer_indicator: int | None = None  # IndTraslado
    # MntBruto is 1, or a boleta without IndMntNeto: amounts of lines include VAT.
    gross_lines: bool = False
    # IndNoRebaja: a credit note that does not lower the issuer's tax debit.
    no_debit_reduction: bool = False
    # TipoFactEsp: 1 is an invoice for a foreign tourist.
    special_invoice: int | None = None
    # FmaPagExp, a code of customs; 21 is without payment.
    export_payment_form: int | None = None
    # MedioPago: ``EF`` cash, ``CH`` cheque...; a digit in boletas.
    means_of_payment: str = ""
    payment_terms: str = ""  # TermPagoGlosa
    payments: tuple[Payment, ...] = ()  # MntPagos
    dispatch_type: int | None = None  # TipoDespacho: who moves the goods, 1 to 3
    # CdgTraslado of an exporter's guide, with IndTraslado 8 or 9.
    transfer_code: int | None = None
    period_from: date | None = None  # PeriodoDesde
    period_to: date | None = None  # PeriodoHasta
    currency_name: str = ""  # TpoMoneda as the SII names it; only exports have it
    other_currencies: tuple[OtherCurrency, ...] = ()  # OtraMoneda
    # Transporte; ``None`` when the document has no such block.
    transport: Transport | None = None
    commissions: tuple[Commission, ...] = ()  # Comisiones of a type 43
    subtotals: int = 0  # Number of SubTotInfo
    stamp: Stamp | None = None  # TED; ``None`` when the document is not stamped (yet)
    notes: str = ""  # Free text of the document
    # SII names of fields that the source cannot hold at all.
    not_representable: frozenset[str] = field(default_factory=frozenset)
