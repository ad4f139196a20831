"""``GET /v1/models`` and ``GET /v1/models/{id}``."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from ..auth import version_of
from ..errors import invalid
from ..responses import json_response
from ..state import STATE
from .messages import strike_before, take_fault


async def list_models(request: web.Request) -> web.StreamResponse:
    """Answer ``GET /v1/models``."""
    version_of(request.headers)
    fault = take_fault(request)
    refusal = await strike_before(request, fault) if fault else None
    if refusal is not None:
        return refusal
    state = request.app[STATE]
    query = request.query
    page = state.catalogue.page(
        state.clock.now(),
        lifecycles=query.getall("lifecycle[]", []) + query.getall("lifecycle", []),
        **page_arguments(request),
    )
    return json_response(request, page)


async def retrieve_model(request: web.Request) -> web.StreamResponse:
    """Answer ``GET /v1/models/{id}``."""
    version_of(request.headers)
    fault = take_fault(request)
    refusal = await strike_before(request, fault) if fault else None
    if refusal is not None:
        return refusal
    state = request.app[STATE]
    now = state.clock.now()
    model = state.catalogue.known(request.match_info["model_id"], now)
    return json_response(request, model.info(now))


def page_arguments(request: web.Request) -> dict[str, Any]:
    """Return ``limit``, ``after_id`` and ``before_id`` of a list request.

    :raise ApiError: 400 for a limit outside 1 to 1000 or for both cursors
    """
    query = request.query
    text = query.get("limit", "20")
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise invalid("limit: Input should be between 1 and 1000")
    if "after_id" in query and "before_id" in query:
        raise invalid("after_id and before_id cannot be used together")
    return {
        "limit": int(text),
        "after_id": query.get("after_id"),
        "before_id": query.get("before_id"),
    }
