"""Key and address of Claude, checked: when they are entered, and when they are used.

What is wrong is said in one sentence, without what was entered: it may hold a secret.
"""

from __future__ import annotations

import re
import unicodedata
from ipaddress import AddressValueError, IPv6Address
from urllib.parse import urlsplit

import httpx2

from ...common.translation import _
from ..errors import ClaudeError

NOT_READY = "not_ready"
"""Code of whatever keeps a call from being made until somebody mends the settings."""

_LONGEST_ADDRESS = 1000
_LONGEST_HOST = 253
_LABEL = re.compile(
    r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE | re.ASCII
)
_PATH = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@/%-]*")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_LONGEST_KEY = 1000

_NOT_AN_ADDRESS = _(
    "The base URL of Claude cannot be used: a system administrator has to set one "
    "like https://host, or https://host:port/path, in the settings or in the server's "
    "environment."
)
_NOT_PROTECTED = _(
    "The base URL of Claude has to begin with https:// (or http:// on this machine), "
    "since the API key is sent there: a system administrator has to set another one."
)
_HAS_MORE = _(
    "The base URL of Claude must hold neither a user name, a password, a query nor a "
    "fragment: a system administrator has to set it without."
)
_NOT_A_KEY = _(
    "The API key for Claude holds spaces, line breaks or characters that no key has: "
    "a system administrator has to enter it again."
)


def not_ready(message: str) -> ClaudeError:
    """Return the error that says what is to be mended before Claude can be asked."""
    return ClaudeError(NOT_READY, message)


def check_key(key: str, message: str = _NOT_A_KEY) -> None:
    """Check that ``key`` may stand in a header: printable ASCII without a space.

    :param message: what is said where it may not
    :raises ClaudeError: ``not_ready``
    """
    if len(key) > _LONGEST_KEY or not all("!" <= letter <= "~" for letter in key):
        raise not_ready(message)


def check_address(url: str) -> None:
    """Check that ``url`` can be called and may receive the key: HTTPS, or HTTP on this
    machine.

    :raises ClaudeError: ``not_ready``
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:  # brackets, a port that is none
        raise not_ready(_NOT_AN_ADDRESS) from error
    # urlsplit passes over line breaks and the like: what is used would not be this.
    if len(url) > _LONGEST_ADDRESS or any(
        unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zs", "Zl", "Zp")
        for letter in url
    ):
        raise not_ready(_NOT_AN_ADDRESS)
    if parts.scheme not in ("http", "https"):
        raise not_ready(_NOT_PROTECTED)
    if "@" in parts.netloc or "?" in url or "#" in url:
        raise not_ready(_HAS_MORE)
    if not host or port == 0 or parts.netloc.endswith(":"):
        raise not_ready(_NOT_AN_ADDRESS)
    if not _is_host(host, "[" in parts.netloc) or not _PATH.fullmatch(parts.path):
        raise not_ready(_NOT_AN_ADDRESS)
    try:
        httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError) as error:
        raise not_ready(_NOT_AN_ADDRESS) from error
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise not_ready(_NOT_PROTECTED)


def _is_host(host: str, in_brackets: bool) -> bool:
    """Return whether ``host`` is an IP address or a name that DNS can hold."""
    if in_brackets:
        try:
            IPv6Address(host)
        except AddressValueError:
            return False
        return True
    try:
        name = httpx2.URL(f"https://{host}").raw_host.decode("ascii")
    except (httpx2.InvalidURL, ValueError):
        return False
    name = name.removesuffix(".")
    return len(name) <= _LONGEST_HOST and all(
        _LABEL.fullmatch(label) for label in name.split(".")
    )
