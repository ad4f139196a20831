"""A load test of a hard budget: dense texts, many at once, of which few fit.

Carried out inside Odoo's shell, by forked processes with threads of their own.
"""

from __future__ import annotations

import base64
import json
import os
import random
import signal
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from odoo.modules.registry import Registry

from odoo.addons.account_ai.models.gateway.postgres.prefixes import PostgresPrefixes
from odoo.addons.account_ai.models.gateway.postgres.transaction import PostgresBackend
from odoo.addons.account_ai.services.claude.errors import ClaudeError
from odoo.addons.account_ai.services.claude.gateway import Gateway
from odoo.addons.account_ai.services.claude.http.client import client_for
from odoo.addons.account_ai.services.claude.ports import Owner
from odoo.addons.account_ai.services.claude.request import ClaudeRequest

from .worker import KEY, PROCESSES, THREADS, in_processes, policy, sweep

TOKENS_PER_CHARACTER = 1.2
MODELS = ("claude-haiku-5-5", "claude-sonnet-5-5")
_COMPANY = 1
_KILLED = (150, 320)
"""Calls at which a process is killed between admission and settlement."""
_ALPHABETS = (
    "设备租赁合同第二期付款说明",
    "0123456789",
    base64.b64encode(bytes(range(256))).decode(),
    "👩🏽‍🔧🧾💸",
    "Arriendo de grúa, según cotización. ",
)


def request_of(number: int, seed: int) -> ClaudeRequest:
    """Return the request of a call, the same for the same number and seed."""
    chance = random.Random(seed * 1_000_003 + number)
    alphabet = chance.choice(_ALPHABETS)
    text = "".join(chance.choices(alphabet, k=chance.choice((10, 300, 2_000, 6_000))))
    return ClaudeRequest(
        model=chance.choice(MODELS),
        system=("Eres un auditor de documentos tributarios de Chile. " * 60,),
        messages=({"role": "user", "content": f"storm-{number}. {text}"},),
        max_tokens=chance.choice((60, 200)),
        cache_ttl=chance.choice(("5m", "1h", "")),
        effort="low",
    )


def run(dbname: str, base_url: str, calls: int, seed: int, report: Path) -> None:
    """Make ``calls`` calls, sweep, and end; does not return.

    :param report: gets a JSON line for every call: its number and how it ended
    """
    Registry(dbname)
    in_processes(
        [range(index, calls, PROCESSES) for index in range(PROCESSES)],
        lambda share: _make_all(dbname, base_url, share, seed, report),
    )
    sweep(dbname)
    os._exit(0)  # its cursor, which the forked processes had too, is not to be used


def _make_all(
    dbname: str, base_url: str, share: Sequence[int], seed: int, report: Path
) -> None:
    rules = policy()
    gateway = Gateway(
        client_for(KEY, base_url),
        PostgresBackend(dbname, rules.breaker),
        rules,
        simulated=True,
        prefixes=PostgresPrefixes(dbname, {}),
    )
    file = os.open(report, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def make(number: int) -> None:
        outcome = _make(gateway, number, seed)
        line = json.dumps({"number": number, "outcome": outcome})
        os.write(file, f"{line}\n".encode())

    with ThreadPoolExecutor(THREADS) as executor:
        for _done in executor.map(make, share):
            pass


def _make(gateway: Gateway, number: int, seed: int) -> str:
    """Make a call and return how it ended: ``ok`` or the code of an error."""
    request = request_of(number, seed)
    owner = Owner(
        company_id=_COMPANY,
        user_id=1 + number % 7,
        operation="validation",
        lane="queue" if number % 3 else "screen",
    )
    try:
        admission = gateway.admit(request, owner, f"limit:{number}", use_stored=False)
    except ClaudeError as refusal:
        return refusal.code
    if number in _KILLED:
        os.kill(os.getpid(), signal.SIGKILL)
    try:
        outcome = gateway.call(admission)
    except ClaudeError as error:
        outcome = error
    gateway.settle(admission, outcome)
    return outcome.code if isinstance(outcome, ClaudeError) else "ok"
