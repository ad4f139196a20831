"""Where the development tools keep what they make."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent

STATE = CHECKOUT / ".dev"
"""Everything that belongs to this checkout alone. Ignored by git."""


def cache() -> Path:
    """Return the folder shared by all checkouts of this user, created if needed.

    Each entry in it is keyed by what it was made from, so that checkouts with
    different pins do not disturb each other.
    """
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    path = Path(base) / "account_ai"
    path.mkdir(parents=True, exist_ok=True)
    return path


def state(*parts: str) -> Path:
    """Return a path inside the checkout's own state folder, which is created."""
    STATE.mkdir(exist_ok=True)
    return STATE.joinpath(*parts)


def short_folder(purpose: str) -> Path:
    """Return a folder below the system's temporary folder, for this user and checkout.

    For what cannot live in the checkout: a Unix socket's path may have 107
    characters at most, and a database server started by root runs as another user,
    who may not be able to enter the checkout. The folder is not created.
    """
    digest = hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:8]
    return Path(tempfile.gettempdir()) / f"account_ai-{purpose}-{os.getuid()}-{digest}"
