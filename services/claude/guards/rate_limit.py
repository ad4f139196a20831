"""Second guard: how many calls somebody may make in a minute."""

from __future__ import annotations

from ...translation import _
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
            # The headers tell of the window that will be full first.
            tightest = admission.limit_state
            if tightest is None or state.remaining < tightest.remaining:
                admission.limit_state = state

    def settle(
        self,
        transaction: Transaction,
        admission: Admission,
        outcome: CallResult | ClaudeError,
    ) -> None:
        """Nothing to do: a call that was made counts, however it ended."""


def _refusal(window: Window, state: LimitState) -> ClaudeError:
    return ClaudeError(
        "too_many_requests",
        _COMPANYS if window.of_company else _OWN,
        params={"limit": str(window.limit)},
        retryable=True,
        retry_after=state.reset_seconds,
        limit_state=state,
    )
