"""Turns what the SDK, HTTP and the stream report into the gateway's one error.

Decisions are taken on status, ``error.type`` and ``details.error_code``, never on the
wording, with two exceptions: the spending limit that an organization set for itself
comes as a plain 400, and a path that does not exist has the type of a model that does
not exist; both can be recognised only by their sentences.

Billing: an answer with an error status was not executed. A connection that broke after
the request was sent may have been: that is *ambiguous*. One that broke before its first
byte was not.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

import anthropic
import httpx2

from ...common.translation import _
from ..errors import ClaudeError
from .connection_settings import NOT_READY
from .exchange import AnswerTooLong, DeadlinePassed
from .sending import has_left


@dataclass(frozen=True)
class _Kind:
    code: str
    message: str
    retryable: bool = False


_INVALID_KEY = _Kind("invalid_key", _("Claude does not accept the API key."))
_BILLING = _Kind(
    "billing", _("The Claude account has a billing problem; its owner must solve it.")
)
_PERMISSION = _Kind(
    "permission", _("The API key is not allowed to use this model or function.")
)
_UNKNOWN_MODEL = _Kind(
    "unknown_model", _("Claude does not know this model, or it was retired.")
)
_BAD_REQUEST = _Kind("bad_request", _("Claude did not accept the request."))
_TOO_LARGE = _Kind("too_large", _("The document is too large for Claude."))
_RATE_LIMITED = _Kind(
    "rate_limited", _("Claude gets too many requests from this account now."), True
)
_SPEND_LIMIT = _Kind(
    "spend_limit", _("The spending limit of the Claude account is reached.")
)
_RAMP_LIMIT = _Kind(
    "ramp_limit",
    _("The use of Claude has grown too fast for its account; it goes on soon."),
    True,
)
_OVERLOADED = _Kind("overloaded", _("Claude is overloaded at the moment."), True)
_SERVER_ERROR = _Kind("server_error", _("Claude has a technical problem."), True)
_TIMEOUT = _Kind("timeout", _("Claude did not answer in time."), True)
_DEADLINE = _Kind("deadline", _("Claude took too long to answer."), True)
_TOO_LONG = _Kind(
    "connection",
    _("Claude's answer was longer than it can be; it was not read to its end."),
)
_CONNECTION = _Kind("connection", _("There is no connection to Claude."), True)
_CUT = _Kind(
    "connection",
    _("The connection to Claude broke before its answer was complete."),
    True,
)
_FOREIGN_ANSWER = _Kind(
    "connection",
    _("Something that is not Claude answered: check the base URL and the proxy."),
)
_NO_MESSAGES_HERE = _Kind(
    NOT_READY,
    _(
        "What answers at the base URL of Claude has no Messages API there (HTTP 404): "
        "a system administrator has to check the address and its path."
    ),
)
_UNUSABLE_ADDRESS = _Kind(
    NOT_READY,
    _(
        "The address of Claude, or of the server's proxy, cannot be used: whoever runs "
        "the server has to mend it."
    ),
)
_NOT_WRITTEN = _Kind(
    "connection", _("The request to Claude could not be sent from this server."), True
)
_PROXY = _Kind(
    "connection",
    _(
        "The proxy of this server refuses the connection to Claude: whoever runs the "
        "server has to look at it."
    ),
    True,
)

_KIND_OF_TYPE = {
    "authentication_error": _INVALID_KEY,
    "billing_error": _BILLING,
    "permission_error": _PERMISSION,
    "not_found_error": _UNKNOWN_MODEL,
    "request_too_large": _TOO_LARGE,
    "rate_limit_error": _RATE_LIMITED,
    "timeout_error": _TIMEOUT,
    "overloaded_error": _OVERLOADED,
    "conflict_error": _SERVER_ERROR,
}
_KIND_OF_EVENT_TYPE = {**_KIND_OF_TYPE, "invalid_request_error": _BAD_REQUEST}
"""An event has no status; where there is one, it says more than this type does."""
_KIND_OF_STATUS = {
    401: _INVALID_KEY,
    402: _BILLING,
    403: _PERMISSION,
    404: _NO_MESSAGES_HERE,
    408: _TIMEOUT,
    409: _SERVER_ERROR,
    413: _TOO_LARGE,
    429: _RATE_LIMITED,
    504: _TIMEOUT,
    529: _OVERLOADED,
}
_KIND_OF_CODE = {
    "enforced_spend_limit_reached": _SPEND_LIMIT,
    "contract_spend_limit_reached": _SPEND_LIMIT,
    "linked_organization_spend_limit_reached": _SPEND_LIMIT,
    "organization_on_hold": _BILLING,
    "request_body_too_large_after_decoding": _TOO_LARGE,
    "ramp_limit_exceeded": _RAMP_LIMIT,
}
_NAMES_A_MODEL = re.compile(r"model\b", re.IGNORECASE)
"""Claude says ``not_found_error`` of a model and of a path; a model it names."""
_OWN_SPEND_LIMIT = re.compile(
    r"You have reached your specified .{0,60}?API usage limits"
)
_REGAIN = re.compile(r"regain access on (\d{4}-\d{2}-\d{2}) at (\d{2}:\d{2}) UTC")

_NOT_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
    httpx2.InvalidURL,
    # What breaks the protocol is not written, and part of a request is not executed.
    httpx2.LocalProtocolError,
    # The same as exceptions of Python: no such host, no listener, no trust.
    socket.gaierror,
    ConnectionRefusedError,
    ssl.SSLCertVerificationError,
    FileNotFoundError,
)
"""Failures before the first byte of a request. All others may come after it, such as a
``WriteError``, a ``ReadTimeout`` or a ``RemoteProtocolError``: see :mod:`.sending`."""
_UNUSABLE = (UnicodeError, OverflowError)
"""What Python raises for a host or a port that cannot exist."""


def error_of_exception(error: Exception, *, now: datetime | None = None) -> ClaudeError:
    """Return the gateway's error for an exception of the SDK or of HTTP.

    :param now: the present, to turn a date into seconds
    :raises Exception: the one that was given or its cause, when it is neither: a bug of
        ours must not look like an outage
    """
    if isinstance(error, anthropic.APIStatusError):
        return _error_of_status(error, now or datetime.now(timezone.utc))
    wrapped = isinstance(error, anthropic.APIConnectionError)
    cause = error.__cause__ if wrapped else error
    if isinstance(cause, DeadlinePassed):
        return _claude_error(_DEADLINE, ambiguous=_may_have_left(cause, error))
    if isinstance(cause, AnswerTooLong):
        return _claude_error(_TOO_LONG, ambiguous=True)
    if isinstance(cause, httpx2.HTTPError | httpx2.InvalidURL | OSError):
        return _error_of_connection(cause, _may_have_left(cause, error))
    if wrapped and isinstance(cause, _UNUSABLE) and not has_left(error):
        return _claude_error(_UNUSABLE_ADDRESS)
    # The SDK reports everything that happens while it sends as a connection error.
    raise cause or error


def error_of_event(error: Mapping[str, Any], request_id: str = "") -> ClaudeError:
    """Return the error that an ``error`` event of a stream reports.

    :param error: the event's ``error``: ``type`` and ``message``
    """
    kind = _KIND_OF_EVENT_TYPE.get(str(error.get("type")), _SERVER_ERROR)
    return _claude_error(kind, request_id=request_id)


def cut_error(request_id: str = "") -> ClaudeError:
    """Return the error of an answer that ended before it was complete."""
    return _claude_error(_CUT, ambiguous=True, request_id=request_id)


def foreign_answer_error(status: int, request_id: str = "") -> ClaudeError:
    """Return the error of an answer that is not Claude's, such as a proxy's page.

    It is ambiguous only when it carries Claude's ``request-id``: then Claude did work,
    and what came of it was lost on the way.
    """
    return _claude_error(
        _FOREIGN_ANSWER,
        status=status,
        request_id=request_id,
        ambiguous=bool(request_id),
    )


def _error_of_status(error: anthropic.APIStatusError, now: datetime) -> ClaudeError:
    kind, status = _kind_of_status(error), error.status_code
    mapped = _claude_error(
        kind,
        # Claude's errors name their type. A gateway's own page says nothing about what
        # Claude did; on 503 it had nobody to ask.
        ambiguous=status >= 500 and status != 503 and not error.type,
        status=status,
        request_id=error.request_id or "",
    )
    if error.response.headers.get("x-should-retry") == "false":
        mapped.retryable = False
    if kind is _SPEND_LIMIT:
        mapped.retry_after = _seconds_until_regain(error.api_message or "", now)
    else:
        mapped.retry_after = _retry_after(error.response.headers, now)
    return mapped


def _kind_of_status(error: anthropic.APIStatusError) -> _Kind:
    """Return what an answer with an error status means; the most specific fact counts:
    the code, then the type, then the status."""
    status, sentence = error.status_code, error.api_message or ""
    if 300 <= status < 400:
        return _FOREIGN_ANSWER
    if kind := _KIND_OF_CODE.get(error.error_code or ""):
        return kind
    if _OWN_SPEND_LIMIT.search(sentence):
        return _SPEND_LIMIT
    kind = _KIND_OF_TYPE.get(str(error.type)) or _KIND_OF_STATUS.get(status)
    if kind is _UNKNOWN_MODEL and not _NAMES_A_MODEL.match(sentence.lstrip()):
        return _NO_MESSAGES_HERE
    return kind or (_SERVER_ERROR if status >= 500 else _BAD_REQUEST)


def _may_have_left(cause: BaseException, error: BaseException) -> bool:
    """Return whether the request of a failure may have reached Claude."""
    if isinstance(cause, _NOT_SENT):
        return False
    return has_left(error) is not False and has_left(cause) is not False


def _error_of_connection(error: BaseException, ambiguous: bool) -> ClaudeError:
    if isinstance(error, httpx2.UnsupportedProtocol | httpx2.InvalidURL):
        return _claude_error(_FOREIGN_ANSWER)
    if isinstance(error, httpx2.TimeoutException) and ambiguous:
        return _claude_error(_TIMEOUT, ambiguous=True)
    if isinstance(error, httpx2.LocalProtocolError):
        return _claude_error(_NOT_WRITTEN)
    if isinstance(error, httpx2.ProxyError):
        return _claude_error(_PROXY)
    return _claude_error(_CONNECTION, ambiguous=ambiguous)


def _claude_error(
    kind: _Kind,
    *,
    ambiguous: bool = False,
    status: int | None = None,
    request_id: str = "",
) -> ClaudeError:
    return ClaudeError(
        kind.code,
        kind.message,
        retryable=kind.retryable,
        ambiguous=ambiguous,
        status=status,
        request_id=request_id,
    )


def _retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that the server asks to wait, ``None`` when it does not."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    seconds = _number(value)
    if seconds is not None or not value:
        return seconds
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return max(0.0, (moment - now).total_seconds())


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None


def _seconds_until_regain(sentence: str, now: datetime) -> float:
    """Return the seconds until a spending limit ends: the date that the answer names,
    else the first of next month, UTC."""
    match = _REGAIN.search(sentence)
    if match:
        regain = datetime.fromisoformat(f"{match[1]}T{match[2]}:00+00:00")
    else:
        first = now.astimezone(timezone.utc).replace(
            day=1, hour=0, minute=0, second=0, microsecond=0
        )
        regain = (first + timedelta(days=32)).replace(day=1)
    return max(0.0, (regain - now).total_seconds())
