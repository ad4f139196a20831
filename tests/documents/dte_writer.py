"""Writes documents as trees of SII fields, and such trees as XML and JSON."""

import json
from datetime import date, datetime
from decimal import Decimal

from lxml import etree

from odoo.addons.account_ai.services.documents.dte_xml import SII_NAMESPACE

_BODY = {"43": "Liquidacion", "110": "Exportaciones"} | {
    each: "Exportaciones" for each in ("111", "112")
}


def fields_of(document):
    """Return a document as the tree of fields inside ``Documento``."""
    is_boleta = document.document_type in ("39", "41")
    gross = document.gross_lines
    tree = {
        "Encabezado": {
            "IdDoc": {
                "TipoDTE": document.document_type,
                "Folio": document.folio,
                "FchEmis": document.issue_date,
                "IndNoRebaja": 1 if document.no_debit_reduction else None,
                "TipoDespacho": document.dispatch_type,
                "IndTraslado": document.transfer_indicator,
                "IndServicio": document.service_indicator,
                "MntBruto": 1 if gross and not is_boleta else None,
                "IndMntNeto": 2 if document.document_type == "39" and not gross else "",
                "FmaPago": document.payment_form,
                "FmaPagExp": document.export_payment_form,
                "MntPagos": [
                    {
                        "FchPago": each.date,
                        "MntPago": each.amount,
                        "GlosaPagos": each.text,
                    }
                    for each in document.payments
                ],
                "PeriodoDesde": document.period_from,
                "PeriodoHasta": document.period_to,
                "MedioPago": document.means_of_payment,
                "TermPagoGlosa": document.payment_terms,
                "FchVenc": document.due_date,
                "TipoFactEsp": document.special_invoice,
            },
            "Emisor": _issuer(document, is_boleta),
            "Receptor": _receiver(document.receiver),
            "Transporte": _transport(document.transport),
            "Totales": _totals(document),
            "OtraMoneda": [
                {
                    "TpoMoneda": each.name,
                    "TpoCambio": each.rate,
                    "MntNetoOtrMnda": each.net,
                    "MntExeOtrMnda": each.exempt,
                    "IVAOtrMnda": each.vat,
                    "MntTotOtrMnda": each.total,
                }
                for each in document.other_currencies
            ],
        },
        "Detalle": [_line(each) for each in document.lines],
        "SubTotInfo": [{"NroSTI": n + 1} for n in range(document.subtotals)],
        "DscRcgGlobal": [
            {
                "NroLinDR": number,
                "TpoMov": each.kind,
                "GlosaDR": each.text,
                "TpoValor": each.value_type,
                "ValorDR": each.value,
                "IndExeDR": each.exemption,
            }
            for number, each in enumerate(document.global_discounts, 1)
        ],
        "Referencia": [
            {
                "NroLinRef": each.number,
                "TpoDocRef": each.document_type,
                "IndGlobal": 1 if each.is_global else None,
                "FolioRef": each.folio,
                "RUTOtr": each.other_rut,
                "FchRef": each.date,
                "CodRef": each.code,
                "RazonRef": each.reason,
            }
            for each in document.references
        ],
        "Comisiones": [
            {
                "NroLinCom": number,
                "TipoMovim": each.kind,
                "Glosa": each.text,
                "TasaComision": each.rate,
                "ValComNeto": each.net,
                "ValComExe": each.exempt,
                "ValComIVA": each.vat,
            }
            for number, each in enumerate(document.commissions, 1)
        ],
        "TED": _stamp(document.stamp),
    }
    return _filled(tree)


def _issuer(document, is_boleta):
    party = document.issuer
    return {
        "RUTEmisor": party.rut,
        "RznSocEmisor" if is_boleta else "RznSoc": party.name,
        "GiroEmisor" if is_boleta else "GiroEmis": party.giro,
        "Telefono": party.phone,
        "CorreoEmisor": party.email,
        "Acteco": list(party.acteco),
        "GuiaExport": {"CdgTraslado": document.transfer_code},
        "Sucursal": party.branch,
        "CdgSIISucur": party.branch_code,
        "DirOrigen": party.address,
        "CmnaOrigen": party.comuna,
        "CiudadOrigen": party.city,
        "CdgVendedor": party.seller_code,
    }


def _receiver(party):
    return {
        "RUTRecep": party.rut,
        "CdgIntRecep": party.customer_code,
        "RznSocRecep": party.name,
        "Extranjero": {"NumId": party.foreign_id, "Nacionalidad": party.nationality},
        "GiroRecep": party.giro,
        "Contacto": party.phone,
        "CorreoRecep": party.email,
        "DirRecep": party.address,
        "CmnaRecep": party.comuna,
        "CiudadRecep": party.city,
    }


def _transport(transport):
    if transport is None:
        return None
    customs = transport.customs
    return {
        "Patente": transport.plate,
        "PatenteCarro": transport.trailer_plate,
        "RUTTrans": transport.carrier_rut,
        "Chofer": {
            "RUTChofer": transport.driver_rut,
            "NombreChofer": transport.driver_name,
        },
        "DirDest": transport.address,
        "CmnaDest": transport.comuna,
        "CiudadDest": transport.city,
        "FchSalida": transport.departure_date,
        "HraSalida": transport.departure_time,
        "FchLlegada": transport.arrival_date,
        "Aduana": customs
        and {
            "CodModVenta": customs.sale_mode,
            "CodClauVenta": customs.sale_clause,
            "TotClauVenta": customs.clause_total,
            "CodViaTransp": customs.transport_mode,
            "CodPtoEmbarque": customs.port_of_loading,
            "CodPtoDesemb": customs.port_of_unloading,
            "TotBultos": customs.packages,
            "TipoBultos": [
                {"CodTpoBultos": n + 1} for n in range(customs.package_types)
            ],
            "MntFlete": customs.freight,
            "MntSeguro": customs.insurance,
            "CodPaisRecep": customs.receiver_country,
            "CodPaisDestin": customs.destination_country,
        },
    }


def _totals(document):
    totals = document.totals
    return {
        "TpoMoneda": document.currency_name,
        "MntNeto": totals.net,
        "MntExe": totals.exempt,
        "TasaIVA": totals.vat_rate,
        "IVA": totals.vat,
        "IVAProp": totals.own_vat,
        "IVATerc": totals.third_party_vat,
        "ImptoReten": [
            {"TipoImp": each.code, "TasaImp": each.rate, "MontoImp": each.amount}
            for each in totals.additional_taxes
        ],
        "IVANoRet": totals.vat_not_withheld,
        "CredEC": totals.construction_credit or None,
        "GrntDep": totals.deposit_guarantee or None,
        "Comisiones": {"ValComNeto": totals.commissions or None},
        "MntTotal": totals.total,
        "MontoNF": totals.not_billable,
        "MontoPeriodo": totals.period_amount,
        "SaldoAnterior": totals.previous_balance,
        "VlrPagar": totals.to_pay,
    }


def _line(line):
    return {
        "NroLinDet": line.number,
        "CdgItem": [
            {"TpoCodigo": "INT1", "VlrCodigo": each} for each in line.item_codes
        ],
        "TpoDocLiq": line.settled_type,
        "IndExe": line.exemption,
        "NmbItem": line.name,
        "DscItem": line.description,
        "QtyItem": line.quantity,
        "UnmdItem": line.unit,
        "PrcItem": line.unit_price,
        "DescuentoPct": line.discount_percent,
        "DescuentoMonto": line.discount or None,
        "RecargoPct": line.surcharge_percent,
        "RecargoMonto": line.surcharge or None,
        "CodImpAdic": list(line.tax_codes),
        "MontoItem": line.amount,
    }


def _stamp(stamp):
    if stamp is None:
        return None
    authorised = stamp.authorisation
    return {
        "DD": {
            "RE": stamp.issuer_rut,
            "TD": stamp.document_type,
            "F": stamp.folio,
            "FE": stamp.issue_date,
            "RR": stamp.receiver_rut,
            "RSR": stamp.receiver_name,
            "MNT": stamp.total,
            "IT1": stamp.first_item,
            "CAF": authorised
            and {
                "DA": {
                    "RE": authorised.rut,
                    "TD": authorised.document_type,
                    "RNG": {"D": authorised.first, "H": authorised.last},
                    "FA": authorised.authorised_on,
                }
            },
            "TSTED": stamp.stamped_at,
        }
    }


def _filled(value):
    """Return a tree without what is absent."""
    if isinstance(value, dict):
        pairs = ((name, _filled(each)) for name, each in value.items())
        return {name: each for name, each in pairs if each not in (None, "", {}, [])}
    if isinstance(value, list):
        return [_filled(each) for each in value]
    return value


def through_json(tree):
    """Return a tree as it comes out of a JSON file, numbers exact."""

    def plain(value):
        if isinstance(value, (date, datetime)):
            return value.isoformat()
        if isinstance(value, Decimal):
            whole = value == value.to_integral_value()
            return int(value) if whole else str(value)
        raise TypeError(type(value))

    return json.loads(json.dumps(tree, default=plain), parse_float=Decimal)


def body_element(tree, *, namespace=SII_NAMESPACE):
    """Return a ``DTE`` element around a tree of fields."""
    document_type = str(tree["Encabezado"]["IdDoc"].get("TipoDTE", ""))
    name = _BODY.get(document_type, "Documento")
    prefix = f"{{{namespace}}}" if namespace else ""
    dte = etree.Element(
        f"{prefix}DTE", nsmap={None: namespace} if namespace else None, version="1.0"
    )
    body = etree.SubElement(dte, f"{prefix}{name}", ID="T1")
    _append(body, tree, prefix)
    return dte


def _append(parent, tree, prefix):
    for name, value in tree.items():
        for each in value if isinstance(value, list) else [value]:
            child = etree.SubElement(parent, f"{prefix}{name}")
            if isinstance(each, dict):
                _append(child, each, prefix)
            elif isinstance(each, (date, datetime)):
                child.text = each.isoformat()
            else:
                child.text = str(each)


def xml_of(tree, *, encoding="ISO-8859-1", namespace=SII_NAMESPACE, inside=()):
    """Return a tree of fields as an XML file.

    :param inside: names of the elements around the DTE, the outermost first
    """
    return file_of(
        [body_element(tree, namespace=namespace)],
        encoding=encoding,
        namespace=namespace,
        inside=inside,
    )


def file_of(
    elements, *, encoding="ISO-8859-1", namespace=SII_NAMESPACE, inside=("SetDTE",)
):
    """Return an XML file with some DTE elements."""
    prefix = f"{{{namespace}}}" if namespace else ""
    if not inside:
        (root,) = elements
    else:
        root = etree.Element(
            f"{prefix}{inside[0]}", nsmap={None: namespace} if namespace else None
        )
        parent = root
        for name in inside[1:]:
            parent = etree.SubElement(parent, f"{prefix}{name}")
        parent.extend(elements)
    return etree.tostring(root, encoding=encoding, xml_declaration=True)
