"""Whose doing it is that a validation has no answer of Claude.

A policy that requires validations lets the rules stand in while Claude is out, and only
then: whoever could bring about that by asking too often, by making a document too large
or by choosing a model that does not exist would get past the policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType


class Cause(Enum):
    """What stands behind the code of a refusal or a failure."""

    OUT = "out"
    """Claude cannot be asked by anybody of the company, whatever the document is."""
    OWN = "own"
    """What the person, the company or its settings did: the policy stays as it is."""
    FAILED = "failed"
    """This one attempt had no usable answer; the next one may. When that goes on, the
    circuit breaker opens, and that is *out*."""


CAUSES: Mapping[str, Cause] = MappingProxyType(
    {
        **dict.fromkeys(
            ("no_consent", "no_key", "not_ready", "invalid_key"), Cause.OUT
        ),
        **dict.fromkeys(("spend_limit", "circuit_open"), Cause.OUT),
        # Our own limits and budgets
        **dict.fromkeys(("too_many_requests", "budget", "price_unknown"), Cause.OWN),
        # The document, or what is chosen in the settings
        **dict.fromkeys(
            ("too_large", "too_dear", "unchecked", "bad_request"), Cause.OWN
        ),
        **dict.fromkeys(("unknown_model", "permission", "unreadable"), Cause.OWN),
        # The same twice
        **dict.fromkeys(("in_progress", "already_made"), Cause.OWN),
        # The key for cost reports, which no validation needs
        **dict.fromkeys(("no_admin_key", "invalid_admin_key"), Cause.OWN),
        # Billing problems and usage that grows too fast open the circuit at once.
        **dict.fromkeys(("billing", "ramp_limit", "rate_limited"), Cause.FAILED),
        **dict.fromkeys(("overloaded", "server_error", "timeout"), Cause.FAILED),
        **dict.fromkeys(("connection", "deadline", "interrupted"), Cause.FAILED),
        **dict.fromkeys(("refused", "truncated", "invalid_answer"), Cause.FAILED),
    }
)
"""Of every code that the product knows; a test finds one that is missing."""


def is_out(code: str) -> bool:
    """Return whether ``code`` says that Claude is out; never for an unknown one."""
    return CAUSES.get(code) is Cause.OUT
