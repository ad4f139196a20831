"""The error bodies of the Claude API."""

from __future__ import annotations

from typing import Any

#: HTTP status -> ``error.type`` for the statuses that the API documents.
TYPE_OF_STATUS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "api_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    502: "api_error",
    503: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}


class ApiError(Exception):
    """An answer that is an error: HTTP ``status`` plus the body's fields.

    ``details`` becomes ``error.details``; ``headers`` are sent with the answer
    (``retry-after`` in seconds, for instance).
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        type: str | None = None,
        details: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.type = type or TYPE_OF_STATUS.get(status, "api_error")
        self.message = message
        self.details = details
        self.headers = headers or {}

    def body(self, request_id: str) -> dict[str, Any]:
        """Return the JSON body; ``request_id`` equals the answer's header."""
        error: dict[str, Any] = {"type": self.type, "message": self.message}
        if self.details:
            error["details"] = self.details
        return {"type": "error", "error": error, "request_id": request_id}


def invalid(message: str) -> ApiError:
    """Return the 400 ``invalid_request_error`` that says ``message``."""
    return ApiError(400, message)
