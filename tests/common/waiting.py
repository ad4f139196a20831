"""Waiting in tests: until something holds, never for how long it took."""

import time

PATIENCE = 180.0
"""Seconds after which a test hangs rather than waits, on the slowest of machines. No
test passes or fails by how much of it was needed."""
_PAUSE = 0.01


def wait_until(is_true, what, pause=_PAUSE):
    """Wait until ``is_true()`` holds, and return what it returned.

    :param what: names it in the error
    :raise AssertionError: when it does not in :data:`PATIENCE` seconds
    """
    end = time.monotonic() + PATIENCE
    while not (held := is_true()):
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain until {what}")
        time.sleep(pause)
    return held
