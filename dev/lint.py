"""The linters: each is one check that passes or fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from . import (
    addon_folder,
    feature_folders,
    import_direction,
    paths,
    python_environment,
)
from .outcome import Outcome

LONGEST_FILE = 900
"""Lines. One file holds one idea and is as long as that needs."""


def run() -> Outcome:
    """Run all linters, print what they find, and return how many passed."""
    python = python_environment.prepare()
    addons = addon_folder.refresh()
    # pylint does not follow the links to folders by itself.
    files = [
        file.relative_to(addons)
        for name in sorted(addon_folder.SHIPPED)
        for file in _python_files(addons / addon_folder.NAME / name)
    ]
    services = [file for file in files if file.parts[1] == "services"]
    tests = [file for file in files if file.parts[1] == "tests"]
    others = [file for file in files if file not in {*services, *tests}]
    # A feature extends models of other features, settings pages too, as folders of
    # Odoo's `mail` do; small tables are searched without a domain.
    allowed = (
        "--disable=consider-merging-classes-inherited,no-wizard-in-models,no-search-all"
    )
    pylint = ["-m", "pylint", f"--rcfile={paths.CHECKOUT / '.pylintrc'}", allowed]
    ruff = ["-m", "ruff", "--quiet"]
    # Services are not models: they have no `env`, and a method `read` is not Odoo's.
    no_model = "--disable=prefer-env-translation,method-required-super"
    # Tests import by the absolute names that patches and loggers use.
    by_name = "--disable=odoo-addons-relative-import"
    outcome = Outcome()
    for title, arguments, folder in (
        ("ruff check", [*ruff, "check", "."], paths.CHECKOUT),
        ("ruff format", [*ruff, "format", "--diff", "."], paths.CHECKOUT),
        ("types", ["-m", "mypy", "--no-error-summary"], paths.CHECKOUT),
        ("pylint-odoo", [*pylint, *others], addons),
        ("pylint-odoo, services", [*pylint, no_model, *services], addons),
        ("pylint-odoo, tests", [*pylint, by_name, *tests], addons),
    ):
        done = subprocess.run([python, *arguments], cwd=folder)
        outcome += _report(title, done.returncode == 0)
    for title, found in (
        ("import direction", import_direction.check(paths.CHECKOUT)),
        ("feature folders", feature_folders.check(paths.CHECKOUT)),
        ("file length", _long_files()),
    ):
        print("".join(f"{line}\n" for line in found), end="")
        outcome += _report(title, not found)
    return outcome


def _report(title: str, succeeded: bool) -> Outcome:
    print(f"{title}: {'passed' if succeeded else 'FAILED'}")
    sys.stdout.flush()
    return Outcome.of_check(succeeded)


def _python_files(top: Path) -> list[Path]:
    if top.is_file():
        return [top] if top.suffix == ".py" else []
    return sorted(top.rglob("*.py"))


def _long_files() -> list[str]:
    """Return the source files with more than :data:`LONGEST_FILE` lines."""
    found = []
    for top in (*addon_folder.SHIPPED, "dev", "benchmarks"):
        folder = paths.CHECKOUT / top
        for pattern in ("*.py", "*.js"):
            for file in sorted(folder.rglob(pattern)):
                lines = file.read_text(encoding="utf-8").count("\n")
                if lines > LONGEST_FILE and "lib" not in file.parts:
                    found.append(
                        f"{file.relative_to(paths.CHECKOUT)}: {lines} lines, "
                        f"at most {LONGEST_FILE}"
                    )
    return found
