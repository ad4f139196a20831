"""What people call the fields of a tax document: names behind which the SII's stand.

The names are parts of a sentence, with their article; see :func:`label`.
Source of the tags: SII, "Formato Documentos Tributarios Electrónicos" v2.2.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..common.translation import _

FIELD_NAMES: Mapping[str, str] = {
    # Identity of the document
    "TipoDTE": _("the document type"),
    "Folio": _("the folio"),
    "CAF": _("the authorisation of folios"),
    "FchEmis": _("the issue date"),
    "FchVenc": _("the due date"),
    "FmaPago": _("the payment form"),
    "FmaPagExp": _("the payment form of the export"),
    "MedioPago": _("the means of payment"),
    "TermPagoGlosa": _("the payment terms"),
    "IndServicio": _("the kind of service"),
    "IndTraslado": _("the reason for moving the goods"),
    "IndNoRebaja": _("the mark that the VAT debit is not lowered"),
    "TipoDespacho": _("who moves the goods"),
    "TipoFactEsp": _("the kind of special invoice"),
    "PeriodoDesde": _("the first day of the period"),
    "PeriodoHasta": _("the last day of the period"),
    "FchPago": _("the date of an instalment"),
    "MntPago": _("the amount of an instalment"),
    "GlosaPagos": _("the text of an instalment"),
    "CdgTraslado": _("who moves goods for export"),
    # Parties that are neither issuer nor receiver, and further data of both
    "Sucursal": _("the branch"),
    "CdgSIISucur": _("the SII's code of the branch"),
    "CdgVendedor": _("the code of the seller"),
    "CdgIntRecep": _("the code of the customer"),
    "NumId": _("the tax number abroad"),
    "Nacionalidad": _("the nationality"),
    "RUTOtr": _("the RUT of the other issuer"),
    # Lines
    "Detalle": _("the lines"),
    "NroLinDet": _("the number of the line"),
    "NmbItem": _("the name of the product or service"),
    "DscItem": _("the description"),
    "QtyItem": _("the quantity"),
    "UnmdItem": _("the unit"),
    "PrcItem": _("the unit price"),
    "DescuentoMonto": _("the discount"),
    "DescuentoPct": _("the discount in per cent"),
    "RecargoMonto": _("the surcharge"),
    "RecargoPct": _("the surcharge in per cent"),
    "MontoItem": _("the amount of the line"),
    "IndExe": _("the mark of exempt lines"),
    "CodImpAdic": _("the further tax of the line"),
    "VlrCodigo": _("the product's code"),
    "TpoDocLiq": _("the type of the settled document"),
    # Global discounts, commissions and subtotals
    "DscRcgGlobal": _("the global discounts and surcharges"),
    "GlosaDR": _("the text of the global discount"),
    "IndExeDR": _("the part that the global discount is for"),
    "TpoMov": _("whether it is a discount or a surcharge"),
    "TpoValor": _("whether it is a percentage or an amount"),
    "ValorDR": _("the value of the global discount"),
    "Comisiones": _("the commissions"),
    "TipoMovim": _("the kind of commission"),
    "Glosa": _("the text of the commission"),
    "TasaComision": _("the rate of the commission"),
    "ValCom": _("the commissions and other charges"),
    "ValComNeto": _("the net amount of the commissions"),
    "ValComExe": _("the exempt amount of the commissions"),
    "ValComIVA": _("the VAT of the commissions"),
    "SubTotInfo": _("the subtotals"),
    # Totals
    "MntNeto": _("the net amount"),
    "MntExe": _("the exempt amount"),
    "TasaIVA": _("the VAT rate"),
    "IVA": _("the VAT"),
    "ImptoReten": _("the further taxes and retentions"),
    "TipoImp": _("the code of the further tax"),
    "TasaImp": _("the rate of the further tax"),
    "MontoImp": _("the amount of the further tax"),
    "IVANoRet": _("the VAT that is not withheld"),
    "IVAProp": _("the VAT on one's own part"),
    "IVATerc": _("the VAT for third parties"),
    "GrntDep": _("the deposit for containers"),
    "CredEC": _("the credit of construction companies"),
    "MntTotal": _("the total"),
    "MontoNF": _("the amount that is not billed"),
    "MontoPeriodo": _("the amount of the period"),
    "SaldoAnterior": _("the previous balance"),
    "VlrPagar": _("the amount to pay"),
    "TpoMoneda": _("the currency"),
    "OtraMoneda": _("the amounts in another currency"),
    "TpoCambio": _("the exchange rate"),
    "MntNetoOtrMnda": _("the net amount in the other currency"),
    "MntExeOtrMnda": _("the exempt amount in the other currency"),
    "IVAOtrMnda": _("the VAT in the other currency"),
    "MntTotOtrMnda": _("the total in the other currency"),
    # References
    "Referencia": _("the references"),
    "NroLinRef": _("the number of the reference"),
    "TpoDocRef": _("the type of the referenced document"),
    "FolioRef": _("the folio of the referenced document"),
    "FchRef": _("the date of the referenced document"),
    "CodRef": _("what the note does to the document"),
    "RazonRef": _("the reason of the reference"),
    "IndGlobal": _("the mark of a global reference"),
    # Transport and customs
    "Transporte": _("the transport"),
    "Patente": _("the plate of the vehicle"),
    "PatenteCarro": _("the plate of the trailer"),
    "RUTTrans": _("the RUT of the carrier"),
    "RUTChofer": _("the RUT of the driver"),
    "NombreChofer": _("the name of the driver"),
    "DirDest": _("the address of destination"),
    "CmnaDest": _("the comuna of destination"),
    "CiudadDest": _("the city of destination"),
    "FchSalida": _("the date of departure"),
    "HraSalida": _("the hour of departure"),
    "FchLlegada": _("the date of arrival"),
    "Aduana": _("the data for customs"),
    "CodModVenta": _("the mode of sale"),
    "CodClauVenta": _("the clause of sale"),
    "TotClauVenta": _("the total of the clause of sale"),
    "CodViaTransp": _("the way of transport"),
    "CodPtoEmbarque": _("the port of loading"),
    "CodPtoDesemb": _("the port of unloading"),
    "TipoBultos": _("the kinds of packages"),
    "TotBultos": _("the number of packages"),
    "MntFlete": _("the freight"),
    "MntSeguro": _("the insurance"),
    "CodPaisRecep": _("the country of the receiver"),
    "CodPaisDestin": _("the country of destination"),
    "TED": _("the electronic stamp"),
    # Not of the SII's format
    "bruto": _("the gross fee"),
    "retencion": _("the retention"),
    "liquido": _("the net fee"),
    "tasa_retencion": _("the rate of retention"),
    "tasa": _("the rate of retention"),
    "sii_received_at": _("the date on which the SII received it"),
    "notes": _("the notes"),
}
"""Names of fields by the SII's tag, as part of a sentence."""

ISSUER, RECEIVER = "issuer", "receiver"
PARTY_FIELD_NAMES: Mapping[str, tuple[str, str]] = {
    "RUTEmisor": (ISSUER, _("the RUT")),
    "RznSoc": (ISSUER, _("the name")),
    "RznSocEmisor": (ISSUER, _("the name")),
    "GiroEmis": (ISSUER, _("the giro")),
    "GiroEmisor": (ISSUER, _("the giro")),
    "Acteco": (ISSUER, _("the code of economic activity")),
    "DirOrigen": (ISSUER, _("the address")),
    "CmnaOrigen": (ISSUER, _("the comuna")),
    "CiudadOrigen": (ISSUER, _("the city")),
    "CorreoEmisor": (ISSUER, _("the e-mail")),
    "Telefono": (ISSUER, _("the telephone")),
    "RUTRecep": (RECEIVER, _("the RUT")),
    "RznSocRecep": (RECEIVER, _("the name")),
    "GiroRecep": (RECEIVER, _("the giro")),
    "DirRecep": (RECEIVER, _("the address")),
    "CmnaRecep": (RECEIVER, _("the comuna")),
    "CiudadRecep": (RECEIVER, _("the city")),
    "CorreoRecep": (RECEIVER, _("the e-mail")),
    "Contacto": (RECEIVER, _("the contact")),
}
"""Fields of issuer and receiver: whose they are, and what of them."""

OWNERS: Mapping[tuple[str, str], str] = {
    (ISSUER, "sale"): _("%(what)s of your company"),
    (ISSUER, "purchase"): _("%(what)s of the supplier"),
    (ISSUER, ""): _("%(what)s of the issuer"),
    (RECEIVER, "sale"): _("%(what)s of the customer"),
    (RECEIVER, "purchase"): _("%(what)s of your company"),
    (RECEIVER, ""): _("%(what)s of the receiver"),
}
"""Whose a field is, by the side of the document and the flow of who reads it."""

KNOWN_TAGS = frozenset({*FIELD_NAMES, *PARTY_FIELD_NAMES})
_ARTICLES = ("the ", "el ", "la ", "los ", "las ")


def is_sii_tag(tag: str) -> bool:
    """Return whether a field is one of the SII's format, which shows its tag."""
    return tag[:1].isupper()


def label(name: str) -> str:
    """Return a name as it stands by itself: without its article, in capitals."""
    for article in _ARTICLES:
        if name.startswith(article):
            name = name[len(article) :]
            break
    return name[:1].upper() + name[1:]


DOCUMENT_TYPES: Mapping[str, str] = {
    "30": _("paper invoice"),
    "32": _("paper exempt invoice"),
    "33": _("invoice"),
    "34": _("exempt invoice"),
    "35": _("paper boleta"),
    "38": _("paper exempt boleta"),
    "39": _("boleta"),
    "40": _("paper liquidación-factura"),
    "41": _("exempt boleta"),
    "43": _("liquidación-factura"),
    "45": _("paper factura de compra"),
    "46": _("factura de compra"),
    "50": _("paper delivery guide"),
    "52": _("delivery guide"),
    "55": _("paper debit note"),
    "56": _("debit note"),
    "60": _("paper credit note"),
    "61": _("credit note"),
    "70": _("boleta de honorarios"),
    "71": _("boleta de honorarios of a third party"),
    "103": _("liquidación"),
    "110": _("export invoice"),
    "111": _("export debit note"),
    "112": _("export credit note"),
    "801": _("purchase order"),
    "802": _("order note"),
    "803": _("contract"),
    "914": _("import declaration (DIN)"),
}
"""Names of documents by the SII's type (format v2.2, p. 41, TpoDocRef)."""
