"""The dashboard and the roll-up at five million rows of the ledger.

Every figure is the whole answer of a running Odoo over HTTP, in turns with a trivial
call in the same session.
"""

from __future__ import annotations

import http.client
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

from dev import databases, odoo, paths
from dev.command import run as run_command
from dev.demo.web_client import WebClient
from dev.errors import SetupError
from dev.server import OdooServer

from . import ledger_rows

NAME = "account_ai_bench_dashboard"
ROUNDS = 11
GOAL_MS = 200.0
NEW_ROWS = 1000

PERIODS = ("today", "week", "month", "last_month", "quarter", "year")

# They run in Odoo's shell, where ``env`` is the superuser's.
_PREPARE = f"""
chile = env.ref("base.cl")
values = {{"country_id": chile.id, "currency_id": env.ref("base.CLP").id}}
companies = env.company
companies.write(values)
for number in range({ledger_rows.COMPANIES - 1}):
    companies += companies.create({{"name": f"Company {{number}}", **values}})
env.ref("base.user_admin").company_ids = companies
groups = env.ref("base.group_user") + env.ref("account_ai.group_user")
env["res.users"].create({{
    "name": "Accountant", "login": "accountant", "password": "accountant",
    "company_ids": [(6, 0, companies.ids)], "group_ids": [(6, 0, groups.ids)]}})
env["ir.config_parameter"].set_param("account_ai.usage_detail_days", "400")
print("companies", *companies.ids)
"""
_REBUILD = """
import time
begin = time.perf_counter()
env["account.ai.usage.rollup"]._rebuild()
print("rebuild", time.perf_counter() - begin)
"""
_OWNED = """
user = env["res.users"].search([("login", "=", "accountant")])
env.cr.execute(
    "UPDATE account_ai_usage SET user_id = %s WHERE user_id = 1100", [user.id])
"""
_ROLL_UP = """
import json, time
taken = []
for number in range({rounds}):
    env.cr.execute({insert!r}.replace("word-", f"{{time.time()}}-"))
    env.cr.commit()
    begin = time.perf_counter()
    assert env["account.ai.usage.rollup"]._roll_up() == {rows}
    taken.append((time.perf_counter() - begin) * 1000)
print("taken", json.dumps(taken))
"""

_METRICS = """
    SELECT operation, model, state, outcome, sum(calls), sum(cost_usd),
           sum(cache_read_tokens), sum(output_tokens), sum(latency_ms)
      FROM account_ai_usage_day WHERE grain = 'month' GROUP BY 1, 2, 3, 4
"""
_METRICS_OF_ROWS = """
    SELECT operation, model, state, outcome, count(*), sum(cost_usd),
           sum(cache_read_tokens), sum(output_tokens), sum(latency_ms)
      FROM account_ai_usage GROUP BY 1, 2, 3, 4
"""


class _Session:
    """JSON-RPC calls of one user over one connection."""

    def __init__(self, server: OdooServer, login: str) -> None:
        client = WebClient(server.url)
        client.login(login, login)
        cookies = "; ".join(f"{each.name}={each.value}" for each in client.cookies)
        self._headers = {"Content-Type": "application/json", "Cookie": cookies}
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port)

    def call(self, model: str, method: str, *arguments: Any, **context: Any) -> Any:
        """Return what a method of a model answers."""
        parameters = {
            "model": model,
            "method": method,
            "args": arguments,
            "kwargs": {"context": context},
        }
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": parameters})
        path = f"/web/dataset/call_kw/{model}/{method}"
        self._connection.request("POST", path, body, self._headers)
        answer = json.load(self._connection.getresponse())
        if "error" in answer:
            raise SetupError(f"{method} failed: {answer['error']['data']['message']}")
        return answer["result"]


def run(prepared: odoo.Odoo, again: bool = False, rows: int = ledger_rows.ROWS) -> None:
    """Fill a database of its own unless it is there, measure and print the figures.

    :param again: use the database of the last run, brought up to date
    """
    companies = _prepare(prepared, again, rows)
    with OdooServer(
        prepared, NAME, extra_arguments=("--max-cron-threads=0",)
    ) as server:
        administrator = _Session(server, "admin")
        accountant = _Session(server, "accountant")
        _report_dashboard(administrator, accountant, companies)
    _report_roll_up(prepared, companies)
    _report_metrics(prepared)


def _prepare(prepared: odoo.Odoo, again: bool, rows: int) -> list[int]:
    """Return the ids of the companies that the ledger is filled for."""
    kept = paths.state("bench-dashboard.json")
    if again and kept.exists() and databases.exists(prepared, NAME):
        known = json.loads(kept.read_text())
        if known["rows"] == rows:
            _update(prepared)
            return known["companies"]
    kept.unlink(missing_ok=True)
    databases.copy(prepared, databases.addon_template(prepared), NAME)
    printed = _printed(prepared, _PREPARE, "companies")
    companies = [int(each) for each in printed.split()]
    begin = time.perf_counter()
    ledger_rows.fill(prepared.postgresql, NAME, companies, rows)
    prepared.run_script(NAME, _OWNED)
    print(f"{rows:,} rows of the ledger made in {time.perf_counter() - begin:.0f} s")
    seconds = float(_printed(prepared, _REBUILD, "rebuild"))
    prepared.postgresql.execute("VACUUM ANALYZE", NAME)
    print(f"all roll-ups built anew in {seconds:.0f} s")
    kept.write_text(json.dumps({"rows": rows, "companies": companies}))
    return companies


def _update(prepared: odoo.Odoo) -> None:
    arguments = ("--database", NAME, "-u", "account_ai", "--stop-after-init")
    run_command(
        prepared.command(*arguments, "--no-http", "--log-level=error"),
        env=prepared.environment(),
    )


def _printed(prepared: odoo.Odoo, script: str, word: str) -> str:
    printed = prepared.run_script(NAME, script).splitlines()
    line = next(each for each in printed if f"{word} " in each)
    return line.partition(f"{word} ")[2]


def _milliseconds(action: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    action()
    return (time.perf_counter() - begin) * 1000


def _report_dashboard(
    administrator: _Session, accountant: _Session, companies: list[int]
) -> None:
    looks = [
        (f"all companies, {name}", administrator, {"period": name}) for name in PERIODS
    ]
    looks.append(("one user, month", accountant, {"period": "month"}))
    looks.append(("one user, year", accountant, {"period": "year"}))
    print("\nDashboard, the whole picture by one call, beside a trivial call")
    print(
        f"{'':<26} {'calls shown':>11} {'trivial, ms':>12} {'median, ms':>11} "
        f"{'slowest, ms':>12} {'ratio':>7}"
    )
    for title, session, filters in looks:

        def look(session: _Session = session, filters: dict = filters) -> Any:
            return session.call(
                "account.ai.dashboard",
                "get_figures",
                {**filters, "companies": companies},
                allowed_company_ids=companies,
            )

        def trivial(session: _Session = session) -> Any:
            return session.call("res.lang", "get_installed")

        shown = look()["totals"]["calls"]
        trivial()
        bare, taken = [], []
        for _round in range(ROUNDS):
            bare.append(_milliseconds(trivial))
            taken.append(_milliseconds(look))
        median, baseline = statistics.median(taken), statistics.median(bare)
        print(
            f"{title:<26} {shown:>11,} {baseline:>12.1f} {median:>11.1f} "
            f"{max(taken):>12.1f} {median / baseline:>6.1f}x"
        )
    print(f"Goal: {GOAL_MS:.0f} ms or less.")


def _report_roll_up(prepared: odoo.Odoo, companies: list[int]) -> None:
    insert = ledger_rows.new_rows("word", companies, NEW_ROWS)
    script = _ROLL_UP.format(rounds=ROUNDS, insert=insert, rows=NEW_ROWS)
    taken = json.loads(_printed(prepared, script, "taken"))
    median = statistics.median(taken)
    print(
        f"\nRolling up {NEW_ROWS:,} new rows: median {median:.0f} ms, "
        f"slowest {max(taken):.0f} ms"
    )


def _report_metrics(prepared: odoo.Odoo) -> None:
    """Print what the figures of all time take, as a page of metrics tells them."""

    def ask(query: str) -> float:
        server = prepared.postgresql
        return _milliseconds(lambda: server.execute(query, NAME))

    trivial = statistics.median(ask("SELECT 1") for _round in range(ROUNDS))
    days = statistics.median(ask(_METRICS) for _round in range(ROUNDS))
    rows = ask(_METRICS_OF_ROWS)
    print(
        f"Figures of all time by operation, model and outcome: {days - trivial:.0f} ms "
        f"from the roll-ups, {rows - trivial:,.0f} ms from the rows themselves"
    )
