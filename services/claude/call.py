"""What goes through the gateway: an admission, what it saw, its result and events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal
from typing import Any

from .money.own_prices import OwnPrices
from .money.usage import TokenUsage
from .ports import LimitState, OpenCall
from .request import ClaudeRequest


class UnreadableAnswer(ValueError):
    """What the answer store holds is no answer, or not one of this version."""


@dataclass(frozen=True)
class ToolCall:
    """A tool that Claude wants to be run, with its complete input."""

    id: str
    name: str
    input: Mapping[str, Any]


@dataclass(frozen=True)
class CallResult:
    """A complete answer, whatever it says; the caller judges ``stop_reason``."""

    text: str
    """All text blocks together; thinking is not part of it."""
    stop_reason: str
    usage: TokenUsage
    cost_usd: Decimal
    unit_prices: Mapping[str, str]
    """USD per million tokens of each bucket, in the tier of the real prompt."""
    model: str
    request_id: str = ""
    message_id: str = ""
    simulated: bool = False
    """The answer said that it comes from a simulator, whatever the settings say."""
    latency_ms: int = 0
    """From the start of the attempt that succeeded to its end."""
    first_token_ms: int | None = None
    """From the start of that attempt to the first delta; ``None`` without a stream."""
    retries: int = 0
    """Attempts before the one that succeeded, within the same ledger row."""
    content: tuple[Mapping[str, Any], ...] = ()
    """Raw content blocks, to be passed back unchanged in a conversation."""
    from_store: bool = False

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tools whose results Claude waits for; none when it ended otherwise."""
        if self.stop_reason != "tool_use":
            return ()
        return tuple(
            ToolCall(block["id"], block["name"], block["input"])
            for block in self.content
            if block.get("type") == "tool_use"
        )

    def to_data(self) -> dict[str, Any]:
        """Return what the answer store keeps, as plain JSON."""
        data = asdict(self)
        data["cost_usd"] = str(self.cost_usd)
        data["content"] = [dict(block) for block in self.content]
        data["unit_prices"] = dict(self.unit_prices)
        del data["from_store"]
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> CallResult:
        """Return the result that :meth:`to_data` described, marked as stored.

        It may have been stored by another version: what is not known here is left out.

        :raises UnreadableAnswer: when it is no such data
        """
        try:
            values = _known(cls, data)
            values["usage"] = TokenUsage(**_known(TokenUsage, data["usage"]))
            values["cost_usd"] = Decimal(data["cost_usd"])
            values["content"] = tuple(data["content"])
            values["from_store"] = True
            result = cls(**values)
        except (ArithmeticError, AttributeError, LookupError, TypeError) as error:
            raise UnreadableAnswer from error
        if not isinstance(result.text, str) or not isinstance(result.stop_reason, str):
            raise UnreadableAnswer
        return result


def _known(cls: type, data: Mapping[str, Any]) -> dict[str, Any]:
    names = {each.name for each in fields(cls)}
    return {name: value for name, value in data.items() if name in names}


@dataclass
class Seen:
    """What an attempt has shown so far: the base of an estimate when it breaks off."""

    in_flight: bool = False
    """The request was sent and no answer has told that it was not executed."""
    usage: TokenUsage | None = None
    """``None`` until the answer has told its usage."""
    complete: bool = False
    """The answer came to its end."""
    text: str = ""
    content: list[dict[str, Any]] = field(default_factory=list)
    stop_reason: str = ""
    model: str = ""
    message_id: str = ""
    request_id: str = ""
    simulated: bool = False
    latency_ms: int = 0
    first_token_ms: int | None = None
    retries: int = 0

    @property
    def has_final_usage(self) -> bool:
        """Usage is what Claude bills, not an estimate: it comes together with why the
        model stopped, and only the end of the connection comes after it."""
        return self.complete or bool(self.stop_reason)

    def whole_content(self) -> list[dict[str, Any]]:
        """Return the blocks that can be passed back: a tool call that was cut, or that
        Claude does not wait for, is none of them."""
        waits = self.stop_reason == "tool_use"
        return [
            block
            for block in self.content
            if block.get("type") != "tool_use" or (waits and _is_whole_call(block))
        ]


def _is_whole_call(block: Mapping[str, Any]) -> bool:
    return isinstance(block.get("input"), dict) and all(
        isinstance(block.get(name), str) for name in ("id", "name")
    )


@dataclass
class Admission:
    """A call that may be made, once: its ledger row is open (or the store had it)."""

    request: ClaudeRequest
    call: OpenCall
    """The row that is open now; replaced when a lost attempt is repeated."""
    body: str
    """The request as JSON: the bytes that go out."""
    deadline: float
    """On the gateway's monotonic clock."""
    started: float = 0.0
    """Begin of the attempt under way, on the same clock."""
    use_stored: bool = True
    """False when the user wants a new answer whatever the store has."""
    own_prices: Mapping[str, OwnPrices] = field(default_factory=dict)
    """Prices that an administrator had set when the call was admitted."""
    usage_id: int = 0
    """The ledger row; 0 until it is open."""
    limit_state: LimitState | None = None
    answer: CallResult | None = None
    """The stored answer; then there is nothing to call and nothing to settle."""
    seen: Seen = field(default_factory=Seen)

    @property
    def key(self) -> str:
        """Idempotency key of the ledger row that is open now."""
        return self.call.key


@dataclass(frozen=True)
class FirstToken:
    """The model began to answer."""

    milliseconds: int
    """Since the attempt began."""


@dataclass(frozen=True)
class TextDelta:
    """More text of the answer; one event may join several deltas of the network."""

    text: str


@dataclass(frozen=True)
class ItemParsed:
    """One complete item of an array of the answer, valid by the output schema."""

    path: str
    """The array's name: the ``streamed_array`` of the request."""
    item: Mapping[str, Any]


@dataclass(frozen=True)
class Finished:
    """The answer is complete."""

    result: CallResult


StreamEvent = FirstToken | TextDelta | ItemParsed | ToolCall | Finished
"""A ``ToolCall`` comes when its block ends. It is to be run once the result names it
in ``tool_calls``: Claude waits for nothing when its answer is cut after that."""
