"""What went wrong with Redis, told in a word and a sentence; never in its own words,
which may repeat what it was sent."""

import ssl
from collections.abc import Mapping

from ....services.common.translation import _ as _lt

SENTENCES: Mapping[str, str] = {
    "address": _lt("The address of Redis cannot be used."),
    "library": _lt(
        "The Python library redis is not installed on this server (pip install redis)."
    ),
    "connection": _lt("Nobody answers at the address of Redis."),
    "timeout": _lt("Redis does not answer in time."),
    "authentication": _lt("Redis does not accept the user name or the password."),
    "permission": _lt("Redis does not allow this user to do what is needed."),
    "certificate": _lt("The certificate of Redis is not trusted."),
    "certificate_file": _lt(
        "A certificate file that the address of Redis names cannot be read on this "
        "server."
    ),
    "no_master": _lt("The Sentinels know no master of that name that is alive."),
    "read_only": _lt("This Redis is a replica: it cannot be written to."),
    "loading": _lt("Redis is loading its data."),
    "memory": _lt("Redis has no memory left."),
    "answer": _lt("Redis answered something else than expected."),
}
"""Sentence of each word that may stand in :attr:`RedisLost.reason`."""

_BY_CODE = {
    "NOAUTH": "authentication",
    "WRONGPASS": "authentication",
    "NOPERM": "permission",
    "READONLY": "read_only",
    "LOADING": "loading",
    "MASTERDOWN": "connection",
    "OOM": "memory",
}


_NO_FILE = (FileNotFoundError, IsADirectoryError)


class RedisLost(Exception):
    """Redis cannot be used now; PostgreSQL goes on.

    :ivar reason: a key of :data:`SENTENCES`
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def reason_of(error: BaseException) -> str:
    """Return the word for an exception of the library or of the socket."""
    if isinstance(error, RedisLost):
        return error.reason
    if isinstance(error, ValueError) and not isinstance(error, ssl.SSLError):
        return "address"
    if any(isinstance(each, ssl.SSLError) for each in _chain(error)):
        return "certificate"
    if any(isinstance(each, _NO_FILE) for each in _chain(error)):
        return "certificate_file"
    names = {cls.__name__ for cls in type(error).__mro__}
    if "TimeoutError" in names:
        return "timeout"
    # A script that fails says so in its own words, with the code somewhere in them.
    words = str(error).replace(":", " ").replace("-", " ").split()
    found = next((_BY_CODE[word] for word in words if word in _BY_CODE), "")
    for name, reason in (
        ("AuthenticationError", "authentication"),
        ("NoPermissionError", "permission"),
        ("ReadOnlyError", "read_only"),
        ("BusyLoadingError", "loading"),
        ("OutOfMemoryError", "memory"),
        ("ResponseError", found or "answer"),
    ):
        if name in names:
            return reason
    return found or "connection"


def _chain(error: BaseException | None):
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
