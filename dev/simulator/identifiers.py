"""Identifiers in the form that the API gives them."""

from __future__ import annotations

import hashlib
import secrets

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def new_identifier(prefix: str) -> str:
    """Return ``<prefix>_01`` followed by 22 random letters and digits."""
    return _identifier(prefix, secrets.token_bytes(22))


def derived_identifier(prefix: str, text: str) -> str:
    """Return the identifier that always belongs to ``text``."""
    return _identifier(prefix, hashlib.sha256(text.encode()).digest()[:22])


def _identifier(prefix: str, data: bytes) -> str:
    return prefix + "_01" + "".join(_ALPHABET[byte % 57] for byte in data)
