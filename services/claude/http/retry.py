"""Repeats what failed without having been executed: 429, 529, 5xx, no connection.

Waits are jittered and exponential; a server's ``retry-after`` is honoured up to a cap.
Beyond the cap, or past the deadline of the call, the error goes to the user at once and
carries the wait, because a worker must never sleep for as long as a server likes.
An ambiguous failure is not repeated here: the second attempt has its own ledger row.
"""

from __future__ import annotations

from collections.abc import Callable

from tenacity import RetryCallState, Retrying, retry_if_exception
from tenacity.wait import wait_random_exponential

from ..errors import ClaudeError
from ..policy import RetryPolicy


def retrying(
    policy: RetryPolicy,
    *,
    remaining: Callable[[], float],
    sleep: Callable[[float], None],
) -> Retrying:
    """Return the tenacity controller for one call.

    :param remaining: seconds until the deadline of the call
    :param sleep: waits for so many seconds
    """
    jittered = wait_random_exponential(
        multiplier=policy.first_wait, max=policy.longest_wait
    )

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, ClaudeError) and error.retry_after is not None:
            return error.retry_after
        return jittered(state)

    def is_last(state: RetryCallState) -> bool:
        attempts_left = policy.attempts - state.attempt_number
        return attempts_left <= 0 or state.upcoming_sleep >= remaining()

    return Retrying(
        retry=retry_if_exception(lambda error: _is_repeatable(error, policy)),
        wait=wait,
        stop=is_last,
        sleep=sleep,
        reraise=True,
    )


def _is_repeatable(error: BaseException, policy: RetryPolicy) -> bool:
    if not isinstance(error, ClaudeError) or not error.retryable or error.ambiguous:
        return False
    if error.code == "ramp_limit":
        return False  # repeating makes it worse: the circuit opens, and all wait
    return (error.retry_after or 0) <= policy.retry_after_cap
