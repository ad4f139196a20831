"""A copy of what the addon's services need, where tests may add and change files."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from odoo.addons.account_ai import services

ADDON = Path(services.__file__).resolve().parents[1]


def copied_addon(case):
    """Return the folder of a copy of ``services/`` and ``data/`` for one test."""
    folder = tempfile.TemporaryDirectory()
    case.addCleanup(folder.cleanup)
    root = Path(folder.name)
    for name in ("services", "data"):
        shutil.copytree(
            ADDON / name, root / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    return root


def run_python(root, source, *arguments):
    """Return what ``source`` prints when a process of its own runs it in ``root``."""
    done = subprocess.run(
        [sys.executable, "-c", source, *map(str, arguments)],
        cwd=root,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise AssertionError(done.stderr)
    return done.stdout
