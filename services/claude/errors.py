"""The one error of the gateway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..common.translation import _

if TYPE_CHECKING:
    from .ports import Alert, LimitState


class ClaudeError(Exception):
    """Why a call to Claude was refused or failed.

    SDK and HTTP exceptions never leave this package: they are chained as ``__cause__``.

    :ivar code: machine code: ``no_key``, ``no_consent``, ``not_ready`` (the settings or
        the server have to be mended first), ``invalid_key``,
        ``permission``, ``billing``, ``spend_limit``, ``rate_limited`` (the provider's),
        ``ramp_limit`` (the account's usage grows too fast), ``too_many_requests`` (our
        own limit), ``overloaded``, ``server_error``,
        ``timeout``, ``connection``, ``unknown_model``, ``bad_request``, ``too_large``,
        ``too_dear`` (above the ceiling of one call),
        ``unchecked`` (its texts were not all checked and masked),
        ``circuit_open``, ``budget``, ``price_unknown``, ``refused`` (by the model),
        ``truncated``, ``invalid_answer``, ``interrupted``, ``deadline``,
        ``in_progress`` (the same call is already under way), ``already_made`` (the same
        call was made before and is closed)
    :ivar message: one sentence for the user, English, ``%(name)s`` filled by ``params``
    :ivar retryable: whether the same call may succeed later
    :ivar retry_after: seconds to wait, when known
    :ivar ambiguous: the call may have been executed and billed
    :ivar status: HTTP status, when there was an answer
    :ivar request_id: the provider's ``request-id``, for its support
    :ivar limit_state: our own limit after the refusal, for the headers of the answer
    :ivar alert: what administrators are to be told of the refusal, once
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        params: Mapping[str, Any] | None = None,
        retryable: bool = False,
        retry_after: float | None = None,
        ambiguous: bool = False,
        status: int | None = None,
        request_id: str = "",
        limit_state: LimitState | None = None,
        alert: Alert | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.params = dict(params or {})
        self.retryable = retryable
        self.retry_after = retry_after
        self.ambiguous = ambiguous
        self.status = status
        self.request_id = request_id
        self.limit_state = limit_state
        self.alert = alert


def interrupted() -> ClaudeError:
    """Return the error of a run that was broken off, by a fault or a killed process:
    nobody knows how its call would have ended."""
    return ClaudeError(
        "interrupted",
        _("The validation was interrupted; validate again."),
        retryable=True,
    )
