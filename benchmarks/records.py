"""Creates the records of the benchmarks; runs inside Odoo's shell."""

from __future__ import annotations

import datetime
import time
import uuid
from typing import Any

from odoo import Command

from odoo.addons.account_ai.models.validation.account_ai_validation_begin import (
    ValidationRequest,
)

from .database import PASSWORD

PICTURES = (1, 50, 500)


def create(env: Any, demo: Any, users: int, drafts: int) -> dict[str, Any]:
    """Create company, people and drafts, and measure the reading of documents."""
    today = demo.today()
    company = demo.create_company(env)
    demo.switch_sending_on(env, company)
    partners = demo.create_partners(env)
    demo.create_history(env, partners, today)
    moves = _create_drafts(env, partners["clinic"], drafts)
    logins = _create_users(env, users)
    _put_off_daily_work(env)
    env.flush_all()
    return {
        "logins": logins,
        "moves": moves.ids,
        "request": _request(env, moves[:1]),
        "queries": _measure(env, moves),
    }


def _put_off_daily_work(env: Any) -> None:
    """Postpone what runs once a day until the measurement is over: the first reading of
    the catalogue of models makes Odoo drop the cached rights of all users."""
    crons = env["ir.cron"].search(
        [("interval_type", "in", ("days", "weeks", "months"))]
    )
    crons.nextcall = datetime.datetime.now() + datetime.timedelta(days=1)


def _create_drafts(env: Any, partner: Any, count: int) -> Any:
    document_type = env["l10n_latam.document.type"].search(
        [("code", "=", "33"), ("country_id.code", "=", "CL")], limit=1
    )
    vat = env.company.account_sale_tax_id
    work = (
        "Mantención preventiva de grupo electrógeno, equipo",
        "Recambio de filtros de aceite y combustible, equipo",
        "Prueba de transferencia automática con carga, equipo",
        "Informe técnico de mediciones y recomendaciones, equipo",
    )
    return env["account.move"].create(
        [
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "l10n_latam_document_type_id": document_type.id,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": f"{text} GE-{number:05}",
                            "quantity": 1,
                            "price_unit": 440_000 + 1000 * line,
                            "tax_ids": [Command.set(vat.ids)],
                        }
                    )
                    for line, text in enumerate(work)
                ],
            }
            for number in range(count)
        ]
    )


def _create_users(env: Any, count: int) -> list[str]:
    groups = (
        env.ref("base.group_user")
        + env.ref("account.group_account_invoice")
        + env.ref("account_ai.group_user")
    )
    people = env["res.users"].create(
        [
            {
                "name": f"Accountant {number}",
                "login": f"accountant{number}",
                "password": PASSWORD,
                "group_ids": [Command.set(groups.ids)],
            }
            for number in range(count)
        ]
    )
    return people.mapped("login")


def _request(env: Any, move: Any) -> dict[str, Any]:
    """Return the body that the product would send for ``move``."""
    request = ValidationRequest(move.id, str(uuid.uuid4()))
    (opened,) = env["account.ai.validation"]._open_all([request])
    return opened.request.parameters()


def _measure(env: Any, moves: Any) -> dict[str, Any]:
    reader = env["account.ai.document.reader"]
    measured = {}
    for count in PICTURES:
        env.invalidate_all()
        before = env.cr.sql_log_count
        begin = time.perf_counter()
        reader._read_with_places(env["account.move"].browse(moves.ids[:count]))
        measured[str(count)] = [
            env.cr.sql_log_count - before,
            (time.perf_counter() - begin) * 1000,
        ]
    return measured
