"""Text and data that every store takes: PostgreSQL, Redis, JSON over HTTP, a log.

What comes from outside (an answer of Claude, a header, a file, a person's browser) may
hold a NUL, a lone surrogate, or a number that is infinite or NaN. Stores would refuse
them when a call that was paid for is booked. They are replaced where they come in, and
once more where rows are written.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def storable_text(text: str) -> str:
    """Return ``text`` with each NUL and each lone surrogate replaced by U+FFFD.

    Two halves that stand together become the character that they are: the deltas of a
    stream may cut one apart.
    """
    if _UNSTORABLE.search(text) is None:
        return text
    halves = text.encode("utf-16-le", "surrogatepass")
    return halves.decode("utf-16-le", "replace").replace("\0", REPLACEMENT)


def storable(value: Any) -> Any:
    """Return plain data whose texts, keys included, are storable, and whose numbers
    are numbers: JSON knows neither infinity nor NaN, they become ``None``."""
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, Mapping):
        return {storable(name): storable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [storable(item) for item in value]
    if isinstance(value, tuple):
        return tuple(storable(item) for item in value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
