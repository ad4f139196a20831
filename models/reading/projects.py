"""The projects that documents are charged to, by the analytic accounts of lines."""

from __future__ import annotations

from collections.abc import Iterable

from odoo.api import Environment
from odoo.tools import SQL

from ...services.documents.context import Project
from .rows import LineRow

_DONE = "done"


def analytic_accounts(lines: Iterable[LineRow]) -> frozenset[int]:
    """Return the ids of the analytic accounts that lines are charged to."""
    return frozenset(
        int(account_id)
        for line in lines
        for accounts in line.analytic or ()
        for account_id in accounts.split(",")
        if account_id.isdigit()
    )


def analytic_distribution(lines: Iterable[LineRow]) -> dict[str, float]:
    """Return what the product lines together are charged to, weighted by amount.

    :return: per cents with two decimals by the key that Odoo uses (ids of analytic
        accounts, parted by commas); less than 100 in all when some lines are charged
        to nothing, empty when all are
    """
    charged = [line for line in lines if line.display_type == "product"]
    if not any(line.analytic for line in charged):
        return {}
    # Lines of nothing but presents weigh the same.
    even = not any(line.balance for line in charged)
    weights = [1.0 if even else abs(float(line.balance)) for line in charged]
    sums: dict[str, float] = {}
    for line, weight in zip(charged, weights, strict=True):
        for accounts, percentage in (line.analytic or {}).items():
            sums[accounts] = sums.get(accounts, 0.0) + weight * float(percentage)
    total = sum(weights)
    exact = {accounts: amount / total for accounts, amount in sums.items()}
    rounded = {accounts: round(share, 2) for accounts, share in sorted(exact.items())}
    # Thirds must still add up to the whole.
    largest = max(rounded, key=lambda accounts: rounded[accounts])
    missing = round(sum(exact.values()), 2) - sum(rounded.values())
    rounded[largest] = round(rounded[largest] + missing, 2)
    return {accounts: share for accounts, share in rounded.items() if share}


def read_projects(
    env: Environment, account_ids: frozenset[int]
) -> dict[int, tuple[Project, ...]]:
    """Return the projects of each analytic account that the user may see.

    What is closed says its last update or that it was archived. Contracts are not
    known here: budgets of analytic accounts are Enterprise's.
    """
    if not account_ids or not env["project.project"].has_access("read"):
        return {}
    projects = env["project.project"].with_context(active_test=False)
    projects.flush_model()
    readable = projects._search([("account_id", "in", list(account_ids))])
    rows = env.execute_query(
        SQL(
            """
            SELECT project.account_id, project.id, account.code,
                   COALESCE(project.name->>'es_CL', project.name->>'en_US'),
                   customer.vat, project.active, project.last_update_status,
                   project.date_start, project.date
              FROM (%s) readable
              JOIN project_project project ON project.id = readable.id
              JOIN account_analytic_account account ON account.id = project.account_id
              LEFT JOIN res_partner partner ON partner.id = project.partner_id
              LEFT JOIN res_partner customer
                ON customer.id = partner.commercial_partner_id
             ORDER BY project.id
            """,
            readable.select(),
        )
    )
    found: dict[int, list[Project]] = {}
    for account_id, project_id, code, name, rut, active, status, start, end in rows:
        closed = not active or status == _DONE
        found.setdefault(account_id, []).append(
            Project(
                code=code or name or str(project_id),
                name=name or "",
                customer_rut=(rut or "").strip(),
                state="done" if closed else "in_progress",
                start=start,
                end=end,
            )
        )
    return {account_id: tuple(projects) for account_id, projects in found.items()}
