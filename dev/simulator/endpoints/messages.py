"""``POST /v1/messages`` and ``POST /v1/messages/count_tokens``."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from .. import stream
from ..answering import complete
from ..auth import version_of
from ..completion import Completion
from ..connection import cut_connection, reset_connection
from ..endless import answer_without_end
from ..faults import ENDLESS_FAULTS, HTTP_FAULTS, STREAM_FAULTS, Fault, Strike
from ..journal import Billed
from ..pricing import cost_parts
from ..prompt import read_prompt
from ..prompt_cache import CacheOutcome
from ..responses import answer_headers, json_response, read_json
from ..state import STATE, entry_of
from ..validation import Accepted, accept

LARGEST_REQUEST = 32 * 1024 * 1024
_AFTER_EXECUTING = frozenset({"drop_after_executing", "reset_after_executing"})


async def create_message(request: web.Request) -> web.StreamResponse:
    """Answer ``POST /v1/messages``."""
    state = request.app[STATE]
    entry = entry_of(request)
    workspace = entry.workspace or ""
    version = version_of(request.headers)
    body, text = await read_json(request, LARGEST_REQUEST)
    fault = take_fault(request, body, text)
    if fault is not None:
        refusal = await strike_before(request, fault, str(body.get("model")))
        if refusal is not None:
            return refusal
    accepted = accept(body, version, state.catalogue, state.clock.now())
    entry.stream = accepted.stream
    entry.group = accepted.model.line
    state.limits.admit(workspace, entry.group, "requests", "requests per minute")
    state.check_spend_limit()
    prompt = read_prompt(accepted, workspace)
    accepted.check_context(prompt.total)
    cached = state.cache.look_up(prompt, accepted.model, state.clock.now())
    state.limits.admit_tokens(workspace, entry.group, prompt.total - cached.read)
    completion = complete(
        accepted,
        cached,
        gullible=state.settings.gullible,
        fault=fault,
        service_tier="standard",
        default_geo=state.settings.inference_geo,
    )
    entry.executed = True
    try:
        return await _deliver(request, accepted, completion, cached, fault)
    except (asyncio.CancelledError, ConnectionError):
        # The caller left; what was generated until then is billed all the same.
        entry.delivered["ended_by"] = "client"
        raise
    finally:
        _bill(request, accepted, completion)


async def _deliver(
    request: web.Request,
    accepted: Accepted,
    completion: Completion,
    cached: CacheOutcome,
    fault: Fault | None,
) -> web.StreamResponse:
    state = request.app[STATE]
    entry = entry_of(request)
    wait, speed = _pace(request, fault)
    if not accepted.stream and speed:
        wait += completion.usage["output_tokens"] / speed
    if wait:
        await asyncio.sleep(wait)
    state.cache.store(cached, state.clock.now())
    if fault is not None and _ends_connection(fault, accepted.stream):
        return lose_connection(request, reset="reset" in fault.kind)
    entry.status = 200
    if not accepted.stream:
        entry.delivered["characters"] = sum(
            len(block.get("text", "")) for block in completion.blocks
        )
        return json_response(request, completion.message())
    response = web.StreamResponse(
        headers={**answer_headers(request), "cache-control": "no-cache"}
    )
    response.content_type = "text/event-stream"
    response.charset = "utf-8"
    await stream.send(
        request,
        response,
        stream.pieces_of(completion, state.settings),
        speed=speed,
        interval=state.settings.write_interval_ms / 1000,
        entry=entry,
        fault=fault if fault is not None and fault.kind in STREAM_FAULTS else None,
    )
    return response


def _pace(request: web.Request, fault: Fault | None) -> tuple[float, float]:
    """Return the seconds to the first token and the tokens per second."""
    settings = request.app[STATE].settings
    wait, speed = settings.first_token_ms, settings.tokens_per_second
    if fault is not None and fault.kind == "slow":
        wait = float(fault.param("first_token_ms", wait))
        speed = float(fault.param("tokens_per_second", speed))
    return wait / 1000, speed


def _ends_connection(fault: Fault, streams: bool) -> bool:
    """Whether ``fault`` loses the whole answer after the model ran.

    The faults of a stream do so for an answer that is not streamed.
    """
    if fault.kind in _AFTER_EXECUTING:
        return True
    return not streams and fault.kind in STREAM_FAULTS


def _bill(request: web.Request, accepted: Accepted, completion: Completion) -> None:
    """Book what was generated: for a stream that broke, what was sent of it."""
    if not completion.billable:
        return
    state = request.app[STATE]
    entry = entry_of(request)
    usage = completion.usage
    broken = accepted.stream and not entry.delivered["complete"]
    if broken and entry.fault not in _AFTER_EXECUTING:
        usage = completion.usage_of_part(entry.delivered["characters"])
    state.journal.bill(
        entry,
        Billed(
            model=accepted.model.id,
            usage=usage,
            cost_parts=cost_parts(accepted.model, usage),
            message_id=completion.id,
        ),
    )
    state.limits.book_output(entry.workspace or "", entry.group, usage["output_tokens"])


async def count_tokens(request: web.Request) -> web.StreamResponse:
    """Answer ``POST /v1/messages/count_tokens``.

    The count differs from the usage of the same request by up to half a percent,
    always in the same way, because the API calls it an estimate.
    """
    state = request.app[STATE]
    workspace = entry_of(request).workspace or ""
    version = version_of(request.headers)
    body, text = await read_json(request, LARGEST_REQUEST)
    fault = take_fault(request, body, text)
    if fault is not None:
        refusal = await strike_before(request, fault, str(body.get("model")))
        if refusal is not None:
            return refusal
    accepted = accept(body, version, state.catalogue, state.clock.now(), counting=True)
    state.limits.admit(workspace, "count", "count_requests", "requests per minute")
    prompt = read_prompt(accepted, workspace)
    last = prompt.positions[-1].digest[0] if prompt.positions else 0
    per_mille = last % 11 - 5
    return json_response(
        request,
        {"input_tokens": max(prompt.total + prompt.total * per_mille // 1000, 1)},
    )


def take_fault(
    request: web.Request, body: dict[str, Any] | None = None, text: str = ""
) -> Fault | None:
    """Return the fault that strikes ``request``, if one waits for it."""
    state = request.app[STATE]
    if not state.faults:
        return None
    entry = entry_of(request)
    body = body or {}
    fault = state.faults.take(
        Strike(
            endpoint=entry.endpoint,
            workspace=entry.workspace or "",
            text=text,
            model=str(body.get("model") or ""),
            stream=body.get("stream") is True,
        )
    )
    if fault is not None:
        entry.fault = fault.kind
    return fault


async def strike_before(
    request: web.Request, fault: Fault, model: str = ""
) -> web.StreamResponse | None:
    """Answer ``request`` with ``fault`` if it strikes before anything is done.

    :raise ApiError: for the faults that are an error of the API
    """
    entry = entry_of(request)
    kind = fault.kind
    if kind in HTTP_FAULTS:
        raise fault.error(model)
    if kind in ("drop_before_executing", "reset_before_executing"):
        return lose_connection(request, reset=kind.startswith("reset"))
    if kind == "stall":
        entry.delivered["ended_by"] = "fault"
        await asyncio.sleep(float(fault.param("seconds", 3600)))
        return lose_connection(request, reset=False)
    if kind in ENDLESS_FAULTS:
        return await answer_without_end(request, fault)
    if kind in ("html", "html_error"):
        status = int(fault.param("status", 200 if kind == "html" else 502))
        entry.status = status
        return web.Response(
            text="<html><body><h1>A proxy answers</h1></body></html>",
            status=status,
            content_type="text/html",
        )
    if kind == "empty_body":
        entry.status = 200
        return web.Response(
            content_type="application/json", headers=answer_headers(request)
        )
    return None


def lose_connection(request: web.Request, *, reset: bool) -> web.Response:
    """End the connection of ``request``; the returned answer goes nowhere."""
    entry_of(request).delivered["ended_by"] = "fault"
    if reset:
        reset_connection(request)
    else:
        cut_connection(request)
    return web.Response()
