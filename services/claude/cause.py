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
        "no_consent": Cause.OUT,
        "no_key": Cause.OUT,
        "not_ready": Cause.OUT,
        "invalid_key": Cause.OUT,
        "spend_limit": Cause.OUT,
        "circuit_open": Cause.OUT,
        # Our own limits and budgets
        "too_many_requests": Cause.OWN,
        "budget": Cause.OWN,
        "price_unknown": Cause.OWN,
        # The document, or what is chosen in the settings
        "too_large": Cause.OWN,
        "too_dear": Cause.OWN,
        "unchecked": Cause.OWN,
        "bad_request": Cause.OWN,
        "unknown_model": Cause.OWN,
        "permission": Cause.OWN,
        "unreadable": Cause.OWN,
        # The same twice
        "in_progress": Cause.OWN,
        "already_made": Cause.OWN,
        # The key for cost reports, which no validation needs
        "no_admin_key": Cause.OWN,
        "invalid_admin_key": Cause.OWN,
        # Billing problems and usage that grows too fast open the circuit at once.
        "billing": Cause.FAILED,
        "ramp_limit": Cause.FAILED,
        "rate_limited": Cause.FAILED,
        "overloaded": Cause.FAILED,
        "server_error": Cause.FAILED,
        "timeout": Cause.FAILED,
        "connection": Cause.FAILED,
        "deadline": Cause.FAILED,
        "interrupted": Cause.FAILED,
        "refused": Cause.FAILED,
        "truncated": Cause.FAILED,
        "invalid_answer": Cause.FAILED,
    }
)
"""Of every code that the product knows; a test finds one that is missing."""


def is_out(code: str) -> bool:
    """Return whether ``code`` says that Claude is out; never for an unknown one."""
    return CAUSES.get(code) is Cause.OUT
