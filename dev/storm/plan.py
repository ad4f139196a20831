"""What is asked in a load test: calls of every kind, each with the fault injected into
it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from itertools import cycle
from pathlib import Path
from typing import Any

from ..simulator.faults import (
    CONNECTION_FAULTS,
    CONTENT_FAULTS,
    HTTP_FAULTS,
    STREAM_FAULTS,
)

#: Faults that open the circuit at once, whatever its threshold: the others would not
#: get through. They come last, one by one.
CLOSING_FAULTS = (
    "usage_limit",
    "workspace_usage_limit",
    "billing",
    "spend_limit",
    "contract_spend_limit",
    "ramp_limit",
)
STORM_FAULTS = (
    *sorted(set(HTTP_FAULTS) - set(CLOSING_FAULTS)),
    *sorted(CONNECTION_FAULTS | STREAM_FAULTS | CONTENT_FAULTS),
    "slow",
)
#: Calls around each of them: itself, two that are refused, two that probe.
CLOSING_CALLS = 5
#: Where a process may be killed within a call.
KILL_PHASES = ("admitted", "asking", "answered", "settled")
MODELS = (
    "claude-haiku-5-5",
    "claude-haiku-5-5",
    "claude-haiku-5-5",
    "claude-sonnet-5-5",
    "claude-opus-5-5",
    "claude-haiku-4-5",
    "claude-fable-5-2",
)
#: Seconds that a stalled answer is silent; longer than a call of the storm waits.
STALL_SECONDS = 6
#: Characters of a prompt that is above 100,000 tokens.
LONG_PROMPT = 270_000


@dataclass(frozen=True)
class PlannedCall:
    """One call.

    ``fault`` are the values for the simulator's control API. ``abandon_after`` is
    after how many events of the stream the caller goes away. ``twin``: a second thread
    asks with the same key at the same time. ``again``: the same question is asked once
    more, under another key. ``kill``: where the process kills itself.
    """

    number: int
    user_id: int
    operation: str
    lane: str
    model: str
    cache_ttl: str
    has_schema: bool
    has_tools: bool
    effort: str | None
    characters: int
    max_tokens: int
    stream: bool
    fault: dict[str, Any] = field(default_factory=dict)
    abandon_after: int | None = None
    twin: bool = False
    again: bool = False
    kill: str = ""
    sweep: bool = False
    """Before the call all calls under way are counted as lost."""
    geography: str = ""
    """Set for the workspace before the call, for it and those that follow."""

    @property
    def key(self) -> str:
        """Idempotency key."""
        return f"storm:{self.number}"

    @property
    def tag(self) -> str:
        """Text in the prompt that tells whose request it is."""
        return f"storm-{self.number}."


def plan_calls(count: int, seed: int) -> list[PlannedCall]:
    """Return ``count`` calls, the same ones for the same seed.

    Every kind of fault comes about equally often, in streams and out of them. Those
    that open the circuit come last; each of them counts for the calls around it too.
    """
    chance = random.Random(seed)
    faults = _fault_turns(chance)
    storm = count - len(CLOSING_FAULTS) * CLOSING_CALLS
    calls = [_plan_call(number, storm, chance, faults) for number in range(storm)]
    for kind, number in zip(
        CLOSING_FAULTS, range(storm, count, CLOSING_CALLS), strict=True
    ):
        calls.append(
            replace(
                _plan_call(number, count, chance, faults),
                model="claude-haiku-5-5",
                characters=200,
                fault={"kind": kind, "times": 3},
                abandon_after=None,
                twin=False,
                again=False,
            )
        )
    return calls


def _fault_turns(chance: random.Random) -> Iterator[tuple[str, bool]]:
    """Yield kinds of faults and whether they are injected into a stream, endlessly."""
    turns = [(kind, stream) for kind in STORM_FAULTS for stream in (True, False)]
    chance.shuffle(turns)
    return cycle(turns)


def _plan_call(
    number: int,
    count: int,
    chance: random.Random,
    faults: Iterator[tuple[str, bool]],
) -> PlannedCall:
    model = chance.choice(MODELS)
    stream = chance.random() < 0.6
    fault: dict[str, Any] = {}
    if chance.random() < 0.4:
        kind, stream = next(faults)
        fault = _fault(kind, chance)
    abandon_after = None
    if stream and not fault and chance.random() < 0.12:
        abandon_after = chance.randint(0, 4)
        if chance.random() < 0.8:
            fault = {"kind": "slow", "first_token_ms": 20, "tokens_per_second": 300}
    kill = _kill_phase(number, count)
    if kill:
        stream, abandon_after = True, None
        fault = {"kind": "slow", "first_token_ms": 50, "tokens_per_second": 300}
    is_long = model == "claude-haiku-5-5" and chance.random() < 0.02
    shape = chance.random()
    return PlannedCall(
        number=number,
        user_id=chance.randint(1, 40),
        operation=chance.choice(("validation", "chat", "project_suggestion")),
        lane=chance.choice(("screen", "screen", "queue")),
        model=model,
        cache_ttl=chance.choice(("5m", "5m", "1h", "")),
        has_schema=shape < 0.6,
        has_tools=shape > 0.85 or fault.get("kind") == "truncated_tool",
        effort=None
        if model == "claude-haiku-4-5"
        else chance.choice((None, "low", "medium", "high")),
        characters=LONG_PROMPT if is_long else chance.choice((200, 800, 3_000, 9_000)),
        max_tokens=chance.choice((60, 400, 2_000, 4_000)),
        stream=stream,
        fault=fault,
        abandon_after=abandon_after,
        twin=chance.random() < 0.03 and not kill,
        again=not fault and abandon_after is None and chance.random() < 0.04,
        kill=kill,
        sweep=number in (count // 4, count * 3 // 4),
        geography={count // 3: "us", count // 2: "global"}.get(number, ""),
    )


def _fault(kind: str, chance: random.Random) -> dict[str, Any]:
    fault: dict[str, Any] = {"kind": kind, "times": chance.choice((1, 1, 2, 4))}
    if kind in STREAM_FAULTS:
        fault["after_deltas"] = chance.randint(0, 6)
    if kind in ("stall", "stream_stall"):
        fault["seconds"] = STALL_SECONDS
    if kind == "slow":
        fault |= {"first_token_ms": 150, "tokens_per_second": 500}
    if kind == "rate_limit":
        # Beyond the cap nobody waits: the call fails at once.
        fault["retry_after"] = chance.choice((0, 1, 600))
    return fault


def _kill_phase(number: int, count: int) -> str:
    """Return where the process kills itself at this call: at a few calls, evenly
    spread."""
    step = count // (len(KILL_PHASES) + 1)
    if step and number and number % step == 0 and number // step <= len(KILL_PHASES):
        return KILL_PHASES[number // step - 1]
    return ""


def write_plan(calls: list[PlannedCall], path: Path) -> None:
    """Write the plan, for the processes that carry it out."""
    path.write_text("\n".join(json.dumps(asdict(call)) for call in calls))


def read_plan(path: Path) -> list[PlannedCall]:
    """Return what :func:`write_plan` wrote."""
    return [PlannedCall(**json.loads(line)) for line in path.read_text().splitlines()]
