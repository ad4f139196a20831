"""A deterministic token counter.

A token is 2.5 characters with the tokenizer of the 5.x models and 3.3 with the
older one, rounded up for every block; pictures and files have fixed rates.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from .catalogue import Model

#: Tokens of the prompt that the API adds when tools are offered.
TOOL_PROMPT_TOKENS = 350
#: Tokens of the prompt that the API adds for a JSON output format.
FORMAT_PROMPT_TOKENS = 60
#: Tokens around every message (role and separators).
MESSAGE_TOKENS = 3
IMAGE_TOKENS = 1_600
_SURROGATE = re.compile("[\ud800-\udfff]")


def text_tokens(model: Model, text: str) -> int:
    """Return the tokens of ``text`` for ``model``."""
    return math.ceil(len(text) / model.characters_per_token)


def compact_json(value: Any) -> str:
    """Return ``value`` as JSON without spaces, in the order it came in.

    A lone surrogate cannot be encoded: then everything is escaped.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if has_lone_surrogates(text):
        return json.dumps(value, separators=(",", ":"))
    return text


def has_lone_surrogates(text: str) -> bool:
    """Return whether ``text`` holds a surrogate, which UTF-8 cannot."""
    return _SURROGATE.search(text) is not None


def block_tokens(model: Model, block: Any) -> int:
    """Return the tokens of one content block of a message or of the system."""
    if isinstance(block, str):
        return text_tokens(model, block)
    kind = block.get("type")
    if kind == "text":
        return text_tokens(model, block["text"])
    if kind == "image":
        return IMAGE_TOKENS
    if kind == "document":
        return _document_tokens(model, block)
    if kind == "tool_result":
        content = block.get("content") or ""
        if isinstance(content, str):
            return 8 + text_tokens(model, content)
        return 8 + sum(block_tokens(model, part) for part in content)
    if kind in ("thinking", "redacted_thinking"):
        # The signature carries the hidden thinking; its length stands for it.
        return text_tokens(model, block.get("signature") or block.get("data") or "")
    plain = {key: value for key, value in block.items() if key != "cache_control"}
    return text_tokens(model, compact_json(plain))


def _document_tokens(model: Model, block: dict[str, Any]) -> int:
    source = block.get("source") or {}
    data = source.get("data")
    if source.get("type") == "base64" and isinstance(data, str):
        # About 3,000 tokens a page of 50 kB.
        return max(1_500, len(data) * 3 // 66)
    if isinstance(data, str):
        return text_tokens(model, data)
    content = source.get("content")
    if isinstance(content, list):
        return sum(block_tokens(model, part) for part in content)
    return 1_500


def tool_tokens(model: Model, tool: dict[str, Any]) -> int:
    """Return the tokens of one tool definition."""
    plain = {key: value for key, value in tool.items() if key != "cache_control"}
    return text_tokens(model, compact_json(plain))
