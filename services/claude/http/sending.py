"""Whether a request had begun to leave when its connection failed.

The HTTP library reports each of its steps to the request's ``trace``. The first one
that sends the request itself is recorded; what a proxy is asked before is not, because
it only names a host.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2

_FIRST_STEP = ".send_request_headers.started"


class Sending:
    """Records that a request began to leave; the library's ``trace``."""

    def __init__(self) -> None:
        self.begun = False

    def __call__(self, step: str, info: Mapping[str, Any]) -> None:
        if step.endswith(_FIRST_STEP) and not self.begun:
            method = getattr(info.get("request"), "method", b"")
            self.begun = method != b"CONNECT"


def record_sending(request: httpx2.Request) -> None:
    """Have it recorded for ``request``."""
    request.extensions["trace"] = Sending()


def has_left(error: BaseException) -> bool | None:
    """Return whether the request of ``error`` had begun to leave; ``None`` when that
    was not recorded."""
    try:
        sending = error.request.extensions.get("trace")  # type: ignore[attr-defined]
    except (AttributeError, RuntimeError):  # it belongs to no request
        return None
    return sending.begun if isinstance(sending, Sending) else None
