"""Real Redis servers and Sentinels for tests and benchmarks, on free loopback ports.

The programs are the machine's own, or Debian's, unpacked into the cache; no
configuration of the machine is read. What is started ends with the block, or with the
process that started it.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

from . import debian, paths
from .certificate import self_signed
from .command import say
from .errors import SetupError
from .locking import exclusive
from .server import free_port

VARIABLE = "ACCOUNT_AI_REDIS_SERVER"
"""Names the program to use, when it is not on the path."""

PACKAGES = ("redis-server", "redis-sentinel")
PROGRAM = "usr/bin/redis-server"

START_TIMEOUT = 20.0
"""Seconds for a server to answer, and for a Sentinel set to know its members."""

SERVICE = "account-ai"
"""Name of the master at the Sentinels."""

DOWN_AFTER_MS = 1000
"""Milliseconds without an answer after which a Sentinel counts the master as down."""

_END_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def program() -> list[str]:
    """Return how to start ``redis-server``, as the beginning of a command line.

    :raise SetupError: when there is none and none can be fetched
    """
    if found := os.environ.get(VARIABLE) or shutil.which("redis-server"):
        return [found]
    root = paths.cache() / f"redis-{_system()}"
    if not root.exists():
        with exclusive(root.with_name(f"{root.name}.lock")):
            if not root.exists():
                _unpack(root)
    libraries = root / "usr/lib" / f"{os.uname().machine}-linux-gnu"
    return ["env", f"LD_LIBRARY_PATH={libraries}", str(root / PROGRAM)]


def _system() -> str:
    """Return what tells one release of the machine's system from another."""
    release = Path("/etc/os-release")
    text = release.read_bytes() if release.exists() else b""
    return hashlib.sha256(text).hexdigest()[:12]


def _unpack(root: Path) -> None:
    say("Fetching Redis")
    with tempfile.TemporaryDirectory(dir=root.parent, prefix="partial-") as partial:
        made = Path(partial) / "root"
        try:
            with debian.machine() as archive:
                archive.unpack(archive.missing(PACKAGES), made)
        except SetupError as error:
            raise SetupError(
                "No redis-server was found, and none could be fetched. Install Redis, "
                f"or name the program in {VARIABLE}. {error}"
            ) from error
        if not (made / PROGRAM).exists():
            raise SetupError("This system's package holds no redis-server.")
        made.rename(root)


def _free_ports(count: int) -> list[int]:
    """Return ports of this machine that nobody uses, no two of them the same."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


class RedisServer:
    """One process: a server, or a Sentinel with ``sentinel=True``.

    :param settings: lines of its configuration, on top of those that isolate it
    :param folder: where its configuration and data are
    """

    def __init__(
        self,
        folder: Path,
        settings: Sequence[str] = (),
        *,
        port: int = 0,
        sentinel: bool = False,
        password: str = "",
        certificate: Path | None = None,
    ) -> None:
        self.port = port or free_port()
        self.password = password
        self.username = ""
        self.certificate = certificate
        self._sentinel = sentinel
        self._folder = folder / str(self.port)
        self._settings = list(settings)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Address with everything that is needed to log in."""
        login = f"{self.username}:{quote(self.password, safe='')}@"
        scheme, query = "redis", ""
        if self.certificate:
            scheme = "rediss"
            query = f"?ssl_ca_certs={quote(str(self.certificate), safe='')}"
        return (
            f"{scheme}://{login if self.password else ''}127.0.0.1:{self.port}/0{query}"
        )

    @property
    def pid(self) -> int:
        """Process id.

        :raise RuntimeError: when it is not running
        """
        if self._process is None:
            raise RuntimeError("this Redis is not running")
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Return whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> RedisServer:
        """Start the process and wait until it answers; it has the data that it had.

        :raise SetupError: when it does not, with the end of its log
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        configuration = self._folder / "redis.conf"
        if not configuration.exists():  # a Sentinel writes what it knows into its own
            configuration.write_text("\n".join(self._configuration()) + "\n")
        arguments = ["--sentinel"] if self._sentinel else []
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*program(), str(configuration), *arguments],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            )
        wait_until(self._answers, f"Redis on port {self.port}", self._last_words)
        return self

    def command(self, *words: str) -> object:
        """Carry out a command on a connection of its own and return the answer."""
        client = self._client()
        try:
            return client.execute_command(*words)
        finally:
            client.close()

    def stop(self) -> None:
        """Ask the process to end and wait for it."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the process without asking."""
        self._end(signal.SIGKILL)

    def __enter__(self) -> RedisServer:
        return self.start()

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def _configuration(self) -> Iterator[str]:
        if self.certificate:
            yield f"port 0\ntls-port {self.port}"
            yield f"tls-cert-file {self.certificate}"
            yield f"tls-key-file {self.certificate.with_suffix('.key')}"
            yield f"tls-ca-cert-file {self.certificate}"
            yield "tls-auth-clients no\ntls-replication yes"
        else:
            yield f"port {self.port}"
        yield f"bind 127.0.0.1\ndir {self._folder}\ndaemonize no"
        if not self._sentinel:
            # A replica that comes is not kept waiting for others.
            yield 'save ""\nappendonly no\nrepl-diskless-sync-delay 0'
        if self.password:
            yield f"requirepass {self.password}"
            yield "" if self._sentinel else f"masterauth {self.password}"
        yield from self._settings

    def _client(self):
        # Imported here: the other verbs do without it.
        import redis

        return redis.Redis(
            host="127.0.0.1",
            port=self.port,
            password=self.password or None,
            ssl=bool(self.certificate),
            ssl_ca_certs=str(self.certificate) if self.certificate else None,
            socket_timeout=5,
            protocol=2,
        )

    def _answers(self) -> bool:
        import redis

        if not self.is_running:
            raise SetupError(f"Redis ended:\n{self._last_words()}")
        try:
            server = self.command("INFO", "server")
        except redis.RedisError:
            return False
        # Not somebody else who has got this port in the meantime.
        return server["process_id"] == self.pid

    def _last_words(self) -> str:
        text = (self._folder / "log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-20:])

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(number)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class SentinelSet:
    """A master, its replicas, and the Sentinels that watch them.

    :ivar url: what a client is given: the Sentinels and the name of the master
    """

    def __init__(
        self,
        folder: Path,
        *,
        replicas: int = 1,
        sentinels: int = 3,
        password: str = "",
        certificate: Path | None = None,
        down_after_ms: int = DOWN_AFTER_MS,
    ) -> None:
        common = {"password": password, "certificate": certificate}
        ports = _free_ports(1 + replicas + sentinels)
        first = RedisServer(folder, port=ports.pop(), **common)
        replication = f"replicaof 127.0.0.1 {first.port}"
        self.servers = [first] + [
            RedisServer(folder, [replication], port=ports.pop(), **common)
            for _ in range(replicas)
        ]
        watched = [
            f"sentinel monitor {SERVICE} 127.0.0.1 {first.port} {sentinels // 2 + 1}",
            f"sentinel down-after-milliseconds {SERVICE} {down_after_ms}",
            f"sentinel failover-timeout {SERVICE} 5000",
        ]
        if password:
            watched.append(f"sentinel auth-pass {SERVICE} {password}")
            watched.append(f"sentinel sentinel-pass {password}")
        # Configured with each other's addresses, they need not discover each other.
        members = [(port, secrets.token_hex(20)) for port in ports]
        watched += [
            f"sentinel known-replica {SERVICE} 127.0.0.1 {replica.port}"
            for replica in self.servers[1:]
        ]
        self.sentinels = [
            RedisServer(
                folder,
                [
                    f"sentinel myid {own_id}",
                    *watched,
                    *(
                        f"sentinel known-sentinel {SERVICE} 127.0.0.1 {other} {id_}"
                        for other, id_ in members
                        if other != port
                    ),
                ],
                port=port,
                sentinel=True,
                **common,
            )
            for port, own_id in members
        ]
        self._running = ExitStack()

    @property
    def url(self) -> str:
        """Address with everything that is needed to log in."""
        first = self.servers[0]
        hosts = ",".join(f"127.0.0.1:{each.port}" for each in self.sentinels)
        password = quote(first.password, safe="")
        options = [f"sentinel_password={password}"] if password else []
        if first.certificate:
            options.append(f"ssl_ca_certs={quote(str(first.certificate), safe='')}")
        return (
            f"redis{'s' if first.certificate else ''}+sentinel://"
            f"{f':{password}@' if password else ''}{hosts}/{SERVICE}/0"
            f"{'?' if options else ''}{'&'.join(options)}"
        )

    def master(self) -> RedisServer:
        """Return the server that calls itself master and is alive.

        :raise SetupError: when none is
        """
        for server in self.servers:
            if server.is_running and server.command("ROLE")[0] == b"master":
                return server
        raise SetupError("no server is the master")

    def named_master(self, sentinel: RedisServer) -> int:
        """Return the port of the server that a Sentinel names as master."""
        return int(_known_master(sentinel)["port"])

    def __enter__(self) -> SentinelSet:
        with ExitStack() as stack:
            for server in self.servers:
                stack.enter_context(server)
            wait_until(self._is_replicated, "the replicas")
            for sentinel in self.sentinels:
                stack.enter_context(sentinel)
            wait_until(self._is_watched, "the Sentinels")
            self._running = stack.pop_all()
        return self

    def __exit__(self, *_exception: object) -> None:
        # The Sentinels first: they would treat the shutdown as a failure.
        self._running.close()

    def _is_replicated(self) -> bool:
        roles = [replica.command("ROLE") for replica in self.servers[1:]]
        return all(role[0] == b"slave" and role[3] == b"connected" for role in roles)

    def _is_watched(self) -> bool:
        for sentinel in self.sentinels:
            known = _known_master(sentinel)
            others = len(self.sentinels) - 1
            if int(known["num-other-sentinels"]) != others:
                return False
            if int(known["num-slaves"]) != len(self.servers) - 1:
                return False
        return True


def _known_master(sentinel: RedisServer) -> dict[str, str]:
    """Return what a Sentinel tells about the master."""
    words = sentinel.command("SENTINEL", "MASTER", SERVICE)
    return words if isinstance(words, dict) else _pairs(words)


def _pairs(words: Sequence[bytes]) -> dict[str, str]:
    texts = [word.decode() for word in words]
    return dict(zip(texts[::2], texts[1::2], strict=True))


@contextmanager
def folder() -> Iterator[Path]:
    """Yield a folder for servers, removed in the end."""
    with tempfile.TemporaryDirectory(prefix="account_ai-redis-") as name:
        yield Path(name)


@contextmanager
def one(password: str = "", tls: bool = False, **options) -> Iterator[RedisServer]:
    """Yield one running server.

    :param tls: with a certificate made for it, whose path stands in its address
    """
    with folder() as home:
        certificate = self_signed(home) if tls else None
        server = RedisServer(
            home, password=password, certificate=certificate, **options
        )
        with server:
            yield server


@contextmanager
def sentinel_set(
    password: str = "", tls: bool = False, **options
) -> Iterator[SentinelSet]:
    """Yield a running master with replicas and Sentinels; like :func:`one`."""
    with folder() as home:
        certificate = self_signed(home) if tls else None
        with SentinelSet(
            home, password=password, certificate=certificate, **options
        ) as found:
            yield found


def wait_until(
    is_true: Callable[[], bool], what: str, last_words: Callable[[], str] = str
) -> None:
    """Wait until something holds.

    :param what: names it in the error
    :raise SetupError: when it does not in :data:`START_TIMEOUT` seconds
    """
    end = time.monotonic() + START_TIMEOUT
    while not is_true():
        if time.monotonic() > end:
            raise SetupError(f"Waited too long for {what}.\n{last_words()}")
        time.sleep(0.02)


def _end_with_parent() -> None:
    """Have the kernel end this process when the thread that started it ends."""
    ctypes.CDLL(None).prctl(_END_WITH_PARENT, signal.SIGKILL)
