"""Waiting in tests until a condition holds; how long it took is never tested."""

import time

TIMEOUT = 180.0
"""Seconds after which a wait counts as failed, enough for the slowest of machines. No
test passes or fails by how much of it was needed."""
PATIENCE = TIMEOUT  # as the tests of the gateway import it
_PAUSE = 0.01


def wait_until(is_true, what, pause=_PAUSE):
    """Wait until ``is_true()`` holds, and return what it returned.

    :param what: names it in the error
    :raise AssertionError: when it does not in :data:`TIMEOUT` seconds
    """
    end = time.monotonic() + TIMEOUT
    while not (held := is_true()):
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain until {what}")
        time.sleep(pause)
    return held
