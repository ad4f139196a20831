"""The simulator as a process of its own, for tests and the demo."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from .control import SimulatorControl

_CHECKOUT = Path(__file__).resolve().parents[2]


class SimulatorProcess:
    """Starts ``python -m dev.simulator`` and stops it in the end.

    It also ends by itself when the process that started it is killed.

    ``with SimulatorProcess(first_token_ms=50) as simulator:`` gives
    ``simulator.base_url`` and ``simulator.control``. Options are those of the
    command line with underscores. ``port`` 0 takes a free one; a fixed one lets
    a stopped simulator come back at the same address.
    """

    def __init__(
        self, port: int = 0, python: str | None = None, **options: Any
    ) -> None:
        self.port = port
        self._python = python or sys.executable
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self._directory: tempfile.TemporaryDirectory[str] | None = None

    @property
    def base_url(self) -> str:
        """Address to give to the Claude client."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def control(self) -> SimulatorControl:
        """Client of the control API."""
        return SimulatorControl(self.base_url)

    @property
    def pid(self) -> int:
        """Process id.

        :raise RuntimeError: if the simulator was not started
        """
        if self._process is None:
            raise RuntimeError("the simulator is not running")
        return self._process.pid

    def start(self, timeout: float = 20) -> SimulatorProcess:
        """Start the process and wait until it listens.

        :param timeout: seconds
        :raise RuntimeError: if it does not listen in time
        """
        self._directory = tempfile.TemporaryDirectory(prefix="claude-simulator-")
        port_file = Path(self._directory.name, "port")
        self._process = subprocess.Popen(
            [*self._command(), "--port-file", str(port_file)],
            cwd=_CHECKOUT,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + timeout
        while not port_file.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError("the Claude simulator did not start")
            time.sleep(0.02)
        self.port = int(port_file.read_text())
        return self

    def _command(self) -> list[str]:
        command = [self._python, "-m", "dev.simulator", "--port", str(self.port)]
        command += ["--parent", str(os.getpid())]
        for name, value in self._options.items():
            option = "--" + name.replace("_", "-")
            if value is True:
                command.append(option)
            elif value is not None and value is not False:
                command += [option, str(value)]
        return command

    def stop(self, timeout: float = 10) -> int | None:
        """Ask the process to end, wait for it, and return its exit code."""
        return self._end(signal.SIGTERM, timeout)

    def kill(self) -> int | None:
        """End the process without asking, and return its exit code."""
        return self._end(signal.SIGKILL, 10)

    def _end(self, number: signal.Signals, timeout: float) -> int | None:
        process, self._process = self._process, None
        code = None
        if process is not None:
            if process.poll() is None:
                process.send_signal(number)
            try:
                code = process.wait(timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                code = process.wait()
        if self._directory is not None:
            self._directory.cleanup()
            self._directory = None
        return code

    def __enter__(self) -> SimulatorProcess:
        return self.start()

    def __exit__(self, *_exception: object) -> None:
        self.stop()
