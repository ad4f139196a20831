"""The database of the benchmarks: a Chilean company, people, and drafts to validate."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev import databases, odoo, paths
from dev.errors import SetupError

NAME = "account_ai_bench"
RECORDS = "account_ai_bench_records"
ADDONS = Path(__file__).resolve().parent / "addons"

PASSWORD = "bench-password"
USERS = 100
"""People at the screen: each may validate 20 documents a minute."""

REFERENCE_DOCUMENT = (
    "factura 33 of a customer with history: 4 lines, 60 characters a line"
)

# Runs inside Odoo's shell, where ``env`` is the administrator's.
_CREATE = """
import datetime, json, sys
sys.path[:0] = [{python_path!r}, {checkout!r}]
from dev.demo import company as demo
from benchmarks import records
with open({output!r}, "w") as file:
    json.dump(records.create(env, demo, {users}, {drafts}), file)
env.cr.commit()
"""


@dataclass(frozen=True)
class BenchDatabase:
    """What was created."""

    odoo: odoo.Odoo
    name: str
    logins: list[str]
    moves: list[int]
    request: dict[str, Any]
    """The body of the request that the product sends for the reference document."""
    queries: dict[str, float]
    """Queries and milliseconds for the pictures of some documents."""

    def addons_option(self) -> str:
        """Return Odoo's option that adds the benchmark's own addon to the path."""
        line = next(
            line
            for line in self.odoo.configuration.read_text().splitlines()
            if line.startswith("addons_path")
        )
        return f"--addons-path={line.partition('=')[2].strip()},{ADDONS}"


def prepare(prepared: odoo.Odoo, drafts: int, again: bool = False) -> BenchDatabase:
    """Make the database, whose drafts no run has validated yet.

    :param drafts: how many invoices to create; each is validated once, since the same
        facts would be answered from the store
    :param again: start from the records that the last run created, if there are any
    :raise SetupError: when Odoo fails, with the end of its output
    """
    output = paths.state("bench-records.json")
    if not (again and output.exists() and databases.exists(prepared, RECORDS)):
        output.unlink(missing_ok=True)
        _create(prepared, drafts, output)
    databases.copy(prepared, RECORDS, NAME)
    return BenchDatabase(prepared, NAME, **json.loads(output.read_text()))


def _create(prepared: odoo.Odoo, drafts: int, output: Path) -> None:
    databases.copy(prepared, databases.addon_template(prepared), RECORDS)
    database = BenchDatabase(prepared, RECORDS, [], [], {}, {})
    _run(
        prepared,
        [
            *("--database", RECORDS, database.addons_option()),
            *("--init", "account_ai_relay", "--stop-after-init", "--no-http"),
            "--log-level=warn",
        ],
    )
    script = _CREATE.format(
        python_path=odoo.bare_environment()["PYTHONPATH"],
        checkout=str(paths.CHECKOUT),
        output=str(output),
        users=USERS,
        drafts=drafts,
    )
    shell = ["shell", "--database", RECORDS, "--no-http", "--log-level=warn"]
    log = _run(prepared, shell, script)
    if not output.exists():
        raise SetupError(f"The records of the benchmark were not created:\n{log}")
    # Statistics that a database in use has.
    prepared.postgresql.execute("ANALYZE", RECORDS)


def _run(prepared: odoo.Odoo, arguments: list[str], script: str = "") -> str:
    done = subprocess.run(
        prepared.command(*arguments),
        env=prepared.environment(),
        input=script,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        raise SetupError(f"Odoo failed:\n{done.stdout[-4000:]}")
    return done.stdout[-4000:]


def report_queries(database: BenchDatabase) -> None:
    """Print how many queries and how much time it takes to read documents."""
    print("\nPictures of documents (from account.move, with history and warnings)")
    print(f"{'documents':>10} {'queries':>8} {'per document':>13} {'ms each':>8}")
    for count, (queries, milliseconds) in database.queries.items():
        number = int(count)
        print(
            f"{number:>10} {queries:>8} {queries / number:>13.2f} "
            f"{milliseconds / number:>8.2f}"
        )
