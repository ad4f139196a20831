"""A pytest plugin: no log holds what a document holds.

The tests' companies, partners, persons, texts and keys have names of their own. They
are searched for in every line that anything logs while tests run, and in the logs of
the servers that tests start; what is found fails the run, with the line.
"""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path
from typing import Any

import pytest

from . import paths

PLANTED = (
    "Viña Quebrada Honda",
    "Viña Los Aromos",
    "Comercial Ranco",
    "Elena Rojas",
    "María Fernanda Soto",
    "Grúas del Maipo",
    "grúa horquilla",
    "77812345",
    "15888999",
    "15.888.999",
    "12.345.678-5",
    "sk-ant-",
)
"""Names, RUTs, texts and keys in documents and settings of the tests."""
IGNORED = ("odoo.tests", "odoo.addons.account_ai.tests", "faker", "hypothesis")
"""Loggers of the tests themselves: names of tests and what a browser's page shows."""
_SHOWN = 10

_found: list[str] = []
_formatter = logging.Formatter("%(levelname)s %(name)s: %(message)s")
_started = time.time()


def planted_in(text: str) -> str:
    """Return the planted value that ``text`` contains, empty when it contains none.

    A log may have written what is no ASCII as an escape.
    """
    for each in PLANTED:
        forms = (each, ascii(each)[1:-1], json.dumps(each)[1:-1])
        if any(form in text for form in forms):
            return each
    return ""


def _look_at(record: logging.LogRecord) -> None:
    if record.name.startswith(IGNORED):
        return
    line = _formatter.format(record)
    # Formatting has cached the text of the exception; other handlers format it
    # themselves.
    record.exc_text = None
    planted = planted_in(line)
    if planted:
        _found.append(f"{planted!r} in: {line}")


_call_handlers = logging.Logger.callHandlers


def _call_handlers_and_look(self: logging.Logger, record: logging.LogRecord) -> Any:
    # After the filters and whichever handler follows: a line that a test captures would
    # be written by a server.
    _look_at(record)
    return _call_handlers(self, record)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Look at every line from now on."""
    logging.Logger.callHandlers = _call_handlers_and_look  # type: ignore[method-assign]


def logs_since(start: float, folder: Path) -> list[Path]:
    """Return the logs of servers in ``folder`` that were written after ``start``."""
    if not folder.is_dir():
        return []
    logs = sorted(folder.glob("server-*.log"))
    return [each for each in logs if each.stat().st_mtime >= start]


def planted_in_file(log: Path) -> list[str]:
    """Return the lines of a log that hold what was planted, said with what."""
    found = []
    with log.open(errors="replace") as lines:
        for line in lines:
            planted = planted_in(line)
            if planted:
                found.append(f"{planted!r} in {log.name}: {line.rstrip()}")
    return found


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run when something was found."""
    for log in logs_since(_started, paths.state("logs")):
        _found.extend(planted_in_file(log))
    if _found:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Tell what was found."""
    if not _found:
        return
    terminalreporter.section("Documents in the log", sep="=", red=True)
    for each in _found[:_SHOWN]:
        terminalreporter.write_line(each[:2_000])
    terminalreporter.write_line(f"{len(_found)} lines hold what was planted.")
