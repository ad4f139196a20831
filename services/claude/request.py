"""A request to Claude: plain data, one canonical form, one fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from ..common.storable import storable_text


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
    is_unchecked: bool = False
    """Its texts were not all checked and masked: the door refuses it."""

    def parameters(self) -> dict[str, Any]:
        """Return the body of ``POST /v1/messages`` without ``stream``.

        The order of keys is kept as given: Claude writes the properties of an answer in
        the order of the schema, and the prompt cache compares bytes. There are no
        sampling parameters: the API refuses them since its version 2026-10-21.
        """
        body: dict[str, Any] = {"model": self.model, "max_tokens": self.max_tokens}
        if self.tools:
            body["tools"] = [dict(tool) for tool in self.tools]
        if self.system:
            body["system"] = _system_blocks(self.system, self.cache_ttl)
        body["messages"] = [dict(message) for message in self.messages]
        output_config: dict[str, Any] = {}
        if self.effort:
            output_config["effort"] = self.effort
        if self.output_schema is not None:
            output_config["format"] = {
                "type": "json_schema",
                "schema": self.output_schema,
            }
        if output_config:
            body["output_config"] = output_config
        return body

    def body(self) -> str:
        """Return :meth:`parameters` as JSON: what goes out, without spaces."""
        return self._written(sort_keys=False)

    def prefix(self) -> str:
        """Return what is the same for all documents, as JSON: everything but the
        messages, and but how much may be answered."""
        return self._written(sort_keys=False, leave_out=("messages", "max_tokens"))

    def messages_json(self) -> str:
        """Return what differs from document to document, as JSON."""
        return _json(self.messages, sort_keys=False)

    def canonical(self) -> str:
        """Return the body as canonical JSON: sorted keys, no spaces, UTF-8."""
        return self._canonical

    def fingerprint(self, endpoint: str) -> str:
        """Return the SHA-256 of body, language and endpoint, as hex."""
        rest = canonical_json({"language": self.language, "url": endpoint})
        # The canonical form of all three: "body" comes first.
        picture = f'{{"body":{self._canonical},{rest[1:]}'
        return hashlib.sha256(picture.encode()).hexdigest()

    @cached_property
    def _canonical(self) -> str:
        """Asked for when a run begins as well as when it is admitted."""
        return self._written(sort_keys=True)

    def _written(self, *, sort_keys: bool, leave_out: Sequence[str] = ()) -> str:
        """Return :meth:`parameters` as JSON.

        The system blocks are most of it, and the same for everybody.
        """
        body = self.parameters()
        for name in leave_out:
            del body[name]
        system = {"system": _system_json(self.system, self.cache_ttl, sort_keys)}
        pairs = (
            f'"{name}":{system.get(name) or _json(body[name], sort_keys)}'
            for name in (sorted(body) if sort_keys else body)
        )
        return f"{{{','.join(pairs)}}}"


def _system_blocks(system: tuple[str, ...], cache_ttl: str) -> list[dict[str, Any]]:
    """Return the system blocks; the last one carries the cache breakpoint."""
    blocks: list[dict[str, Any]] = [{"type": "text", "text": text} for text in system]
    if cache_ttl:
        breakpoint_ = {"type": "ephemeral"}
        if cache_ttl != "5m":  # 5m is the API's default: shorter is the same
            breakpoint_["ttl"] = cache_ttl
        blocks[-1]["cache_control"] = breakpoint_
    return blocks


@lru_cache(maxsize=32)
def _system_json(system: tuple[str, ...], cache_ttl: str, sort_keys: bool) -> str:
    return _json(_system_blocks(system, cache_ttl), sort_keys) if system else ""


def _json(value: Any, sort_keys: bool) -> str:
    text = json.dumps(
        value, sort_keys=sort_keys, separators=(",", ":"), ensure_ascii=False
    )
    return storable_text(text)  # half of a character cannot be sent


def canonical_json(value: Any) -> str:
    """Return ``value`` as JSON with sorted keys and no spaces."""
    return _json(value, sort_keys=True)
