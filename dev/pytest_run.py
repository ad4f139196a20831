"""Running pytest: the addon's tests inside Odoo, the tools' own without it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from . import addon_folder, databases, paths, python_environment
from .odoo import Odoo

DATABASE_VARIABLE = "ACCOUNT_AI_TEST_DB"
TEMPLATE_VARIABLE = "ACCOUNT_AI_TEMPLATE_DB"
"""Tells a test that starts a server of its own which database to copy."""


def concerns_tools(arguments: Sequence[str]) -> bool:
    """Return whether the paths among pytest's arguments are tests of the tools."""
    tools = paths.CHECKOUT / "dev"
    return any(
        (paths.CHECKOUT / argument.partition("::")[0]).is_relative_to(tools)
        for argument in arguments
        if not argument.startswith("-")
    )


def run_tools(arguments: Sequence[str], environment: dict[str, str]) -> int:
    """Run tests that need no Odoo; return pytest's exit code."""
    python = python_environment.prepare()
    addon_folder.refresh()
    command = _command(python, addon_folder.python_path(), arguments)
    return subprocess.call(
        [*command, "-p", "no:odoo"], cwd=paths.CHECKOUT, env=environment
    )


def run_addon(
    odoo: Odoo,
    arguments: Sequence[str],
    database: str | None,
    environment: dict[str, str] | None = None,
    *,
    live: bool = False,
) -> int:
    """Run tests of the addon in a fresh copy of its database.

    :param database: name of the copy, which then stays for a look; without it the
        copy has a name of its own and is removed
    :param environment: variables on top of Odoo's
    :param live: whether the tests may reach other machines
    :return: pytest's exit code
    """
    root = addon_folder.refresh()
    if all(addon_folder.generated_path(each) == each for each in arguments):
        arguments = [*arguments, "tests"]  # no path among them
    command = _command(odoo.python, root, arguments, live=live)
    with _copy(odoo, database) as (template, name):
        variables = {TEMPLATE_VARIABLE: template, **(environment or {})}
        return subprocess.call(
            [*command, "--odoo-http", f"--odoo-database={name}"]
            + ["--odoo-extra", f"db-filter=^{name}$"],
            cwd=paths.CHECKOUT,
            env=odoo.environment(**variables),
        )


def run_units(odoo: Odoo, arguments: Sequence[str]) -> int:
    """Run tests of the addon that need no database; return pytest's exit code."""
    root = addon_folder.refresh()
    command = _command(odoo.python, root, [*arguments, "tests"])
    return subprocess.call(
        [*command, "-p", "no:odoo", "-p", "dev.without_database"],
        cwd=paths.CHECKOUT,
        env=odoo.environment(),
    )


@contextmanager
def _copy(odoo: Odoo, database: str | None) -> Iterator[tuple[str, str]]:
    template = databases.addon_template(odoo)
    name = database or f"account_ai_test_{os.getpid()}"
    # Tests with servers of their own copy the template while they run.
    with databases.kept(template):
        databases.copy(odoo, template, name)
        try:
            yield template, name
        finally:
            if not database:
                databases.drop(odoo, name)


def _command(
    python: Path, root: Path, arguments: Sequence[str], *, live: bool = False
) -> list[str]:
    """Return pytest's command line.

    Its root is a generated folder: collecting from the checkout, pytest would import
    the repository as a package of the wrong name.
    """
    return [
        *(str(python), "-m", "pytest", "-p", "dev.markers"),
        *(() if live else ("-p", "dev.loopback_only")),
        *("-p", "dev.planted_names"),
        *("-c", str(paths.CHECKOUT / "pyproject.toml"), f"--rootdir={root}"),
        f"--confcutdir={root}",
        *("-o", f"cache_dir={paths.state('pytest-cache')}"),
        *(addon_folder.generated_path(argument) for argument in arguments),
    ]
