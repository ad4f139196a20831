"""Limits and times of the gateway: one frozen set of figures, handed in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

from .circuit import BreakerPolicy
from .operations import DEFAULT_ANSWER_SECONDS, DEFAULT_LIMIT, OPERATIONS
from .ports import Owner

_LIMITS_PER_MINUTE = MappingProxyType(
    {each.name: each.limit_per_minute for each in OPERATIONS}
)
_ANSWER_SECONDS = MappingProxyType(
    {each.name: each.answer_seconds for each in OPERATIONS}
)


@dataclass(frozen=True)
class Window:
    """A sliding window: under which key calls are counted, and how many it allows."""

    key: str
    limit: int
    of_company: bool = False
    """It is the company's: the person who is refused may have done little."""


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long an attempt is repeated; seconds."""

    attempts: int = 3
    """Attempts in all, the first one included."""
    first_wait: float = 0.5
    """Upper end of the first jittered wait; it doubles with every attempt."""
    longest_wait: float = 8.0
    retry_after_cap: float = 15.0
    """A server that asks for a longer wait is not waited for: the call fails at once
    and says when to come back, so that no worker sleeps on somebody's word."""


@dataclass(frozen=True)
class CountPolicy:
    """When Claude is asked how many tokens a request has; see :mod:`.measure`."""

    from_share: float = 0.6
    """Of the limit of tokens: a request whose bound is below it is not near."""
    seconds: float = 3.0
    """Longest wait; then the bound stands."""
    limit: int = 600
    """Counts in a window for one company. They are free, but Claude limits them too."""


@dataclass(frozen=True)
class Policy:
    """What the gateway is allowed to do for one company."""

    limits_per_minute: Mapping[str, int] = field(
        default_factory=lambda: _LIMITS_PER_MINUTE
    )
    """Calls per operation for one user of one company at the screen."""
    default_limit: int = DEFAULT_LIMIT
    """The same for an operation that is not named there."""
    company_limit: int = 0
    """Calls of all operations for all people of one company at the screen together;
    0: as many as each of them may make."""
    queue_limit: int = 300
    """Calls per operation for all queued and cron work of one company."""
    window_seconds: float = 60.0
    answer_seconds: Mapping[str, float | None] = field(
        default_factory=lambda: _ANSWER_SECONDS
    )
    """How long an answer is kept per operation; ``None``: while its fingerprint holds.
    Validations hold, because everything that decides them is in the fingerprint."""
    default_answer_seconds: float | None = DEFAULT_ANSWER_SECONDS
    """The same for an operation that is not named there: chat-like answers."""
    max_input_tokens: int = 100_000
    """Larger requests are refused with the figures; above it Haiku 5.5 costs five
    times as much."""
    max_call_usd: Decimal | None = None
    """A call that may cost more is refused; ``None``: no such ceiling."""
    deadline_seconds: float = 90.0
    """From the admission to the end of the answer; the lease of the ledger row."""
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    breaker: BreakerPolicy = field(default_factory=BreakerPolicy)
    count: CountPolicy = field(default_factory=CountPolicy)

    def windows(self, owner: Owner) -> Iterator[Window]:
        """Yield the windows that a call of ``owner`` is counted in.

        The person's own comes first and the company's last, so that whoever waits for
        the row that many share holds none that others wait for.
        """
        company = owner.company_id
        if owner.lane != "screen":
            yield Window(f"{owner.operation}:{owner.lane}:{company}", self.queue_limit)
            return
        limit = self.limits_per_minute.get(owner.operation, self.default_limit)
        yield Window(f"{owner.operation}:screen:{company}:{owner.user_id}", limit)
        if self.company_limit:
            yield Window(f"screen:{company}", self.company_limit, of_company=True)

    def answer_ttl(self, operation: str) -> float | None:
        """Return for how many seconds an answer is kept, ``None`` without an end."""
        return self.answer_seconds.get(operation, self.default_answer_seconds)
