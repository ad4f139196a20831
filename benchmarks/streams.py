"""Time to first token of simultaneous validations, compared with a baseline.

Three ways to the same simulated Claude, in one run on the same machine:

* *direct*: the client asks the simulator itself;
* *baseline*: a bare authenticated Odoo route that only relays the stream;
* *account_ai*: the product, phase A (access, freshness, facts, rules, run) included.

Baseline and product run in the same processes behind the same nginx, in turns.
"""

from __future__ import annotations

import itertools
import json
import random
import statistics
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from dev import paths
from dev.demo.web_client import WebClient
from dev.server import OdooServer, free_port
from dev.simulator.process import SimulatorProcess

from . import nginx
from .database import PASSWORD, USERS, BenchDatabase
from .load import (
    Call,
    Streamed,
    errors,
    first_tokens,
    median_first_token,
    open_streams,
)

ROUNDS = {1: 15, 20: 15, 100: 7, 300: 1}
EVENTED_PROCESSES = 2
KEY = "sk-ant-simulated-benchmark"
FIRST_TOKEN_MS = 50
TOKENS_PER_SECOND = 50
SPREAD = 100
"""People who validate once each within a few seconds, as an office does."""
SPREAD_SECONDS = 10.0
SPREAD_ROUNDS = 3


def drafts_needed() -> int:
    """Return how many invoices all rounds together validate, the warm-up included."""
    measured = sum(streams * rounds for streams, rounds in ROUNDS.items())
    spread = SPREAD * SPREAD_ROUNDS
    return measured + spread + 2 * USERS + EVENTED_PROCESSES * USERS


@dataclass
class Way:
    """One way to Claude and what was measured on it."""

    name: str
    calls: Callable[[int], Sequence[Call]]
    token: bytes
    end: bytes
    medians: dict[int, list[float]] = field(default_factory=dict)
    errors: dict[int, list[str]] = field(default_factory=dict)
    spread: list[float] = field(default_factory=list)
    """Times to first token of people who come one after the other."""
    spread_errors: list[str] = field(default_factory=list)

    def measure(self, count: int) -> list[Streamed]:
        """Open ``count`` streams at once and keep the median time to first token."""
        return self.measure_calls(self.calls(count))

    def measure_calls(self, calls: Sequence[Call]) -> list[Streamed]:
        """Make ``calls`` at once and keep the median time to first token."""
        count = len(calls)
        streams = open_streams(calls, lambda seen: self.token in seen, self._ended)
        failed = errors(streams)
        self.errors.setdefault(count, []).extend(failed)
        if len(failed) < len(streams):
            self.medians.setdefault(count, []).append(median_first_token(streams))
        return streams

    def measure_spread(self, moments: Sequence[float]) -> None:
        """Make a call at each of these moments and keep the times to first token."""
        calls = [
            replace(call, at_seconds=moment)
            for call, moment in zip(self.calls(len(moments)), moments, strict=True)
        ]
        streams = open_streams(calls, lambda seen: self.token in seen, self._ended)
        self.spread += first_tokens(streams)
        self.spread_errors += errors(streams)

    def _ended(self, seen: bytes) -> bool:
        return self.end in seen

    def median(self, count: int) -> float | None:
        """Return the median of the rounds' medians, in milliseconds."""
        medians = self.medians.get(count)
        return statistics.median(medians) if medians else None


class _People:
    """Logged-in users who take the next unvalidated draft each."""

    def __init__(self, url: str, database: BenchDatabase) -> None:
        self._url = url
        self._moves = iter(database.moves)
        self._sessions: list[tuple[str, str]] = []
        for login in database.logins:
            client = WebClient(url)
            client.login(login, PASSWORD)
            session = next(c.value for c in client.cookies if c.name == "session_id")
            self._sessions.append((session or "", client.csrf_token))
        # Not the first ones again and again: each may validate 20 a minute.
        self._next = itertools.cycle(self._sessions)

    def _turns(self, count: int) -> Iterator[tuple[dict[str, str], str]]:
        for session, token in itertools.islice(self._next, count):
            yield {"Cookie": f"session_id={session}"}, token

    def validations(self, count: int, url: str = "") -> list[Call]:
        """Return the product's calls: another invoice each.

        :param url: of one process, to go past nginx
        """
        return [
            Call(
                f"{url or self._url}/account_ai/validate",
                headers,
                form={
                    "move_id": str(next(self._moves)),
                    "run_uuid": str(uuid.uuid4()),
                    "csrf_token": token,
                },
            )
            for headers, token in self._turns(count)
        ]

    def relays(self, count: int) -> list[Call]:
        """Return the baseline's calls."""
        url = f"{self._url}/account_ai_relay"
        return [
            Call(url, headers, form={"csrf_token": token})
            for headers, token in self._turns(count)
        ]


def _direct(url: str, body: dict) -> Callable[[int], list[Call]]:
    headers = {
        "authorization": f"Bearer {KEY}",
        "anthropic-version": "2026-10-21",
    }
    call = Call(f"{url}/v1/messages", headers, json={**body, "stream": True})
    return lambda count: [call] * count


def measure(database: BenchDatabase, peers: bool = False) -> list[Way]:
    """Run all rounds and return what was measured on each way.

    :param peers: whether the LiteLLM proxy takes part
    """
    with ExitStack() as stack:
        simulator = stack.enter_context(
            SimulatorProcess(
                first_token_ms=FIRST_TOKEN_MS, tokens_per_second=TOKENS_PER_SECOND
            )
        )
        body = paths.state("bench-request.json")
        body.write_text(json.dumps(database.request))
        web = stack.enter_context(
            OdooServer(
                database.odoo,
                database.name,
                workers=2,
                evented=EVENTED_PROCESSES,
                extra_arguments=(
                    database.addons_option(),
                    "--db_maxconn_gevent=200",
                    "--proxy-mode",
                ),
                environment={
                    "ACCOUNT_AI_API_KEY": KEY,
                    "ACCOUNT_AI_BASE_URL": simulator.base_url,
                    "ACCOUNT_AI_SIMULATED": "1",
                    "ACCOUNT_AI_RELAY_BODY": str(body),
                },
            )
        )
        url = stack.enter_context(
            nginx.running(
                paths.state("bench-nginx"), free_port(), web.port, web.evented_ports
            )
        )
        people = _People(url, database)
        ways = [
            Way(
                "direct",
                _direct(simulator.base_url, database.request),
                b"text_delta",
                b"message_stop",
            ),
            Way("baseline", people.relays, b"event: token", b"event: done"),
            product := Way(
                "account_ai", people.validations, b"event: progress", b"event: done"
            ),
        ]
        if peers:
            from . import litellm_proxy

            proxy = stack.enter_context(litellm_proxy.running(simulator.base_url, KEY))
            ways.append(
                Way(
                    "LiteLLM",
                    _direct(proxy, database.request),
                    b"text_delta",
                    b"message_stop",
                )
            )
        for way in ways:
            # Every process has its registry, its client and its connections first.
            way.measure(2 * USERS)
        # And has seen every user: Odoo works out a user's rights once in each process.
        for port in web.evented_ports:
            calls = people.validations(USERS, f"http://127.0.0.1:{port}")
            product.measure_calls(calls)
        for way in ways:
            way.medians.clear()
        for count, rounds in ROUNDS.items():
            for _round in range(rounds):
                for way in ways:
                    way.measure(count)
        for seed in range(SPREAD_ROUNDS):
            draw = random.Random(seed)
            moments = [draw.uniform(0.0, SPREAD_SECONDS) for _person in range(SPREAD)]
            for way in ways:
                way.measure_spread(moments)
        return ways


def report(ways: Sequence[Way]) -> None:
    """Print the table."""
    baseline = next(way for way in ways if way.name == "baseline")
    print(
        f"\nTime to first token in ms (median), provider's own {FIRST_TOKEN_MS} ms, "
        f"{EVENTED_PROCESSES} evented processes behind nginx"
    )
    names = [way.name for way in ways]
    print(f"{'streams':>8}" + "".join(f"{name:>12}" for name in names), end="")
    print(f"{'/ baseline':>12}  errors")
    for count in ROUNDS:
        cells, failed = [], []
        for way in ways:
            median = way.median(count)
            cells.append("-" if median is None else f"{median:,.0f}")
            failed += [f"{way.name}: {error}" for error in way.errors.get(count, ())]
        ours, least = ways[2].median(count), baseline.median(count)
        ratio = f"{ours / least:.2f}" if ours and least else "-"
        print(f"{count:>8}" + "".join(f"{cell:>12}" for cell in cells), end="")
        print(f"{ratio:>12}  {len(failed)} {', '.join(sorted(set(failed))[:3])}")
    print(
        "Goals: one stream at 1.3 x the baseline or less; at 20 and 100 less than the "
        "LiteLLM proxy (PEERS=1); no errors."
    )
    _report_spread(ways, baseline)


def _report_spread(ways: Sequence[Way], baseline: Way) -> None:
    """Print how long people wait who come one after the other."""
    print(
        f"\n{SPREAD} people who validate once, each at a random moment of "
        f"{SPREAD_SECONDS:.0f} seconds: time to first token in ms"
    )
    print(f"{'way':>12}{'median':>10}{'p95':>10}{'p95 / baseline':>16}  errors")
    least = _percentile_95(baseline.spread)
    for way in ways:
        p95 = _percentile_95(way.spread)
        ratio = f"{p95 / least:.2f}" if least else "-"
        print(
            f"{way.name:>12}{statistics.median(way.spread or [0.0]):>10,.0f}"
            f"{p95:>10,.0f}{ratio:>16}  {len(way.spread_errors)} "
            f"{', '.join(sorted(set(way.spread_errors))[:3])}"
        )
    print("Goal: p95 at 1.5 x the baseline or less, and no error.")


def _percentile_95(times: Sequence[float]) -> float:
    """Return the 95th percentile, 0 for no times."""
    return statistics.quantiles(times, n=20)[-1] if len(times) > 1 else 0.0
