"""Documents for the tests of agents and privacy."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from odoo.addons.account_ai.services.documents.context import (
    Context,
    PartnerHistory,
    PastDocument,
)
from odoo.addons.account_ai.services.documents.document import (
    Document,
    Line,
    Party,
    Reference,
    Totals,
)

COMPANY = Party(
    rut="77123987-0",
    name="Montajes Itata SpA",
    giro="MONTAJE INDUSTRIAL",
    address="Los Carrera 1450",
    comuna="Concepción",
)
CUSTOMER = Party(
    rut="96800123-K",
    name="Celulosa Ránquil S.A.",
    giro="FABRICACION DE CELULOSA",
    address="Ruta Q-15 km 8",
    comuna="Nacimiento",
)
PERSON = Party(
    rut="12.345.678-5",
    name="Elena Rojas Soto",
    giro="SERVICIOS CONTABLES",
    email="elena.rojas@correo.cl",
    phone="+56 9 8765 4321",
    is_natural_person=True,
)
TODAY = date(2026, 11, 20)


def invoice(**changes) -> Document:
    """Return a sale of one line, changed by ``changes``."""
    document = Document(
        document_type="33",
        flow="sale",
        issuer=COMPANY,
        receiver=CUSTOMER,
        totals=Totals(
            net=Decimal(100000),
            vat_rate=Decimal(19),
            vat=Decimal(19000),
            total=Decimal(119000),
        ),
        lines=(line(1, "Mantención de bombas, octubre 2026"),),
        references=(Reference(1, "801", "OC-77", date(2026, 10, 1)),),
        issue_date=TODAY,
        due_date=date(2026, 12, 20),
    )
    return replace(document, **changes)


def line(number: int, name: str, **changes) -> Line:
    """Return a line of 100,000 pesos."""
    values = {
        "quantity": Decimal("1.00"),
        "unit": "UN",
        "unit_price": Decimal("100000.00"),
        "amount": Decimal(100000),
        **changes,
    }
    return Line(number, name, **values)


def context(**changes) -> Context:
    """Return a context with a short history."""
    values = {
        "today": TODAY,
        "company_rut": COMPANY.rut,
        "history": PartnerHistory(
            count=2,
            median_total=Decimal(119000),
            min_total=Decimal(119000),
            max_total=Decimal(119000),
            recent=(
                PastDocument(
                    date(2026, 10, 20),
                    Decimal(119000),
                    ("Mantención de bombas, septiembre 2026",),
                ),
            ),
        ),
        **changes,
    }
    return Context(**values)
