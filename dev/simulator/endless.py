"""Endless answers: small pieces at intervals, or as many as the connection takes."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterator

from aiohttp import web

from .connection import cut_connection
from .faults import Fault
from .responses import answer_headers
from .state import entry_of

_PING = b'event: ping\ndata: {"type":"ping"}\n\n'
_COMMENT = b": still here\n\n"
_PIECE = b"x" * 65_536
_PACKED = gzip.compress(b" " * 2**24)


def _bodies(fault: Fault) -> tuple[str, bytes, bytes]:
    """Return content type, beginning and what is repeated of an endless body."""
    stream, json_type = "text/event-stream", "application/json"
    return {
        "drip_body": (json_type, b'{"type":"error",', b" "),
        "ping_flood": (stream, b"", _PING),
        "comment_flood": (stream, b"", _COMMENT),
        "endless_line": (stream, b"data: ", _PIECE),
        "endless_body": (json_type, b'{"type":"', _PIECE),
        "packed_body": (json_type, b"", _PACKED),
    }[fault.kind]


async def answer_without_end(request: web.Request, fault: Fault) -> web.StreamResponse:
    """Write to ``request`` until the caller leaves, or ``pieces`` are out: then a body
    ends, and headers break off.

    Parameters: ``status`` (200), ``interval_ms`` between two pieces (0), ``pieces``
    (without a limit). Nothing is executed, and nothing is billed.
    """
    entry = entry_of(request)
    entry.delivered["ended_by"] = "fault"
    entry.status = status = int(fault.param("status", 200))
    if fault.kind == "drip_headers":
        return await _drip_headers(request, fault, status)
    content_type, beginning, piece = _bodies(fault)
    headers = {**answer_headers(request), "content-type": content_type}
    if fault.kind == "packed_body":
        headers["content-encoding"] = "gzip"
    response = web.StreamResponse(status=status, headers=headers)
    await response.prepare(request)
    await response.write(beginning)
    for _number in _numbers(fault):
        await response.write(piece)
        await _pause(fault)
    await response.write_eof()
    return response


async def _drip_headers(
    request: web.Request, fault: Fault, status: int
) -> web.StreamResponse:
    transport = request.transport
    if transport is not None:
        transport.write(f"HTTP/1.1 {status} Dripping\r\n".encode())
    for number in _numbers(fault):
        if request.transport is None or request.transport.is_closing():
            break
        request.transport.write(f"x-drip-{number}: 1\r\n".encode())
        await _pause(fault)
    cut_connection(request)
    return web.Response()


def _numbers(fault: Fault) -> Iterator[int]:
    """Yield the numbers of the pieces."""
    most = fault.param("pieces", None)
    number = 0
    while most is None or number < int(most):
        yield number
        number += 1


async def _pause(fault: Fault) -> None:
    await asyncio.sleep(float(fault.param("interval_ms", 0)) / 1000)
