"""``make test``: all checks, and one closing line with their sum.

The addon's tests run inside Odoo; everything else runs beside them, because machines
have more than one core. Each part is a verb of its own too.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from . import (
    browser,
    installation,
    lint,
    odoo,
    odoo_source,
    paths,
    postgresql,
    pytest_run,
    python_environment,
    upgrade,
)
from .command import say
from .errors import SetupError
from .outcome import Outcome, of_closing_line, of_pytest

COVERED = {
    "services": 90,
    "services/claude": 90,
    "models": 90,
    "controllers": 90,
    "wizards": 90,
}
"""The least percentage of lines that the addon's tests run, by folder."""

PROCESSES = ("test_process_*.py", "test_real_life.py", "test_storm.py")
"""Tests of the addon that wait for processes of their own, or take a minute each."""

LIVE_TESTS = "tests/gateway/test_live.py"
KEY_VARIABLES = ("ACCOUNT_AI_API_KEY", "ANTHROPIC_API_KEY")

BESIDE = {
    "lint": "Linters",
    "test-processes": "Tests of the addon on servers of their own",
    "test-tools": "Tests of the tools",
    "test-installation": "Installation and uninstallation",
    "test-upgrade": "Upgrade from earlier releases",
}
"""Verbs, and what they are, that run beside the addon's tests."""


def everything() -> Outcome:
    """Run all checks and return their sum."""
    python_environment.prepare()
    odoo_source.prepare()
    browser.prepare()
    # Held here, so that the server stays up from the first part to the last.
    with postgresql.server():
        beside = _Beside()
        beside.start()
        try:
            say("Tests of the addon")
            outcome = addon()
            say("Waiting for what ran beside")
            return outcome + beside.finish()
        finally:
            beside.stop()


def marked(expression: str) -> Outcome:
    """Run the tests of addon and tools that a marker chooses, and no linter.

    :param expression: as pytest's ``-m`` takes it, such as ``not slow``; for ``unit``
        alone, neither a database nor a browser is prepared
    """
    options = ["--quiet", "--durations=10", "-m", expression]
    with tempfile.TemporaryDirectory() as name:
        report = Path(name) / "addon.xml"
        arguments = [*options, f"--junit-xml={report}"]
        if expression == "unit":
            code = pytest_run.run_units(odoo.prepare(None), arguments)
        else:
            with postgresql.server() as server:
                prepared = odoo.prepare(server)
                browser.prepare()
                code = pytest_run.run_addon(prepared, arguments, None)
        outcome = of_pytest(report, _without_empty(code))
        report = Path(name) / "tools.xml"
        arguments = [*options, f"--junit-xml={report}", "dev/tests"]
        code = pytest_run.run_tools(arguments, odoo.bare_environment())
        return outcome + of_pytest(report, _without_empty(code))


def _without_empty(code: int) -> int:
    """Return pytest's exit code, but success where it only found nothing to run."""
    return 0 if code == _NOTHING_COLLECTED else code


def addon() -> Outcome:
    """Run the addon's tests inside Odoo and check how much of it they cover."""
    with postgresql.server() as server, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepared = odoo.prepare(server)
        browser.prepare()
        report = folder / "report.xml"
        coverage = {"COVERAGE_FILE": str(folder / "coverage")}
        arguments = [f"--junit-xml={report}", "--quiet", "--durations=10", "--cov"]
        arguments += [f"--cov-config={paths.CHECKOUT / 'pyproject.toml'}"]
        arguments += ["--cov-report="]
        arguments += [f"--ignore-glob=*/tests/*/{each}" for each in PROCESSES]
        code = pytest_run.run_addon(prepared, arguments, None, coverage)
        outcome = of_pytest(report, code)
        for layer, floor in COVERED.items():
            say(f"Coverage of {layer}/, at least {floor} %")
            done = subprocess.run(
                [prepared.python, "-m", "coverage", "report"]
                + [f"--include={layer}/*", f"--fail-under={floor}"],
                cwd=paths.CHECKOUT,
                env=prepared.environment(**coverage),
            )
            outcome += Outcome.of_check(done.returncode == 0)
        pages = paths.state("coverage")
        subprocess.run(
            [prepared.python, "-m", "coverage", "html", "--quiet", f"-d{pages}"],
            cwd=paths.CHECKOUT,
            env=prepared.environment(**coverage),
        )
        say(f"Coverage line by line: {pages / 'index.html'}")
        return outcome


def processes() -> Outcome:
    """Run the addon's tests that work with servers and processes of their own."""
    with postgresql.server() as server, tempfile.TemporaryDirectory() as name:
        prepared = odoo.prepare(server)
        browser.prepare()
        report = Path(name) / "report.xml"
        folder = paths.CHECKOUT / "tests"
        files = sorted(file for each in PROCESSES for file in folder.rglob(each))
        arguments = [f"--junit-xml={report}", "--quiet", "--durations=10"]
        arguments += [str(file.relative_to(paths.CHECKOUT)) for file in files]
        return of_pytest(report, pytest_run.run_addon(prepared, arguments, None))


def tools() -> Outcome:
    """Run the tests of the tools and of the simulator, which need no Odoo."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        code = pytest_run.run_tools(
            [f"--junit-xml={report}", "--quiet", "dev/tests"], odoo.bare_environment()
        )
        return of_pytest(report, code)


def live() -> Outcome:
    """Ask Claude with the key of the environment, for less than a cent.

    :raise SetupError: when there is no key
    """
    key = next(filter(None, map(os.environ.get, KEY_VARIABLES)), None)
    if key is None:
        raise SetupError(f"LIVE=1 needs a key in {' or '.join(KEY_VARIABLES)}.")
    environment = {"LIVE": "1", "ACCOUNT_AI_API_KEY": key}
    if base_url := os.environ.get("ACCOUNT_AI_BASE_URL"):
        environment["ACCOUNT_AI_BASE_URL"] = base_url
    with postgresql.server() as server, tempfile.TemporaryDirectory() as name:
        prepared = odoo.prepare(server)
        report = Path(name) / "report.xml"
        arguments = [f"--junit-xml={report}", "--quiet", LIVE_TESTS]
        code = pytest_run.run_addon(prepared, arguments, None, environment, live=True)
        return of_pytest(report, code)


def installation_and_back() -> Outcome:
    """Check that the addon can be installed and uninstalled without leaving anything
    behind."""
    with postgresql.server() as server:
        return installation.check(odoo.prepare(server))


def upgrade_from_releases() -> Outcome:
    """Check that databases of earlier releases are upgraded without loss."""
    with postgresql.server() as server:
        return upgrade.check(odoo.prepare(server))


def linters() -> Outcome:
    """Run all linters."""
    return lint.run()


_NOTHING_COLLECTED = 5
"""What pytest returns when no test was chosen."""


class _Beside:
    """The parts that run beside the addon's tests, one after another.

    Their output is kept until the end, so that the two do not mix.
    """

    def __init__(self) -> None:
        self._outcome = Outcome()
        self._output: list[str] = []
        self._process: subprocess.Popen[str] | None = None
        self._stopped = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Start the first part."""
        self._thread.start()

    def finish(self) -> Outcome:
        """Wait for the last part, print what all said, and return their sum."""
        self._thread.join()
        print("\n".join(self._output), flush=True)
        return self._outcome

    def stop(self) -> None:
        """End the part that still runs, when the whole was interrupted."""
        self._stopped = True
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._thread.join()

    def _run(self) -> None:
        for verb, title in BESIDE.items():
            if self._stopped:
                return
            self._process = subprocess.Popen(
                [sys.executable, "-m", "dev", verb],
                cwd=paths.CHECKOUT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
            output, _ = self._process.communicate()
            outcome = of_closing_line(output, self._process.returncode)
            say(f"{title}: {outcome}")
            self._output.append(f"==> {title}\n{output.rstrip()}")
            self._outcome += outcome
