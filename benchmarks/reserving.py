"""Measures reservations inside Odoo's shell: alone, and many callers at once."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from threading import Barrier
from typing import Any

from odoo.addons.account_ai.models.gateway.postgres.transaction import PostgresBackend
from odoo.addons.account_ai.services.claude.operations import operation
from odoo.addons.account_ai.services.claude.ports import OpenCall, Owner

WARM_UP = 20
_MANY = 5
_AMOUNT = 1_000_000
# Simulates a slow disk: a commit takes time, and its locks are held meanwhile.
_SLOW_DISK = """
    CREATE OR REPLACE FUNCTION bench_slow_disk() RETURNS trigger AS $$
    BEGIN PERFORM pg_sleep(%s); RETURN NULL; END $$ LANGUAGE plpgsql;
    CREATE CONSTRAINT TRIGGER bench_slow_disk AFTER INSERT ON account_ai_usage
        DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION bench_slow_disk()
"""

Way = Callable[[int], None]


def measure(
    env: Any, repeats: int, parallel: int, each: int, disk_seconds: float, output: str
) -> None:
    """Write the milliseconds of reservations, and how many pass in a second.

    The ways take turns. A reservation is what *admit* does for money: a transaction of
    its own, the open row, the counters of its budgets, the commit.

    :param parallel: callers at once, each of whom reserves ``each`` times
    :param disk_seconds: what a commit takes in the last measurement
    """
    reservations = Reservations(env, parallel)
    alone = _in_turns(reservations.ways(("bare", "none", "one", "many")), repeats)
    crowd = {name: reservations.way(name) for name in ("bare", "none", "one", "own")}
    measured = {
        "alone": alone,
        "crowd": _at_once(crowd, parallel, each),
    }
    env.cr.execute(_SLOW_DISK, [disk_seconds])
    env.cr.commit()
    measured["slow"] = _at_once(crowd, parallel, each)
    Path(output).write_text(json.dumps(measured))


class Reservations:
    """Reserves for companies that have no budget, one, many, or one for each user."""

    def __init__(self, env: Any, users: int) -> None:
        self._backend = PostgresBackend(env.cr.dbname)
        self._numbers = itertools.count()
        names = ("bare", "none", "one", "many", "own")
        self._companies = {
            name: env["res.company"].create({"name": f"Bench {name}"}).id
            for name in names
        }
        people = env["res.users"].create(
            [{"name": f"Bench {n}", "login": f"bench{n}"} for n in range(users)]
        )
        self._users = people.ids
        budgets = [("one", {})] + [("many", {})] * _MANY
        budgets += [("own", {"scope": "user", "user_id": each}) for each in people.ids]
        env["account.ai.budget"].create(
            [
                {
                    "name": name,
                    "amount": _AMOUNT,
                    "company_id": self._companies[name],
                    **values,
                }
                for name, values in budgets
            ]
        )
        env.cr.commit()

    def ways(self, names: tuple[str, ...]) -> dict[str, Way]:
        return {name: self.way(name) for name in names}

    def way(self, name: str) -> Way:
        """Return what reserves once for the caller of a number."""
        company_id = self._companies[name]

        def reserve(caller: int) -> None:
            key = f"bench:{name}:{next(self._numbers)}"
            user_id = self._users[caller]
            call = _call(key, Owner(company_id, user_id, "validation"))
            with self._backend.transaction() as transaction:
                if name == "bare":
                    transaction.ledger.stored_answer(call, saved_usd=Decimal(0))
                else:
                    bookings = transaction.ledger.open_all([call])
                    transaction.budget.reserve_all([(call, *bookings)])

        return reserve


def _call(key: str, owner: Owner) -> OpenCall:
    return OpenCall(
        key=key,
        fingerprint="f" * 64,
        owner=owner,
        model=operation("validation").model,
        endpoint="http://127.0.0.1",
        simulated=True,
        unit_prices={"output": "2.5"},
        estimated_input=8000,
        max_output=2000,
        worst_case_usd=Decimal("0.01"),
        lease_seconds=900,
    )


def _milliseconds(way: Way, caller: int) -> float:
    started = time.perf_counter()
    way(caller)
    return (time.perf_counter() - started) * 1000


def _in_turns(ways: dict[str, Way], repeats: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _repeat in range(WARM_UP + repeats):
        for name, way in ways.items():
            found[name].append(_milliseconds(way, 0))
    return {name: times[WARM_UP:] for name, times in found.items()}


def _at_once(
    ways: dict[str, Way], parallel: int, each: int
) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {
        name: {"times": [], "seconds": 0.0} for name in ways
    }
    with ThreadPoolExecutor(parallel) as executor:
        for number in range(4):
            for name, way in ways.items():
                times, seconds = _one_round(executor, way, parallel, each)
                if number:  # the first one opens the connections
                    found[name]["times"] += times
                    found[name]["seconds"] += seconds
    return found


def _one_round(
    executor: ThreadPoolExecutor, way: Way, parallel: int, each: int
) -> tuple[list[float], float]:
    barrier = Barrier(parallel + 1)

    def run(caller: int) -> list[float]:
        barrier.wait(timeout=60)
        return [_milliseconds(way, caller) for _time in range(each)]

    futures = [executor.submit(run, caller) for caller in range(parallel)]
    barrier.wait(timeout=60)
    started = time.perf_counter()
    times = [each for future in futures for each in future.result()]
    return times, time.perf_counter() - started
