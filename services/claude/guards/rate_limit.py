"""Second guard: how many calls somebody may make in a minute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import zip_longest

from ...common.translation import _
from ..call import Admission, CallResult
from ..errors import ClaudeError
from ..policy import Policy, Window
from ..ports import LimitState, Transaction

_OWN = _("Too many requests: at most %(limit)s a minute are allowed.")
_COMPANYS = _(
    "Too many requests from your company: at most %(limit)s a minute are allowed for "
    "everybody together."
)


class RateLimitGuard:
    """Counts calls in sliding windows: per user and per company at the screen, per
    company in queues.

    A refusal leaves no trace: it neither counts against a window nor is booked. What an
    earlier window has counted falls with the transaction.
    """

    guards_repeats = False

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def admit(self, transaction: Transaction, admission: Admission) -> None:
        seconds = self._policy.window_seconds
        for window in self._policy.windows(admission.call.owner):
            state = transaction.limits.hit(window.key, window.limit, seconds)
            if not state.allowed:
                raise _refusal(window, state)
            _tell(admission, state)

    def admit_together(
        self, transaction: Transaction, admissions: Sequence[Admission]
    ) -> bool:
        # All people's own windows before the company's, as for each of them alone:
        # who waits for the row that many share holds none that others wait for.
        windows = [self._policy.windows(each.call.owner) for each in admissions]
        for step in zip_longest(*windows):
            if not self._hit_all(transaction, admissions, step):
                return False
        return True

    def _hit_all(
        self,
        transaction: Transaction,
        admissions: Sequence[Admission],
        windows: Sequence[Window | None],
    ) -> bool:
        """Count each call in its window; return whether all fitted."""
        keys = Counter(window.key for window in windows if window)
        limits = {window.limit for window in windows if window}
        if len(limits) > 1 or max(keys.values()) > min(limits):
            return False
        states = transaction.limits.hit_all(
            keys, limits.pop(), self._policy.window_seconds
        )
        for admission, window in zip(admissions, windows, strict=True):
            if window:
                _tell(admission, states[window.key])
        return all(state.allowed for state in states.values())

    def settle(
        self,
        transaction: Transaction,
        admission: Admission,
        outcome: CallResult | ClaudeError,
    ) -> None:
        """Nothing to do: a call that was made counts, however it ended."""


def _tell(admission: Admission, state: LimitState) -> None:
    """Keep the state of the window that will be full first: headers tell of it."""
    tightest = admission.limit_state
    if tightest is None or state.remaining < tightest.remaining:
        admission.limit_state = state


def _refusal(window: Window, state: LimitState) -> ClaudeError:
    return ClaudeError(
        "too_many_requests",
        _COMPANYS if window.of_company else _OWN,
        params={"limit": str(window.limit)},
        retryable=True,
        retry_after=state.reset_seconds,
        limit_state=state,
    )
