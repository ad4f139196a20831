"""``/v1/messages/batches`` and what is below it."""

from __future__ import annotations

import hashlib
import re
from functools import partial
from typing import Any

from aiohttp import web

from .. import tokens
from ..auth import version_of
from ..batch_items import answer_item
from ..batch_store import ARCHIVED_AFTER, LONGEST, Batch, ItemResult
from ..catalogue import page_of
from ..connection import cut_connection, reset_connection
from ..errors import ApiError, invalid
from ..faults import STREAM_FAULTS, Fault
from ..responses import answer_headers, json_response, read_json
from ..state import STATE, entry_of
from .messages import lose_connection, strike_before, take_fault
from .models import page_arguments

LARGEST_BATCH = 256 * 1024 * 1024
MOST_REQUESTS = 100_000
_CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


async def create(request: web.Request) -> web.StreamResponse:
    """Answer ``POST /v1/messages/batches``."""
    state = request.app[STATE]
    entry = entry_of(request)
    workspace = entry.workspace or ""
    version = version_of(request.headers)
    body, text = await read_json(request, LARGEST_BATCH)
    fault = take_fault(request, body, text)
    refusal = await strike_before(request, fault) if fault else None
    if refusal is not None:
        return refusal
    items = _check_envelope(body)
    _admit(request)
    state.check_spend_limit()
    if state.batches.queued(workspace) + len(items) > state.settings.batch_queue_limit:
        raise ApiError(429, "Too many requests wait in batches of this organization.")
    seconds = state.settings.batch_seconds
    if fault is not None and fault.kind == "batch_stuck":
        seconds += float(fault.param("seconds", 2 * LONGEST))
    batch = state.batches.create(
        workspace, items, entry, seconds, partial(_answer, request, version)
    )
    entry.executed = True
    if fault is not None and fault.kind.endswith("_after_executing"):
        return lose_connection(request, reset=fault.kind.startswith("reset"))
    return _batch_response(request, batch)


def _answer(request: web.Request, version: str, item: dict[str, Any]) -> ItemResult:
    workspace = entry_of(request).workspace or ""
    return answer_item(request.app[STATE], workspace, version, item)


def _check_envelope(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the items; their parameters are validated later, one by one.

    :raise ApiError: 400
    """
    for name in body:
        if name != "requests":
            raise invalid(f"{name}: Extra inputs are not permitted")
    items = body.get("requests")
    if not isinstance(items, list):
        raise invalid("requests: Field required")
    if not items:
        raise invalid("requests: at least one request is required")
    if len(items) > MOST_REQUESTS:
        raise invalid(f"requests: at most {MOST_REQUESTS} requests are supported")
    seen: set[str] = set()
    for index, item in enumerate(items):
        custom_id = _check_item(f"requests.{index}", item)
        if custom_id in seen:
            raise invalid(
                f"requests.{index}.custom_id: duplicate custom_id '{custom_id}'"
            )
        seen.add(custom_id)
    return items


def _check_item(path: str, item: Any) -> str:
    """Return the item's ``custom_id``."""
    if not isinstance(item, dict):
        raise invalid(f"{path}: Input should be a valid dictionary")
    for name in item:
        if name not in ("custom_id", "params"):
            raise invalid(f"{path}.{name}: Extra inputs are not permitted")
    custom_id = item.get("custom_id")
    if not isinstance(custom_id, str) or not _CUSTOM_ID.fullmatch(custom_id):
        raise invalid(
            f"{path}.custom_id: String should match pattern '^[a-zA-Z0-9_-]{{1,64}}$'"
        )
    if not isinstance(item.get("params"), dict):
        raise invalid(f"{path}.params: Input should be a valid dictionary")
    return custom_id


def _admit(request: web.Request) -> None:
    limits = request.app[STATE].limits
    workspace = entry_of(request).workspace or ""
    limits.admit(workspace, "batch", "batch_requests", "batch requests per minute")


def _base_url(request: web.Request) -> str:
    return str(request.url.origin())


def _batch_response(request: web.Request, batch: Batch) -> web.Response:
    batches = request.app[STATE].batches
    return json_response(request, batches.view(batch, _base_url(request)))


async def _found(request: web.Request) -> Batch:
    """Return the batch that the path names, and bill it if it has ended."""
    version_of(request.headers)
    _admit(request)
    state = request.app[STATE]
    workspace = entry_of(request).workspace or ""
    batch = await state.batches.get(request.match_info["batch_id"], workspace)
    _bill(request, batch)
    return batch


def _bill(request: web.Request, batch: Batch) -> None:
    """Book the items of a batch that has ended, once."""
    if batch.ended_at is None or batch.entry.billed:
        return
    journal = request.app[STATE].journal
    for item in batch.results:
        if item.billed is not None:
            journal.bill(batch.entry, item.billed)


async def _early(
    request: web.Request,
) -> tuple[Fault | None, web.StreamResponse | None]:
    """Return the fault that strikes, and its answer if it gives one at once."""
    fault = take_fault(request)
    return fault, await strike_before(request, fault) if fault else None


async def retrieve(request: web.Request) -> web.StreamResponse:
    """Answer ``GET /v1/messages/batches/{id}``."""
    _fault, refusal = await _early(request)
    if refusal is not None:
        return refusal
    return _batch_response(request, await _found(request))


async def list_batches(request: web.Request) -> web.StreamResponse:
    """Answer ``GET /v1/messages/batches``."""
    version_of(request.headers)
    _fault, refusal = await _early(request)
    if refusal is not None:
        return refusal
    _admit(request)
    state = request.app[STATE]
    views = []
    for batch in await state.batches.all(entry_of(request).workspace or ""):
        _bill(request, batch)
        views.append(state.batches.view(batch, _base_url(request)))
    return json_response(request, page_of(views, **page_arguments(request)))


async def cancel(request: web.Request) -> web.StreamResponse:
    """Answer ``POST /v1/messages/batches/{id}/cancel``.

    The answer says ``canceling`` unless the batch has already ended.
    """
    fault, refusal = await _early(request)
    if refusal is not None:
        return refusal
    batch = await _found(request)
    if batch.ended_at is None and batch.cancel_initiated_at is None:
        batch.cancel_initiated_at = request.app[STATE].clock.now()
        batch.cancel_ignored = bool(fault and fault.kind == "batch_cancel_ignored")
    return _batch_response(request, batch)


async def delete(request: web.Request) -> web.StreamResponse:
    """Answer ``DELETE /v1/messages/batches/{id}``."""
    _fault, refusal = await _early(request)
    if refusal is not None:
        return refusal
    batch = await _found(request)
    if batch.ended_at is None:
        raise invalid(
            f"Message batch {batch.id} cannot be deleted while it is in progress. "
            f"Cancel it first."
        )
    request.app[STATE].batches.delete(batch)
    return json_response(request, {"id": batch.id, "type": "message_batch_deleted"})


async def results(request: web.Request) -> web.StreamResponse:
    """Answer ``GET /v1/messages/batches/{id}/results`` in no particular order."""
    fault, refusal = await _early(request)
    if refusal is not None:
        return refusal
    batch = await _found(request)
    state = request.app[STATE]
    if batch.ended_at is None:
        raise invalid(f"Message batch {batch.id} has no results yet")
    if state.clock.now() >= batch.created_at + ARCHIVED_AFTER:
        raise ApiError(404, f"The results of message batch {batch.id} are archived")
    shuffled = sorted(
        batch.results,
        key=lambda item: hashlib.sha256(item.custom_id.encode()).digest(),
    )
    return await _send_lines(request, shuffled, fault)


async def _send_lines(
    request: web.Request, items: list[ItemResult], fault: Fault | None
) -> web.StreamResponse:
    """Stream one JSON line an item; a stream's fault cuts after its lines."""
    entry = entry_of(request)
    cuts = fault is not None and fault.kind in STREAM_FAULTS
    last = int(fault.param("after_deltas", 1)) if fault and cuts else len(items)
    response = web.StreamResponse(headers=answer_headers(request))
    response.content_type = "application/x-jsonl"
    await response.prepare(request)
    entry.status = 200
    for start in range(0, last, 100):
        chunk = items[start : min(start + 100, last)]
        lines = [
            tokens.compact_json({"custom_id": item.custom_id, "result": item.result})
            for item in chunk
        ]
        await response.write(("\n".join(lines) + "\n").encode())
        entry.delivered["deltas"] += len(chunk)
    if fault is not None and cuts:
        entry.delivered["ended_by"] = "fault"
        if fault.kind == "stream_reset":
            reset_connection(request)
        elif fault.kind == "stream_close":
            await response.write_eof()
        else:
            cut_connection(request)
        return response
    await response.write_eof()
    entry.delivered.update(complete=True, ended_by="server")
    return response
