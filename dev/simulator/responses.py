"""Reading requests and writing answers in the form of the API."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from . import tokens
from .errors import ApiError, invalid
from .state import STATE, entry_of

_ORGANIZATION = "5f2c9d9e-3f6b-4a5e-9c39-2a4c1f7e8d10"


def answer_headers(request: web.Request) -> dict[str, str]:
    """Return the headers of every answer to ``request``."""
    entry = entry_of(request)
    headers = {
        "request-id": entry.request_id,
        "anthropic-organization-id": _ORGANIZATION,
        # The one thing that the real API does not send: who asks for it knows that
        # the answer and its price are simulated.
        "x-claude-simulator": "1",
    }
    if entry.workspace:
        headers["anthropic-workspace-id"] = entry.workspace
        if entry.endpoint == "messages":
            limits = request.app[STATE].limits
            headers.update(limits.headers(entry.workspace, entry.group))
    return headers


async def read_json(request: web.Request, largest: int) -> tuple[dict[str, Any], str]:
    """Return the request's body as JSON object and as text.

    :raise ApiError: 413 above ``largest`` bytes, 400 if it is no JSON object
    """
    entry = entry_of(request)
    if (request.content_length or 0) > largest:
        raise _too_large(largest)
    content_type = request.content_type
    if content_type != "application/json":
        raise invalid("content-type: must be application/json")
    raw = await request.read()
    if len(raw) > largest:
        raise _too_large(largest)
    try:
        text = raw.decode()
        body = json.loads(text, parse_constant=_no_constant)
        if "\\ud" in text or "\\uD" in text:
            # A lone surrogate is text that no answer could repeat.
            json.dumps(body, ensure_ascii=False).encode()
    except ValueError as error:
        raise invalid(
            "The request body is not valid JSON: " + str(error).split(":")[0]
        ) from error
    if not isinstance(body, dict):
        raise invalid("Input should be a valid dictionary")
    state = request.app[STATE]
    state.journal.keep_body(entry, body, len(raw), state.settings.kept_bodies)
    return body, text


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _too_large(largest: int) -> ApiError:
    return ApiError(413, f"Request exceeds the maximum size of {largest >> 20} MB")


def json_response(
    request: web.Request,
    body: Any,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> web.Response:
    """Return the answer ``body`` with the headers of the API."""
    entry = entry_of(request)
    entry.status = status
    entry.delivered.update(complete=True, ended_by="server")
    return web.Response(
        text=tokens.compact_json(body),
        status=status,
        content_type="application/json",
        headers={**answer_headers(request), **(headers or {})},
    )


def error_response(request: web.Request, error: ApiError) -> web.Response:
    """Return the answer that is ``error``."""
    entry = entry_of(request)
    entry.error_type = error.type
    return json_response(
        request, error.body(entry.request_id), error.status, error.headers
    )
