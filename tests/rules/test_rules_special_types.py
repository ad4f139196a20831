"""Boletas, guías and exports: what only they have to say."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.account_ai.services.documents.context import ExchangeRate
from odoo.addons.account_ai.services.documents.document import Party, Totals
from odoo.addons.account_ai.services.documents.transport import Transport

from .rules_documents import (
    CONTEXT,
    CUSTOMS,
    TODAY,
    TRANSPORT,
    export_credit_note,
    export_invoice,
    guide,
    in_pesos,
    invoice,
    line,
    receipt,
    reference,
    with_line,
    with_receiver,
    with_totals,
)
from .rules_table import WARNING, Broken, RulesTable, Sound

BUYER = Party(rut="15876432-6", name="Camila Soto Riquelme")


def large(receiver=BUYER, means="2", total=6_990_000, **values):
    """Return a boleta for more than 135 UF."""
    net = (Decimal(total) / Decimal("1.19")).quantize(Decimal(1))
    return receipt(
        receiver=receiver,
        means_of_payment=means,
        totals=Totals(net=net, vat=total - net, total=Decimal(total)),
        lines=(line(quantity=1, price=total),),
        **values,
    )


def of_guides(*days, **values):
    """Return a factura of guides of those days."""
    references = tuple(
        reference(number=number, document_type="52", folio=str(number), date=day)
        for number, day in enumerate(days, start=1)
    )
    return invoice(references=references, **values)


def moving(**values):
    """Return a guía with a changed transport."""
    return guide(transport=replace(TRANSPORT, **values))


BEFORE = replace(CONTEXT, today=date(2026, 10, 20))
OBSERVED = replace(
    CONTEXT, exchange_rates=(ExchangeRate("USD", TODAY, Decimal("941.27")),)
)
NO_THRESHOLD = replace(CONTEXT, today=date(2027, 3, 1))
EXPORT_OF_GOODS = {"transport": Transport(customs=replace(CUSTOMS, sale_clause=""))}


class TestReceiptRules(RulesTable, BaseCase):
    BROKEN = (
        Broken(
            "BOLETA_ID_REQUIRED",
            large(receiver=Party(rut="66666666-6", name="Consumidor final")),
            field="RUTRecep",
            evidence="6.990.000 > 5.363.275",
        ),
        Broken(
            "BOLETA_ID_REQUIRED",
            large(receiver=replace(BUYER, name="")),
            field="RznSocRecep",
        ),
        Broken("BOLETA_ID_REQUIRED", large(means=""), field="MedioPago"),
        Broken("BOLETA_ID_REQUIRED", large(means="1"), field="CorreoRecep"),
        Broken(
            "BOLETA_ID_REQUIRED",
            large(means="1", receiver=replace(BUYER, email="c@example.cl")),
            field="TelefonoRecep",
        ),
        Broken("BOLETA_PERIODIC_DATA", receipt(service_indicator=1), field="DirRecep"),
        Broken(
            "BOLETA_PERIODIC_DATA",
            with_receiver(
                receipt(service_indicator=2), address="Uno 1", comuna="Concepción"
            ),
            field="FchVenc",
        ),
    )
    SOUND = (
        Sound("BOLETA_ID_REQUIRED", large()),
        Sound("BOLETA_ID_REQUIRED", large(means="", total=5_363_275)),
        Sound(
            "BOLETA_ID_REQUIRED",
            large(means=""),
            context=replace(CONTEXT, receipt_threshold=Decimal(7_000_000)),
        ),
        Sound(
            "BOLETA_ID_REQUIRED",
            large(means="", not_representable=frozenset({"FmaPago"})),
        ),
        Sound(
            "BOLETA_ID_REQUIRED",
            large(means="", issue_date=date(2025, 8, 31)),
            context=replace(CONTEXT, today=date(2025, 8, 31)),
        ),
        Sound(
            "BOLETA_ID_REQUIRED",
            large(means="", issue_date=NO_THRESHOLD.today),
            context=NO_THRESHOLD,
            also=frozenset({"RATE_MISSING"}),
        ),
        Sound("BOLETA_PERIODIC_DATA", receipt(service_indicator=3)),
        Sound(
            "RUT_FORMAT",
            with_receiver(receipt(), rut="0", customer_code="M-4711"),
        ),
    )


class TestGuideRules(RulesTable, BaseCase):
    BROKEN = (
        Broken(
            "GUIA_NO_TRANSPORT",
            guide(transport=None),
            field="Transporte",
            evidence="Patente, RUTTrans, RUTChofer, NombreChofer, FchSalida",
        ),
        Broken(
            "GUIA_NO_TRANSPORT",
            moving(departure_time=""),
            field="Transporte",
            evidence="HraSalida",
        ),
        Broken(
            "GUIA_NO_TRANSPORT",
            guide(transport=None, dispatch_type=1),
            field="Transporte",
            severity=WARNING,
        ),
        Broken(
            "INVOICE_NO_TRANSPORT",
            invoice(dispatch_type=2),
            field="Transporte",
            severity=WARNING,
        ),
        Broken("MISSING_CMNA_DEST", moving(comuna=""), field="CmnaDest"),
        Broken("GUIA_NO_CDGTRASLADO", guide(transfer_indicator=8), field="CdgTraslado"),
        Broken("CMNA_UNKNOWN", moving(comuna="Atlantis"), "CmnaDest", severity=WARNING),
        Broken("RUT_DV", moving(carrier_rut="78123456-8"), field="RUTTrans"),
        Broken(
            "INVOICE_FROM_GUIDE_LATE",
            of_guides(date(2026, 10, 31), date(2026, 11, 3)),
            field="FchEmis",
            severity=WARNING,
            evidence="52/1 2026-10-31 … 2026-11-18",
        ),
        Broken(
            "INVOICE_FROM_GUIDE_LATE",
            of_guides(date(2026, 10, 8), issue_date=date(2026, 10, 31)),
            field="FchEmis",
            severity=WARNING,
            also=frozenset({"DATE_BACKDATED"}),
            context=replace(CONTEXT, today=date(2026, 11, 11)),
        ),
    )
    SOUND = (
        Sound(
            "GUIA_NO_TRANSPORT",
            guide(transport=None, issue_date=BEFORE.today),
            context=BEFORE,
        ),
        Sound("GUIA_NO_TRANSPORT", moving(address="", comuna="")),
        Sound("INVOICE_NO_TRANSPORT", invoice(dispatch_type=1)),
        Sound("INVOICE_NO_TRANSPORT", of_guides(TODAY, dispatch_type=2)),
        Sound("GUIA_NO_CDGTRASLADO", guide(transfer_indicator=8, transfer_code=1)),
        Sound("INVOICE_FROM_GUIDE_LATE", of_guides(date(2026, 11, 1))),
        Sound(
            "INVOICE_FROM_GUIDE_LATE",
            of_guides(date(2026, 10, 8), issue_date=date(2026, 10, 31)),
            context=replace(CONTEXT, today=date(2026, 11, 10)),
        ),
    )


class TestExportRules(RulesTable, BaseCase):
    BROKEN = (
        Broken(
            "EXPORT_NO_OTRAMONEDA",
            export_invoice(other_currencies=()),
            field="OtraMoneda",
        ),
        Broken(
            "EXPORT_NO_OTRAMONEDA",
            export_invoice(other_currencies=(in_pesos(rate=None),)),
            field="TpoCambio",
        ),
        Broken(
            "EXPORT_FX_ROUND",
            export_credit_note(other_currencies=(in_pesos(total=Decimal(1979443)),)),
            field="MntTotOtrMnda",
            evidence="1.979.443 ≠ 1.979.444 = 2.102,95 × 941,27",
        ),
        Broken(
            "EXPORT_FX_RATE",
            export_invoice(),
            field="TpoCambio",
            severity=WARNING,
            context=replace(
                CONTEXT, exchange_rates=(ExchangeRate("USD", TODAY, Decimal(940)),)
            ),
        ),
        Broken("EXPORT_NO_ADUANA", export_invoice(transport=None), field="Aduana"),
        Broken(
            "EXPORT_NO_ADUANA",
            export_invoice(**EXPORT_OF_GOODS),
            field="Aduana",
            evidence="CodClauVenta",
        ),
        Broken(
            "EXPORT_DECIMALS",
            with_totals(export_invoice(), total=Decimal("2102.95001")),
            field="MntTotal",
        ),
    )
    SOUND = (
        Sound(
            "EXPORT_NO_OTRAMONEDA",
            with_line(
                export_invoice(
                    currency="CLP",
                    currency_name="PESO CL",
                    other_currencies=(),
                    totals=Totals(exempt=Decimal(50_000), total=Decimal(50_000)),
                ),
                quantity=Decimal(1),
                unit_price=Decimal(50_000),
                amount=Decimal(50_000),
            ),
        ),
        Sound("EXPORT_NO_ADUANA", export_credit_note(transport=None)),
        Sound("EXPORT_NO_ADUANA", export_invoice(transport=None, service_indicator=4)),
        Sound("EXPORT_FX_RATE", export_invoice(), context=OBSERVED),
        Sound(
            "EXPORT_NO_ADUANA",
            export_invoice(
                transport=None,
                other_currencies=(),
                not_representable=frozenset({"Aduana", "OtraMoneda"}),
            ),
        ),
    )
