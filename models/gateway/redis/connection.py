"""This process's way to one Redis: connected, or lost and tried again after a while."""

import os
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .address import Address, InvalidAddress, read_address
from .failure import RedisLost, reason_of

try:
    import redis
except ImportError:  # optional: PostgreSQL does the work then
    redis = None
    _FAILURES: tuple[type[Exception], ...] = (OSError,)
else:
    # ValueError: what the operating system says to a host or a text that is none.
    _FAILURES = (redis.RedisError, OSError, ValueError)

SECONDS = 0.5
"""Longest wait for a connection, and for an answer."""
_CONNECTING_SECONDS = 1.0
"""Longest wait for all Sentinels together; after this no further master is tried."""
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 4.0
"""Seconds for which a lost Redis is left alone, jittered. They grow with each failure:
Sentinels need some seconds for a new master, which should not go unused for long; a
Redis that is silent should seldom hold up whoever tries it."""
_GROWTH = 1.5
_MOST_CONNECTIONS = 1000

# Proves that this is a master, that it has memory, and that this user may do it.
_CHECK = """
    redis.call('SET', KEYS[1], redis.call('TIME')[1], 'PX', 1000)
    return 1
"""
CHECK_KEY = "account_ai:check"


@dataclass(frozen=True)
class Health:
    """How Redis is doing for this process."""

    address: str
    """Without secrets."""
    available: bool
    reason: str = ""
    """Why it is not: a key of :data:`.failure.SENTENCES`."""
    milliseconds: float | None = None
    """How long a script took there and back just now."""
    master: str = ""
    """Host and port of the server in use."""
    lost_seconds: float | None = None
    """For how long it has been lost."""


@dataclass(frozen=True)
class News:
    """What a database has not been told of yet."""

    is_lost: bool
    reason: str = ""
    seconds: float = 0.0
    """For how long it was lost."""
    known: bool | None = None
    """What was told before: that it is lost, that it is not, or nothing."""


class RedisConnection:
    """Connections of one process to one Redis, shared by its threads.

    Whatever goes wrong raises :class:`RedisLost`, and from then on everything does, at
    once and without the network, until somebody finds it back. One caller at a time
    tries, after a pause; the others do not wait for that.

    A closed connection alone is no loss: after a planned change of masters, or a
    restart, the first call connects again, and asks the Sentinels anew. A command may
    have been carried out although its connection broke, so what is sent must bear
    being sent twice.
    """

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Read the address; nothing is connected yet.

        :param clock: monotonic seconds
        """
        self.reason = ""
        """Why Redis is lost, empty while it is not."""
        self.lost_at: float | None = None
        self.address: Address | None = None
        self.invalid: InvalidAddress | None = None
        """What is wrong with the address; not known without the library."""
        if redis is not None:
            try:
                self.address = read_address(url)
            except InvalidAddress as error:
                self.invalid = error
        self._clock = clock
        self._client: Any = None
        self._try_at = 0.0
        self._failures = 0
        self._lost_for = 0.0
        # For each database whether it was told that Redis is lost.
        self._told: dict[str, bool | None] = {}
        self._telling = threading.Lock()
        self._connecting = threading.Lock()

    # === STATE === #

    @property
    def is_lost(self) -> bool:
        """Return whether Redis is known to be out of reach."""
        return self.lost_at is not None

    def is_available(self) -> bool:
        """Return whether Redis can be used, after trying it when it is time to.

        The first call of a process connects, and the others wait for it: counting
        elsewhere for that moment would not be exact.
        """
        if self._client is not None:
            return True
        if not self._connecting.acquire(blocking=not self.is_lost):
            return False
        try:
            is_time = not self.is_lost or self._clock() >= self._try_at
            if self._client is None and is_time:
                self._connect()
        finally:
            self._connecting.release()
        return self._client is not None

    def news(self, database: str) -> News | None:
        """Return what ``database`` is to be told, and take it for told."""
        with self._telling:
            known = self._told.get(database)
            if known is self.is_lost or (self._client is None and not self.is_lost):
                return None
            self._told[database] = self.is_lost
            return News(self.is_lost, self.reason, self._lost_for, known)

    def not_told(self, database: str, news: News) -> None:
        """Have :meth:`news` say it again: it could not be told."""
        with self._telling:
            self._told[database] = news.known

    def health(self) -> Health:
        """Return how Redis is doing, measured now."""
        try:
            if not self.is_available():
                raise RedisLost(self.reason)
            return self._perform(self._measured)
        except RedisLost as error:
            lost = None if self.lost_at is None else self._clock() - self.lost_at
            address = str(self.address or "")
            return Health(address, False, error.reason, lost_seconds=lost)

    def _measured(self, client: Any) -> Health:
        started = time.perf_counter()
        client.eval(_CHECK, 1, CHECK_KEY)
        milliseconds = (time.perf_counter() - started) * 1000
        address, pool = self.address, client.connection_pool
        host, port = pool.master_address if address.service else address.hosts[0]
        return Health(str(address), True, "", milliseconds, f"{host}:{port}")

    def close(self) -> None:
        """Close all connections; the next call connects again."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    # === COMMANDS === #

    def run(
        self, script: str, keys: Sequence[str], arguments: Sequence[Any] = ()
    ) -> Any:
        """Run a script in Lua, whose commands happen as one step for everybody.

        :raise RedisLost: whatever went wrong
        """
        return self._perform(
            lambda client: client.register_script(script)(keys, arguments)
        )

    def command(self, *words: Any) -> Any:
        """Carry out one command and return its answer.

        :raise RedisLost: whatever went wrong
        """
        return self._perform(lambda client: client.execute_command(*words))

    def _perform(self, act: Callable[[Any], Any]) -> Any:
        client = self._client
        if client is None:
            raise RedisLost(self.reason)
        try:
            return act(client)
        except _FAILURES as error:
            # A new connection may help at once where the old one was closed, or its
            # server is not the master any more. Silence is not waited for twice.
            if reason_of(error) not in ("connection", "read_only"):
                raise self._lost(error, client) from error
        with self._connecting:
            if self._client is client:  # nobody was faster
                self._connect()
            client = self._client
        if client is None:
            raise RedisLost(self.reason)
        try:
            return act(client)
        except _FAILURES as error:
            raise self._lost(error, client) from error

    # === CONNECTING === #

    def _connect(self) -> None:
        """Use a new client, or note that Redis is lost; ``_connecting`` is held."""
        old = self._client
        try:
            self._client = self._proven_client()
        except RedisLost as error:
            self._lose(error.reason)
        else:
            if self.lost_at is not None:
                self._lost_for = self._clock() - self.lost_at
            self.lost_at, self.reason, self._failures = None, "", 0
        if old is not None:
            _close_idle(old)

    def _proven_client(self) -> Any:
        """Return a new client that has done at the master what calls will do.

        With Sentinels, each may be the first that is asked: for a second or two after a
        change of masters some still name the old one, which is gone, or a replica.

        :raise RedisLost: when there is none
        """
        if self.address is None:
            raise RedisLost("address" if self.invalid else "library")
        failure = ""
        give_up = self._clock() + _CONNECTING_SECONDS
        hosts = self.address.hosts
        for first in range(len(hosts)):
            client = self._new_client(self.address, hosts[first:] + hosts[:first])
            try:
                client.eval(_CHECK, 1, CHECK_KEY)
                return client
            except redis.sentinel.MasterNotFoundError:
                pool = client.connection_pool
                raise RedisLost(_without_master(pool.sentinel_manager)) from None
            except _FAILURES as error:
                failure = reason_of(error)
            if self._clock() > give_up:
                break
        raise RedisLost(failure)

    @staticmethod
    def _new_client(address: Address, hosts: Sequence[tuple[str, int]]) -> Any:
        common = {
            "socket_timeout": SECONDS,
            "socket_connect_timeout": SECONDS,
            "socket_keepalive": True,
            # Repeating is decided here; the library would sleep in between.
            "retry": redis.retry.Retry(redis.backoff.NoBackoff(), 0),
            "protocol": 2,
        }
        for_calls = {**common, **address.options, "max_connections": _MOST_CONNECTIONS}
        if not address.service:
            host, port = hosts[0]
            return redis.Redis(host, port, **for_calls)
        seconds = min(SECONDS, _CONNECTING_SECONDS / len(hosts))
        for_asking = {**common, **address.sentinel_options}
        for_asking |= {"socket_timeout": seconds, "socket_connect_timeout": seconds}
        sentinel = redis.Sentinel(hosts, sentinel_kwargs=for_asking)
        return sentinel.master_for(address.service, **for_calls)

    # === LOSS === #

    def _lost(self, error: BaseException, client: Any) -> RedisLost:
        """Note that Redis is lost, unless somebody has found it back already."""
        reason = reason_of(error)
        if self._client is client:
            with self._connecting:
                if self._client is client:
                    self._lose(reason)
        _close_idle(client)
        return RedisLost(reason)

    def _lose(self, reason: str) -> None:
        """Note a loss, or one more failure; ``_connecting`` is held."""
        self.reason = reason
        self._client = None
        if self.lost_at is None:
            self.lost_at = self._clock()
        pause = min(FIRST_PAUSE * _GROWTH**self._failures, LONGEST_PAUSE)
        self._failures = min(self._failures + 1, 10)
        self._try_at = self._clock() + pause * random.uniform(0.5, 1.5)


def connection_for(url: str) -> RedisConnection:
    """Return the connection of this process for ``url``.

    A forked process gets its own: sockets cannot be shared.
    """
    return _connection_of_process(url, os.getpid())


@lru_cache(maxsize=8)
def _connection_of_process(url: str, _pid: int) -> RedisConnection:
    return RedisConnection(url)


def _without_master(sentinel: Any) -> str:
    """Return why no master was found: no Sentinel answers, or none knows it."""
    reason = "no_master"
    for each in sentinel.sentinels:
        try:
            each.ping()
            return "no_master"
        except _FAILURES as error:
            reason = reason_of(error)
    return reason


def _close_idle(client: Any) -> None:
    """Close what is not in use: others may be waiting for an answer."""
    client.connection_pool.disconnect(inuse_connections=False)
