"""Second guard: how many calls somebody may make in a minute."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import zip_longest

from ...common.translation import _
from ..call import Admission
from ..errors import ClaudeError
from ..policy import Policy, Window
from ..ports import LimitState, Transaction
from .guard import Guard

_OWN = _("Too many requests: at most %(limit)s a minute are allowed.")
_COMPANYS = _(
    "Too many requests from your company: at most %(limit)s a minute are allowed for "
    "everybody together."
)


class RateLimitGuard(Guard):
    """Counts calls in sliding windows: per user and per company at the screen, per
    company in queues.

    A refusal leaves no trace: it neither counts against a window nor is booked. What an
    earlier window has counted falls with the transaction. A call that was made counts,
    however it ended.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def admit(self, transaction: Transaction, admissions: Sequence[Admission]) -> None:
        # All people's own windows before the company's: who waits for the row that many
        # share holds none that others wait for.
        windows = [self._policy.windows(each.call.owner) for each in admissions]
        for step in zip_longest(*windows):
            by_limit: dict[int, list[tuple[Admission, Window]]] = defaultdict(list)
            for admission, window in zip(admissions, step, strict=True):
                if window:
                    by_limit[window.limit].append((admission, window))
            for limit in sorted(by_limit):
                self._hit(transaction, limit, by_limit[limit])

    def _hit(
        self,
        transaction: Transaction,
        limit: int,
        calls: Sequence[tuple[Admission, Window]],
    ) -> None:
        """Count calls in their windows, all of which hold ``limit`` calls.

        :raises ClaudeError: when one of them does not fit
        """
        seconds = self._policy.window_seconds
        hits = Counter(window.key for _admission, window in calls)
        for _admission, window in calls:
            if hits[window.key] > limit:
                raise _refusal(window, LimitState(False, limit, 0, seconds))
        states = transaction.limits.hit_all(hits, limit, seconds)
        for admission, window in calls:
            state = states[window.key]
            if not state.allowed:
                raise _refusal(window, state)
            _keep_tightest(admission, state)


def _keep_tightest(admission: Admission, state: LimitState) -> None:
    """Keep the state of the window that will be full first, for the headers."""
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
