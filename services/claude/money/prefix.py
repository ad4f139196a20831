"""How many tokens the prefix of a request has: counted by Claude once, and kept.

The prefix is what is the same for all documents: instructions, tools, schema. It is
most of a request, and its bytes bound it three times too high.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from ..ports import Owner
from ..request import ClaudeRequest
from .measure import TokenCounter

_PAUSE_SECONDS = 60.0
_failed_at: dict[Prefix, float] = {}
"""When a count failed in this process: it is not waited for with every call."""
_under_way: set[Prefix] = set()
_lock = threading.Lock()


@dataclass(frozen=True)
class Prefix:
    """Names a prefix: as one model at one address reads it."""

    digest: str
    model: str
    endpoint: str


class PrefixStore(Protocol):
    """Keeps the counts of prefixes, for all processes."""

    def get(self, prefix: Prefix) -> int | None: ...

    def put(self, prefix: Prefix, tokens: int) -> None: ...

    def forget(self, model: str, endpoint: str) -> None:
        """Forget what was counted for a model: it billed more than that."""
        ...


def prefix_of(request: ClaudeRequest, endpoint: str) -> Prefix:
    """Return the name of the request's prefix."""
    digest = hashlib.sha256(request.prefix().encode("utf-8", "surrogatepass"))
    return Prefix(digest.hexdigest(), request.model, endpoint)


def prefix_tokens(
    request: ClaudeRequest,
    owner: Owner,
    store: PrefixStore,
    counter: TokenCounter,
    clock: Callable[[], float] = time.monotonic,
) -> int | None:
    """Return Claude's count of the prefix with a shortest message, asking for it once.

    Not within a transaction: the first time, it uses the network. ``None`` when Claude
    does not say, and is asked again a minute later; or while this process asks already:
    nobody waits for what another one does.
    """
    prefix = prefix_of(request, counter.client.endpoint)
    failed_at = _failed_at.get(prefix)
    if failed_at is not None and 0 <= clock() - failed_at < _PAUSE_SECONDS:
        return None
    tokens = store.get(prefix)
    if tokens is not None:
        return tokens
    with _lock:
        if prefix in _under_way:
            return None
        _under_way.add(prefix)
    try:
        shortest = {"role": "user", "content": "."}
        bare = replace(request, messages=(shortest,), cached_messages=())
        tokens = counter.count(bare, owner)
        if tokens is None:
            _failed_at[prefix] = clock()
        else:
            _failed_at.pop(prefix, None)
            store.put(prefix, tokens)
    finally:
        with _lock:
            _under_way.discard(prefix)
    return tokens
