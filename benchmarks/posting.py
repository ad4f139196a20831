"""How much slower posting is with the policy ``warn`` than with ``off``.

Both post the same invoices in turns in one process: batch by batch, and all at once,
several times. Each posting is rolled back. Time is measured twice: by the clock, and as
processor time of Odoo's process, which depends less on other load (it leaves out the
database's part, and with it the time of a dozen queries a batch).
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
BATCH = 100
ROUNDS_AT_ONCE = 3
"""How often all are posted at once under each policy."""
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
    """What each posting took, by policy."""

    kind: str
    size: int
    """Invoices in one posting."""
    clock: dict[str, list[float]]
    """Seconds."""
    processor: dict[str, list[float]]
    """Seconds of Odoo's process."""
    queries: dict[str, int]
    """Of the last posting."""


def slower_percent(seconds: dict[str, list[float]]) -> float:
    """Return how much slower ``warn`` is: the median of the postings' ratios."""
    ratios = [
        warn / off for warn, off in zip(seconds["warn"], seconds["off"], strict=True)
    ]
    return (statistics.median(ratios) - 1) * 100


def measure(env: Any, move_ids: list[int]) -> list[dict[str, Any]]:
    """Post the invoices in turns under both policies; runs inside Odoo's shell.

    First as they are, which is without findings; then with a customer whose RUT has a
    wrong check digit, so that each is recorded.
    """
    moves = env["account.move"].browse(move_ids)
    batches = [moves[begin : begin + BATCH] for begin in range(0, len(moves), BATCH)]
    at_once = [moves] * ROUNDS_AT_ONCE
    figures = [_alternate(env, each, "no findings") for each in (batches, at_once)]
    moves.partner_id.with_context(no_vat_validation=True).vat = "77812345-9"
    env.cr.commit()
    figures += [_alternate(env, each, "an error each") for each in (batches, at_once)]
    return figures


def _alternate(env: Any, postings: list[Any], kind: str) -> dict[str, Any]:
    clock: dict[str, list[float]] = {"off": [], "warn": []}
    processor: dict[str, list[float]] = {"off": [], "warn": []}
    queries = {}
    _post(env, postings[0][:BATCH], "warn")  # warm up
    for number, moves in enumerate(postings):
        # The one that comes first changes with the postings.
        for policy in ("off", "warn") if number % 2 else ("warn", "off"):
            seconds, work, queries[policy] = _post(env, moves, policy)
            clock[policy].append(seconds)
            processor[policy].append(work)
    return {
        "kind": kind,
        "size": len(postings[0]),
        "clock": clock,
        "processor": processor,
        "queries": queries,
    }


def _post(env: Any, moves: Any, policy: str) -> tuple[float, float, int]:
    env.invalidate_all()
    moves.company_id.account_ai_posting_policy = policy
    env.flush_all()
    gc.collect()
    before = env.cr.sql_log_count
    begin, begin_work = time.perf_counter(), time.process_time()
    moves.action_post()
    env.flush_all()
    seconds, work = time.perf_counter() - begin, time.process_time() - begin_work
    queries = env.cr.sql_log_count - before
    env.cr.rollback()
    return seconds, work, queries


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
    print(
        f"\nPosting {INVOICES:,} invoices, in batches of {BATCH}, and all at once "
        f"({ROUNDS_AT_ONCE} times), policies in turns; medians"
    )
    print(f"each: {REFERENCE_DOCUMENT}")
    print(
        f"{'':<32} {'off, s':>8} {'warn, s':>8} {'ms more each':>13} {'slower':>8} "
        f"{'queries':>15}"
    )
    for figures in measured:
        queries = f"{figures.queries['off']} / {figures.queries['warn']}"
        for title, seconds in (
            ("clock", figures.clock),
            ("processor", figures.processor),
        ):
            off, warn = map(statistics.median, (seconds["off"], seconds["warn"]))
            name = f"{figures.size:,}, {figures.kind}, {title}"
            print(
                f"{name:<32} {off:>8.2f} {warn:>8.2f} "
                f"{(warn - off) * 1000 / figures.size:>13.2f} "
                f"{slower_percent(seconds):>7.1f}% {queries:>15}"
            )
    print(f"Goal: {GOAL_PERCENT:.0f} % or less without findings.")
