"""How many documents a second the rules judge and are read, and how long one takes.

Runs without Odoo and without network, in one thread. The measure beside it is reading
the same document from JSON with the standard library.
"""

from __future__ import annotations

import json
import time
from datetime import date
from decimal import Decimal

from lxml import etree

from services.documents.context import Context
from services.documents.document import Document, Line, Party, Totals
from services.documents.dte_xml import SII_NAMESPACE, read_dte_xml
from services.documents.serialization import document_to_data
from services.rules import check, shipped_rates

SECONDS = 2.0
TODAY = date(2026, 11, 20)


def reference_document(lines: int = 4) -> Document:
    """Return a clean invoice (33) with ``lines`` lines."""
    amount = Decimal(125_000)
    net = amount * lines
    vat = (net * 19 / 100).quantize(Decimal(1))
    return Document(
        document_type="33",
        flow="sale",
        folio=1204,
        issue_date=TODAY,
        due_date=date(2026, 12, 20),
        payment_form=2,
        issuer=Party(
            rut="76543210-3",
            name="Servicios Andinos de Ingeniería SpA",
            giro="Servicios de ingeniería",
            address="Av. Providencia 1650",
            comuna="Providencia",
            city="Santiago",
            acteco=("711002",),
            country="CL",
        ),
        receiver=Party(
            rut="77812345-2",
            name="Clínica Costanera del Sur S.A.",
            giro="Servicios de clínicas",
            address="Camino El Alba 9001",
            comuna="Las Condes",
            city="Santiago",
            country="CL",
        ),
        totals=Totals(net=net, vat_rate=Decimal(19), vat=vat, total=net + vat),
        lines=tuple(
            Line(
                number=number,
                name=f"Mantención preventiva de grupo electrógeno {number}",
                quantity=Decimal(1),
                unit="UN",
                unit_price=amount,
                amount=amount,
            )
            for number in range(1, lines + 1)
        ),
    )


def reference_xml(lines: int) -> bytes:
    """Return a DTE of ``lines`` lines as its issuer sends it, without signature."""
    details = "".join(
        f"<Detalle><NroLinDet>{number}</NroLinDet>"
        f"<NmbItem>Mantención preventiva de grupo electrógeno {number}</NmbItem>"
        "<QtyItem>1</QtyItem><PrcItem>125000</PrcItem><MontoItem>125000</MontoItem>"
        "</Detalle>"
        for number in range(1, lines + 1)
    )
    net = 125_000 * lines
    return (
        f'<DTE version="1.0" xmlns="{SII_NAMESPACE}"><Documento ID="F1204"><Encabezado>'
        "<IdDoc><TipoDTE>33</TipoDTE><Folio>1204</Folio><FchEmis>2026-11-20</FchEmis>"
        "</IdDoc><Emisor><RUTEmisor>76543210-3</RUTEmisor></Emisor>"
        "<Receptor><RUTRecep>77812345-2</RUTRecep></Receptor>"
        f"<Totales><MntNeto>{net}</MntNeto><MntTotal>{net * 119 // 100}</MntTotal>"
        f"</Totales></Encabezado>{details}</Documento></DTE>"
    ).encode()


def _per_second(work) -> float:
    work()
    count, begin = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - begin) < SECONDS:
        for _ in range(20):
            work()
        count += 20
    return count / elapsed


def main() -> None:
    """Print the figures."""
    print("\nRules, one thread, without Odoo")
    print(f"{'lines':>6} {'documents/s':>12} {'ms each':>8} {'x reading its JSON':>19}")
    rates = shipped_rates()
    for lines in (1, 4, 60):
        document = reference_document(lines)
        context = Context(today=TODAY, company_rut=document.issuer.rut)
        text = json.dumps(document_to_data(document))
        report = check(document, context, rates)
        if any(finding.severity != "information" for finding in report.findings):
            codes = [finding.code for finding in report.findings]
            raise SystemExit(f"The reference document is not clean: {codes}")
        rules = _per_second(lambda d=document, c=context: check(d, c, rates))
        reading = _per_second(lambda t=text: json.loads(t))
        print(
            f"{lines:>6} {rules:>12,.0f} {1000 / rules:>8.3f} {reading / rules:>19.1f}"
        )
    print("Goal: 1 ms or less.")
    print(f"\n{'lines':>6} {'XML read/s':>12} {'ms each':>8} {'x parsing it':>19}")
    for lines in (1, 4, 60):
        data = reference_xml(lines)
        reading = _per_second(lambda d=data: read_dte_xml(d))
        parsing = _per_second(lambda d=data: etree.fromstring(d))
        print(
            f"{lines:>6} {reading:>12,.0f} {1000 / reading:>8.3f}"
            f" {parsing / reading:>19.1f}"
        )


if __name__ == "__main__":
    main()
