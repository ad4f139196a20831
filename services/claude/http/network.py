"""Connections that keep to the exchange under way: see :mod:`.exchange`.

Looking a host up, connecting, the TLS handshake, each read and each write wait no
longer than the exchange has left, and the bytes that come are counted.
"""

from __future__ import annotations

import select
import socket
import sys
import threading
from collections.abc import Iterable
from typing import Any

import httpcore2

from .exchange import exchange_under_way

_PIECE = 64 * 1024
"""Bytes that are written before the time is looked at again."""


class ExchangeBackend(httpcore2.NetworkBackend):
    """Opens the connections of a pool."""

    def __init__(self) -> None:
        self._library = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Override of ``httpcore2``."""

        def connect(address: str) -> httpcore2.NetworkStream:
            return ExchangeStream(
                self._library.connect_tcp(
                    address, port, _longest_wait(timeout), local_address, socket_options
                )
            )

        *others, last = _addresses(host, port, _longest_wait(timeout))
        for address in others:
            try:
                return connect(address)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue  # the next one may answer
        return connect(last)


class ExchangeStream(httpcore2.NetworkStream):
    """One connection of a pool."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def close(self) -> None:
        """Override of ``httpcore2``."""
        self._stream.close()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Override of ``httpcore2``."""
        data = self._stream.read(max_bytes, _longest_wait(timeout))
        exchange = exchange_under_way()
        if exchange is not None:
            exchange.take(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Override of ``httpcore2``."""
        for start in range(0, len(buffer), _PIECE):
            piece = buffer[start : start + _PIECE]
            self._stream.write(piece, _longest_wait(timeout))

    def start_tls(
        self,
        ssl_context: Any,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        """Override of ``httpcore2``."""
        return ExchangeStream(
            self._stream.start_tls(ssl_context, server_hostname, _longest_wait(timeout))
        )

    def get_extra_info(self, info: str) -> Any:
        """Override of ``httpcore2``."""
        if info == "is_readable" and hasattr(select, "poll"):  # not on Windows
            return _is_readable(self._stream.get_extra_info("socket"))
        return self._stream.get_extra_info(info)


def _is_readable(connection: socket.socket) -> bool:
    """Return whether there is something to read: an idle connection is closed then.

    Before each request the pool asks this of all idle connections, and holds its lock.
    The library asks by ``select.poll``, which on Odoo's evented server is gevent's: all
    other greenlets have their turn first, for each connection. So the operating
    system's own is asked: of 20 streams opened at once, the first token comes in half
    the time.
    """
    if connection.fileno() < 0:
        return True  # closed here
    monkey = sys.modules.get("gevent.monkey")
    poll = monkey.get_original("select", "poll")() if monkey else select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))


def _longest_wait(timeout: float | None) -> float | None:
    """Return how long to wait: ``timeout``, or less when the exchange ends sooner.

    :raises DeadlinePassed: when nothing is left of the exchange
    """
    exchange = exchange_under_way()
    return timeout if exchange is None else exchange.longest_wait(timeout)


def _addresses(host: str, port: int, seconds: float | None) -> list[str]:
    """Return the IP addresses of ``host``, at least one.

    The operating system takes as long as it likes, so it is asked in a thread that may
    be left behind.

    :raises httpcore2.ConnectTimeout: there is no answer within ``seconds``
    :raises httpcore2.ConnectError: there is no such host
    """
    found: list[str] = []
    failures: list[Exception] = []

    def look_up() -> None:
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(str(address[0]) for *_kind, address in entries)
        except Exception as error:  # raised where it is waited for
            failures.append(error)

    thread = threading.Thread(target=look_up, name="account_ai_dns", daemon=True)
    thread.start()
    thread.join(seconds)
    if found:
        return found
    if not failures:
        raise httpcore2.ConnectTimeout(f"no address within {seconds} s")
    if isinstance(failures[0], OSError):
        raise httpcore2.ConnectError(str(failures[0])) from failures[0]
    raise failures[0]
