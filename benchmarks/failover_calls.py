"""Makes calls inside Odoo's shell until told to stop, and notes when Redis was lost."""

from __future__ import annotations

import itertools
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from odoo.addons.account_ai.services.claude.errors import ClaudeError
from odoo.addons.account_ai.services.claude.operations import operation
from odoo.addons.account_ai.services.claude.ports import Owner
from odoo.addons.account_ai.services.claude.request import ClaudeRequest

_USERS = 100_000
"""So many take turns that nobody passes a limit."""


def make(env: Any, process: int, threads: int, folder: str) -> None:
    """Make calls until there is a file ``stop``; then write what happened.

    :param process: number of this process, part of every key
    """
    company = env.ref("base.main_company")
    gateway = env["account.ai.gateway"]._gateway(company)
    connection = env["account.ai.gateway"]._backend().connection
    env.cr.rollback()  # nothing is held while calls are made
    stop = Path(folder, "stop")
    numbers = itertools.count()
    calls: list[dict[str, Any]] = []
    losses: list[list[float]] = []
    ended = threading.Event()

    def call() -> dict[str, Any]:
        number = next(numbers)
        owner = Owner(company.id, number % _USERS + 1, "validation")
        request = ClaudeRequest(
            model=operation("validation").model,
            system=("You are brief.",),
            messages=({"role": "user", "content": f"{process}, {number}?"},),
            max_tokens=500,
            effort="low",
        )
        begin, error = time.time(), ""
        try:
            admission = gateway.admit(request, owner, f"bench:{process}:{number}")
            result = gateway.call(admission)
            gateway.settle(admission, result)
            gateway.keep(admission, result)
        except ClaudeError as refusal:
            error = refusal.code
        except Exception as exception:  # any error is what is measured here
            error = type(exception).__name__
        redis = not connection.is_lost
        return {"begin": begin, "end": time.time(), "error": error, "redis": redis}

    def work() -> None:
        while not stop.exists():
            calls.append(call())

    def watch() -> None:
        """Note from when to when Redis was lost."""
        was_lost = False
        while not ended.wait(0.002):
            is_lost = connection.is_lost
            if is_lost and not was_lost:
                losses.append([time.time(), 0.0])
            elif was_lost and not is_lost:
                losses[-1][1] = time.time()
            was_lost = is_lost

    watching = threading.Thread(target=watch)
    watching.start()
    with ThreadPoolExecutor(threads) as executor:
        for working in [executor.submit(work) for _ in range(threads)]:
            working.result()
    ended.set()
    watching.join()
    output = Path(folder, f"{process}.json")
    output.write_text(json.dumps({"calls": calls, "losses": losses}))
