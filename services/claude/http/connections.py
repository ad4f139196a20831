"""Connections that mind an exchange, and say at once whether they are still open.

Each read and write waits no longer than the exchange under way may take.

Before a request, the connection pool asks each of its idle connections whether Claude
has closed it, and keeps its lock meanwhile. It asks by a ``poll`` that waits for
nothing. On Odoo's evented server that is gevent's, which gives all other greenlets
their turn first: of a hundred validations that begin together, each then waited for
the others as often as there were idle connections, 70 ms on average.
"""

from __future__ import annotations

import select
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import httpcore2
import httpx2

if TYPE_CHECKING:
    from .exchange import Exchange

_PIECE = 64 * 1024
"""Bytes that are written before the time is looked at again."""


def _no_exchange() -> Exchange | None:
    return None


def ask_connections_at_once(
    client: httpx2.Client,
    exchange_under_way: Callable[[], Exchange | None] = _no_exchange,
) -> httpx2.Client:
    """Return ``client``, whose connections mind the exchange under way, and whose idle
    ones are asked with no greenlet switched.

    The library has no option for this: its transports are looked into, so that proxies
    of the environment stay as they are.

    :param exchange_under_way: returns the one of this thread
    """
    poll = _unpatched_poll()
    for transport in (client._transport, *client._mounts.values()):
        pool = getattr(transport, "_pool", None)
        backend = getattr(pool, "_network_backend", None)
        if pool is not None and type(backend) is httpcore2.SyncBackend:
            pool._network_backend = _Backend(poll, exchange_under_way)
    return client


def _unpatched_poll() -> Callable[[], Any] | None:
    """Return the operating system's ``poll``, whatever gevent has put in its place;
    ``None`` where there is none (Windows)."""
    if not hasattr(select, "poll"):
        return None
    monkey = sys.modules.get("gevent.monkey")
    return monkey.get_original("select", "poll") if monkey else select.poll


class _Backend(httpcore2.SyncBackend):
    """Opens connections as the library does."""

    def __init__(
        self,
        poll: Callable[[], Any] | None,
        exchange_under_way: Callable[[], Exchange | None],
    ) -> None:
        self._poll = poll
        self._exchange_under_way = exchange_under_way

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Override of ``httpcore2``."""
        stream = super().connect_tcp(host, port, timeout, local_address, socket_options)
        return _Stream(stream, self._poll, self._exchange_under_way)


class _Stream(httpcore2.NetworkStream):
    """The library's connection, but for how long it waits and how it is asked."""

    def __init__(
        self,
        stream: httpcore2.NetworkStream,
        poll: Callable[[], Any] | None,
        exchange_under_way: Callable[[], Exchange | None],
    ) -> None:
        self._stream = stream
        self._poll = poll
        self._exchange_under_way = exchange_under_way
        self._asked = poll() if poll else None
        if self._asked is not None:
            self._asked.register(stream.get_extra_info("socket"), select.POLLIN)

    def close(self) -> None:
        """Override of ``httpcore2``."""
        self._stream.close()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Override of ``httpcore2``: within the limits of the exchange."""
        exchange = self._exchange_under_way()
        if exchange is None:
            return self._stream.read(max_bytes, timeout)
        data = self._stream.read(max_bytes, exchange.patience(timeout))
        exchange.take(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Override of ``httpcore2``: within the time of the exchange."""
        exchange = self._exchange_under_way()
        if exchange is None:
            self._stream.write(buffer, timeout)
            return
        for start in range(0, len(buffer), _PIECE):
            piece = buffer[start : start + _PIECE]
            self._stream.write(piece, exchange.patience(timeout))

    def start_tls(self, *arguments: Any, **options: Any) -> httpcore2.NetworkStream:
        """Override of ``httpcore2``."""
        stream = self._stream.start_tls(*arguments, **options)
        return _Stream(stream, self._poll, self._exchange_under_way)

    def get_extra_info(self, info: str) -> Any:
        """Override of ``httpcore2``."""
        if info != "is_readable" or self._asked is None:
            return self._stream.get_extra_info(info)
        if self._stream.get_extra_info("socket").fileno() < 0:
            return True  # closed here: as good as closed by Claude
        return bool(self._asked.poll(0))
