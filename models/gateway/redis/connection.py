"""This process's way to one Redis: connected, or lost and tried again after a while."""

import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .address import Address, InvalidAddress, read_address
from .failure import RedisLost, reason_of

try:
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry
except ImportError:  # optional: PostgreSQL does the work then
    redis = None
    _FAILURES: tuple[type[Exception], ...] = (OSError,)
else:
    # ValueError: what the operating system says to a host or a text that is none.
    _FAILURES = (redis.RedisError, OSError, ValueError)

SECONDS = 0.5
"""Longest wait for a connection, and for an answer."""
_CONNECTING_SECONDS = 1.0
"""After this no further Sentinel is asked, nor the master that it names tried."""
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


class Script:
    """A Lua script: all its commands happen at once, with nobody between them."""

    def __init__(self, source: str) -> None:
        self.source = source


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
        self.problem = ""
        try:
            self.address = read_address(url)
        except InvalidAddress:
            self.problem = "address"
        if redis is None:
            self.problem = "library"
        self._clock = clock
        self._client: Any = None
        self._scripts: dict[str, Any] = {}
        self._try_at = 0.0
        self._failures = 0
        self._lost_for = 0.0
        # For each database whether it was told that Redis is lost.
        self._told: dict[str, bool] = {}
        self._lock = threading.Lock()

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
        if not self.is_lost:
            try:
                self._reconnected(None)
            except RedisLost:
                return False
            return True
        with self._lock:
            if self._client is not None:
                return True
            if self._clock() < self._try_at:
                return False
            self._plan_next_try()
        try:
            client = self._connect()
        except RedisLost as error:
            self.reason = error.reason
            return False
        with self._lock:
            self._use(client)
        return True

    def news(self, database: str) -> News | None:
        """Return what ``database`` is to be told, and take it for told."""
        with self._lock:
            known = self._told.get(database)
            is_lost = self.lost_at is not None
            if known is is_lost or (self._client is None and not is_lost):
                return None
            self._told[database] = is_lost
            return News(is_lost, self.reason, self._lost_for, known)

    def not_told(self, database: str, news: News) -> None:
        """Have :meth:`news` say it again: it could not be told."""
        with self._lock:
            if news.known is None:
                self._told.pop(database, None)
            else:
                self._told[database] = news.known

    def health(self) -> Health:
        """Return how Redis is doing, measured now."""
        address = str(self.address or "")
        try:
            if not self.is_available():
                raise RedisLost(self.reason)
            started = time.perf_counter()
            self.run(_CHECK_SCRIPT, [CHECK_KEY])
            milliseconds = (time.perf_counter() - started) * 1000
        except RedisLost as error:
            lost = None if self.lost_at is None else self._clock() - self.lost_at
            return Health(address, False, error.reason, lost_seconds=lost)
        return Health(
            address, True, milliseconds=milliseconds, master=self._master_in_use()
        )

    def close(self) -> None:
        """Close all connections; the next call connects again."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    # === COMMANDS === #

    def run(
        self, script: Script, keys: Sequence[str], arguments: Sequence[Any] = ()
    ) -> Any:
        """Run ``script`` and return its answer.

        :raise RedisLost: whatever went wrong
        """

        def act(client: Any) -> Any:
            known = self._scripts.get(script.source)
            if known is None:
                known = self._scripts[script.source] = client.register_script(
                    script.source
                )
            return known(keys=list(keys), args=list(arguments), client=client)

        return self._perform(act)

    def command(self, *words: Any, **options: Any) -> Any:
        """Carry out one command and return its answer.

        :raise RedisLost: whatever went wrong
        """
        return self._perform(lambda client: client.execute_command(*words, **options))

    def _perform(self, act: Callable[[Any], Any]) -> Any:
        client = self._client
        if client is None:
            raise RedisLost(self.reason)
        try:
            return act(client)
        except _FAILURES as error:
            if not _may_reconnect(error):
                raise self._lost(error, client) from error
        client = self._reconnected(client)
        try:
            return act(client)
        except _FAILURES as error:
            raise self._lost(error, client) from error

    # === CONNECTING === #

    def _reconnected(self, broken: Any) -> Any:
        """Return a client that works, instead of ``broken``.

        :raise RedisLost: when there is none
        """
        with self._lock:
            if self._client is not broken:
                if self._client is None:
                    raise RedisLost(self.reason)
                return self._client  # somebody else was faster
            if broken is None and self.is_lost:
                raise RedisLost(self.reason)
            try:
                client = self._connect()
            except RedisLost as error:
                self._lose(error.reason)
                raise
            self._use(client)
        if broken is not None:
            _close_idle(broken)
        return client

    def _connect(self) -> Any:
        """Return a new client of the master, proven to work.

        :raise RedisLost: when it does not
        """
        if self.problem:
            raise RedisLost(self.problem)
        failure = RedisLost("no_master")
        give_up = self._clock() + _CONNECTING_SECONDS
        tried = set()
        for host, port in self._masters(give_up):
            if (host, port) in tried:
                continue
            tried.add((host, port))
            client = self._client_of(
                host, port, self.address.username, self.address.password
            )
            try:
                client.eval(_CHECK, 1, CHECK_KEY)
            except _FAILURES as error:
                failure = RedisLost(reason_of(error))
                continue
            return client
        raise failure

    def _masters(self, give_up: float) -> Iterator[tuple[str, int]]:
        """Yield host and port of the server to use; with Sentinels, whom each names.

        None is asked after ``give_up``, a time of the clock.

        For a second or two after a change of masters some still name the old one, which
        may be gone, or a replica.

        :raise RedisLost: when no Sentinel answers
        """
        address = self.address
        if not address.service:
            yield address.hosts[0]
            return
        # From a random one on: a Sentinel that is out delays only some.
        first = random.randrange(len(address.hosts))
        failure = None
        answered = False
        for host, port in address.hosts[first:] + address.hosts[:first]:
            if self._clock() > give_up:
                break
            sentinel = self._client_of(
                host, port, address.sentinel_username, address.sentinel_password, 0
            )
            try:
                found = sentinel.execute_command(
                    "SENTINEL", "GET-MASTER-ADDR-BY-NAME", address.service
                )
            except _FAILURES as error:
                failure = RedisLost(reason_of(error))
                continue
            finally:
                sentinel.close()
            answered = True
            if found:
                yield found[0].decode(), int(found[1])
        if failure and not answered:
            raise failure

    def _client_of(
        self,
        host: str,
        port: int,
        username: str,
        password: str,
        database: int | None = None,
    ) -> Any:
        options = {"ssl": True, **self.address.tls_options} if self.address.tls else {}
        return redis.Redis(
            host=host,
            port=port,
            db=self.address.database if database is None else database,
            username=username or None,
            password=password or None,
            socket_connect_timeout=SECONDS,
            socket_timeout=SECONDS,
            socket_keepalive=True,
            # Repeating is decided here; the library would sleep in between.
            retry=Retry(NoBackoff(), 0),
            max_connections=_MOST_CONNECTIONS,
            protocol=2,
            **options,
        )

    def _master_in_use(self) -> str:
        client = self._client
        if client is None:
            return ""
        options = client.connection_pool.connection_kwargs
        return f"{options['host']}:{options['port']}"

    # === LOSS === #

    def _lost(self, error: BaseException, client: Any) -> RedisLost:
        """Note that Redis is lost, unless somebody has found it back already."""
        reason = reason_of(error)
        with self._lock:
            if self._client is client:
                self._lose(reason)
        _close_idle(client)
        return RedisLost(reason)

    def _lose(self, reason: str) -> None:
        """Note a loss; the lock is held."""
        self.reason = reason
        self._client = None
        if self.lost_at is None:
            self.lost_at = self._clock()
            self._failures = 0
        self._plan_next_try()

    def _use(self, client: Any) -> None:
        """Use ``client`` from now on; the lock is held."""
        self._client = client
        if self.lost_at is not None:
            self._lost_for = self._clock() - self.lost_at
        self.lost_at = None
        self.reason = ""
        self._failures = 0

    def _plan_next_try(self) -> None:
        pause = min(FIRST_PAUSE * _GROWTH**self._failures, LONGEST_PAUSE)
        self._failures = min(self._failures + 1, 10)
        self._try_at = self._clock() + pause * random.uniform(0.5, 1.5)


_CHECK_SCRIPT = Script(_CHECK)


def connection_for(url: str) -> RedisConnection:
    """Return the connection of this process for ``url``.

    A forked process gets its own: sockets cannot be shared.
    """
    return _connection_of_process(url, os.getpid())


@lru_cache(maxsize=8)
def _connection_of_process(url: str, _pid: int) -> RedisConnection:
    return RedisConnection(url)


def _close_idle(client: Any) -> None:
    """Close what is not in use: others may be waiting for an answer."""
    client.connection_pool.disconnect(inuse_connections=False)


def _may_reconnect(error: BaseException) -> bool:
    """Return whether a new connection may help at once: the old one was closed, or its
    server is not the master any more. Who was silent is not waited for twice."""
    return reason_of(error) in ("connection", "read_only")
