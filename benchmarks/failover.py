"""Kills the master of Redis under load: how long it is missing, and for which process.

Several Odoo processes make calls through the gateway, as fast as they can, while the
master is killed; later all of Redis is killed and comes back. No call may fail, and the
ledger must agree with the simulator.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

from dev import databases, odoo, paths, redis_server
from dev.errors import SetupError
from dev.simulator.process import SimulatorProcess

DATABASE = "account_ai_bench_failover"
KEY = "sk-ant-simulated-benchmark"
PROCESSES = 2
THREADS = 4
"""Of each process."""
SETTLED = 200
"""Calls before, between and after what is done to Redis."""
AWAY_SECONDS = 3.0
"""How long all of Redis is gone."""
RETURN_SECONDS = 8.0
"""More than a process lets pass before it tries Redis again."""
TIMEOUT = 90.0

_NO_LIMIT = "UPDATE res_company SET account_ai_limit_company = 0"
_SCRIPT = """
import sys
sys.path.insert(0, {checkout!r})
from benchmarks import failover_calls
failover_calls.make(env, {process}, {threads}, {folder!r})
"""


def run(prepared: odoo.Odoo) -> None:
    """Kill and measure, and print the table.

    :raise SetupError: when a call failed or the ledger says something else
    """
    databases.copy(prepared, databases.addon_template(prepared), DATABASE)
    prepared.postgresql.execute(_NO_LIMIT, DATABASE)
    try:
        with (
            SimulatorProcess(first_token_ms=0, tokens_per_second=100_000) as simulator,
            redis_server.sentinel_set(replicas=2, password="s3cret") as redis,
            tempfile.TemporaryDirectory(prefix="account_ai-failover-") as name,
        ):
            simulator.control.settings(requests_per_minute=1_000_000, kept_bodies=1)
            folder = Path(name)
            environment = prepared.environment(
                ACCOUNT_AI_API_KEY=KEY,
                ACCOUNT_AI_BASE_URL=simulator.base_url,
                ACCOUNT_AI_SIMULATED="1",
                ACCOUNT_AI_REDIS_URL=redis.url,
            )
            processes = [
                _start(prepared, environment, folder, number)
                for number in range(PROCESSES)
            ]
            problem = ""
            try:
                events = _disturb(prepared, redis)
            except SetupError as error:
                problem = str(error)
            finally:
                (folder / "stop").touch()
                outputs = [process.communicate()[0] for process in processes]
            if problem or any(process.returncode for process in processes):
                raise SetupError(f"{problem}\n{outputs[0][-2000:]}")
            _report(_calls(folder), events)
            _compare(prepared, simulator.control.usage(), _calls(folder))
            _told(prepared, "".join(outputs))
    finally:
        databases.drop(prepared, DATABASE)


def _start(
    prepared: odoo.Odoo, environment: dict[str, str], folder: Path, number: int
) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        prepared.command(
            *("shell", "--database", DATABASE, "--no-http", "--log-level=info"),
            "--log-handler=odoo:WARNING",
            "--log-handler=odoo.addons.account_ai.models.backend.redis:INFO",
        ),
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    script = _SCRIPT.format(
        checkout=str(paths.CHECKOUT),
        process=number,
        threads=THREADS,
        folder=str(folder),
    )
    process.stdin.write(script)
    process.stdin.close()
    process.stdin = None  # so that communicate() only reads
    return process


def _disturb(
    prepared: odoo.Odoo, redis: redis_server.SentinelSet
) -> dict[str, tuple[float, float]]:
    """Return when what was done to Redis began, and when a master could be written to
    again; seconds since 1970."""
    events = {}
    _wait_for_calls(prepared, SETTLED)
    began = time.time()
    redis.master().kill()
    events["the master was killed"] = began, _wait_for_master(redis)
    time.sleep(RETURN_SECONDS)
    _wait_for_calls(prepared, SETTLED)
    killed = [*redis.sentinels, *(each for each in redis.servers if each.is_running)]
    began = time.time()
    for server in killed:
        server.kill()
    time.sleep(AWAY_SECONDS)
    for server in killed:
        server.start()
    events["all of Redis was killed"] = began, _wait_for_master(redis)
    _wait_for_calls(prepared, SETTLED)
    time.sleep(RETURN_SECONDS)
    return events


def _wait_for_calls(prepared: odoo.Odoo, more: int) -> None:
    """Wait until so many more calls were settled."""
    query = "SELECT count(*) FROM account_ai_usage WHERE state = 'settled'"

    def settled() -> int:
        return int(prepared.postgresql.execute(query, DATABASE)[0])

    wanted = settled() + more
    _wait(lambda: settled() >= wanted, "calls")


def _wait_for_master(redis: redis_server.SentinelSet) -> float:
    """Return when a server calls itself master and takes what is written."""
    found = 0.0

    def is_back() -> bool:
        nonlocal found
        try:
            redis.master().command("SET", "bench", "1")
        except SetupError:
            return False
        found = time.time()
        return True

    _wait(is_back, "a master")
    return found


def _wait(is_true, what: str) -> None:
    end = time.monotonic() + TIMEOUT
    while not is_true():
        if time.monotonic() > end:
            raise SetupError(f"Waited too long for {what}.")
        time.sleep(0.02)


def _calls(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(each.read_text()) for each in sorted(folder.glob("*.json"))]


def _report(
    processes: list[dict[str, Any]], events: dict[str, tuple[float, float]]
) -> None:
    calls = [call for each in processes for call in each["calls"]]
    errors = [call["error"] for call in calls if call["error"]]
    print(f"\n{len(processes)} Odoo processes, {THREADS} threads each, Sentinel set of")
    print(
        "one master, two replicas, three Sentinels (down after "
        f"{redis_server.DOWN_AFTER_MS} ms)"
    )
    quiet = [call["end"] - call["begin"] for call in calls if call["redis"]]
    print(f"{len(calls)} calls, {len(errors)} failed; ", end="")
    print(f"median with Redis {statistics.median(quiet) * 1000:.1f} ms")
    for what, (began, back) in events.items():
        print(f"When {what}:")
        print(f"  without a master                {back - began:6.2f} s")
        for number, process in enumerate(processes):
            lost = [each for each in process["losses"] if each[0] >= began - 0.5][0]
            print(f"  process {number} without Redis         {lost[1] - began:6.2f} s")
            begun = [
                call for call in process["calls"] if began <= call["begin"] <= lost[1]
            ]
            times = sorted(call["end"] - call["begin"] for call in begun)
            print(
                f"    calls begun meanwhile          {len(times):6}  median "
                f"{statistics.median(times) * 1000:.1f} ms, longest "
                f"{times[-1] * 1000:.0f} ms"
            )
    if errors:
        raise SetupError(f"Calls failed: {sorted(set(errors))}")


def _compare(
    prepared: odoo.Odoo, billed: dict[str, Any], processes: list[dict[str, Any]]
) -> None:
    """Print whether ledger and simulator agree.

    :raise SetupError: when they do not
    """
    (row,) = prepared.postgresql.execute(
        "SELECT count(*), count(*) FILTER (WHERE state = 'settled'), sum(cost_usd)"
        " FROM account_ai_usage",
        DATABASE,
    )
    rows, settled, usd = row.split("|")
    made = sum(len(each["calls"]) for each in processes)
    print(
        f"Ledger: {rows} rows, {settled} settled, US$ {Decimal(usd)}; simulator: "
        f"{len(billed['requests'])} calls, US$ {billed['usd']}"
    )
    if not int(rows) == int(settled) == made == len(billed["requests"]):
        raise SetupError("A call was lost, or booked twice.")
    if Decimal(usd) != Decimal(billed["usd"]):
        raise SetupError("The ledger does not say what was billed.")


def _told(prepared: odoo.Odoo, output: str) -> None:
    (alerts,) = prepared.postgresql.execute(
        "SELECT count(*) FROM account_ai_alert WHERE kind = 'redis_lost'", DATABASE
    )
    lines = output.splitlines()
    warnings = [line for line in lines if "redis_lost" in line and " WARNING " in line]
    print(f"Told: {len(warnings)} warnings for 2 losses, {alerts} alert (one an hour)")
