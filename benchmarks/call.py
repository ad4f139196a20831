"""One guarded call compared with a bare call of the SDK and with a LiteLLM proxy.

All guards are on: answer store (which misses), limits, circuit breaker, three budgets,
ledger. Everything runs in one Odoo process against a simulator that answers at once, so
that the time added is what the gateway costs.
"""

from __future__ import annotations

import json
import statistics
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from dev import databases, odoo, paths
from dev.command import say
from dev.errors import SetupError
from dev.simulator.process import SimulatorProcess

DATABASE = "account_ai_bench_call"
KEY = "sk-ant-simulated-benchmark"
REPEATS = 150
ROUNDS = 12
PARALLEL = 20
GOAL_MS = 10

_KINDS = {
    "whole": "one after the other",
    "streamed": "the same, streamed",
    "parallel": f"{PARALLEL} at once",
}
_SCRIPT = """
import sys
sys.path.insert(0, {checkout!r})
company = env.ref("base.main_company")
env["account.ai.budget"].create([
    dict(values, name="Benchmark", amount=1_000, company_id=company.id)
    for values in (
        dict(scope="company", period="month"),
        dict(scope="company", period="day"),
        dict(scope="operation", operation="validation", period="month"))])
env.cr.commit()
from benchmarks import calling
calling.measure(env, company.id, **{values!r})
"""

Measured = dict[str, dict[str, list[float]]]


def run(prepared: odoo.Odoo, peers: bool = False) -> None:
    """Measure with each backend, and print the table.

    :param peers: whether the LiteLLM proxy takes part, with a budget on
    """
    with ExitStack() as stack:
        simulator = stack.enter_context(SimulatorProcess())
        simulator.control.settings(requests_per_minute=1_000_000, kept_bodies=1)
        proxy = ""
        if peers:
            from . import litellm_proxy

            proxy = stack.enter_context(
                # One process, as Odoo here.
                litellm_proxy.running(
                    simulator.base_url, KEY, budget_usd=1_000, workers=1
                )
            )
        _report(
            "PostgreSQL", _measure(prepared, simulator.base_url, proxy), bool(proxy)
        )
        redis = stack.enter_context(_redis())
        if redis:
            measured = _measure(prepared, simulator.base_url, "", redis)
            _report("Redis and PostgreSQL", measured, False)
    print(f"Goal: {GOAL_MS} ms added or less.")


@contextmanager
def _redis() -> Iterator[str]:
    """Run a Redis server; yield its address, empty where there is none."""
    from dev import redis_server

    try:
        redis_server.program()
    except SetupError as error:
        say(f"No Redis: {error}")
        yield ""
        return
    with redis_server.one() as server:
        yield server.url


def _measure(prepared: odoo.Odoo, url: str, proxy: str, redis: str = "") -> Measured:
    databases.copy(prepared, databases.addon_template(prepared), DATABASE)
    output = paths.state("bench-call.json")
    output.unlink(missing_ok=True)
    script = _SCRIPT.format(
        checkout=str(paths.CHECKOUT),
        values={
            "key": KEY,
            "url": url,
            "proxy": proxy,
            "repeats": REPEATS,
            "rounds": ROUNDS,
            "parallel": PARALLEL,
            "output": str(output),
        },
    )
    variables = {
        "ACCOUNT_AI_API_KEY": KEY,
        "ACCOUNT_AI_BASE_URL": url,
        "ACCOUNT_AI_SIMULATED": "1",
    }
    if redis:
        variables["ACCOUNT_AI_REDIS_URL"] = redis
    try:
        done = subprocess.run(
            prepared.command(
                *("shell", "--database", DATABASE, "--no-http", "--log-level=warn")
            ),
            env=prepared.environment(**variables),
            input=script,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    finally:
        databases.drop(prepared, DATABASE)
    if done.returncode or not output.exists():
        raise SetupError(f"The calls were not measured:\n{done.stdout[-4000:]}")
    return json.loads(output.read_text())


def _report(backend: str, measured: Measured, peers: bool) -> None:
    print(f"\nOne call in ms (median), all guards on, state in {backend}")
    print(f"{'':>20}{'bare SDK':>10}{'guarded':>10}{'added':>8}", end="")
    print(f"{'LiteLLM':>10}{'added':>8}" if peers else "", end="")
    print("   processor: bare, guarded, added")
    for kind, words in _KINDS.items():
        medians = {
            way: statistics.median(times) for way, times in measured[kind].items()
        }
        bare = medians["bare"]
        added = medians["guarded"] - bare
        print(
            f"{words:>20}{bare:>10.1f}{medians['guarded']:>10.1f}{added:>8.1f}", end=""
        )
        if peers:
            print(f"{medians['proxy']:>10.1f}{medians['proxy'] - bare:>8.1f}", end="")
        if "bare processor" in medians:
            used, ours = medians["bare processor"], medians["guarded processor"]
            print(f"{used:>18.1f}{ours:>9.1f}{ours - used:>7.1f}", end="")
        print()
