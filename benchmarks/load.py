"""Opens streams, all at once or spread, and measures when first tokens arrive."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

TIMEOUT_SECONDS = 120


@dataclass(frozen=True)
class Call:
    """One POST whose answer is a stream."""

    url: str
    headers: dict[str, str]
    form: dict[str, str] | None = None
    json: dict[str, Any] | None = None
    at_seconds: float = 0.0
    """When it is made, from the common start."""


@dataclass(frozen=True)
class Streamed:
    """What one stream did; times in milliseconds from the moment of its call."""

    first_token_ms: float | None
    first_byte_ms: float | None
    end_ms: float
    status: int
    error: str = ""


async def _stream(
    session: aiohttp.ClientSession,
    call: Call,
    is_token: Callable[[bytes], bool],
    is_end: Callable[[bytes], bool],
) -> Streamed:
    await asyncio.sleep(call.at_seconds)
    begin = time.perf_counter()

    def elapsed() -> float:
        return (time.perf_counter() - begin) * 1000

    first_token = first_byte = None
    seen = b""
    try:
        async with session.post(
            call.url, headers=call.headers, data=call.form, json=call.json
        ) as answer:
            async for chunk in answer.content.iter_any():
                if first_byte is None:
                    first_byte = elapsed()
                seen = (seen + chunk) if len(seen) < 200_000 else chunk
                if first_token is None and is_token(seen):
                    first_token = elapsed()
            error = "" if answer.status == 200 else f"HTTP {answer.status}"
            if not error and first_token is None:
                error = "no token"
            if not error and not is_end(seen):
                error = "no end"
            return Streamed(first_token, first_byte, elapsed(), answer.status, error)
    except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as exception:
        return Streamed(first_token, first_byte, elapsed(), 0, type(exception).__name__)


async def _open_all(
    calls: Sequence[Call],
    is_token: Callable[[bytes], bool],
    is_end: Callable[[bytes], bool],
) -> list[Streamed]:
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        return await asyncio.gather(
            *(_stream(session, call, is_token, is_end) for call in calls)
        )


def open_streams(
    calls: Sequence[Call],
    is_token: Callable[[bytes], bool],
    is_end: Callable[[bytes], bool],
) -> list[Streamed]:
    """Make all ``calls``, each at its moment, and return what each stream did.

    :param is_token: tells from the bytes so far whether the first token has arrived
    :param is_end: tells from the bytes whether the stream ended as it should
    """
    return asyncio.run(_open_all(calls, is_token, is_end))


def first_tokens(streams: Sequence[Streamed]) -> list[float]:
    """Return the times to first token in milliseconds, errors left out."""
    return [s.first_token_ms for s in streams if s.first_token_ms is not None]


def median_first_token(streams: Sequence[Streamed]) -> float:
    """Return the median time to first token in milliseconds, errors left out."""
    return statistics.median(first_tokens(streams))


def errors(streams: Sequence[Streamed]) -> list[str]:
    """Return the errors of ``streams``, one text for each failed one."""
    return [stream.error for stream in streams if stream.error]
