"""The names of the fields of a DTE, block by block.

Taken from DTE_v10.xsd and EnvioBOLETA_v11.xsd, with the elements that came later: the
tourist's invoice (format v2.2) and Res. Ex. 154 of 2025.
"""

from collections.abc import Iterator, Mapping
from typing import Any


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DOCUMENT = ""
_OPAQUE = frozenset({"GeoRefEmision", "ManejoMadera"})
"""Blocks that are newer than those schemas: their fields are not known here."""

_BLOCKS = {
    _DOCUMENT: _names(
        """
        Encabezado Detalle SubTotInfo DscRcgGlobal Referencia Comisiones TED
        TmstFirma GeoRefEmision ManejoMadera
        """
    ),
    "Aduana": _names(
        """
        CodModVenta CodClauVenta TotClauVenta CodViaTransp NombreTransp
        RUTCiaTransp NomCiaTransp IdAdicTransp Booking Operador CodPtoEmbarque
        IdAdicPtoEmb CodPtoDesemb IdAdicPtoDesemb Tara CodUnidMedTara PesoBruto
        CodUnidPesoBruto PesoNeto CodUnidPesoNeto TotItems TotBultos TipoBultos
        MntFlete MntSeguro CodPaisRecep CodPaisDestin
        """
    ),
    "CAF": _names("DA FRMA"),
    "CdgItem": _names("TpoCodigo VlrCodigo"),
    "Chofer": _names("RUTChofer NombreChofer"),
    "Comisiones": _names(
        """
        ValComNeto ValComExe ValComIVA NroLinCom TipoMovim Glosa TasaComision
        """
    ),
    "DA": _names("RE RS TD RNG FA RSAPK DSAPK IDK"),
    "DD": _names("RE TD F FE RR RSR MNT IT1 CAF TSTED"),
    "DSAPK": _names("P Q G Y"),
    "Detalle": _names(
        """
        NroLinDet CdgItem IndExe Retenedor NmbItem DscItem QtyRef UnmdRef PrcRef
        QtyItem Subcantidad FchElabor FchVencim UnmdItem PrcItem OtrMnda
        DescuentoPct DescuentoMonto SubDscto RecargoPct RecargoMonto SubRecargo
        CodImpAdic MontoItem TpoDocLiq ItemEspectaculo RUTMandante InfoTicket
        """
    ),
    "DscRcgGlobal": _names(
        """
        NroLinDR TpoMov GlosaDR TpoValor ValorDR ValorDROtrMnda IndExeDR
        """
    ),
    "Emisor": _names(
        """
        RUTEmisor RznSoc GiroEmis Telefono CorreoEmisor Acteco GuiaExport
        Sucursal CdgSIISucur DirOrigen CmnaOrigen CiudadOrigen CdgVendedor
        IdAdicEmisor CodAdicSucur RznSocEmisor GiroEmisor RUTProveedor
        RznSocProveedor
        """
    ),
    "Encabezado": _names(
        """
        IdDoc Emisor RUTMandante Receptor RUTSolicita Transporte Totales
        OtraMoneda
        """
    ),
    "Extranjero": _names("NumId Nacionalidad IdAdicRecep TipoDocID"),
    "GuiaExport": _names("CdgTraslado FolioAut FchAut"),
    "IdDoc": _names(
        """
        TipoDTE Folio FchEmis IndNoRebaja TipoDespacho IndTraslado TpoImpresion
        IndServicio MntBruto TpoTranCompra TpoTranVenta FmaPago FmaPagExp
        FchCancel MntCancel SaldoInsol MntPagos PeriodoDesde PeriodoHasta
        MedioPago TpoCtaPago NumCtaPago BcoPago TermPagoCdg TermPagoGlosa
        TermPagoDias FchVenc IndMntNeto TipoFactEsp
        """
    ),
    "ImpRetOtrMnda": _names("TipoImpOtrMnda TasaImpOtrMnda VlrImpOtrMnda"),
    "ImptoReten": _names("TipoImp TasaImp MontoImp"),
    "InfoTicket": _names(
        """
        FolioTicket FchGenera NmbEvento TpoTicket CdgEvento FchEvento
        LugarEvento UbicEvento FilaUbicEvento AsntoUbicEvento
        """
    ),
    "MntPagos": _names("FchPago MntPago GlosaPagos"),
    "OtrMnda": _names(
        """
        PrcOtrMon Moneda FctConv DctoOtrMnda RecargoOtrMnda MontoItemOtrMnda
        """
    ),
    "OtraMoneda": _names(
        """
        TpoMoneda TpoCambio MntNetoOtrMnda MntExeOtrMnda MntFaeCarneOtrMnda
        MntMargComOtrMnda IVAOtrMnda ImpRetOtrMnda IVANoRetOtrMnda MntTotOtrMnda
        """
    ),
    "RNG": _names("D H"),
    "RSAPK": _names("M E"),
    "Receptor": _names(
        """
        RUTRecep CdgIntRecep RznSocRecep Extranjero GiroRecep Contacto
        CorreoRecep DirRecep CmnaRecep CiudadRecep DirPostal CmnaPostal
        CiudadPostal
        """
    ),
    "Referencia": _names(
        """
        NroLinRef TpoDocRef IndGlobal FolioRef RUTOtr FchRef CodRef RazonRef
        IdAdicOtr CodVndor CodCaja
        """
    ),
    "Retenedor": _names("IndAgente MntBaseFaena MntMargComer PrcConsFinal"),
    "SubDscto": _names("TipoDscto ValorDscto"),
    "SubRecargo": _names("TipoRecargo ValorRecargo"),
    "SubTotInfo": _names(
        """
        NroSTI GlosaSTI OrdenSTI SubTotNetoSTI SubTotIVASTI SubTotAdicSTI
        SubTotExeSTI ValSubtotSTI LineasDeta
        """
    ),
    "Subcantidad": _names("SubQty SubCod TipCodSubQty"),
    "TED": _names("DD FRMT"),
    "TipoBultos": _names(
        """
        CodTpoBultos CantBultos Marcas IdContainer Sello EmisorSello
        """
    ),
    "Totales": _names(
        """
        MntNeto MntExe MntBase MntMargenCom TasaIVA IVA IVAProp IVATerc
        ImptoReten IVANoRet CredEC GrntDep Comisiones MntTotal MontoNF
        MontoPeriodo SaldoAnterior VlrPagar TpoMoneda TotalPeriodo
        """
    ),
    "Transporte": _names(
        """
        Patente RUTTrans Chofer DirDest CmnaDest CiudadDest Aduana PatenteCarro
        FchSalida HraSalida FchLlegada
        """
    ),
}

_ALL = frozenset().union(*_BLOCKS.values())


def strange_fields(tree: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """Yield the fields of a tree that are not where the format puts them.

    :return: pairs of path and whether the format has such a name anywhere
    """
    yield from _strange(tree, _DOCUMENT, "")


def _strange(tree: Any, block: str, path: str) -> Iterator[tuple[str, bool]]:
    if isinstance(tree, list):
        for each in tree:
            yield from _strange(each, block, path)
    elif isinstance(tree, Mapping) and block not in _OPAQUE:
        names = _BLOCKS.get(block, frozenset())
        for name, value in tree.items():
            place = f"{path}/{name}" if path else name
            if name not in names:
                yield place, name in _ALL
            else:
                yield from _strange(value, name, place)
