"""Where a Redis is and how to log in: its URL, read and checked.

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

PORT = 6379
SENTINEL_PORT = 26379

_SCHEMES = {
    "redis": (False, False),
    "rediss": (True, False),
    "redis+sentinel": (False, True),
    "rediss+sentinel": (True, True),
}
_TLS_OPTIONS = frozenset(
    ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs")
    + ("ssl_check_hostname",)
)
_SENTINEL_OPTIONS = frozenset(("sentinel_username", "sentinel_password"))
_DATABASE = re.compile(r"[0-9]{1,6}")
_FALSE = frozenset(("false", "no", "0"))


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
    service: str = ""
    """Name of the master at Sentinel; empty for one server."""
    database: int = 0
    tls: bool = False
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    sentinel_username: str = field(default="", repr=False)
    sentinel_password: str = field(default="", repr=False)
    tls_options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def files(self) -> tuple[str, ...]:
        """Return the paths of certificates and keys that it names."""
        names = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
        return tuple(
            self.tls_options[name] for name in names if name in self.tls_options
        )

    def __str__(self) -> str:
        """Return the address without what is secret, for logs and screens."""
        hosts = ",".join(
            f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            for host, port in self.hosts
        )
        scheme = "rediss" if self.tls else "redis"
        if self.service:
            return f"{scheme}+sentinel://{hosts}/{self.service}/{self.database}"
        return f"{scheme}://{hosts}/{self.database}"


def read_address(url: str) -> Address:
    """Return the address that ``url`` names.

    :raise InvalidAddress: with a sentence for whoever typed it
    """
    url = url.strip()
    # urlsplit passes over line breaks and the like.
    if not url.isprintable():
        raise InvalidAddress(_lt("This is not a URL."))
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise InvalidAddress(_lt("This is not a URL.")) from error
    if parts.scheme not in _SCHEMES:
        raise InvalidAddress(
            _lt("The address of Redis begins with one of %(schemes)s."),
            schemes=", ".join(f"{scheme}://" for scheme in _SCHEMES),
        )
    tls, sentinel = _SCHEMES[parts.scheme]
    login, _at, hosts = parts.netloc.rpartition("@")
    username, colon, password = login.partition(":")
    service, database = _path(parts.path, sentinel)
    options = _options(parts.query, tls, sentinel)
    if parts.fragment:
        raise InvalidAddress(_lt("Write # as %23 in the address of Redis."))
    return Address(
        hosts=_hosts(hosts, SENTINEL_PORT if sentinel else PORT, sentinel),
        service=service,
        database=database,
        tls=tls,
        username=unquote(username),
        password=unquote(password),
        sentinel_username=options.pop("sentinel_username", ""),
        sentinel_password=options.pop("sentinel_password", ""),
        tls_options=_tls_options(options),
    )


def _path(path: str, sentinel: bool) -> tuple[str, int]:
    """Return the name of the service, empty without Sentinel, and the database."""
    names = [unquote(name) for name in path.split("/") if name]
    service = names.pop(0) if sentinel and names else ""
    if sentinel and not service:
        raise InvalidAddress(
            _lt("After the Sentinels, the name of the service is missing: /name/0.")
        )
    database = names.pop(0) if names else "0"
    if names or not _DATABASE.fullmatch(database):
        raise InvalidAddress(_lt("The address of Redis ends with a database number."))
    return service, int(database)


def _hosts(text: str, port: int, many: bool) -> tuple[tuple[str, int], ...]:
    hosts = text.split(",")
    if len(hosts) > 1 and not many:
        raise InvalidAddress(
            _lt(
                "Several hosts are for Sentinel: redis+sentinel:// or rediss+sentinel://"
            )
        )
    return tuple(_host(each.strip(), port) for each in hosts)


def _host(text: str, port: int) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
        host, own_port = parts.hostname, parts.port
        # As it is done when it is connected to: labels too long, or empty.
        (host or "").rstrip(".").encode("idna")
    except ValueError:
        host = own_port = None
    if not host or " " in host or own_port == 0 or parts.username is not None:
        raise InvalidAddress(
            _lt("The address of Redis needs hosts and ports: host:port.")
        )
    return host, own_port or port


def _options(query: str, tls: bool, sentinel: bool) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        pairs = [("?", "")]
    options = dict(pairs)
    allowed = (_TLS_OPTIONS if tls else frozenset()) | (
        _SENTINEL_OPTIONS if sentinel else frozenset()
    )
    if unknown := sorted(set(options) - allowed):
        # Names only: a value may be a secret in the wrong place.
        raise InvalidAddress(
            _lt("The address of Redis has options that do not belong there: %(names)s"),
            names=", ".join(unknown),
        )
    return options


def _tls_options(options: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: options[name]
        for name in ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
        if options.get(name)
    }
    if options.get("ssl_check_hostname", "").lower() in _FALSE:
        found["ssl_check_hostname"] = False
    requirement = options.get("ssl_cert_reqs", "required").lower()
    if requirement not in ("required", "none"):
        raise InvalidAddress(_lt("ssl_cert_reqs is either required or none."))
    if requirement == "none":
        found.update(ssl_cert_reqs="none", ssl_check_hostname=False)
    return found
