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
        global_discounts=top.records("DscRcgGlobal", GlobalDiscount),
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
        payments=identity.records("MntPagos", Payment),
        dispatch_type=identity.integer("TipoDespacho"),
        transfer_code=header.block("Emisor").block("GuiaExport").integer("CdgTraslado"),
        period_from=identity.day("PeriodoDesde"),
        period_to=identity.day("PeriodoHasta"),
        currency_name=currency_name,
        other_currencies=header.records("OtraMoneda", OtherCurrency),
        transport=_transport(header.block("Transporte")),
        commissions=top.records("Comisiones", Commission),
        subtotals=len(top.blocks("SubTotInfo")),
        stamp=_stamp(top.block("TED").block("DD")),
    )


def is_natural_person(number: str) -> bool:
    """Return whether a RUT is one of a natural person."""
    return 0 < rut.body(number) < rut.NATURAL_PERSON_LIMIT


def _has_gross_lines(identity: Fields, document_type: str) -> bool:
    if document_type == _AFFECTED_BOLETA:
        return identity.integer("IndMntNeto") != _NET_LINES
    return identity.integer("MntBruto") == _YES


def _issuer(block: Fields) -> Party:
    number = block.written("RUTEmisor")
    return block.record(
        Party,
        rut=number,
        phone=", ".join(block.texts("Telefono")),
        country="CL",
        is_natural_person=is_natural_person(number),
    )


def _receiver(block: Fields) -> Party:
    number = block.written("RUTRecep")
    foreigner = block.block("Extranjero")
    return block.record(
        Party,
        rut=number,
        is_natural_person=is_natural_person(number),
        foreign_id=foreigner.text("NumId"),
        nationality=foreigner.text("Nacionalidad"),
    )


def _totals(block: Fields) -> Totals:
    charged = block.block("Comisiones")
    parts = (charged.number(f"ValCom{part}") for part in ("Neto", "Exe", "IVA"))
    return block.record(
        Totals,
        additional_taxes=block.records("ImptoReten", AdditionalTax),
        commissions=sum((part or _ZERO for part in parts), _ZERO),
    )


def _line(block: Fields, position: int) -> Line:
    number = block.integer("NroLinDet")
    return block.record(
        Line,
        number=position if number is None else number,
        item_codes=tuple(each.text("VlrCodigo") for each in block.blocks("CdgItem")),
    )


def _reference(block: Fields, position: int) -> Reference:
    number = block.integer("NroLinRef")
    return block.record(
        Reference,
        number=position if number is None else number,
        other_rut=block.written("RUTOtr"),
    )


def _transport(block: Fields) -> Transport | None:
    if not block:
        return None
    driver = block.block("Chofer")
    customs = block.block("Aduana")
    return block.record(
        Transport,
        carrier_rut=block.written("RUTTrans"),
        driver_rut=driver.written("RUTChofer"),
        driver_name=driver.text("NombreChofer"),
        customs=customs.record(Customs, package_types=len(customs.blocks("TipoBultos")))
        if customs
        else None,
    )


def _stamp(block: Fields) -> Stamp | None:
    if not block:
        return None
    authorisation = block.block("CAF").block("DA")
    numbers = authorisation.block("RNG")
    return block.record(
        Stamp,
        authorisation=authorisation.record(
            FolioAuthorisation, first=numbers.integer("D"), last=numbers.integer("H")
        )
        if authorisation
        else None,
    )
