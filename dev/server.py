"""A real Odoo server, as processes of its own on free ports of this machine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from . import paths
from .errors import SetupError
from .odoo import Odoo

START_TIMEOUT = 90.0
"""Seconds until each process must answer, its registry loaded."""

STOP_TIMEOUT = 15.0
"""Seconds to end by itself, before it is killed."""

LOG_LINES_SHOWN = 40


def free_port() -> int:
    """Return a TCP port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class OdooServer:
    """Odoo serving one database, as long as the ``with`` block.

    Without workers it is one threaded process, as in development. With workers it is
    the arrangement of production: prefork processes on one port and evented ones on
    others, between which a reverse proxy (or the test) chooses.

    :param port: of the ordinary pages; 0 takes a free one
    :param workers: number of prefork processes; 0 means one threaded process
    :param evented: number of evented processes, when there are workers
    :param gevent_port: of the first evented process; 0 takes a free one
    :param environment: variables on top of Odoo's bare environment
    :param extra_arguments: for Odoo's command line, after the others
    """

    def __init__(
        self,
        prepared: Odoo,
        database: str,
        *,
        port: int = 0,
        workers: int = 0,
        evented: int = 1,
        gevent_port: int = 0,
        environment: dict[str, str] | None = None,
        extra_arguments: Sequence[str] = (),
    ) -> None:
        self.database = database
        self.port = port or free_port()
        self.evented_ports = [
            gevent_port if gevent_port and not index else free_port()
            for index in range(evented if workers else 0)
        ]
        self.odoo = prepared
        self._workers = workers
        self._environment = prepared.environment(**(environment or {}))
        self._extra_arguments = list(extra_arguments)
        self._processes: list[subprocess.Popen[bytes]] = []
        self.log = paths.state("logs") / f"server-{self.port}.log"

    @property
    def url(self) -> str:
        """Address of the ordinary pages, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def evented_url(self) -> str:
        """Address of the first evented process; in development it is :attr:`url`."""
        return f"http://127.0.0.1:{(self.evented_ports or [self.port])[0]}"

    @property
    def pid(self) -> int:
        """Process id of the server, which with workers is their master.

        :raise RuntimeError: when it is not running
        """
        if not self._processes:
            raise RuntimeError("the server is not running")
        return self._processes[0].pid

    def start(self) -> OdooServer:
        """Start all processes and wait until each answers.

        :raise SetupError: when one ends or does not answer, with the end of its log
        """
        self.log.parent.mkdir(exist_ok=True)
        first, *others = self.evented_ports or [free_port()]
        self._spawn(
            *(f"--http-port={self.port}", f"--gevent-port={first}"),
            f"--workers={self._workers}",
        )
        for port in others:
            self._spawn("gevent", f"--gevent-port={port}")
        try:
            for port in (self.port, *self.evented_ports):
                self._wait_until_ready(port)
        except SetupError:
            self.kill()
            raise
        return self

    def wait(self) -> int:
        """Wait until the server ends by itself; return its exit code."""
        return self._processes[0].wait()

    def stop(self) -> None:
        """Ask all processes to end, and kill those that do not."""
        self._signal(signal.SIGTERM)
        end = time.monotonic() + STOP_TIMEOUT
        for process in self._processes:
            try:
                process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                continue
        self.kill()

    def kill(self) -> None:
        """End all processes at once, the workers too, without asking any."""
        self._signal(signal.SIGKILL, group=True)
        for process in self._processes:
            process.wait()
        self._processes = []

    def log_end(self) -> str:
        """Return the last lines of what the processes wrote."""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-LOG_LINES_SHOWN:])

    def __enter__(self) -> OdooServer:
        return self.start()

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def _spawn(self, *arguments: str) -> None:
        command = self.odoo.command(
            *arguments,
            *("--database", self.database, f"--db-filter=^{self.database}$"),
            *self._extra_arguments,
        )
        with Path(self.log).open("ab") as file:
            process = subprocess.Popen(
                command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                # A process group of its own, so that its workers end with it and Ctrl-C
                # does not reach it.
                start_new_session=True,
            )
        self._processes.append(process)

    def _wait_until_ready(self, port: int) -> None:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        end = time.monotonic() + START_TIMEOUT
        while True:
            try:
                # This page needs the registry; a health page would not wait for it.
                opener.open(f"http://127.0.0.1:{port}/web/login", timeout=10).close()
                return
            except urllib.error.HTTPError as error:
                problem = f"it answers {error.code}"
            except OSError as error:
                problem = str(error)
            if any(process.poll() is not None for process in self._processes):
                problem = "it ended"
            elif time.monotonic() < end:
                time.sleep(0.1)
                continue
            raise SetupError(
                f"Odoo on port {port} does not start: {problem}\n{self.log_end()}"
            )

    def _signal(self, number: signal.Signals, group: bool = False) -> None:
        for process in self._processes:
            try:
                if group:
                    os.killpg(process.pid, number)
                elif process.poll() is None:
                    process.send_signal(number)
            except ProcessLookupError:
                continue
