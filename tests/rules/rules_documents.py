"""Correct documents of every type, to break one thing at a time.

All data are invented; the check digits of the RUTs are computed.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from odoo.addons.account_ai.services.documents.context import Context
from odoo.addons.account_ai.services.documents.document import (
    AdditionalTax,
    Commission,
    Document,
    Line,
    OtherCurrency,
    Party,
    Reference,
    Totals,
)
from odoo.addons.account_ai.services.documents.transport import Customs, Transport

TODAY = date(2026, 11, 18)
OURS = "77123987-0"
THEIRS = "76431209-0"

COMPANY = Party(
    rut=OURS,
    name="Montajes Quilapilún SpA",
    giro="OBRAS DE INGENIERIA",
    address="Av. Los Carrera 1450",
    comuna="Concepción",
    city="Concepción",
    acteco=("429000",),
    country="CL",
)
PARTNER = Party(
    rut=THEIRS,
    name="Clínica Los Aromos SpA",
    giro="SERVICIOS DE CLINICAS",
    address="Camino a Penco 3200",
    comuna="Concepción",
    city="Concepción",
    country="CL",
)
FOREIGN_PARTNER = Party(
    rut="55555555-5",
    name="Fresh Produce Importers LLC",
    giro="IMPORTER",
    address="2100 Harbor Blvd",
    city="Philadelphia",
    country="US",
)
CONTEXT = Context(today=TODAY, company_rut=OURS)


def line(number=1, quantity=2, price=50_000, **values):
    """Return a line whose amount follows from quantity, price and discount."""
    fields = {
        "name": "Cambio de rodamientos de bomba centrífuga",
        "quantity": Decimal(quantity),
        "unit_price": Decimal(price),
        "unit": "UN",
        "amount": Decimal(quantity) * Decimal(price)
        - values.get("discount", 0)
        + values.get("surcharge", 0),
    }
    return Line(number=number, **{**fields, **values})


def totals(net=100_000, **values):
    """Return totals that follow from a net amount at 19 %."""
    net = Decimal(net)
    vat = (net * 19 / 100).quantize(Decimal(1))
    fields = {"net": net, "vat_rate": Decimal(19), "vat": vat, "total": net + vat}
    return Totals(**{**fields, **values})


def invoice(**values):
    """Return a factura (33) that we issue today."""
    fields = {
        "document_type": "33",
        "flow": "sale",
        "issuer": COMPANY,
        "receiver": PARTNER,
        "totals": totals(),
        "lines": (line(),),
        "issue_date": TODAY,
        "due_date": date(2026, 12, 18),
        "payment_form": 2,
    }
    return Document(**{**fields, **values})


def bill(**values):
    """Return a factura (33) that we received."""
    return invoice(
        **{"flow": "purchase", "issuer": PARTNER, "receiver": COMPANY, **values}
    )


def exempt_invoice(**values):
    """Return a factura exenta (34)."""
    fields = {
        "document_type": "34",
        "totals": Totals(exempt=Decimal(100_000), total=Decimal(100_000)),
        "lines": (line(exemption=1),),
    }
    return invoice(**{**fields, **values})


def receipt(**values):
    """Return a boleta (39): its lines include VAT."""
    fields = {
        "document_type": "39",
        "receiver": Party(rut="66666666-6", name="Consumidor final"),
        "totals": Totals(
            net=Decimal(21_000), vat=Decimal(3_990), total=Decimal(24_990)
        ),
        "lines": (line(quantity=1, price=24_990),),
        "gross_lines": True,
        "service_indicator": 3,
        "payment_form": None,
        "due_date": None,
    }
    return invoice(**{**fields, **values})


def exempt_receipt(**values):
    """Return a boleta exenta (41)."""
    fields = {
        "document_type": "41",
        "totals": Totals(exempt=Decimal(11_000), total=Decimal(11_000)),
        "lines": (line(quantity=2, price=5_500, exemption=1),),
        "gross_lines": False,
    }
    return receipt(**{**fields, **values})


def settlement(**values):
    """Return a liquidación-factura (43) with commissions taken off."""
    fields = {
        "document_type": "43",
        "totals": totals(commissions=Decimal(11_900), total=Decimal(119_000 - 11_900)),
        "commissions": (
            Commission(
                kind="C",
                text="Comisión de venta",
                net=Decimal(10_000),
                vat=Decimal(1_900),
            ),
        ),
    }
    return invoice(**{**fields, **values})


def purchase_invoice(**values):
    """Return a factura de compra (46) of wheat, 4 % withheld."""
    fields = {
        "document_type": "46",
        "flow": "purchase",
        "totals": totals(
            520_000,
            additional_taxes=(AdditionalTax("34", Decimal(4), Decimal(20_800)),),
            vat_not_withheld=Decimal(78_000),
            total=Decimal(598_000),
        ),
        "lines": (line(quantity=2000, price=260, unit="KG", tax_codes=("34",)),),
    }
    return invoice(**{**fields, **values})


TRANSPORT = Transport(
    plate="KJHD82",
    carrier_rut="78123456-7",
    driver_rut="9876543-3",
    driver_name="Héctor Vergara Pino",
    address="Ruta Q-15 km 8",
    comuna="Nacimiento",
    departure_date=TODAY,
    departure_time="08:30:00",
    arrival_date=TODAY,
)
CUSTOMS = Customs(
    sale_mode="1",
    sale_clause="5",
    clause_total=Decimal("2102.95"),
    transport_mode="1",
    port_of_loading="904",
    port_of_unloading="221",
    receiver_country="225",
)


def guide(**values):
    """Return a guía de despacho (52) of a sale."""
    fields = {
        "document_type": "52",
        "transfer_indicator": 1,
        "dispatch_type": 2,
        "transport": TRANSPORT,
        "payment_form": None,
    }
    return invoice(**{**fields, **values})


def reference(**values):
    """Return a reference that annuls a factura of last month."""
    fields = {
        "number": 1,
        "document_type": "33",
        "folio": "1015",
        "date": date(2026, 10, 22),
        "code": 1,
        "reason": "Anula factura",
    }
    return Reference(**{**fields, **values})


def credit_note(**values):
    """Return a nota de crédito (61) that annuls a factura."""
    fields = {
        "document_type": "61",
        "references": (reference(),),
        "payment_form": None,
        "due_date": None,
    }
    return invoice(**{**fields, **values})


def debit_note(**values):
    """Return a nota de débito (56) that annuls a nota de crédito."""
    fields = {
        "document_type": "56",
        "references": (reference(document_type="61", folio="210"),),
    }
    return credit_note(**{**fields, **values})


def in_pesos(**values):
    """Return the totals of an export of 2.102,95 dollars in pesos."""
    fields = {
        "name": "PESO CL",
        "rate": Decimal("941.27"),
        "exempt": Decimal(1_979_444),
        "total": Decimal(1_979_444),
    }
    return OtherCurrency(**{**fields, **values})


def export_invoice(**values):
    """Return a factura de exportación (110) in dollars."""
    fields = {
        "document_type": "110",
        "receiver": FOREIGN_PARTNER,
        "currency": "USD",
        "totals": Totals(exempt=Decimal("2102.95"), total=Decimal("2102.95")),
        "currency_name": "DOLAR USA",
        "other_currencies": (in_pesos(),),
        "transport": Transport(customs=CUSTOMS),
        "lines": (line(quantity=137, price="15.35", exemption=1),),
        "payment_form": None,
    }
    return invoice(**{**fields, **values})


def export_credit_note(**values):
    """Return a nota de crédito de exportación (112) that annuls a 110."""
    fields = {
        "document_type": "112",
        "references": (reference(document_type="110", folio="45"),),
    }
    return export_invoice(**{**fields, **values})


def export_debit_note(**values):
    """Return a nota de débito de exportación (111) that annuls a 112."""
    fields = {
        "document_type": "111",
        "references": (reference(document_type="112", folio="15"),),
    }
    return export_invoice(**{**fields, **values})


def fee_receipt(**values):
    """Return a boleta de honorarios (70) that we received."""
    fields = {
        "document_type": "70",
        "issuer": Party(
            rut="15876432-6", name="Camila Soto Riquelme", is_natural_person=True
        ),
        "receiver": COMPANY,
        "flow": "purchase",
        "totals": Totals(
            fee=Decimal(1_200_000),
            retention_rate=Decimal("15.25"),
            retention=Decimal(183_000),
            total=Decimal(1_017_000),
        ),
        "lines": (
            Line(number=1, name="Cálculo", amount=Decimal(1_200_000), exemption=1),
        ),
        "folio": 214,
        "payment_form": None,
        "due_date": None,
    }
    return invoice(**{**fields, **values})


SOUND_DOCUMENTS = {
    "invoice": invoice,
    "bill": bill,
    "exempt invoice": exempt_invoice,
    "receipt": receipt,
    "exempt receipt": exempt_receipt,
    "settlement": settlement,
    "purchase invoice": purchase_invoice,
    "guide": guide,
    "credit note": credit_note,
    "debit note": debit_note,
    "export invoice": export_invoice,
    "export credit note": export_credit_note,
    "export debit note": export_debit_note,
    "fee receipt": fee_receipt,
}


def with_issuer(document, **values):
    """Return ``document`` with a changed issuer."""
    return replace(document, issuer=replace(document.issuer, **values))


def with_receiver(document, **values):
    """Return ``document`` with a changed receiver."""
    return replace(document, receiver=replace(document.receiver, **values))


def with_totals(document, **values):
    """Return ``document`` with changed totals."""
    return replace(document, totals=replace(document.totals, **values))


def with_line(document, **values):
    """Return ``document`` with its first line changed."""
    first, *others = document.lines
    return replace(document, lines=(replace(first, **values), *others))


def with_references(document, *references):
    """Return ``document`` with other references."""
    return replace(document, references=references)
