"""The guards of the gateway, in the order in which they stand.

What refuses cheaply stands first. All of them share the short transaction of *admit*: a
refusal undoes what the ones before have taken. The budgets stand after them, with the
ledger row that is the reservation: the gateway itself sees to that.
"""

from __future__ import annotations

from ..policy import Policy
from .answer_store import AnswerStoreGuard
from .circuit_breaker import CircuitBreakerGuard
from .guard import Guard
from .rate_limit import RateLimitGuard
from .rejected_key import RejectedKeyGuard

__all__ = [
    "AnswerStoreGuard",
    "CircuitBreakerGuard",
    "Guard",
    "RateLimitGuard",
    "RejectedKeyGuard",
    "guards_for",
]


def guards_for(policy: Policy) -> tuple[Guard, ...]:
    """Return the guards under ``policy``, first one first."""
    return (
        AnswerStoreGuard(),
        RateLimitGuard(policy),
        CircuitBreakerGuard(),
        RejectedKeyGuard(),
    )
