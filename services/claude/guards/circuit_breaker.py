"""Third guard: while Claude is out, calls fail at once instead of waiting."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from ...common.translation import _
from ..call import Admission, CallResult
from ..circuit import CircuitState
from ..errors import ClaudeError
from ..ports import Alert, Transaction
from .guard import Guard

_OUTAGES = frozenset(
    ("overloaded", "server_error", "timeout", "connection", "deadline")
)
PAUSES = frozenset(("spend_limit", "billing", "ramp_limit"))
"""One is enough: every other call would be refused for the same reason."""
_ANSWERED = frozenset(("refused", "truncated", "invalid_answer"))
"""Claude worked; what it said is another matter."""
_LONGEST_OPENING = 3600.0
"""Seconds. A spending limit lasts until a date, but its owner may raise it any minute:
one probe an hour finds out, and a refused probe costs nothing."""
_SHORTEST_OPENING = 1.0
_CLOCKS_DIFFER = timedelta(minutes=10)

_REASONS = {
    "spend_limit": _(
        "The spending limit of the Claude account is reached. It ends on %(date)s "
        "(UTC), unless its owner raises it."
    ),
    "billing": _("The Claude account has a billing problem; its owner must solve it."),
    "ramp_limit": _(
        "The use of Claude has grown too fast for its account; it goes on soon."
    ),
}
_UNREACHABLE = _("Claude was not reachable a moment ago; it is tried again soon.")

_TITLES = {
    "spend_limit": _("The spending limit of Claude is reached"),
    "billing": _("Claude has a billing problem"),
    "ramp_limit": _("The use of Claude grows too fast"),
}
_ALERTS = {
    "spend_limit": _(
        "Claude refuses all calls until %(date)s (UTC), because the spending limit of "
        "its account is reached. Until then only the rules answer. Its owner can raise "
        "the limit in the Claude Console; then press Try again in the list of circuit "
        "breakers. Otherwise one call an hour finds out."
    ),
    "billing": _(
        "Claude refuses all calls, because its account has a billing problem. Until "
        "its owner has solved it in the Claude Console only the rules answer. Then "
        "press Try again in the list of circuit breakers. Otherwise one call an hour "
        "finds out."
    ),
    "ramp_limit": _(
        "Claude has refused a call, because the use of its account grows faster than "
        "it allows. Calls wait for %(seconds)s seconds at a time. Work that is spread "
        "over more hours is not refused."
    ),
}


class CircuitBreakerGuard(Guard):
    """Opens after failures in a row, probes after a while, closes after successes.

    A failure is an outage of Claude or of the way to it. Errors that only concern the
    request, the key or the user, and browsers that leave, are none. A spending limit, a
    billing problem and usage that grows too fast open the circuit at once, for as long
    as no call can pass, and administrators are told.
    """

    guards_repeats = True

    def admit(self, transaction: Transaction, admissions: Sequence[Admission]) -> None:
        for name in {admission.call.endpoint for admission in admissions}:
            state = transaction.circuit.admit(name)
            is_probe = state.state == "half_open"
            if state.state == "open" or (is_probe and len(admissions) > 1):
                raise _refusal(transaction, state)

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
        elif outcome.code in PAUSES:
            circuit.failed(
                name,
                _opening(outcome.retry_after),
                reason=outcome.code,
                ends_in=outcome.retry_after,
            )
            transaction.alerts.raise_alert(_alert(transaction, name, outcome))
        elif outcome.code in _OUTAGES:
            circuit.failed(name, reason=outcome.code)
        else:
            circuit.released(name)


def _opening(seconds: float | None) -> float:
    """Return for how many seconds the circuit opens when Claude asks for ``seconds``,
    ``None`` when it does not say."""
    if seconds is None:
        return _LONGEST_OPENING
    return min(max(seconds, _SHORTEST_OPENING), _LONGEST_OPENING)


def _refusal(transaction: Transaction, state: CircuitState) -> ClaudeError:
    params = {}
    message = _REASONS.get(state.reason, _UNREACHABLE)
    if state.reason == "spend_limit":
        params["date"] = _date(transaction, state.ends_in)
    return ClaudeError(
        "circuit_open",
        message,
        params=params,
        retryable=True,
        retry_after=state.retry_after,
    )


def _alert(transaction: Transaction, endpoint: str, error: ClaudeError) -> Alert:
    """Return what administrators are told: once for each end of a spending limit, else
    once a day for as long as it lasts."""
    limited = error.code == "spend_limit"
    day = _date(transaction, error.retry_after if limited else 0.0)
    return Alert(
        kind="billing" if error.code == "billing" else "spend_limit",
        key=f"{error.code}:{endpoint}:{day}",
        title=_TITLES[error.code],
        message=_ALERTS[error.code],
        params={"date": day, "seconds": str(round(error.retry_after or 0))},
    )


def _date(transaction: Transaction, seconds: float | None) -> str:
    """Return the day, UTC, that is so many seconds from now, as ISO 8601.

    Limits end at midnight, and the clocks of two machines may differ by seconds.
    """
    moment = transaction.now() + timedelta(seconds=seconds or 0.0)
    return (moment + _CLOCKS_DIFFER).date().isoformat()
