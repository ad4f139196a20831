"""Faults that wait for the request they strike."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from .errors import ApiError, invalid

#: Answers that are an error: kind -> status, message, ``error_code``.
HTTP_FAULTS: dict[str, tuple[int, str, str | None]] = {
    "usage_limit": (
        400,
        "You have reached your specified API usage limits. You will regain access "
        "on {regain} at 00:00 UTC.",
        None,
    ),
    "workspace_usage_limit": (
        400,
        "You have reached your specified workspace API usage limits. You will "
        "regain access on {regain} at 00:00 UTC.",
        None,
    ),
    "invalid_request": (400, "messages: Field required", None),
    "authentication": (401, "invalid x-api-key", None),
    "billing": (
        402,
        "Your credit balance is too low to access the Claude API.",
        None,
    ),
    "permission": (
        403,
        "Your API key does not have permission to use the specified resource.",
        None,
    ),
    "model_retired": (404, "model: {model}", None),
    "request_timeout": (408, "Request timeout", None),
    "conflict": (409, "Conflict", None),
    "request_too_large": (413, "Request exceeds the maximum size", None),
    "rate_limit": (
        429,
        "This request would exceed your organization's rate limit of 1,000 requests "
        "per minute.",
        None,
    ),
    "spend_limit": (
        429,
        "You have reached your API usage limits: your organization has crossed its "
        "monthly API usage threshold, set based on your organization's API tier. "
        "You will regain access on {regain} at 00:00 UTC.",
        "enforced_spend_limit_reached",
    ),
    "contract_spend_limit": (
        429,
        "Your organization has reached the spend limit of its contract.",
        "contract_spend_limit_reached",
    ),
    "ramp_limit": (
        429,
        "Your organization's usage is growing too fast. Please slow down.",
        "ramp_limit_exceeded",
    ),
    "api_error": (500, "Internal server error", None),
    "bad_gateway": (502, "Bad gateway", None),
    "unavailable": (503, "Service unavailable", None),
    "timeout": (504, "Request timed out", None),
    "overloaded": (529, "Overloaded", None),
    "http": (500, "Injected error", None),
}

#: Faults of the connection, before or instead of an answer.
CONNECTION_FAULTS = frozenset(
    {
        "drop_before_executing",
        "drop_after_executing",
        "reset_before_executing",
        "reset_after_executing",
        "stall",
        "html",
        "html_error",
        "empty_body",
    }
)
#: Endless responses, slow or as fast as the connection takes, instead of an answer.
ENDLESS_FAULTS = frozenset(
    {
        "drip_headers",
        "drip_body",
        "ping_flood",
        "comment_flood",
        "endless_line",
        "endless_body",
        "packed_body",
    }
)
#: Faults of a stream after ``after_deltas`` deltas; without a stream they end
#: the connection after executing.
STREAM_FAULTS = frozenset(
    {
        "stream_error",
        "stream_reset",
        "stream_cut",
        "stream_close",
        "stream_stall",
        "stream_unknown_event",
    }
)
#: Faults of what the answer says.
CONTENT_FAULTS = frozenset(
    {
        "refusal",
        "refusal_mid",
        "truncated",
        "only_thinking",
        "truncated_tool",
        "empty_end_turn",
        "pause_turn",
        "context_exceeded",
        "enum_casing",
        "fenced",
        "prefixed",
        "suffixed",
        "invalid_json",
        "missing_field",
        "extra_field",
        "unknown_code",
        "wrong_semantics",
        "replace_text",
    }
)
#: Faults of time and of batches.
OTHER_FAULTS = frozenset(
    {"slow", "batch_outcome", "batch_cancel_ignored", "batch_stuck"}
)
KINDS = (
    frozenset(HTTP_FAULTS)
    | CONNECTION_FAULTS
    | ENDLESS_FAULTS
    | STREAM_FAULTS
    | CONTENT_FAULTS
    | OTHER_FAULTS
)
#: What a fault may be matched by.
MATCHES = frozenset(
    {"endpoint", "model", "substring", "workspace", "stream", "custom_id"}
)


@dataclass
class Fault:
    """One injected fault: strikes the next ``times`` requests that it matches."""

    kind: str
    times: int
    match: dict[str, Any] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)

    def param(self, name: str, default: Any) -> Any:
        """Return a parameter of the fault."""
        return self.params.get(name, default)

    def as_dict(self) -> dict[str, Any]:
        """Return the fault as it was posted."""
        return {
            "kind": self.kind,
            "times": self.times,
            "match": self.match,
            **self.params,
        }

    def error(self, model: str) -> ApiError:
        """Return the answer of an HTTP fault.

        Parameters: ``status``, ``type``, ``message``, ``details``, ``headers``,
        and ``retry_after`` (seconds or text).
        """
        status, message, code = HTTP_FAULTS[self.kind]
        headers = {
            str(name): str(value) for name, value in self.param("headers", {}).items()
        }
        default_wait = 1 if self.kind in ("rate_limit", "ramp_limit") else None
        retry_after = self.param("retry_after", default_wait)
        if retry_after is not None:
            headers["retry-after"] = str(retry_after)
        return ApiError(
            int(self.param("status", status)),
            str(self.param("message", message))
            .replace("{model}", model)
            .replace("{regain}", _regain().isoformat()),
            type=self.param("type", None),
            details=self.param("details", {"error_code": code} if code else None),
            headers=headers,
        )


def _regain() -> date:
    """Return the first day of the month after next: more than four weeks away."""
    later = datetime.now(UTC).date().replace(day=1) + timedelta(days=62)
    return later.replace(day=1)


@dataclass(frozen=True)
class Strike:
    """What a request is, for the matching of faults.

    ``endpoint`` is one of ``messages``, ``count_tokens``, ``models``,
    ``batch_create``, ``batch_list``, ``batch_retrieve``, ``batch_cancel``,
    ``batch_delete``, ``batch_results``, ``batch_item``, ``cost_report``,
    ``usage_report``.
    """

    endpoint: str
    workspace: str
    text: str = ""
    model: str = ""
    stream: bool = False
    custom_id: str | None = None


class FaultQueue:
    """The faults that wait, in the order in which they were posted."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, posted: dict[str, Any]) -> Fault:
        """Append the fault that ``posted`` describes.

        :raise ApiError: 400 if its kind or its matching is unknown
        """
        params = dict(posted)
        kind = params.pop("kind", None)
        times = params.pop("times", 1)
        match = params.pop("match", None) or {}
        if kind not in KINDS:
            raise invalid(f"kind: {kind!r} is not one of {sorted(KINDS)}")
        if not isinstance(times, int) or times < 1:
            raise invalid("times: must be a positive integer")
        if not isinstance(match, dict) or not set(match) <= MATCHES:
            raise invalid(f"match: may hold {sorted(MATCHES)}")
        fault = Fault(kind, times, match, params)
        self._faults.append(fault)
        return fault

    def take(self, strike: Strike) -> Fault | None:
        """Return the first fault that matches ``strike`` and use it up once."""
        for fault in self._faults:
            if _matches(fault, strike):
                fault.times -= 1
                if not fault.times:
                    self._faults.remove(fault)
                return fault
        return None

    def clear(self) -> None:
        """Forget all faults."""
        self._faults.clear()

    def as_list(self) -> list[dict[str, Any]]:
        """Return the faults that still wait."""
        return [fault.as_dict() for fault in self._faults]

    def __bool__(self) -> bool:
        return bool(self._faults)


def _matches(fault: Fault, strike: Strike) -> bool:
    match = fault.match
    # Faults strike calls of the Messages API and batch items where they make
    # sense, and other endpoints only when asked to.
    if "endpoint" in match:
        if match["endpoint"] != strike.endpoint:
            return False
    elif not _strikes_by_default(fault.kind, strike.endpoint):
        return False
    return (
        match.get("model") in (None, strike.model)
        and match.get("workspace") in (None, strike.workspace)
        and match.get("stream") in (None, strike.stream)
        and match.get("custom_id") in (None, strike.custom_id)
        and (match.get("substring") or "") in strike.text
    )


def _strikes_by_default(kind: str, endpoint: str) -> bool:
    if kind == "batch_outcome":
        return endpoint == "batch_item"
    if kind == "batch_stuck":
        return endpoint == "batch_create"
    if kind == "batch_cancel_ignored":
        return endpoint == "batch_cancel"
    return endpoint == "messages"
