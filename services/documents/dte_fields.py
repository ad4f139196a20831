"""A document from a tree of SII fields: the one reading behind XML and JSON.

The tree is what stands inside ``Documento``, ``Liquidacion`` or ``Exportaciones``.
Field names: SII, "Formato Documentos Tributarios Electrónicos" v2.2, "Formato Boletas"
v4.1, and the elements that Res. Ex. 154 of 2025 adds to Transporte.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from . import rut
from .currencies import PESO, iso_code
from .document import (
    AdditionalTax,
    Commission,
    Document,
    GlobalDiscount,
    Line,
    OtherCurrency,
    Party,
    Payment,
    Reference,
    Totals,
)
from .errors import UnreadableDocument
from .fields import Fields
from .stamp import FolioAuthorisation, Stamp
from .transport import Customs, Transport

_EXPORTS = frozenset({"110", "111", "112"})
_AFFECTED_BOLETA = "39"
_NET_LINES = 2
"""IndMntNeto: the lines of the boleta are net."""
_YES = 1
_LEGAL_ENTITIES_FROM = 50_000_000
"""RUT of legal entities begin here; below are natural persons (SII's numbering)."""
_ZERO = Decimal(0)


def document_of_fields(tree: Mapping[str, Any], flow: str) -> Document:
    """Return the document that a tree of SII fields describes.

    :param flow: ``sale`` or ``purchase``, seen from the company
    :raises UnreadableDocument: when it has no TipoDTE or a value is none of its kind
    """
    top = Fields(tree)
    header = top.block("Encabezado")
    identity = header.block("IdDoc")
    document_type = identity.text("TipoDTE")
    if not document_type:
        raise UnreadableDocument("Encabezado/IdDoc/TipoDTE is absent: this is no DTE.")
    totals = header.block("Totales")
    currency_name = totals.text("TpoMoneda")
    is_export = document_type in _EXPORTS
    return Document(
        document_type=document_type,
        flow=flow,
        issuer=_issuer(header.block("Emisor")),
        receiver=_receiver(header.block("Receptor")),
        totals=_totals(totals),
        lines=tuple(_line(each, n) for n, each in enumerate(top.blocks("Detalle"), 1)),
        references=tuple(
            _reference(each, n) for n, each in enumerate(top.blocks("Referencia"), 1)
        ),
        global_discounts=tuple(
            _global_discount(each) for each in top.blocks("DscRcgGlobal")
        ),
        folio=identity.integer("Folio"),
        issue_date=identity.day("FchEmis"),
        due_date=identity.day("FchVenc"),
        payment_form=identity.integer("FmaPago"),
        currency=iso_code(currency_name) if is_export or currency_name else PESO,
        service_indicator=identity.integer("IndServicio"),
        transfer_indicator=identity.integer("IndTraslado"),
        gross_lines=_has_gross_lines(identity, document_type),
        no_debit_reduction=identity.integer("IndNoRebaja") == _YES,
        special_invoice=identity.integer("TipoFactEsp"),
        export_payment_form=identity.integer("FmaPagExp"),
        means_of_payment=identity.text("MedioPago"),
        payment_terms=identity.text("TermPagoGlosa"),
        payments=tuple(_payment(each) for each in identity.blocks("MntPagos")),
        dispatch_type=identity.integer("TipoDespacho"),
        transfer_code=header.block("Emisor").block("GuiaExport").integer("CdgTraslado"),
        period_from=identity.day("PeriodoDesde"),
        period_to=identity.day("PeriodoHasta"),
        currency_name=currency_name,
        other_currencies=tuple(
            _other_currency(each) for each in header.blocks("OtraMoneda")
        ),
        transport=_transport(header.block("Transporte")),
        commissions=tuple(_commission(each) for each in top.blocks("Comisiones")),
        subtotals=len(top.blocks("SubTotInfo")),
        stamp=_stamp(top.block("TED").block("DD")),
    )


def is_natural_person(number: str) -> bool:
    """Return whether a RUT is one of a natural person."""
    return 0 < rut.body(number) < _LEGAL_ENTITIES_FROM


def _has_gross_lines(identity: Fields, document_type: str) -> bool:
    if document_type == _AFFECTED_BOLETA:
        return identity.integer("IndMntNeto") != _NET_LINES
    return identity.integer("MntBruto") == _YES


def _issuer(block: Fields) -> Party:
    number = block.written("RUTEmisor")
    return Party(
        rut=number,
        name=block.text("RznSoc", "RznSocEmisor"),
        giro=block.text("GiroEmis", "GiroEmisor"),
        address=block.text("DirOrigen"),
        comuna=block.text("CmnaOrigen"),
        city=block.text("CiudadOrigen"),
        email=block.text("CorreoEmisor"),
        phone=", ".join(block.texts("Telefono")),
        acteco=block.texts("Acteco"),
        country="CL",
        is_natural_person=is_natural_person(number),
        branch=block.text("Sucursal"),
        branch_code=block.text("CdgSIISucur"),
        seller_code=block.text("CdgVendedor"),
    )


def _receiver(block: Fields) -> Party:
    number = block.written("RUTRecep")
    foreigner = block.block("Extranjero")
    return Party(
        rut=number,
        name=block.text("RznSocRecep"),
        giro=block.text("GiroRecep"),
        address=block.text("DirRecep"),
        comuna=block.text("CmnaRecep"),
        city=block.text("CiudadRecep"),
        email=block.text("CorreoRecep"),
        phone=block.text("Contacto"),
        is_natural_person=is_natural_person(number),
        customer_code=block.text("CdgIntRecep"),
        foreign_id=foreigner.text("NumId"),
        nationality=foreigner.text("Nacionalidad"),
    )


def _totals(block: Fields) -> Totals:
    charged = block.block("Comisiones")
    parts = (charged.number(f"ValCom{part}") for part in ("Neto", "Exe", "IVA"))
    return Totals(
        net=block.number("MntNeto"),
        exempt=block.number("MntExe"),
        vat_rate=block.number("TasaIVA"),
        vat=block.number("IVA"),
        additional_taxes=tuple(
            AdditionalTax(
                code=each.text("TipoImp"),
                rate=each.number("TasaImp"),
                amount=each.number("MontoImp") or _ZERO,
            )
            for each in block.blocks("ImptoReten")
        ),
        vat_not_withheld=block.number("IVANoRet"),
        deposit_guarantee=block.number("GrntDep") or _ZERO,
        construction_credit=block.number("CredEC") or _ZERO,
        commissions=sum((part or _ZERO for part in parts), _ZERO),
        total=block.number("MntTotal"),
        own_vat=block.number("IVAProp"),
        third_party_vat=block.number("IVATerc"),
        not_billable=block.number("MontoNF"),
        period_amount=block.number("MontoPeriodo"),
        previous_balance=block.number("SaldoAnterior"),
        to_pay=block.number("VlrPagar"),
    )


def _line(block: Fields, position: int) -> Line:
    number = block.integer("NroLinDet")
    return Line(
        number=position if number is None else number,
        name=block.text("NmbItem"),
        description=block.text("DscItem"),
        quantity=block.number("QtyItem"),
        unit=block.text("UnmdItem"),
        unit_price=block.number("PrcItem"),
        discount=block.number("DescuentoMonto") or _ZERO,
        surcharge=block.number("RecargoMonto") or _ZERO,
        amount=block.number("MontoItem"),
        exemption=block.integer("IndExe"),
        tax_codes=block.texts("CodImpAdic"),
        discount_percent=block.number("DescuentoPct"),
        surcharge_percent=block.number("RecargoPct"),
        item_codes=tuple(each.text("VlrCodigo") for each in block.blocks("CdgItem")),
        settled_type=block.text("TpoDocLiq"),
    )


def _reference(block: Fields, position: int) -> Reference:
    number = block.integer("NroLinRef")
    return Reference(
        number=position if number is None else number,
        document_type=block.text("TpoDocRef"),
        folio=block.text("FolioRef"),
        date=block.day("FchRef"),
        code=block.integer("CodRef"),
        reason=block.text("RazonRef"),
        is_global=block.integer("IndGlobal") == _YES,
        other_rut=block.written("RUTOtr"),
    )


def _global_discount(block: Fields) -> GlobalDiscount:
    return GlobalDiscount(
        kind=block.text("TpoMov"),
        value_type=block.text("TpoValor"),
        value=block.number("ValorDR") or _ZERO,
        exemption=block.integer("IndExeDR"),
        text=block.text("GlosaDR"),
    )


def _payment(block: Fields) -> Payment:
    return Payment(
        date=block.day("FchPago"),
        amount=block.number("MntPago"),
        text=block.text("GlosaPagos"),
    )


def _commission(block: Fields) -> Commission:
    return Commission(
        kind=block.text("TipoMovim"),
        text=block.text("Glosa"),
        rate=block.number("TasaComision"),
        net=block.number("ValComNeto"),
        exempt=block.number("ValComExe"),
        vat=block.number("ValComIVA"),
    )


def _other_currency(block: Fields) -> OtherCurrency:
    return OtherCurrency(
        name=block.text("TpoMoneda"),
        rate=block.number("TpoCambio"),
        net=block.number("MntNetoOtrMnda"),
        exempt=block.number("MntExeOtrMnda"),
        vat=block.number("IVAOtrMnda"),
        total=block.number("MntTotOtrMnda"),
    )


def _transport(block: Fields) -> Transport | None:
    if not block:
        return None
    driver = block.block("Chofer")
    return Transport(
        plate=block.text("Patente"),
        trailer_plate=block.text("PatenteCarro"),
        carrier_rut=block.written("RUTTrans"),
        driver_rut=driver.written("RUTChofer"),
        driver_name=driver.text("NombreChofer"),
        address=block.text("DirDest"),
        comuna=block.text("CmnaDest"),
        city=block.text("CiudadDest"),
        departure_date=block.day("FchSalida"),
        departure_time=block.text("HraSalida"),
        arrival_date=block.day("FchLlegada"),
        customs=_customs(block.block("Aduana")),
    )


def _customs(block: Fields) -> Customs | None:
    if not block:
        return None
    return Customs(
        sale_mode=block.text("CodModVenta"),
        sale_clause=block.text("CodClauVenta"),
        clause_total=block.number("TotClauVenta"),
        transport_mode=block.text("CodViaTransp"),
        port_of_loading=block.text("CodPtoEmbarque"),
        port_of_unloading=block.text("CodPtoDesemb"),
        packages=block.number("TotBultos"),
        package_types=len(block.blocks("TipoBultos")),
        freight=block.number("MntFlete"),
        insurance=block.number("MntSeguro"),
        receiver_country=block.text("CodPaisRecep"),
        destination_country=block.text("CodPaisDestin"),
    )


def _stamp(block: Fields) -> Stamp | None:
    if not block:
        return None
    return Stamp(
        issuer_rut=block.text("RE"),
        document_type=block.text("TD"),
        folio=block.integer("F"),
        issue_date=block.day("FE"),
        receiver_rut=block.text("RR"),
        receiver_name=block.text("RSR"),
        total=block.number("MNT"),
        first_item=block.text("IT1"),
        stamped_at=block.moment("TSTED"),
        authorisation=_authorisation(block.block("CAF").block("DA")),
    )


def _authorisation(block: Fields) -> FolioAuthorisation | None:
    if not block:
        return None
    numbers = block.block("RNG")
    return FolioAuthorisation(
        document_type=block.text("TD"),
        first=numbers.integer("D"),
        last=numbers.integer("H"),
        authorised_on=block.day("FA"),
        rut=block.text("RE"),
    )
