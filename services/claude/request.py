"""A request to Claude: plain data, one canonical form, one fingerprint.

It may be of several turns: answers of Claude stand in it as the raw blocks that came.
What was sent once is only added to, because the prompt cache and the thinking blocks of
earlier answers hold for an unchanged beginning.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property, lru_cache
from typing import Any

from ..common.storable import storable_text
from .structured_output import item_schema

_NOT_CACHEABLE = frozenset({"thinking", "redacted_thinking"})
_MOST_CACHED_MESSAGES = 3
"""The API takes four breakpoints, and the stable prefix has one."""
_NESTED = (
    *("system", "messages", "output_schema", "tools", "tool_choice"),
    "cached_messages",
)
_TUPLES = frozenset({"system", "messages", "tools", "cached_messages"})


@dataclass(frozen=True)
class ClaudeRequest:
    """Everything that decides an answer.

    ``tools`` and ``system`` are the stable prefix: identical for all companies of the
    same language; its last block carries a cache breakpoint. ``messages`` are the
    API's.
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
    tool_choice: Mapping[str, Any] | None = None
    """``None`` leaves it to Claude."""
    cached_messages: tuple[int, ...] = ()
    """Positions of the messages whose end carries a cache breakpoint, too."""
    streamed_array: str = ""
    """Name of the output schema's array whose items are told while they arrive."""
    is_unchecked: bool = False
    """Its texts were not all checked and masked: the gateway refuses it."""

    def __post_init__(self) -> None:
        if self.streamed_array:
            item_schema(self.output_schema, self.streamed_array)
        if len(self.cached_messages) > _MOST_CACHED_MESSAGES:
            raise ValueError("more cache breakpoints than the API takes")
        if not set(self.cached_messages) <= set(range(len(self.messages))):
            raise ValueError("a cache breakpoint at a message that is not there")

    def continued(
        self,
        answer: Iterable[Mapping[str, Any]],
        content: Iterable[Mapping[str, Any]],
    ) -> ClaudeRequest:
        """Return the request of the next turn, which begins as this one does.

        The end of the last message gets a cache breakpoint. The newest one before it
        stays: the API looks back over twenty blocks only, and an answer may have more.

        :param answer: ``content`` of the ``CallResult``
        :param content: blocks of the user's next message, results of tools first
        """
        messages = (
            *self.messages,
            {"role": "assistant", "content": list(answer)},
            {"role": "user", "content": list(content)},
        )
        cached = (*self.cached_messages[-1:], len(messages) - 1)
        return replace(self, messages=messages, cached_messages=cached)

    def to_data(self) -> dict[str, Any]:
        """Return the request as flat, plain data, to be stored and sent another time.

        What is nested is JSON text: databases change the order of keys, and the bytes
        that go out depend on it.
        """
        data = {each.name: getattr(self, each.name) for each in fields(self)}
        return {
            name: _json(value, sort_keys=False) if name in _NESTED else value
            for name, value in data.items()
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> ClaudeRequest:
        """Return the request that :meth:`to_data` described: the same bytes.

        :raises ValueError: when it is no such data, or has something in it that this
            version does not know
        """
        try:
            values = {
                name: json.loads(value) if name in _NESTED else value
                for name, value in data.items()
            }
            values.update((name, tuple(values[name])) for name in _TUPLES & data.keys())
            return cls(**values)
        except TypeError as error:
            raise ValueError("no request of this version") from error

    def parameters(self) -> dict[str, Any]:
        """Return the body of ``POST /v1/messages`` without ``stream``.

        The order of keys is kept as given: Claude writes the properties of an answer in
        the order of the schema, and the prompt cache compares bytes. There are no
        sampling parameters: the API refuses them since its version 2026-10-21.
        """
        body: dict[str, Any] = {"model": self.model, "max_tokens": self.max_tokens}
        control = _cache_control(self.cache_ttl)
        if self.tools:
            body["tools"] = [dict(tool) for tool in self.tools]
            if control and not self.system:
                body["tools"][-1]["cache_control"] = control
        if self.tool_choice is not None:
            body["tool_choice"] = self.tool_choice
        if self.system:
            body["system"] = _system_blocks(self.system, self.cache_ttl)
        body["messages"] = [dict(message) for message in self.messages]
        for position in self.cached_messages if control else ():
            message = body["messages"][position]
            message["content"] = _with_breakpoint(message["content"], control)
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

    @cached_property
    def canonical(self) -> str:
        """The body as canonical JSON: sorted keys, no spaces, UTF-8. It is asked for
        when a run begins as well as when it is admitted."""
        return self._written(sort_keys=True)

    def fingerprint(self, endpoint: str) -> str:
        """Return the SHA-256 of body, language and endpoint, as hex."""
        rest = canonical_json({"language": self.language, "url": endpoint})
        # The canonical form of all three: "body" comes first.
        picture = f'{{"body":{self.canonical},{rest[1:]}'
        return hashlib.sha256(picture.encode()).hexdigest()

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
    control = _cache_control(cache_ttl)
    if control:
        blocks[-1]["cache_control"] = control
    return blocks


def _cache_control(cache_ttl: str) -> dict[str, str]:
    """Return what marks a cache breakpoint; nothing without caching."""
    if not cache_ttl:
        return {}
    # 5m is the API's default: shorter is the same.
    return {"type": "ephemeral", **({"ttl": cache_ttl} if cache_ttl != "5m" else {})}


def _with_breakpoint(content: Any, control: Mapping[str, str]) -> Any:
    """Return the content of a message with a breakpoint at its last block that can
    carry one."""
    if isinstance(content, str):
        content = ({"type": "text", "text": content},)
    blocks = [dict(block) for block in content]
    for block in reversed(blocks):
        is_empty = block.get("type") == "text" and not block["text"]
        if block.get("type") not in _NOT_CACHEABLE and not is_empty:
            block["cache_control"] = control
            break
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
