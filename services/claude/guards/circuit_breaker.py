"""Third guard: while Claude is out, calls fail at once instead of waiting."""

from __future__ import annotations

from ...translation import _
from ..call import Admission, CallResult
from ..errors import ClaudeError
from ..ports import Transaction

_OUTAGES = frozenset(
    ("overloaded", "server_error", "timeout", "connection", "deadline")
)
_SPENDING = frozenset(("spend_limit", "billing"))
_ANSWERED = frozenset(("refused", "truncated", "invalid_answer"))
"""Claude worked; what it said is another matter."""
_LONGEST_OPENING = 3600.0
"""Seconds. A spending limit lasts until a date, but its owner may raise it any minute:
one probe an hour finds out, and a refused probe costs nothing."""


class CircuitBreakerGuard:
    """Opens after failures in a row, probes after a while, closes after successes.

    A failure is an outage of Claude or of the way to it. Errors that only concern the
    request, the key or the user, and browsers that leave, are none. A spending limit
    opens the circuit at once, for as long as no call can pass.
    """

    guards_repeats = True

    def admit(self, transaction: Transaction, admission: Admission) -> None:
        state = transaction.circuit.admit(admission.call.endpoint)
        if state.state == "open":
            raise ClaudeError(
                "circuit_open",
                _("Claude was not reachable a moment ago; it is tried again soon."),
                retryable=True,
                retry_after=state.retry_after,
            )

    def settle(
        self,
        transaction: Transaction,
        admission: Admission,
        outcome: CallResult | ClaudeError,
    ) -> None:
        name = admission.call.endpoint
        circuit = transaction.circuit
        if not isinstance(outcome, ClaudeError) or outcome.code in _ANSWERED:
            circuit.succeeded(name)
        elif outcome.code in _SPENDING:
            until = outcome.retry_after or _LONGEST_OPENING
            circuit.failed(name, min(until, _LONGEST_OPENING))
        elif outcome.code in _OUTAGES:
            circuit.failed(name)
        else:
            circuit.released(name)
