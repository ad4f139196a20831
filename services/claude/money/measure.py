"""How large a request is: bounded for nothing, or counted by Claude itself.

No text passes the bound, so that a budget can stand on it; most texts stay far below
it. Near a limit, a price tier or a budget that would refuse what would have fitted.
There Claude is asked: counting is free, but it is a call over the network, so it comes
before *admit*, outside of every transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..errors import ClaudeError
from ..http.client import ClaudeClient
from ..http.log import log_failed_count
from ..policy import Policy
from ..ports import Backend, Owner
from ..request import ClaudeRequest
from .estimate import bound_of_input, estimated_input, grows_by_itself, with_margin
from .own_prices import OwnPrices
from .pricing import NO_OWN_PRICES, long_prompt_tokens


@dataclass(frozen=True)
class Measure:
    """A request as it goes out, and how many tokens it has."""

    body: str
    """The request as JSON."""
    estimated: int
    """By its length; no text has more."""
    counted: int | None = None
    """By Claude; ``None`` when it was not asked, or did not answer in time."""
    provisional: bool = False
    """Claude is to be asked where it decides: what would refuse the call, or comes near
    to it, says :class:`~.ports.CountFirst` instead."""

    @property
    def tokens(self) -> int:
        """The tokens to reckon with: limits and reservations go by them."""
        return self.estimated if self.counted is None else with_margin(self.counted)


def measure_of(request: ClaudeRequest, prefix_tokens: int | None = None) -> Measure:
    """Return ``request`` with the bound of its size.

    :param prefix_tokens: Claude's count of its prefix, when it is known
    """
    return Measure(request.body(), bound_of_input(request, prefix_tokens))


def usual_tokens(request: ClaudeRequest) -> int:
    """Return about how many tokens ``request`` has when its text is ordinary."""
    return estimated_input(request, len(request.body()))


def is_near_limit(
    request: ClaudeRequest,
    measure: Measure,
    policy: Policy,
    own: Mapping[str, OwnPrices] = NO_OWN_PRICES,
) -> bool:
    """Return whether Claude is to be asked how large a request is: near the limit of
    tokens, and where the bound alone would pay the prices of long prompts."""
    if measure.estimated >= policy.count.from_share * policy.max_input_tokens:
        return True
    try:
        tier = long_prompt_tokens(request.model, own=own)
    except ClaudeError:  # no price, no tier: *admit* refuses it and says so
        return False
    return bool(tier) and measure.estimated > tier


@dataclass(frozen=True)
class TokenCounter:
    """Asks Claude how many tokens requests have; not within a transaction."""

    client: ClaudeClient
    backend: Backend
    policy: Policy

    def counted(
        self, request: ClaudeRequest, owner: Owner, measure: Measure
    ) -> Measure:
        """Return ``measure`` with Claude's own count, or without it: the bound stands.

        What becomes of it says nothing to the circuit breaker: the call itself follows
        at once.
        """
        tokens = None if grows_by_itself(request) else self.count(request, owner)
        return replace(measure, provisional=False, counted=tokens)

    def count(self, request: ClaudeRequest, owner: Owner) -> int | None:
        """Return Claude's count of ``request``; ``None`` when Claude is out, does not
        answer soon, or was asked too often."""
        if not self._may_count(owner):
            return None
        body = request.parameters()
        del body["max_tokens"]
        try:
            return self.client.count_tokens(body, seconds=self.policy.count.seconds)
        except ClaudeError as error:
            log_failed_count(owner, request.model, error)
            return None

    def _may_count(self, owner: Owner) -> bool:
        """Return whether Claude may be asked, and count the question in its window."""
        key, most = f"count:{owner.company_id}", self.policy.count.limit
        with self.backend.transaction() as transaction:
            if transaction.circuit.state(self.client.endpoint).state != "closed":
                return False
            return transaction.limits.hit(key, most, self.policy.window_seconds).allowed
