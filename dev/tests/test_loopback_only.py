from __future__ import annotations

import socket
import urllib.request

import pytest

from ..loopback_only import NetworkForbidden


@pytest.mark.parametrize("host", ["192.0.2.1", "example.com", "2001:db8::1"])
def test_no_other_machine_is_reached(host):
    with pytest.raises(NetworkForbidden):
        socket.create_connection((host, 80), timeout=1)


def test_no_library_reaches_another_machine():
    with pytest.raises(NetworkForbidden):
        urllib.request.urlopen("http://192.0.2.1/", timeout=1)


def test_this_machine_is_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        for host in ("127.0.0.1", "localhost"):
            socket.create_connection((host, server.getsockname()[1]), timeout=5).close()
