"""Carries the load test out inside Odoo's shell, by forked processes with threads.

Processes are made and replaced as Odoo's own prefork server does it: a process that is
killed is replaced by one that repeats the whole share with the same keys.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from odoo import sql_db
from odoo.modules.registry import Registry

from odoo.addons.account_ai.models.gateway.postgres.transaction import PostgresBackend
from odoo.addons.account_ai.services.claude import gateway as gateway_module
from odoo.addons.account_ai.services.claude.call import Admission, CallResult, Finished
from odoo.addons.account_ai.services.claude.errors import ClaudeError, interrupted
from odoo.addons.account_ai.services.claude.gateway import Gateway
from odoo.addons.account_ai.services.claude.http.client import client_for
from odoo.addons.account_ai.services.claude.policy import BreakerPolicy, Policy
from odoo.addons.account_ai.services.claude.ports import Owner

from ..simulator.control import SimulatorControl
from .plan import CLOSING_FAULTS, KILL_PHASES, PlannedCall, read_plan
from .question import request_of

PROCESSES = 3
THREADS = 8
KEY = "sk-ant-storm"
#: Longest time without data within an answer, shorter than in production.
SILENCE_SECONDS = 2.0
_COMPANY = 1
_ENDLESS = 1_000_000
# Rows that somebody is settling at the moment are left to them, as the sweeper does.
_END_LEASES = """
    UPDATE account_ai_usage
       SET lease_until = timezone('UTC', now()) - interval '1 second'
     WHERE id IN (SELECT id
                    FROM account_ai_usage
                   WHERE state = 'open'
                     FOR UPDATE SKIP LOCKED)
"""
_END_OPENING = """
    UPDATE account_ai_circuit SET open_until = timezone('UTC', now())
     WHERE state = 'open'
"""


def policy(failures: int = _ENDLESS) -> Policy:
    """Return a policy under which calls reach Claude whatever happened to others."""
    return Policy(
        limits_per_minute={},
        default_limit=_ENDLESS,
        queue_limit=_ENDLESS,
        max_input_tokens=200_000,
        breaker=BreakerPolicy(failures=failures),
    )


def run(dbname: str, base_url: str, plan: Path, report: Path) -> None:
    """Carry the plan out and sweep; does not return.

    :param plan: what is asked
    :param report: gets a JSON line for every call, with what its caller learned
    """
    Registry(dbname)
    gateway_module.READ_SECONDS = SILENCE_SECONDS
    calls = read_plan(plan)
    closing = [call for call in calls if call.fault.get("kind") in CLOSING_FAULTS]
    storm = [call for call in calls if call not in closing]
    in_processes(
        [storm[index::PROCESSES] for index in range(PROCESSES)],
        lambda share: _Caller(dbname, base_url, report).carry_out(share),
    )
    _Caller(dbname, base_url, report).close_and_probe(closing)
    sweep(dbname)
    os._exit(0)  # its cursor, which the forked processes had too, is not to be used


def sweep(dbname: str) -> None:
    """Close all open rows as the sweeper does when their leases are over."""
    backend = PostgresBackend(dbname)
    with backend.transaction() as transaction:
        transaction.cursor.execute(_END_LEASES)
    while backend.close_expired():
        pass


def in_processes(shares: Sequence[list[PlannedCall]], work) -> None:
    """Have a process work on each share, and a successor when it is killed."""
    sql_db.close_all()
    running = {_fork(share, work): share for share in shares}
    deaths = 0
    while running:
        pid, status = os.wait()
        share = running.pop(pid)
        if not status:
            continue
        deaths += 1
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        if not killed or deaths > len(KILL_PHASES):
            raise RuntimeError(f"a process of the storm ended with {status}")
        running[_fork(share, work)] = share


def _fork(share: list[PlannedCall], work) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        work(share)
        code = 0
    finally:
        os._exit(code)


@dataclass
class _Caller:
    """Makes calls through a gateway of its own, as one process of the product does."""

    dbname: str
    base_url: str
    report: Path

    def carry_out(self, share: Sequence[PlannedCall]) -> None:
        """Make all calls of ``share``, several at the same time."""
        self._open(PostgresBackend(self.dbname, policy().breaker), policy())
        with ThreadPoolExecutor(THREADS) as executor:
            for _done in executor.map(self._make, share):
                pass

    def close_and_probe(self, closing: Sequence[PlannedCall]) -> None:
        """Make the calls whose faults open the circuit at once, one by one.

        After each, calls are refused until the circuit's time is over.
        """
        careful = policy(failures=5)
        backend = PostgresBackend(self.dbname, careful.breaker)
        self._open(backend, careful)
        for call in closing:
            self._make(call)
            for word in ("refused", "refused-too"):
                self._ask(_following(call, word))
            with backend.transaction() as transaction:
                transaction.cursor.execute(_END_OPENING)
            for word in ("probe", "second-probe"):
                self._ask(_following(call, word))

    def _open(self, backend: PostgresBackend, rules: Policy) -> None:
        self._control = SimulatorControl(self.base_url)
        self._file = os.open(self.report, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._gateway = Gateway(
            client_for(KEY, self.base_url),
            backend,
            rules,
            simulated=True,
            sleep=lambda seconds: time.sleep(min(seconds, 0.01)),
        )

    def _make(self, call: PlannedCall) -> None:
        if call.sweep:
            sweep(self.dbname)
        if call.geography:
            self._control.settings(inference_geo=call.geography)
        if call.twin:
            twin = threading.Thread(target=self._ask, args=(call, call.key))
            twin.start()
            self._ask(call, call.key)
            twin.join()
        else:
            self._ask(call, call.key)
        if call.again:
            self._ask(call, f"{call.key}:again")

    def _ask(self, call: PlannedCall, key: str = "") -> None:
        key = key or call.key
        owner = Owner(
            company_id=_COMPANY,
            user_id=call.user_id,
            operation=call.operation,
            lane=call.lane,
        )
        request = request_of(call)
        try:
            admission = self._gateway.admit(request, owner, key)
        except ClaudeError as refusal:
            self._tell(call, key, refused=refusal.code)
            return
        if admission.answer is not None:
            self._gateway.settle(admission, self._gateway.call(admission))
            self._tell(call, key, outcome="ok", heard="stored")
            return
        _kill(call, "admitted")
        if call.fault:
            self._control.fault(match={"substring": call.tag}, **call.fault)
        outcome, heard = self._listen(call, admission)
        _kill(call, "answered")
        self._gateway.settle(admission, outcome)
        if call.number % 10 == 0:
            self._gateway.settle(admission, outcome)
        if isinstance(outcome, CallResult):
            self._gateway.keep(admission, outcome)
        _kill(call, "settled")
        code = outcome.code if isinstance(outcome, ClaudeError) else "ok"
        self._tell(call, admission.key, outcome=code, heard=heard)

    def _listen(
        self, call: PlannedCall, admission: Admission
    ) -> tuple[CallResult | ClaudeError, str]:
        """Return how the call ended, and how much of the answer was heard."""
        try:
            if not call.stream:
                return self._gateway.call(admission), "whole"
            for number, event in enumerate(_closing(self._gateway, admission)):
                if isinstance(event, Finished):
                    return event.result, "whole"
                if number == 1:
                    _kill(call, "asking")
                if number == call.abandon_after:
                    break
            return interrupted(), "part"
        except ClaudeError as error:
            return error, "part"

    def _tell(self, call: PlannedCall, key: str, **facts: str) -> None:
        line = json.dumps({"key": key, "number": call.number, **facts})
        os.write(self._file, f"{line}\n".encode())


def _closing(gateway: Gateway, admission: Admission) -> Iterator:
    """Yield the events of a stream, which ends as soon as nobody listens."""
    stream = gateway.stream(admission)
    try:
        yield from stream
    finally:
        stream.close()


def _following(call: PlannedCall, word: str) -> PlannedCall:
    """Return a sound call with a number of its own, made after ``call``."""
    offset = ("refused", "refused-too", "probe", "second-probe").index(word) + 1
    return replace(call, number=call.number + offset, fault={})


def _kill(call: PlannedCall, phase: str) -> None:
    if call.kill == phase:
        os.kill(os.getpid(), signal.SIGKILL)
