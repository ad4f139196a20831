"""How much slower posting is with the policy ``warn`` than with ``off``.

Both post the same invoices in turns, in one process; each posting is rolled back.
"""

from __future__ import annotations

import gc
import json
import statistics
import time
from dataclasses import dataclass
from typing import Any

from dev import databases, odoo, paths

from .database import REFERENCE_DOCUMENT, BenchDatabase

NAME = "account_ai_bench_posting"
INVOICES = 1000
ROUNDS = 3
GOAL_PERCENT = 5.0

# Runs inside Odoo's shell, where ``env`` is the administrator's.
_MEASURE = """
import json, sys
sys.path[:0] = [{python_path!r}, {checkout!r}]
from benchmarks import posting
with open({output!r}, "w") as file:
    json.dump(posting.measure(env, {moves!r}), file)
env.cr.rollback()
"""


@dataclass(frozen=True)
class Figures:
    """Seconds of the rounds, by policy, and what was posted."""

    kind: str
    seconds: dict[str, list[float]]
    queries: dict[str, int]

    def slower_percent(self) -> float:
        """Return how much slower ``warn`` is, the median of the rounds' ratios."""
        ratios = [
            warn / off
            for warn, off in zip(self.seconds["warn"], self.seconds["off"], strict=True)
        ]
        return (statistics.median(ratios) - 1) * 100


def measure(env: Any, move_ids: list[int]) -> list[dict[str, Any]]:
    """Post the invoices in turns under both policies; runs inside Odoo's shell.

    First as they are, which is without findings; then with a customer whose RUT has a
    wrong check digit, so that each is recorded.
    """
    moves = env["account.move"].browse(move_ids)
    figures = [_alternate(env, moves, "without findings")]
    moves.partner_id.with_context(no_vat_validation=True).vat = "77812345-9"
    env.cr.commit()
    figures.append(_alternate(env, moves, "each with an error"))
    return figures


def _alternate(env: Any, moves: Any, kind: str) -> dict[str, Any]:
    seconds: dict[str, list[float]] = {"off": [], "warn": []}
    queries = {}
    _post(env, moves, "warn")  # warm up
    for number in range(ROUNDS):
        # The one that comes first changes with the rounds.
        for policy in ("off", "warn") if number % 2 else ("warn", "off"):
            elapsed, queries[policy] = _post(env, moves, policy)
            seconds[policy].append(elapsed)
    return {"kind": kind, "seconds": seconds, "queries": queries}


def _post(env: Any, moves: Any, policy: str) -> tuple[float, int]:
    env.invalidate_all()
    moves.company_id.account_ai_posting_policy = policy
    env.flush_all()
    gc.collect()
    before = env.cr.sql_log_count
    begin = time.perf_counter()
    moves.action_post()
    env.flush_all()
    elapsed = time.perf_counter() - begin
    queries = env.cr.sql_log_count - before
    env.cr.rollback()
    return elapsed, queries


def run(bench: BenchDatabase) -> None:
    """Measure in a copy of the benchmark's database and print the figures."""
    prepared = bench.odoo
    output = paths.state("bench-posting.json")
    output.unlink(missing_ok=True)
    databases.copy(prepared, bench.name, NAME)
    try:
        prepared.run_script(
            NAME,
            _MEASURE.format(
                python_path=odoo.bare_environment()["PYTHONPATH"],
                checkout=str(paths.CHECKOUT),
                output=str(output),
                moves=bench.moves[:INVOICES],
            ),
        )
    finally:
        databases.drop(prepared, NAME)
    _report([Figures(**figures) for figures in json.loads(output.read_text())])


def _report(measured: list[Figures]) -> None:
    print(f"\nPosting {INVOICES:,} invoices, {ROUNDS} rounds in turns")
    print(f"each: {REFERENCE_DOCUMENT}")
    print(
        f"{'':<20} {'off, s':>8} {'warn, s':>8} {'queries':>16} {'ms more each':>13}"
        f" {'slower':>8}"
    )
    for figures in measured:
        off, warn = (
            statistics.median(figures.seconds[name]) for name in ("off", "warn")
        )
        queries = f"{figures.queries['off']} / {figures.queries['warn']}"
        print(
            f"{figures.kind:<20} {off:>8.2f} {warn:>8.2f} {queries:>16} "
            f"{(warn - off) * 1000 / INVOICES:>13.2f} "
            f"{figures.slower_percent():>7.1f}%"
        )
    print(f"Goal: {GOAL_PERCENT:.0f} % or less without findings.")
