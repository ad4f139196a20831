"""What a reservation costs: alone, and with many callers on one budget.

Everything is measured in one process against one database, in turns. The baseline is a
row of the ledger that is in no budget, because the answer store saved the call.
"""

from __future__ import annotations

import json
import statistics
import subprocess
from typing import Any

from dev import databases, odoo, paths
from dev.errors import SetupError

DATABASE = "account_ai_bench_budgets"
REPEATS = 300
PARALLEL = 50
EACH = 10
DISK_MS = 2

_NAMES = {
    "bare": "the row alone, no budgets looked for",
    "none": "no budget",
    "one": "one budget",
    "many": "five budgets",
    "own": "a budget for each caller",
}
_SCRIPT = """
import sys
sys.path.insert(0, {checkout!r})
from benchmarks import reserving
reserving.measure(env, **{values!r})
"""


def run(prepared: odoo.Odoo) -> None:
    """Measure on a fresh database and print the tables."""
    output = paths.state("bench-budgets.json")
    output.unlink(missing_ok=True)
    databases.copy(prepared, databases.addon_template(prepared), DATABASE)
    try:
        _measure(prepared, str(output))
    finally:
        databases.drop(prepared, DATABASE)
    _report(json.loads(output.read_text()))


def _measure(prepared: odoo.Odoo, output: str) -> None:
    values = {
        "repeats": REPEATS,
        "parallel": PARALLEL,
        "each": EACH,
        "disk_seconds": DISK_MS / 1000,
        "output": output,
    }
    done = subprocess.run(
        prepared.command(
            *("shell", "--database", DATABASE, "--no-http", "--log-level=error"),
            f"--db_maxconn={PARALLEL + 10}",
        ),
        env=prepared.environment(),
        input=_SCRIPT.format(checkout=str(paths.CHECKOUT), values=values),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        raise SetupError(f"The benchmark of budgets failed:\n{done.stdout[-4000:]}")


def _report(measured: dict[str, Any]) -> None:
    print(f"\nA reservation alone, {REPEATS} of each in turns, in milliseconds")
    print(f"{'':<40} {'median':>8} {'p95':>8} {'× row':>8}")
    baseline = statistics.median(measured["alone"]["bare"])
    for name, times in measured["alone"].items():
        median = statistics.median(times)
        print(
            f"{_NAMES[name]:<40} {median:>8.2f} {_p95(times):>8.2f}"
            f" {median / baseline:>8.2f}"
        )
    _report_crowd(measured["crowd"], "commits as fast as this machine's")
    _report_crowd(measured["slow"], f"each commit takes {DISK_MS} ms on the disk")


def _report_crowd(crowd: dict[str, Any], kind: str) -> None:
    print(f"\n{PARALLEL} callers at once, {kind}")
    print(f"{'':<40} {'a second':>9} {'median':>8} {'p95':>8} {'× no budget':>12}")
    rates = {
        name: len(found["times"]) / found["seconds"] for name, found in crowd.items()
    }
    for name, found in crowd.items():
        times = found["times"]
        print(
            f"{_NAMES[name]:<40} {rates[name]:>9.0f} {statistics.median(times):>8.1f}"
            f" {_p95(times):>8.1f} {rates[name] / rates['none']:>12.2f}"
        )


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]
