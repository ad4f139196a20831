"""What may be logged of a failure: where it happened, never what it was about.

The text of an exception may quote data: a row of the database, an invalid number, part
of an answer. None of that belongs in a log.
"""

from __future__ import annotations

import traceback
from pathlib import Path

_MOST_PLACES = 12


def failure_trace(error: BaseException) -> str:
    """Return the kind of ``error``, those that caused it, and the lines that led to it,
    innermost last; nothing of its text."""
    kinds: list[str] = []
    each: BaseException | None = error
    while each is not None and len(kinds) < _MOST_PLACES:
        kinds.append(_kind(each))
        each = each.__cause__ or each.__context__
    places = [
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)[-_MOST_PLACES:]
    ]
    return f"{' from '.join(kinds)} at {' > '.join(places) or 'an unknown place'}"


def _kind(error: BaseException) -> str:
    """Return the class of ``error`` with its machine code, where it has one."""
    code = getattr(error, "pgcode", None) or getattr(error, "code", None)
    name = type(error).__name__
    is_code = isinstance(code, str) and code.replace("_", "").isalnum()
    return f"{name}({code})" if is_code else name
