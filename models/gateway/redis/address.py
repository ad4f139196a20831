"""Where a Redis is and how to log in: its URL, read by ``redis`` and checked.

``redis://user:password@host:6379/0``
    one server; ``rediss://`` with TLS
``redis+sentinel://user:password@host1:26379,host2:26379/service/0?sentinel_password=…``
    the master that Sentinel names; ``rediss+sentinel://`` with TLS to both

Options of TLS follow as a query: ``ssl_ca_certs``, ``ssl_certfile``, ``ssl_keyfile``
(paths on the server), ``ssl_cert_reqs=none`` and ``ssl_check_hostname=false``.
Characters with a meaning in URLs are written as ``%40`` and the like.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from ....services.common.translation import _ as _lt

try:
    import redis
except ImportError:  # optional: PostgreSQL does the work then
    redis = None

PORT = 6379
SENTINEL_PORT = 26379

_SCHEMES = ("redis", "rediss", "redis+sentinel", "rediss+sentinel")
_DATABASE = re.compile("[0-9]{1,9}")
_HOST = re.compile(rb"[A-Za-z0-9_.-]+|[0-9A-Fa-f:.]+(%[A-Za-z0-9]+)?")
_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
_TLS_OPTIONS = (*_FILES, "ssl_cert_reqs", "ssl_check_hostname")
_SENTINEL_OPTIONS = ("sentinel_username", "sentinel_password")


class InvalidAddress(Exception):
    """A URL that names no Redis.

    :ivar message: English sentence, ``%(name)s`` filled by ``params``; no secret in it
    """

    def __init__(self, message: str, **params: str) -> None:
        super().__init__(message % params if params else message)
        self.message = message
        self.params = params


@dataclass(frozen=True)
class Address:
    """A Redis server, or the Sentinels that know which one is the master."""

    hosts: tuple[tuple[str, int], ...]
    """One server, or all Sentinels: host and port."""
    service: str
    """Name of the master at Sentinel; empty for one server."""
    options: Mapping[str, Any] = field(repr=False)
    """What a client of the server takes: login, database, TLS."""
    sentinel_options: Mapping[str, Any] = field(repr=False)
    """What a client of a Sentinel takes: login, TLS."""

    @property
    def files(self) -> tuple[str, ...]:
        """Return the paths of certificates and keys that it names."""
        return tuple(self.options[name] for name in _FILES if name in self.options)

    def __str__(self) -> str:
        """Return the address without what is secret, for logs and screens."""
        hosts = ",".join(
            f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            for host, port in self.hosts
        )
        scheme = "rediss" if self.options.get("ssl") else "redis"
        if self.service:
            scheme, hosts = f"{scheme}+sentinel", f"{hosts}/{self.service}"
        return f"{scheme}://{hosts}/{self.options['db']}"


def read_address(url: str) -> Address:
    """Return the address that ``url`` names.

    :raise InvalidAddress: with a sentence for whoever typed it
    """
    try:
        parts = urlsplit(url.strip())
        is_url = url.strip().isprintable()  # urlsplit passes over line breaks
    except ValueError:
        is_url = False
    if not is_url:
        raise InvalidAddress(_lt("This is not a URL."))
    if parts.scheme not in _SCHEMES:
        raise InvalidAddress(
            _lt("The address of Redis begins with one of %(schemes)s."),
            schemes=", ".join(f"{scheme}://" for scheme in _SCHEMES),
        )
    scheme, sentinel, _name = parts.scheme.partition("+")
    names = [unquote(name) for name in parts.path.split("/") if name]
    service = names.pop(0) if sentinel and names else ""
    database = names.pop(0) if names else "0"
    login, at, hosts = parts.netloc.rpartition("@")
    for is_wrong, sentence in (
        (
            sentinel and not service,
            _lt("After the Sentinels, the name of the service is missing: /name/0."),
        ),
        (
            names or not _DATABASE.fullmatch(database),
            _lt("The address of Redis ends with a database number."),
        ),
        (parts.fragment, _lt("Write # as %23 in the address of Redis.")),
        (
            "," in hosts and not sentinel,
            _lt(
                "Several hosts are for Sentinel: redis+sentinel:// or rediss+sentinel://"
            ),
        ),
    ):
        if is_wrong:
            raise InvalidAddress(sentence)
    _check_query(parts.query, scheme == "rediss", bool(sentinel))
    servers = [
        _server(
            f"{scheme}://{login}{at}{host.strip()}/{database}?{parts.query}",
            SENTINEL_PORT if sentinel else PORT,
        )
        for host in hosts.split(",")
    ]
    _host, options = servers[0]  # they differ in nothing else
    sentinel_options = {
        name: options.pop(f"sentinel_{name}", None) for name in ("username", "password")
    }
    tls = {name: value for name, value in options.items() if name.startswith("ssl")}
    found = tuple(host for host, _options in servers)
    return Address(found, service, options, sentinel_options | tls)


def _check_query(query: str, tls: bool, sentinel: bool) -> None:
    """Refuse what the library would take for options of its own."""
    try:
        options = dict(parse_qsl(query, True, strict_parsing=bool(query)))
    except ValueError:
        options = {"?": ""}
    allowed = _TLS_OPTIONS * tls + _SENTINEL_OPTIONS * sentinel
    if unknown := sorted(set(options).difference(allowed)):
        # Names only: a value may be a secret in the wrong place.
        raise InvalidAddress(
            _lt("The address of Redis has options that do not belong there: %(names)s"),
            names=", ".join(unknown),
        )
    if options.get("ssl_cert_reqs", "none").lower() not in ("required", "none"):
        raise InvalidAddress(_lt("ssl_cert_reqs is either required or none."))


def _server(url: str, port: int) -> tuple[tuple[str, int], dict[str, Any]]:
    """Return host and port of one server, and everything else that its URL says."""
    try:
        options = redis.connection.parse_url(url)
        host = options.pop("host")
        if not _HOST.fullmatch(host.encode("idna")):  # as when it is connected to
            raise ValueError
    except (KeyError, ValueError):
        # Not in the words of the error, which may hold a password.
        raise InvalidAddress(
            _lt("The address of Redis needs hosts and ports: host:port.")
        ) from None
    if options.pop("connection_class", None):
        requirement = options.get("ssl_cert_reqs", "required").lower()
        options |= {"ssl": True, "ssl_cert_reqs": requirement}
    return (host, options.pop("port", port)), options
