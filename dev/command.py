"""Runs other programs, with readable errors and with retries for downloads."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .errors import SetupError

DOWNLOAD_ATTEMPTS = 4
OUTPUT_LINES_SHOWN = 30


def say(message: str) -> None:
    """Tell the person at the terminal what is being done."""
    print(f"==> {message}", file=sys.stderr, flush=True)


def run(
    arguments: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: int | None = None,
    attempts: int = 1,
) -> str:
    """Run a program quietly and return what it wrote to its standard output.

    :param env: variables to set on top of the present environment
    :param user: numeric id of the user to become, when called by root
    :param attempts: how often to try; more than once for what uses the network
    :raise SetupError: with the end of its output, when it fails each time
    """
    for attempt in range(1, attempts + 1):
        done = subprocess.run(
            [str(argument) for argument in arguments],
            env={**os.environ, **(env or {})},
            cwd=cwd,
            **(_identity(user) if user is not None else {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode == 0:
            return done.stdout
        if attempt < attempts:
            time.sleep(2**attempt)
    output = (done.stdout + done.stderr).strip().splitlines()
    raise SetupError(
        f"`{arguments[0]}` failed with code {done.returncode}:\n"
        + "\n".join(output[-OUTPUT_LINES_SHOWN:])
    )


def _identity(user: int) -> dict[str, Any]:
    return {"user": user, "group": pwd.getpwuid(user).pw_gid, "extra_groups": []}


def download(
    arguments: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> str:
    """Run a program that uses the network; like :func:`run`, tried several times."""
    return run(arguments, env=env, cwd=cwd, attempts=DOWNLOAD_ATTEMPTS)
