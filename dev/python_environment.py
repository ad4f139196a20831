"""The virtual environment in which Odoo, the tests and the linters run."""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from . import paths
from .command import download, run, say
from .errors import SetupError
from .locking import exclusive

REQUIREMENTS = Path(__file__).resolve().parent / "requirements"
REQUIREMENT_FILES = ("odoo.txt", "product.txt", "test.txt", "lint.txt")
CONSTRAINTS = "constraints.txt"

OLDEST = (3, 11)
NEWEST = (3, 13)
"""The versions of Python that serve: Odoo 19 runs on 3.10 too, but that has come to
its end and the pinned packages have left it."""

COMPLETE = ".complete"


def interpreter() -> str:
    """Return a Python that serves: the running one, or one on the path.

    :raise SetupError: when the machine has none
    """
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return sys.executable
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        if found := shutil.which(f"python3.{minor}"):
            return found
    raise SetupError(
        f"This needs Python 3.{OLDEST[1]} to 3.{NEWEST[1]}; this is "
        f"{platform.python_version()} and no other was found. Install one of them "
        "and run this again."
    )


def key(python: str) -> str:
    """Return what tells one environment from another: its pins and its Python."""
    digest = hashlib.sha256()
    for name in (*REQUIREMENT_FILES, CONSTRAINTS):
        digest.update((REQUIREMENTS / name).read_bytes())
    digest.update(
        run(
            [
                python,
                "-c",
                "import platform, sys;"
                "print(sys.version, platform.machine(), platform.libc_ver())",
            ]
        ).encode()
    )
    return digest.hexdigest()[:16]


def existing() -> Path | None:
    """Return the environment's ``python`` when it has been built."""
    folder = _folder(interpreter())
    return folder / "bin" / "python" if (folder / COMPLETE).exists() else None


def prepare() -> Path:
    """Return the environment's ``python``, building the environment when needed.

    :raise SetupError: when a package cannot be had
    """
    source = interpreter()
    folder = _folder(source)
    python = folder / "bin" / "python"
    if (folder / COMPLETE).exists():
        return python
    with exclusive(folder.with_name(folder.name + ".lock")):
        if not (folder / COMPLETE).exists():
            say("Building the Python environment")
            # Built where it stays, because its scripts hold its path. The mark comes
            # last, so what an interrupted run left is never taken for complete.
            shutil.rmtree(folder, ignore_errors=True)
            _create(source, folder)
            _install(python)
            (folder / COMPLETE).touch()
    return python


def _folder(source: str) -> Path:
    return paths.cache() / f"python-{key(source)}"


def _create(source: str, folder: Path) -> None:
    try:
        run([source, "-m", "venv", folder])
    except SetupError as error:
        shutil.rmtree(folder, ignore_errors=True)
        if uv := shutil.which("uv"):
            run([uv, "venv", "--seed", "--python", source, folder])
            return
        raise SetupError(
            "This Python cannot create virtual environments. On Debian and Ubuntu, "
            f"install its package `python3-venv` and run this again.\n{error}"
        ) from error


def _install(python: Path) -> None:
    pip = [python, "-m", "pip", "install", "--quiet", "--no-input"]
    for name in REQUIREMENT_FILES:
        pip += ["--requirement", REQUIREMENTS / name]
    pip += ["--constraint", REQUIREMENTS / CONSTRAINTS, "--prefer-binary"]
    download(pip, env={"PIP_DISABLE_PIP_VERSION_CHECK": "1"})


def site_packages(python: Path) -> Path:
    """Return the folder that holds the packages of the environment of ``python``."""
    command = "import sysconfig; print(sysconfig.get_path('purelib'))"
    done = subprocess.run(
        [python, "-c", command], check=True, capture_output=True, text=True
    )
    return Path(done.stdout.strip())
