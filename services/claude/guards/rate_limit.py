"""Second guard: how many calls somebody may make in a minute."""

from __future__ import annotations

from ...translation import _
from ..call import Admission, CallResult
from ..errors import ClaudeError
from ..policy import Policy
from ..ports import Transaction


class RateLimitGuard:
    """Counts calls in a sliding window: per user at the screen, per company in queues.

    A refusal leaves no trace: it neither counts against the window nor is booked.
    """

    guards_repeats = False

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def admit(self, transaction: Transaction, admission: Admission) -> None:
        key, limit = self._policy.limit(admission.call.owner)
        state = transaction.limits.hit(key, limit, self._policy.window_seconds)
        admission.limit_state = state
        if not state.allowed:
            raise ClaudeError(
                "too_many_requests",
                _("Too many requests: at most %(limit)s a minute are allowed."),
                params={"limit": str(limit)},
                retryable=True,
                retry_after=state.reset_seconds,
                limit_state=state,
            )

    def settle(
        self,
        transaction: Transaction,
        admission: Admission,
        outcome: CallResult | ClaudeError,
    ) -> None:
        """Nothing to do: a call that was made counts, however it ended."""
