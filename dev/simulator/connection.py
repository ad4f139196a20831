"""Ends connections without a complete answer."""

from __future__ import annotations

import socket
import struct

from aiohttp import web


def cut_connection(request: web.Request) -> None:
    """Close the connection after what was written, without an end of the body."""
    if request.transport is not None:
        request.transport.close()


def reset_connection(request: web.Request) -> None:
    """Close the connection with a TCP reset."""
    transport = request.transport
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
    transport.abort()
