"""``POST /v1/messages`` and ``POST /v1/messages/count_tokens``."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

from aiohttp import web

from .. import stream
from ..auth import version_of
from ..completion import Completion, complete
from ..faults import CONNECTION_FAULTS, HTTP_FAULTS, STREAM_FAULTS, Fault, Strike
from ..identifiers import new_identifier
from ..journal import Billed
from ..pricing import cost_usd
from ..prompt import read_prompt
from ..prompt_cache import CacheOutcome
from ..responses import answer_headers, read_json, send_json
from ..state import STATE, entry_of
from ..validation import Accepted, accept

LARGEST_REQUEST = 32 * 1024 * 1024


async def create_message(request: web.Request) -> web.StreamResponse:
    """Answer ``POST /v1/messages``."""
    state = request.app[STATE]
    entry = entry_of(request)
    body, text = await read_json(request, LARGEST_REQUEST)
    fault = _take_fault(request, body, text)
    if fault is not None:
        early = await _strike_before(request, fault, str(body.get("model")))
        if early is not None:
            return early
    accepted = accept(
        body, version_of(request.headers), state.catalogue, state.clock.now()
    )
    entry.stream = accepted.stream
    workspace = entry.workspace or ""
    state.limits.admit(
        workspace, accepted.model.line, "requests", "requests per minute"
    )
    state.check_spend_limit()
    prompt = read_prompt(
        accepted.body,
        accepted.model,
        workspace,
        effort=accepted.effort,
        thinking=accepted.thinking,
    )
    accepted.check_context(prompt.total)
    cached = state.cache.look_up(prompt, accepted.model, state.clock.now())
    state.limits.admit_tokens(
        workspace, accepted.model.line, prompt.total - cached.read
    )
    return await _execute(request, accepted, cached, fault)


async def _execute(
    request: web.Request,
    accepted: Accepted,
    cached: CacheOutcome,
    fault: Fault | None,
) -> web.StreamResponse:
    state = request.app[STATE]
    entry = entry_of(request)
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
    except asyncio.CancelledError:
        entry.delivered["ended_by"] = "client"
        raise
    except ConnectionError:
        # The caller left while something was written: that is its right.
        entry.delivered["ended_by"] = "client"
        raise
    finally:
        _book(request, accepted, completion)


async def _deliver(
    request: web.Request,
    accepted: Accepted,
    completion: Completion,
    cached: CacheOutcome,
    fault: Fault | None,
) -> web.StreamResponse:
    state = request.app[STATE]
    entry = entry_of(request)
    settings = state.settings
    wait = settings.first_token_ms / 1000
    speed = settings.tokens_per_second
    if fault is not None and fault.kind == "slow":
        wait = float(fault.param("first_token_ms", 0)) / 1000
        speed = float(fault.param("tokens_per_second", speed))
    if not accepted.stream and speed:
        wait += completion.usage["output_tokens"] / speed
    if wait:
        await asyncio.sleep(wait)
    state.cache.store(cached, state.clock.now())
    if fault is not None and _ends_connection(fault, accepted):
        entry.delivered["ended_by"] = "fault"
        return _drop(request, reset=fault.kind.partition("_")[2].startswith("reset")
                     or fault.kind.startswith("reset"))
    if not accepted.stream:
        entry.delivered["characters"] = sum(
            len(block.get("text", "")) for block in completion.blocks
        )
        response = await send_json(request, _message_without_private_keys(completion))
        entry.delivered.update(complete=True, ended_by="server")
        return response
    response = web.StreamResponse(headers=answer_headers(request))
    response.content_type = "text/event-stream"
    response.charset = "utf-8"
    response.headers["cache-control"] = "no-cache"
    entry.status = 200
    striking = fault if fault is not None and fault.kind in STREAM_FAULTS else None
    await stream.send(
        request, response, stream.pieces_of(completion, settings), speed, settings,
        entry, striking
    )
    return response
