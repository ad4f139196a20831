"""Server-sent events of one message, paced, with the faults of a stream."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any

from aiohttp import web

from . import tokens
from .completion import Completion, block_text
from .connection import cut_connection, reset_connection
from .faults import Fault
from .journal import Entry
from .settings import Settings

_PING = b'event: ping\ndata: {"type":"ping"}\n\n'
_UNKNOWN_EVENT = b'event: novelty\ndata: {"type":"novelty","note":"ignore me"}\n\n'


def event(data: dict[str, Any]) -> bytes:
    """Return the bytes of one event, named by its ``type``."""
    text = tokens.compact_json(data)
    return f"event: {data['type']}\ndata: {text}\n\n".encode()


@dataclass(frozen=True)
class Piece:
    """Bytes that leave together.

    ``due`` counts the output tokens generated before it; ``characters`` is the
    visible output in it; it is a ``delta`` if it carries any.
    """

    data: bytes
    due: float
    characters: int = 0
    delta: bool = False


def pieces_of(completion: Completion, settings: Settings) -> list[Piece]:
    """Return the whole stream of ``completion`` in order."""
    usage = {**completion.usage, "output_tokens": 1}
    usage.pop("output_tokens_details", None)
    start = {
        **completion.message(),
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "stop_details": None,
        "usage": usage,
    }
    pieces = [Piece(event({"type": "message_start", "message": start}), 0)]
    due = 0.0
    for index, block in enumerate(completion.blocks):
        opening, closing = _frame(index, block)
        if index == _ping_index(completion):
            opening += _PING
        pieces.append(Piece(opening, due))
        for piece in _deltas(index, block, due, completion, settings):
            pieces.append(piece)
            due = piece.due + settings.tokens_per_delta
        pieces.append(Piece(closing, due))
    pieces.append(Piece(_ending(completion), due))
    return pieces


def _ping_index(completion: Completion) -> int:
    return 1 if len(completion.blocks) > 1 else 0


def _frame(index: int, block: dict[str, Any]) -> tuple[bytes, bytes]:
    """Return the events before and after the deltas of ``block``."""
    stop = event({"type": "content_block_stop", "index": index})
    kind = block["type"]
    if kind == "thinking":
        empty = {"type": "thinking", "thinking": "", "signature": ""}
        deltas = []
        if block["thinking"]:
            deltas.append({"type": "thinking_delta", "thinking": block["thinking"]})
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
    elif kind == "tool_use":
        empty = {"type": kind, "id": block["id"], "name": block["name"], "input": {}}
        deltas = [{"type": "input_json_delta", "partial_json": ""}]
    else:
        empty = {"type": "text", "text": ""}
        deltas = []
    start = event(
        {"type": "content_block_start", "index": index, "content_block": empty}
    )
    for delta in deltas:
        start += event({"type": "content_block_delta", "index": index, "delta": delta})
    return start, stop


def _deltas(
    index: int,
    block: dict[str, Any],
    due: float,
    completion: Completion,
    settings: Settings,
) -> Iterator[Piece]:
    text = block_text(block)
    if not text:
        return
    kind, name = ("text_delta", "text")
    if block["type"] == "tool_use":
        kind, name = ("input_json_delta", "partial_json")
    # A template instead of a JSON encoder for every delta: hundreds of streams
    # share the processor with what they measure.
    before = (
        f'event: content_block_delta\ndata: {{"type":"content_block_delta",'
        f'"index":{index},"delta":{{"type":"{kind}","{name}":'
    )
    encode = encode_basestring
    if tokens.has_lone_surrogates(text):
        encode = encode_basestring_ascii
    per_delta = max(int(settings.tokens_per_delta), 1)
    size = max(int(per_delta * completion.model.characters_per_token), 1)
    for position in range(0, len(text), size):
        part = text[position : position + size]
        data = f"{before}{encode(part)}}}}}\n\n".encode()
        yield Piece(data, due, len(part), True)
        due += per_delta


def _ending(completion: Completion) -> bytes:
    usage = {
        "output_tokens": completion.usage["output_tokens"],
        "output_tokens_details": completion.usage["output_tokens_details"],
    }
    delta = {
        "stop_reason": completion.stop_reason,
        "stop_sequence": completion.stop_sequence,
        "stop_details": completion.stop_details,
    }
    return event({"type": "message_delta", "delta": delta, "usage": usage}) + event(
        {"type": "message_stop"}
    )


async def send(
    request: web.Request,
    response: web.StreamResponse,
    pieces: list[Piece],
    *,
    speed: float,
    interval: float,
    entry: Entry,
    fault: Fault | None,
) -> None:
    """Write ``pieces`` and note in ``entry`` what went out.

    ``speed`` is in tokens per second (0: without limit); what falls into one
    ``interval`` (seconds) is one write. ``fault`` strikes after its
    ``after_deltas`` deltas.
    """
    await response.prepare(request)
    loop = asyncio.get_running_loop()
    started = loop.time()
    cut = len(pieces) if fault is None else _cut_index(pieces, fault)
    index = 0
    while index < cut:
        generated = (loop.time() - started) * speed if speed else float("inf")
        ready = index
        while ready < cut and pieces[ready].due <= generated:
            ready += 1
        if ready > index:
            group = pieces[index:ready]
            await response.write(b"".join(piece.data for piece in group))
            entry.delivered["deltas"] += sum(piece.delta for piece in group)
            entry.delivered["characters"] += sum(piece.characters for piece in group)
            index = ready
        if index < cut:
            wait = pieces[index].due / speed - (loop.time() - started)
            await asyncio.sleep(max(wait, interval))
    if fault is not None:
        await _strike(request, response, pieces, cut, entry, fault)
        if fault.kind != "stream_unknown_event":
            return
    await response.write_eof()
    entry.delivered["complete"] = True
    entry.delivered["ended_by"] = "server"


def _cut_index(pieces: list[Piece], fault: Fault) -> int:
    """Return how many pieces go out before ``fault`` strikes."""
    wanted = int(fault.param("after_deltas", 1))
    deltas = 0
    for index, piece in enumerate(pieces):
        if deltas >= wanted:
            # Not before the first block of the visible answer was opened.
            return max(index, 1)
        deltas += piece.delta
    return len(pieces) - 1


async def _strike(
    request: web.Request,
    response: web.StreamResponse,
    pieces: list[Piece],
    index: int,
    entry: Entry,
    fault: Fault,
) -> None:
    if fault.kind == "stream_unknown_event":
        rest = b"".join(piece.data for piece in pieces[index:])
        await response.write(_UNKNOWN_EVENT + rest)
        entry.delivered["deltas"] += sum(piece.delta for piece in pieces[index:])
        entry.delivered["characters"] += sum(p.characters for p in pieces[index:])
        return
    entry.delivered["ended_by"] = "fault"
    if fault.kind == "stream_stall":
        await asyncio.sleep(float(fault.param("seconds", 3600)))
        cut_connection(request)
    elif fault.kind == "stream_error":
        error = {
            "type": fault.param("type", "overloaded_error"),
            "message": fault.param("message", "Overloaded"),
        }
        body = {"type": "error", "error": error, "request_id": entry.request_id}
        await response.write(event(body))
        await response.write_eof()
    elif fault.kind == "stream_close":
        await response.write_eof()
    elif fault.kind == "stream_cut":
        cut_connection(request)
    else:
        reset_connection(request)
