"""A pytest plugin: no test can reach beyond this machine.

Odoo guards only ``requests``; this guards every socket of the test process, whatever
library opens it.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest


class NetworkForbidden(AssertionError):
    """A test tried to reach another machine."""


def _check(address: Any) -> None:
    if not isinstance(address, tuple):
        return  # a Unix socket
    host = str(address[0])
    if host in ("", "localhost"):
        return
    try:
        allowed = ipaddress.ip_address(host).is_loopback
    except ValueError:
        allowed = False
    if not allowed:
        raise NetworkForbidden(f"a test tried to connect to {host}")


class _LoopbackSocket(socket.socket):
    def connect(self, address: Any) -> None:
        _check(address)
        return super().connect(address)

    def connect_ex(self, address: Any) -> int:
        _check(address)
        return super().connect_ex(address)


def _resolve(host: Any, *arguments: Any, **options: Any) -> Any:
    if host not in (None, ""):
        text = host.decode() if isinstance(host, bytes) else str(host)
        _check((text,))
    return _original_resolve(host, *arguments, **options)


_original_resolve = socket.getaddrinfo


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Put the guard in place before any test module is imported."""
    socket.socket = _LoopbackSocket  # type: ignore[misc]
    socket.getaddrinfo = _resolve
