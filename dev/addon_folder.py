"""The checkout, presented to Odoo and to Python under its proper names.

The repository's root is the addon, but its folder may have any name and also holds
what is not shipped. Odoo gets a generated folder with one link for each shipped item,
so that walking it never meets the tools, the state or itself. The tools get a second
one, so that ``dev`` can be imported without the root's other packages.
"""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path

from . import paths

NAME = "account_ai"

SHIPPED = (
    "__init__.py",
    "__manifest__.py",
    "README.md",
    "controllers",
    "data",
    "i18n",
    "migrations",
    "models",
    "report",
    "security",
    "services",
    "static",
    "tests",
    "views",
    "wizards",
)

IN_THE_DATABASE = (
    "__init__.py",
    "__manifest__.py",
    "data",
    "i18n",
    "migrations",
    "models",
    "report",
    "security",
    "services/claude/operations.py",  # fields are generated from it
    "views",
    "wizards",
)
"""What an installation reads into the database; the rest is read while running."""

BASE_DEPENDENCIES = ("account", "l10n_cl", "project")


def refresh() -> Path:
    """Bring both generated folders up to date; return the addons path for Odoo."""
    addons = paths.state("addons")
    _link(addons / NAME, {name: paths.CHECKOUT / name for name in SHIPPED})
    _link(python_path(), {"dev": paths.CHECKOUT / "dev"})
    return addons


def python_path() -> Path:
    """Return the folder from which ``dev`` is imported inside the environment."""
    return paths.state("python")


def _link(folder: Path, wanted: dict[str, Path]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, target in wanted.items():
        link = folder / name
        if target.exists() and not link.exists():
            # Two commands may do this at once; the second finds it done.
            link.unlink(missing_ok=True)
            try:
                link.symlink_to(target)
            except FileExistsError:
                continue
        elif not target.exists():
            link.unlink(missing_ok=True)


def generated_path(argument: str) -> str:
    """Translate a path in the checkout, a pytest node id too, to the generated folders.

    Test modules must be imported from there to have one name per process. What is
    not a path to a test stays as it is.
    """
    path, separator, rest = argument.partition("::")
    absolute = (paths.CHECKOUT / path).absolute()
    for source, generated in (
        (paths.CHECKOUT / "dev", python_path() / "dev"),
        (paths.CHECKOUT / "tests", paths.state("addons") / NAME / "tests"),
    ):
        if absolute.is_relative_to(source) and absolute.exists():
            return f"{generated / absolute.relative_to(source)}{separator}{rest}"
    return argument


def dependencies() -> list[str]:
    """Return the modules that the addon needs, from its manifest."""
    manifest = paths.CHECKOUT / "__manifest__.py"
    declared = ast.literal_eval(manifest.read_text())["depends"]
    return sorted({*BASE_DEPENDENCIES, *declared})


def installed_content() -> str:
    """Return a digest of every file that an installation writes into the database."""
    digest = hashlib.sha256()
    for name in IN_THE_DATABASE:
        top = paths.CHECKOUT / name
        files = [top] if top.is_file() else sorted(top.rglob("*"))
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(str(file.relative_to(paths.CHECKOUT)).encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:12]
