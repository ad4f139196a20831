"""The prompt as the API sees it: positions in the order tools, system, messages.

Each position has the tokens and the hash of everything up to and including it.
The hash of a position at the level of the messages also covers what invalidates
cached messages: tool choice, thinking, effort and the presence of pictures. The
JSON output format is covered from the system prompt on, because it adds a prompt
of its own there: a request that only warms the cache, which cannot carry a
format, does not warm it for requests that have one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from . import tokens
from .catalogue import Model
from .validation import Accepted

#: Blocks that cannot carry ``cache_control``.
_NOT_CACHEABLE = ("thinking", "redacted_thinking")


@dataclass(frozen=True)
class Position:
    """One block of the prompt.

    ``total`` counts the tokens up to and including it; ``ttl`` is ``5m`` or
    ``1h`` if a cache breakpoint stands here.
    """

    total: int
    digest: bytes
    ttl: str | None


@dataclass(frozen=True)
class Prompt:
    """All positions of a request's prompt and the tokens of the whole."""

    positions: tuple[Position, ...]
    total: int


_TEXT_BLOCK = {"type", "text"}


class _Builder:
    def __init__(self, model: Model, workspace: str) -> None:
        self.model = model
        self.positions: list[Position] = []
        self.total = 0
        self._hash = hashlib.sha256(f"{workspace}\n{model.id}".encode())

    def salt(self, text: str) -> None:
        self._hash.update(text.encode())

    def add(self, block: Any, count: int) -> None:
        ttl = None
        plain = block
        if isinstance(block, dict) and "cache_control" in block:
            control = block["cache_control"]
            plain = {key: item for key, item in block.items() if key != "cache_control"}
            if control:
                ttl = control.get("ttl") or "5m"
        self.total += count
        if isinstance(plain, dict) and plain.keys() == _TEXT_BLOCK:
            # Most of a prompt; written as JSON it would cost a tenth of an answer.
            self.salt(f"text {len(plain['text'])} {plain['text']}")
        else:
            self.salt(tokens.compact_json(plain))
        self._hash.update(b"\n")
        self.positions.append(Position(self.total, self._hash.copy().digest(), ttl))


def read_prompt(accepted: Accepted, workspace: str) -> Prompt:
    """Return the prompt of a request that was found valid."""
    body, model = accepted.body, accepted.model
    builder = _Builder(model, workspace)
    tools = body.get("tools") or []
    if tools:
        builder.total += tokens.TOOL_PROMPT_TOKENS
    for tool in tools:
        builder.add(tool, tokens.tool_tokens(model, tool))
    schema = ((body.get("output_config") or {}).get("format") or {}).get("schema")
    if schema is not None:
        text = tokens.compact_json(schema)
        builder.salt(f"format {text}")
        builder.total += tokens.FORMAT_PROMPT_TOKENS
        builder.total += tokens.text_tokens(model, text)
    builder.salt(f"speed {body.get('speed') or 'standard'}")
    for block in _blocks(body.get("system")):
        builder.add(block, tokens.block_tokens(model, block))
    builder.salt(_message_salt(accepted))
    last_cacheable = len(builder.positions) - 1
    for message in body["messages"]:
        builder.total += tokens.MESSAGE_TOKENS
        builder.salt(message["role"])
        for block in _blocks(message["content"]):
            builder.add(block, tokens.block_tokens(model, block))
            if not isinstance(block, dict) or block["type"] not in _NOT_CACHEABLE:
                last_cacheable = len(builder.positions) - 1
    automatic = body.get("cache_control")
    positions = builder.positions
    if automatic and positions and positions[last_cacheable].ttl is None:
        position = positions[last_cacheable]
        ttl = automatic.get("ttl") or "5m"
        positions[last_cacheable] = Position(position.total, position.digest, ttl)
    return Prompt(tuple(positions), builder.total)


def _blocks(content: Any) -> list[Any]:
    if content is None:
        return []
    if isinstance(content, str):
        # A string and its one text block are the same prompt.
        return [{"type": "text", "text": content}]
    return content


def _message_salt(accepted: Accepted) -> str:
    body = accepted.body
    pictures = any(
        isinstance(block, dict) and block.get("type") == "image"
        for message in body["messages"]
        for block in _blocks(message["content"])
    )
    choice = body.get("tool_choice") or {"type": "auto"}
    return tokens.compact_json([choice, accepted.thinking, accepted.effort, pictures])
