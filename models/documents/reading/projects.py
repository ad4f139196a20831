"""The projects that documents are charged to, by the analytic accounts of lines."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from odoo.api import Environment
from odoo.tools import SQL

from ....services.documents.context import Project
from .amounts import decimal_of
from .rows import LineRow, MoveRow

CONTRACT_FIELD = "account_ai_contract_amount"
BILLING = ("out_invoice", "out_refund")
"""Kinds of the documents that bill a contract; credit notes take back."""
_DONE = "done"
_HUNDRED = Decimal(100)


class _Row(NamedTuple):
    """A project, and what its contract is for."""

    account_id: int
    project: Project
    company_id: int | None
    contract: Decimal | None
    currency_id: int | None
    step: Decimal  # The smallest amount of the contract's currency


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
    # When all lines are free they weigh the same.
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
    env: Environment, charging: Iterable[tuple[MoveRow, Sequence[LineRow]]]
) -> dict[int, tuple[Project, ...]]:
    """Return the projects that each document is charged to, by move id.

    Those that the user may see, in the order of their analytic accounts. What is closed
    says its last update or that it was archived. One query for all documents, and one
    more when there is a contract that a customer's document bills.
    """
    charged = {
        move.id: (move, lines, accounts)
        for move, lines in charging
        if (accounts := analytic_accounts(lines))
    }
    if not charged or not env["project.project"].has_access("read"):
        return {}
    wanted = frozenset().union(*(accounts for *_, accounts in charged.values()))
    rows = _rows(env, wanted)
    contracts = {
        account_id: row
        for account_id in wanted
        if (row := _contract(rows.get(account_id, ()))) is not None
    }
    billing = [
        (account_id, move.company_id)
        for move, _lines, accounts in charged.values()
        if move.move_type in BILLING
        for account_id in accounts & contracts.keys()
    ]
    billed = billed_net(env, *map(set, zip(*billing, strict=True))) if billing else {}
    found: dict[int, tuple[Project, ...]] = {}
    for move_id, (move, lines, accounts) in charged.items():
        found[move_id] = tuple(
            _billed(each, move, lines, billed)
            if contracts.get(account_id) is each
            else each.project
            for account_id in sorted(accounts)
            for each in rows.get(account_id, ())
        )
    return found


def _rows(env: Environment, account_ids: Collection[int]) -> dict[int, list[_Row]]:
    """Return the projects of each analytic account that the user may see."""
    projects = env["project.project"].with_context(active_test=False)
    projects.flush_model()
    readable = projects._search([("account_id", "in", list(account_ids))])
    shows_contracts = projects._has_field_access(
        projects._fields[CONTRACT_FIELD], "read"
    )
    rows = env.execute_query(
        SQL(
            """
            SELECT project.account_id, project.id, account.code,
                   COALESCE(project.name->>'es_CL', project.name->>'en_US'),
                   customer.vat, project.active, project.last_update_status,
                   project.date_start, project.date, project.company_id,
                   project.account_ai_contract_amount, currency.id,
                   currency.decimal_places
              FROM (%s) readable
              JOIN project_project project ON project.id = readable.id
              JOIN account_analytic_account account ON account.id = project.account_id
              LEFT JOIN res_partner partner ON partner.id = project.partner_id
              LEFT JOIN res_partner customer
                ON customer.id = partner.commercial_partner_id
              LEFT JOIN res_currency currency
                ON currency.id = project.account_ai_contract_currency_id
             ORDER BY project.id
            """,
            readable.select(),
        )
    )
    found: dict[int, list[_Row]] = {}
    for row in rows:
        account_id, project_id, code, name, rut, active, status, start, end = row[:9]
        company_id, contract, currency_id, decimals = row[9:]
        closed = not active or status == _DONE
        project = Project(
            code=code or name or str(project_id),
            name=name or "",
            customer_rut=(rut or "").strip(),
            state="done" if closed else "in_progress",
            start=start,
            end=end,
        )
        found.setdefault(account_id, []).append(
            _Row(
                account_id,
                project,
                company_id,
                (decimal_of(contract) or None) if shows_contracts else None,
                currency_id,
                Decimal(1).scaleb(-(decimals or 0)),
            )
        )
    return found


def _contract(rows: Sequence[_Row]) -> _Row | None:
    """Return the project with a contract of an analytic account, ``None`` when there is
    none, and when others share the account: then what was billed belongs to no one."""
    if len(rows) == 1 and rows[0].contract is not None:
        return rows[0]
    return None


def _billed(
    row: _Row,
    move: MoveRow,
    lines: Sequence[LineRow],
    billed: dict[tuple[int, int], Decimal],
) -> Project:
    """Return the project with its contract and what was billed of it without ``move``.

    Without both where they cannot be compared: the document is none of ours, is of
    another company than the project, or the contract is in another currency.
    """
    if (
        move.move_type not in BILLING
        or row.company_id not in (None, move.company_id)
        or row.currency_id != move.company_currency_id
    ):
        return row.project
    own = _charged_net(lines, row.account_id)
    others = billed.get((row.account_id, move.company_id), Decimal(0))
    if move.state == "posted":
        others -= own
    return replace(
        row.project,
        contract_net=row.contract,
        billed_net=_rounded(others, row.step),
        charged_net=_rounded(own, row.step),
    )


def _charged_net(lines: Sequence[LineRow], account_id: int) -> Decimal:
    """Return what a document charges to an account, net, in its company's currency."""
    name = str(account_id)
    return sum(
        (
            -decimal_of(line.balance) * decimal_of(share) / _HUNDRED
            for line in lines
            if line.display_type == "product"
            for accounts, share in (line.analytic or {}).items()
            if name in accounts.split(",")
        ),
        Decimal(0),
    )


def _rounded(amount: Decimal, step: Decimal) -> Decimal:
    return amount.quantize(step, rounding=ROUND_HALF_UP)


def billed_net(
    env: Environment, account_ids: Collection[int], company_ids: Collection[int]
) -> dict[tuple[int, int], Decimal]:
    """Return what posted documents to customers charged to analytic accounts.

    Net, credit notes taken off, each line with the share that it charges, in the
    currency of the company and not rounded, by account and company. Of what the user
    may read; one query, and none without accounts.
    """
    lines = env["account.move.line"]
    if not account_ids or not lines.has_access("read"):
        return {}
    lines.flush_model(
        ["analytic_distribution", "balance", "company_id", "display_type"]
    )
    lines.flush_model(["parent_state", "move_id"])
    readable = lines._search(
        [
            ("analytic_distribution", "in", list(account_ids)),
            ("company_id", "in", list(company_ids)),
            ("parent_state", "=", "posted"),
            ("display_type", "=", "product"),
        ]
    )
    rows = env.execute_query(
        SQL(
            """
            SELECT account.id::int, line.company_id,
                   sum(-line.balance * share.percentage::numeric / 100)
              FROM (%(readable)s) readable
              JOIN account_move_line line ON line.id = readable.id
              JOIN account_move move
                ON move.id = line.move_id AND move.move_type IN %(billing)s
             CROSS JOIN LATERAL jsonb_each_text(line.analytic_distribution)
                   share(accounts, percentage)
             CROSS JOIN LATERAL unnest(string_to_array(share.accounts, ',')) account(id)
             WHERE account.id IN %(accounts)s
             GROUP BY account.id, line.company_id
            """,
            readable=readable.select(),
            billing=BILLING,
            accounts=tuple(map(str, account_ids)),
        )
    )
    return {
        (account_id, company_id): Decimal(amount)
        for account_id, company_id, amount in rows
    }
