"""Connections that say at once whether they are still open.

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
from typing import Any

import httpcore2
import httpx2


def ask_connections_at_once(client: httpx2.Client) -> httpx2.Client:
    """Return ``client``, whose idle connections are asked with no greenlet switched.

    The library has no option for this: its transports are looked into, so that proxies
    of the environment stay as they are. Where it looks different one day, it works as
    it does by itself.
    """
    poll = _unpatched_poll()
    if poll is None:
        return client
    for transport in (client._transport, *client._mounts.values()):
        pool = getattr(transport, "_pool", None)
        if type(getattr(pool, "_network_backend", None)) is httpcore2.SyncBackend:
            pool._network_backend = _Backend(poll)
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

    def __init__(self, poll: Callable[[], Any]) -> None:
        self._poll = poll

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
        return _Stream(stream, self._poll)


class _Stream(httpcore2.NetworkStream):
    """The library's connection, but for how it is asked."""

    def __init__(
        self, stream: httpcore2.NetworkStream, poll: Callable[[], Any]
    ) -> None:
        self._stream = stream
        self._poll = poll
        self._asked = poll()
        self._asked.register(stream.get_extra_info("socket"), select.POLLIN)
        self.read = stream.read
        self.write = stream.write
        self.close = stream.close

    def start_tls(self, *arguments: Any, **options: Any) -> httpcore2.NetworkStream:
        """Override of ``httpcore2``."""
        return _Stream(self._stream.start_tls(*arguments, **options), self._poll)

    def get_extra_info(self, info: str) -> Any:
        """Override of ``httpcore2``."""
        if info != "is_readable":
            return self._stream.get_extra_info(info)
        if self._stream.get_extra_info("socket").fileno() < 0:
            return True  # closed here: as good as closed by Claude
        return bool(self._asked.poll(0))
