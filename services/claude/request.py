"""A request to Claude: plain data, one canonical form, one fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ClaudeRequest:
    """Everything that decides an answer.

    ``system`` is the stable prefix: identical for all companies of the same language;
    its last block carries the cache breakpoint. ``messages`` are the API's.
    """

    model: str
    system: tuple[str, ...]
    messages: tuple[Mapping[str, Any], ...]
    max_tokens: int
    output_schema: Mapping[str, Any] | None = None
    effort: str | None = None
    """``low`` to ``max``; ``None`` leaves the model's default."""
    cache_ttl: str = "5m"
    """``5m``, ``1h``, or empty for no caching."""
    language: str = "es"
    tools: tuple[Mapping[str, Any], ...] = ()

    def parameters(self) -> dict[str, Any]:
        """Return the body of ``POST /v1/messages`` without ``stream``."""
        raise NotImplementedError

    def canonical(self) -> str:
        """Return the body as canonical JSON: sorted keys, no spaces, UTF-8."""
        return canonical_json(self.parameters())

    def fingerprint(self, endpoint: str) -> str:
        """Return the SHA-256 of body, language and endpoint, as hex."""
        picture = canonical_json(
            {"body": self.parameters(), "language": self.language, "url": endpoint}
        )
        return hashlib.sha256(picture.encode()).hexdigest()


def canonical_json(value: Any) -> str:
    """Return ``value`` as JSON with sorted keys and no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
