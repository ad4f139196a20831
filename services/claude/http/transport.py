"""What carries the SDK's requests: a connection pool of the HTTP library, built here.

Only a pool that is built here takes a network backend of ours: the library's own
transport has no option for one. The proxy of the server's environment is read here for
the same reason.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address, ip_network
from urllib.request import getproxies

import httpcore2
import httpx2

from .network import ExchangeBackend
from .sending import record_sending

_MAX_CONNECTIONS = 1000
_MAX_IDLE_CONNECTIONS = 100
_IDLE_SECONDS = 30.0

_LIBRARY_ERRORS = (
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.ProxyError,
    httpcore2.TimeoutException,
    httpcore2.UnsupportedProtocol,
)


class Transport(httpx2.BaseTransport):
    """Sends requests over connections that keep to the exchange under way."""

    def __init__(self, proxy: httpx2.Proxy | None = None) -> None:
        self.pool = httpcore2.ConnectionPool(
            ssl_context=httpx2.create_ssl_context(),
            proxy=_core_proxy(proxy) if proxy else None,
            max_connections=_MAX_CONNECTIONS,
            max_keepalive_connections=_MAX_IDLE_CONNECTIONS,
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=ExchangeBackend(),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Override of ``httpx2``."""
        record_sending(request)
        with _errors_of_httpx2():
            response = self.pool.handle_request(
                httpcore2.Request(
                    request.method,
                    _core_url(request.url),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return httpx2.Response(
            response.status,
            headers=response.headers,
            stream=_Body(response),
            extensions=response.extensions,
        )

    def close(self) -> None:
        """Override of ``httpx2``."""
        self.pool.close()


class _Body(httpx2.SyncByteStream):
    """The bytes of an answer."""

    def __init__(self, response: httpcore2.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        with _errors_of_httpx2():
            yield from self._response.iter_stream()

    def close(self) -> None:
        """Override of ``httpx2``."""
        self._response.close()


@contextmanager
def _errors_of_httpx2() -> Iterator[None]:
    """Raise the pool's errors as those of its client, which have the same names."""
    try:
        yield
    except _LIBRARY_ERRORS as error:
        raise getattr(httpx2, type(error).__name__)(str(error)) from error


def environment_proxy(url: str) -> httpx2.Proxy | None:
    """Return the proxy that the server's environment names for ``url``, if any.

    ``NO_PROXY`` excepts hosts: names, which stand for all names below them too,
    addresses and networks.

    :raises ValueError: the proxy's address has a scheme that is none of a proxy
    :raises httpx2.InvalidURL: it is no address
    :raises ImportError: it speaks SOCKS, for which a package is missing
    """
    target, proxies = httpx2.URL(url), getproxies()
    address = proxies.get(target.scheme) or proxies.get("all")
    if not address or _is_exempt(target, proxies.get("no", "")):
        return None
    proxy = httpx2.Proxy(address if "://" in address else f"http://{address}")
    if proxy.url.scheme.startswith("socks") and not importlib.util.find_spec("socksio"):
        raise ImportError("socksio")
    return proxy


def _is_exempt(target: httpx2.URL, no_proxy: str) -> bool:
    entries = [entry.strip().lower() for entry in no_proxy.split(",")]
    return any(_names(entry.rpartition("://")[2], target) for entry in entries if entry)


def _names(entry: str, target: httpx2.URL) -> bool:
    """Return whether an entry of ``NO_PROXY`` stands for ``target``."""
    try:
        network = ip_network(entry.replace("[", "").replace("]", ""), strict=False)
        return ip_address(target.host) in network
    except ValueError:  # one of the two is a name
        name = entry.removeprefix("*")
    suffix = name if name.startswith(".") else f".{name}"
    return not name or any(
        host == name or host.endswith(suffix)
        for host in (target.host, target.netloc.decode("ascii"))
    )


def _core_proxy(proxy: httpx2.Proxy) -> httpcore2.Proxy:
    return httpcore2.Proxy(
        _core_url(proxy.url),
        auth=proxy.raw_auth,
        headers=proxy.headers.raw,
        ssl_context=proxy.ssl_context,
    )


def _core_url(url: httpx2.URL) -> httpcore2.URL:
    return httpcore2.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )
