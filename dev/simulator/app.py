"""The web application: routes, request ids, the journal, errors."""

from __future__ import annotations

import logging

from aiohttp import web

from .auth import KEY_HEADERS, api_key, check_admin_key, workspace_of
from .endpoints import admin, batches, messages, models
from .endpoints.control import control_routes
from .errors import ApiError
from .identifiers import derived_identifier, new_identifier
from .journal import Entry
from .responses import error_response
from .state import STATE, State

_logger = logging.getLogger(__name__)

#: The largest body that any endpoint reads (batches), in bytes.
LARGEST_BODY = 256 * 1024 * 1024

_HANDLERS = (
    ("POST", "/v1/messages", "messages", messages.create_message),
    ("POST", "/v1/messages/count_tokens", "count_tokens", messages.count_tokens),
    ("GET", "/v1/models", "models", models.list_models),
    ("GET", "/v1/models/{model_id}", "models", models.retrieve_model),
    ("POST", "/v1/messages/batches", "batch_create", batches.create),
    ("GET", "/v1/messages/batches", "batch_list", batches.list_batches),
    ("GET", "/v1/messages/batches/{batch_id}", "batch_retrieve", batches.retrieve),
    ("DELETE", "/v1/messages/batches/{batch_id}", "batch_delete", batches.delete),
    (
        "POST",
        "/v1/messages/batches/{batch_id}/cancel",
        "batch_cancel",
        batches.cancel,
    ),
    (
        "GET",
        "/v1/messages/batches/{batch_id}/results",
        "batch_results",
        batches.results,
    ),
    ("GET", f"{admin.PREFIX}cost_report", "cost_report", admin.cost_report),
    (
        "GET",
        f"{admin.PREFIX}usage_report/messages",
        "usage_report",
        admin.usage_report,
    ),
)


def make_app(state: State) -> web.Application:
    """Return the application that serves ``state``."""
    app = web.Application(
        client_max_size=LARGEST_BODY + 1024, middlewares=[_conversation]
    )
    app[STATE] = state
    endpoints = {}
    for method, path, endpoint, handler in _HANDLERS:
        app.router.add_route(method, path, handler)
        endpoints[handler] = endpoint
    app[_ENDPOINTS] = endpoints
    app.router.add_routes(control_routes())
    app.on_shutdown.append(_stop_batches)
    return app


_ENDPOINTS: web.AppKey[dict] = web.AppKey("endpoints", dict)


async def _stop_batches(app: web.Application) -> None:
    app[STATE].batches.clear()


@web.middleware
async def _conversation(request: web.Request, handler) -> web.StreamResponse:
    """Give every request of the API its id, its journal entry and its errors."""
    if request.path.startswith("/_control/"):
        return await handler(request)
    state = request.app[STATE]
    entry = Entry(
        id=state.journal.next_id(),
        request_id=new_identifier("req"),
        received_at=state.clock.now(),
        method=request.method,
        path=request.path,
        endpoint=request.app[_ENDPOINTS].get(request.match_info.handler, "unknown"),
        headers={
            name.lower(): value
            for name, value in request.headers.items()
            if name.lower() not in KEY_HEADERS
        },
    )
    state.journal.open(entry)
    request["entry"] = entry
    try:
        if request.path.startswith(admin.PREFIX):
            check_admin_key(request.headers, state.settings)
        else:
            entry.workspace = workspace_of(request.headers, state.settings)
            entry.api_key_id = derived_identifier("apikey", api_key(request.headers))
        return await handler(request)
    except ApiError as error:
        return error_response(request, error)
    except web.HTTPRequestEntityTooLarge:
        return error_response(
            request, ApiError(413, "Request exceeds the maximum size")
        )
    except web.HTTPException as error:
        # An unknown path or method.
        return error_response(request, ApiError(error.status, error.reason))
    except ConnectionError:
        # The caller left, and the journal says so; this answer goes nowhere.
        return web.Response()
    except Exception:
        # A mistake of the simulator: the caller sees what the API would show.
        _logger.exception("the simulator failed on %s", request.path)
        return error_response(request, ApiError(500, "Internal server error"))
