"""How large a request is: estimated for nothing, or counted by Claude itself.

The estimate errs on the high side, which near a limit refuses what would have fitted.
There Claude is asked: counting is free, but it is a call over the network, so it comes
before *admit*, outside of every transaction.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from .client import ClaudeClient
from .errors import ClaudeError
from .estimate import estimated_input
from .log import log_failed_count
from .policy import Policy
from .ports import Backend, Owner
from .request import ClaudeRequest

_MARGIN = 1.02
"""Claude's count "may differ by a small amount" from what it bills: a wall counts on
more than was ever seen."""


@dataclass(frozen=True)
class Measure:
    """A request as it goes out, and how many tokens it has."""

    body: str
    """The request as JSON."""
    estimated: int
    """By its length; rather too many than too few."""
    counted: int | None = None
    """By Claude; ``None`` when it was not asked, or did not answer in time."""

    @property
    def tokens(self) -> int:
        """The tokens to reckon with: limits and reservations go by them."""
        if self.counted is None:
            return self.estimated
        return math.ceil(self.counted * _MARGIN)


def measure_of(request: ClaudeRequest) -> Measure:
    """Return ``request`` with its estimated size."""
    body = request.body()
    return Measure(body, estimated_input(request, len(body)))


def is_near_limit(measure: Measure, policy: Policy) -> bool:
    """Return whether Claude is to be asked how large a request is."""
    near_limit = policy.count.from_share * policy.max_input_tokens
    return measure.estimated >= near_limit


def counted(
    request: ClaudeRequest,
    owner: Owner,
    measure: Measure,
    *,
    client: ClaudeClient,
    backend: Backend,
    policy: Policy,
) -> Measure:
    """Return ``measure`` with Claude's own count.

    Without it when Claude is out, does not answer soon, or was asked too often: the
    estimate stands. What becomes of it says nothing to the circuit breaker: the call
    itself follows at once.
    """
    if not _may_count(owner, client, backend, policy):
        return measure
    body = request.parameters()
    del body["max_tokens"]
    try:
        tokens = client.count_tokens(body, seconds=policy.count.seconds)
    except ClaudeError as error:
        log_failed_count(owner, request.model, error)
        return measure
    return replace(measure, counted=tokens)


def _may_count(
    owner: Owner, client: ClaudeClient, backend: Backend, policy: Policy
) -> bool:
    with backend.transaction() as transaction:
        if transaction.circuit.state(client.endpoint).state != "closed":
            return False
        return transaction.limits.hit(
            f"count:{owner.company_id}", policy.count.limit, policy.window_seconds
        ).allowed
