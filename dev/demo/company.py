"""Creates the demonstration company in an Odoo database.

Runs inside Odoo (``env`` is an :class:`odoo.api.Environment` of the administrator), on
a database with ``account_ai`` installed and no chart of accounts yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from .invoices import (
    COMPANY,
    FOR_THE_VISITOR,
    HISTORY,
    INVOICES,
    PARTNERS,
    DemoHistory,
    DemoInvoice,
    DemoLine,
)

__all__ = [
    "FOR_THE_VISITOR",
    "INVOICES",
    "create_company",
    "create_history",
    "create_invoices",
    "create_partners",
    "switch_sending_on",
    "today",
]

TIME_ZONE = "America/Santiago"

MONTHS = (
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
    "diciembre"
).split()


def today() -> date:
    """Return the day in Chile, where the documents are issued: by the clock of this
    machine it may be tomorrow already, and no document may be issued tomorrow."""
    return datetime.now(ZoneInfo(TIME_ZONE)).date()


def create_company(env: Any) -> Any:
    """Turn the main company into the Chilean demonstration company and return it."""
    company = env.ref("base.main_company")
    chile = env.ref("base.cl")
    rut = env.ref("l10n_cl.it_RUT")
    company.partner_id.write(
        {
            **COMPANY,
            "country_id": chile.id,
            "l10n_latam_identification_type_id": rut.id,
            "l10n_cl_sii_taxpayer_type": "1",
            "lang": "en_US",
        }
    )
    # Odoo dates what is posted by the clock of who posts it.
    env.ref("base.user_admin").tz = TIME_ZONE
    company.write(
        {
            "country_id": chile.id,
            "currency_id": env.ref("base.CLP").id,
            # As the screens of the demonstration are.
            "account_ai_language": "en",
        }
    )
    env["account.chart.template"].try_loading("cl", company, install_demo=False)
    dollar = env.ref("base.USD")
    dollar.active = True
    env["res.currency.rate"].create(
        {
            "currency_id": dollar.id,
            "company_id": company.id,
            "name": date(2026, 1, 1),
            "rate": 1 / 945.0,
        }
    )
    admin = env.ref("base.user_admin")
    admin.group_ids += env.ref("account.group_account_manager")
    return company


def create_partners(env: Any) -> dict[str, Any]:
    """Create the partners, a wrong RUT among them, and return them by key."""
    chile = env.ref("base.cl")
    rut = env.ref("l10n_cl.it_RUT")
    # Odoo refuses a wrong check digit at the screen; imports bring them in.
    partners = env["res.partner"].with_context(no_vat_validation=True)
    return {
        key: partners.create(
            {
                "is_company": True,
                "country_id": chile.id,
                "l10n_latam_identification_type_id": rut.id,
                "l10n_cl_sii_taxpayer_type": "1",
                **values,
            }
        )
        for key, values in PARTNERS.items()
    }


def create_history(env: Any, partners: dict[str, Any], today: date) -> Any:
    """Create and post what the partners were invoiced in the past months."""
    moves = env["account.move"]
    for history in HISTORY:
        for age in range(history.months, 0, -1):
            issued = today - relativedelta(months=age)
            moves += _create_past(env, partners, history, issued, age)
    moves.sorted(lambda move: (move.invoice_date, move.id)).action_post()
    return moves


def _create_past(
    env: Any, partners: dict[str, Any], history: DemoHistory, issued: date, age: int
) -> Any:
    invoice = DemoInvoice(
        "history",
        history.partner,
        (history.line,),
        move_type=history.move_type,
        folio=str(history.first_folio - age) if history.first_folio else "",
    )
    return _create_move(env, partners, invoice, issued, {"invoice_date": issued})


def create_invoices(
    env: Any, partners: dict[str, Any], invoices: Sequence[DemoInvoice], today: date
) -> list[Any]:
    """Create drafts; return pairs of title and ``account.move``."""
    drafts = []
    for invoice in invoices:
        values: dict[str, Any] = {}
        if invoice.is_dated or invoice.move_type.startswith("in_"):
            values["invoice_date"] = today
        if invoice.due_before_issue:
            values.update(
                invoice_date=today,
                invoice_date_due=today - timedelta(days=30),
                invoice_payment_term_id=False,
            )
        move = _create_move(env, partners, invoice, today, values)
        drafts.append((invoice.title, move))
    return drafts


def _create_move(
    env: Any,
    partners: dict[str, Any],
    invoice: DemoInvoice,
    issued: date,
    values: dict[str, Any],
) -> Any:
    document_type = env["l10n_latam.document.type"].search(
        [("code", "=", invoice.document_type), ("country_id.code", "=", "CL")], limit=1
    )
    moves = env["account.move"].with_context(default_move_type=invoice.move_type)
    purchase = invoice.move_type.startswith("in_")
    vat = (
        env.company.account_purchase_tax_id
        if purchase
        else env.company.account_sale_tax_id
    )
    vals = {
        "move_type": invoice.move_type,
        "partner_id": partners[invoice.partner].id,
        "l10n_latam_document_type_id": document_type.id,
        "narration": invoice.narration or False,
        "invoice_line_ids": [
            (0, 0, _line_values(line, issued, vat)) for line in invoice.lines
        ],
        **values,
    }
    if invoice.folio:
        vals["l10n_latam_document_number"] = invoice.folio
    return moves.create(vals)


def _line_values(line: DemoLine, issued: date, vat: Any) -> dict[str, Any]:
    last = issued - relativedelta(months=3)
    text = line.name.format(
        month=MONTHS[issued.month - 1],
        last_month=MONTHS[last.month - 1],
        year=issued.year,
    )
    return {
        "name": text,
        "quantity": line.quantity,
        "price_unit": line.price,
        "tax_ids": [(6, 0, vat.ids if line.taxed else [])],
    }


def switch_sending_on(env: Any, company: Any) -> None:
    """Give the company's consent, as an administrator does in the dialog."""
    consent = env["account.ai.consent"].create({"company_id": company.id})
    consent.action_confirm()
