"""The control API below ``/_control/``: settings, faults, journal."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from ..errors import ApiError, invalid
from ..state import STATE


def control_routes() -> list[web.RouteDef]:
    """Return the routes of the control API."""
    return [
        web.get("/_control/health", _guarded(_health)),
        web.post("/_control/reset", _guarded(_reset)),
        web.get("/_control/settings", _guarded(_settings)),
        web.patch("/_control/settings", _guarded(_change_settings)),
        web.get("/_control/faults", _guarded(_faults)),
        web.post("/_control/faults", _guarded(_add_fault)),
        web.delete("/_control/faults", _guarded(_clear_faults)),
        web.get("/_control/requests", _guarded(_requests)),
        web.get("/_control/usage", _guarded(_usage)),
        web.delete("/_control/cache", _guarded(_clear_cache)),
    ]


def _guarded(handler):
    """Return ``handler`` with its :class:`ApiError` as a plain JSON answer."""

    async def guarded(request: web.Request) -> web.Response:
        try:
            return web.json_response(await handler(request))
        except ApiError as error:
            return web.json_response({"error": error.message}, status=error.status)

    return guarded


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.text() or "{}")
    except ValueError as error:
        raise invalid(f"not JSON: {error}") from error
    if not isinstance(body, dict):
        raise invalid("a JSON object is needed")
    return body


async def _health(request: web.Request) -> Any:
    return {"status": "ok"}


async def _reset(request: web.Request) -> Any:
    request.app[STATE].reset()
    return {"status": "ok"}


async def _settings(request: web.Request) -> Any:
    return request.app[STATE].as_dict()


async def _change_settings(request: web.Request) -> Any:
    state = request.app[STATE]
    state.change(await _body(request))
    return state.as_dict()


async def _faults(request: web.Request) -> Any:
    return request.app[STATE].faults.as_list()


async def _add_fault(request: web.Request) -> Any:
    return request.app[STATE].faults.add(await _body(request)).as_dict()


async def _clear_faults(request: web.Request) -> Any:
    request.app[STATE].faults.clear()
    return {"status": "ok"}


async def _requests(request: web.Request) -> Any:
    since = request.query.get("since", "0")
    if not since.isdecimal():
        raise invalid("since: a number is needed")
    return request.app[STATE].journal.requests(
        int(since), request.query.get("endpoint")
    )


async def _usage(request: web.Request) -> Any:
    return request.app[STATE].journal.usage()


async def _clear_cache(request: web.Request) -> Any:
    request.app[STATE].cache.clear()
    return {"status": "ok"}
