"""Measures calls inside Odoo's shell: bare, through the gateway, through a proxy."""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import anthropic

from odoo.addons.account_ai.services.agents.dte.prompt import (
    answer_schema,
    prefix,
)
from odoo.addons.account_ai.services.claude.operations import operation
from odoo.addons.account_ai.services.claude.ports import Owner
from odoo.addons.account_ai.services.claude.request import ClaudeRequest

WARM_UP = 8
_USERS = 200
"""So many take turns that nobody passes the limit of 20 calls a minute."""
_FACTS = {
    "type": "33",
    "flow": "sale",
    "issue_date": "2026-11-20",
    "currency": "CLP",
    "net": 500_000,
    "tax": 95_000,
    "total": 595_000,
    "lines": [
        {
            "n": number,
            "name": f"Mantención preventiva de grupo electrógeno {number}",
            "quantity": "1",
            "price": "125000",
            "amount": 125_000,
        }
        for number in range(1, 5)
    ],
}

Make = Callable[[ClaudeRequest], None]


def measure(
    env: Any,
    company_id: int,
    key: str,
    url: str,
    proxy: str,
    repeats: int,
    rounds: int,
    parallel: int,
    output: str,
) -> None:
    """Write the milliseconds of every call, by the way it took and how it was made.

    The ways alternate, so that other load on the machine affects all of them equally.
    No request is repeated, so the answer store never answers.

    :param proxy: address of a LiteLLM proxy, empty for none
    :param repeats: calls one after the other, whole and streamed
    :param rounds: times that ``parallel`` calls are made at once
    """
    company = env["res.company"].browse(company_id)
    gateway = env["account.ai.gateway"]._gateway(company)
    env.cr.commit()  # nothing is held while others write
    numbers = itertools.count()

    def guarded(stream: bool) -> Make:
        def make(request: ClaudeRequest) -> None:
            number = next(numbers)
            owner = Owner(company_id, number % _USERS + 1, "validation", agent="dte")
            admission = gateway.admit(
                request, owner, f"bench:{time.time_ns()}:{number}"
            )
            if stream:
                for event in gateway.stream(admission):
                    last = event
                gateway.settle(admission, last.result)
                gateway.keep(admission, last.result)
            else:
                result = gateway.call(admission)
                gateway.settle(admission, result)
                gateway.keep(admission, result)

        return make

    ways: dict[str, Callable[[bool], Make]] = {
        "bare": lambda stream: _bare(key, url, stream),
        "guarded": guarded,
    }
    if proxy:
        ways["proxy"] = lambda stream: _bare(key, proxy, stream)
    texts = itertools.count()
    dbname = env.cr.dbname
    measured = {
        "whole": _in_turns(ways, False, repeats, texts, dbname),
        "streamed": _in_turns(ways, True, repeats, texts, dbname),
        "parallel": _at_once(ways, rounds, parallel, texts),
    }
    Path(output).write_text(json.dumps(measured))


def _bare(key: str, url: str, stream: bool) -> Make:
    client = anthropic.Anthropic(
        api_key=key, base_url=url, max_retries=0, open_telemetry=False
    )

    def make(request: ClaudeRequest) -> None:
        answer = client.messages.create(**request.parameters(), stream=stream)
        if stream:
            for _event in answer:
                pass

    return make


def _request(number: int) -> ClaudeRequest:
    facts = json.dumps({"folio": number, **_FACTS}, ensure_ascii=False)
    text = f"Datos del documento:\n<facts>\n{facts}\n</facts>"
    return ClaudeRequest(
        model=operation("validation").model,
        system=prefix("es"),
        messages=({"role": "user", "content": [{"type": "text", "text": text}]},),
        max_tokens=4_000,
        output_schema=answer_schema(),
        streamed_array="findings",
        effort="low",
    )


def _database_milliseconds(dbname: str) -> float:
    """Return the processor time of the database's processes so far."""
    ticks = 0
    for folder in Path("/proc").iterdir():
        try:
            if f" {dbname} " not in (folder / "cmdline").read_text():
                continue
            # After the name in brackets, which may hold anything.
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # not a process, or one that has ended
        ticks += int(fields[11]) + int(fields[12])
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


def _milliseconds(make: Make, request: ClaudeRequest) -> float:
    started = time.perf_counter()
    make(request)
    return (time.perf_counter() - started) * 1000


def _in_turns(
    ways: dict[str, Callable[[bool], Make]],
    stream: bool,
    repeats: int,
    texts: itertools.count,
    dbname: str,
) -> dict[str, list[float]]:
    """Return the times of calls one after the other, and what they took of processors
    on average, the database's for guarded ones included."""
    made = {name: way(stream) for name, way in ways.items()}
    found: dict[str, list[float]] = {name: [] for name in ways}
    used = dict.fromkeys(ways, 0.0)
    for repeat in range(WARM_UP + repeats):
        if repeat == WARM_UP:
            before = _database_milliseconds(dbname)
        for name, make in made.items():
            request = _request(next(texts))
            started = time.process_time()
            elapsed = _milliseconds(make, request)
            if repeat >= WARM_UP:
                used[name] += (time.process_time() - started) * 1000
                found[name].append(elapsed)
    used["guarded"] += _database_milliseconds(dbname) - before
    for name, total in used.items():
        found[f"{name} processor"] = [total / repeats]
    return found


def _at_once(
    ways: dict[str, Callable[[bool], Make]],
    rounds: int,
    parallel: int,
    texts: itertools.count,
) -> dict[str, list[float]]:
    made = {name: way(False) for name, way in ways.items()}
    found: dict[str, list[float]] = {name: [] for name in ways}
    with ThreadPoolExecutor(parallel) as executor:
        for number in range(rounds + 1):
            for name, make in made.items():
                times = _one_round(executor, make, parallel, texts)
                if number:  # the first one opens the connections
                    found[name] += times
    return found


def _one_round(
    executor: ThreadPoolExecutor, make: Make, parallel: int, texts: itertools.count
) -> Sequence[float]:
    barrier = Barrier(parallel)
    requests = [_request(next(texts)) for _thread in range(parallel)]

    def run(request: ClaudeRequest) -> float:
        barrier.wait(timeout=60)
        return _milliseconds(make, request)

    return list(executor.map(run, requests))
