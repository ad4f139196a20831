"""Content blocks: the known types, their fields, and where each may stand."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from ..errors import invalid

_KEYS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    # type -> required fields, optional fields
    "text": (frozenset({"text"}), frozenset({"cache_control", "citations"})),
    "image": (frozenset({"source"}), frozenset({"cache_control", "transformations"})),
    "document": (
        frozenset({"source"}),
        frozenset({"cache_control", "citations", "context", "title"}),
    ),
    "search_result": (
        frozenset({"source", "title", "content"}),
        frozenset({"cache_control", "citations"}),
    ),
    "thinking": (frozenset({"thinking", "signature"}), frozenset({"cache_control"})),
    "redacted_thinking": (frozenset({"data"}), frozenset({"cache_control"})),
    "tool_use": (
        frozenset({"id", "name", "input"}),
        frozenset({"cache_control", "caller"}),
    ),
    "tool_result": (
        frozenset({"tool_use_id"}),
        frozenset({"cache_control", "content", "is_error"}),
    ),
}
_ASSISTANT_ONLY = frozenset({"thinking", "redacted_thinking", "tool_use"})
_USER_ONLY = frozenset({"tool_result", "image", "search_result"})
_IN_TOOL_RESULT = frozenset({"text", "image", "document", "search_result"})
_IMAGE_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")


def check_block(path: str, block: Any, role: str) -> None:
    """Check one content block of a message of ``role``.

    :raise ApiError: 400
    """
    if not isinstance(block, dict):
        raise invalid(f"{path}: Input should be a valid dictionary")
    kind = block.get("type")
    if kind not in _KEYS:
        raise invalid(
            f"{path}: Input tag '{kind}' found using 'type' does not match any of the "
            f"expected tags: {', '.join(repr(name) for name in _KEYS)}"
        )
    if role != "assistant" and kind in _ASSISTANT_ONLY:
        raise invalid(f"{path}: {kind} blocks can only be in assistant messages")
    if role == "assistant" and kind == "document":
        raise invalid(
            f"{path}: document blocks are not permitted in assistant messages"
        )
    if role != "user" and kind in _USER_ONLY:
        raise invalid(f"{path}: {kind} blocks can only be in user messages")
    _check_keys(path, block, kind)
    if kind == "text":
        check_text_block(path, block, role)
    elif kind in ("image", "document"):
        _check_source(path, block, kind)
    elif kind == "tool_use":
        _check_tool_use(path, block)
    elif kind == "tool_result":
        _check_tool_result(path, block)
    elif kind == "search_result":
        _check_search_result(path, block)


def _check_keys(path: str, block: dict[str, Any], kind: str) -> None:
    required, optional = _KEYS[kind]
    for name in sorted(required - set(block)):
        raise invalid(f"{path}.{kind}.{name}: Field required")
    for name in block:
        if name != "type" and name not in required and name not in optional:
            raise invalid(f"{path}.{kind}.{name}: Extra inputs are not permitted")


def check_text_block(path: str, block: dict[str, Any], role: str = "user") -> None:
    """Check a text block; only the assistant's may carry citations.

    :raise ApiError: 400
    """
    _check_keys(path, block, "text")
    text = block["text"]
    if not isinstance(text, str):
        raise invalid(f"{path}.text.text: Input should be a valid string")
    if not text.strip():
        raise invalid(f"{path}: text content blocks must contain non-whitespace text")
    if block.get("citations") and role != "assistant":
        raise invalid(f"{path}.text.citations: not permitted in user messages")


def _check_source(path: str, block: dict[str, Any], kind: str) -> None:
    source = block["source"]
    if not isinstance(source, dict):
        raise invalid(f"{path}.{kind}.source: Input should be a valid dictionary")
    source_type = source.get("type")
    allowed = {"base64", "url", "file"}
    if kind == "document":
        allowed |= {"text", "content"}
    if source_type not in allowed:
        raise invalid(
            f"{path}.{kind}.source.type: Input should be one of {sorted(allowed)}"
        )
    if source_type != "base64":
        return
    media = source.get("media_type")
    good = _IMAGE_TYPES if kind == "image" else ("application/pdf",)
    if media not in good:
        raise invalid(
            f"{path}.{kind}.source.base64.media_type: Input should be one "
            f"of {list(good)}"
        )
    try:
        base64.b64decode(source.get("data") or "", validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise invalid(f"{path}.{kind}.source.base64: invalid base64 data") from error


def _check_tool_use(path: str, block: dict[str, Any]) -> None:
    if not isinstance(block["input"], dict):
        raise invalid(f"{path}.tool_use.input: Input should be a valid dictionary")
    for name in ("id", "name"):
        if not isinstance(block[name], str) or not block[name]:
            raise invalid(f"{path}.tool_use.{name}: Input should be a valid string")


def _check_tool_result(path: str, block: dict[str, Any]) -> None:
    content = block.get("content")
    if content is None or isinstance(content, str):
        return
    if not isinstance(content, list):
        raise invalid(f"{path}.tool_result.content: Input should be a valid list")
    for index, part in enumerate(content):
        if not isinstance(part, dict) or part.get("type") not in _IN_TOOL_RESULT:
            raise invalid(
                f"{path}.tool_result.content.{index}.type: Input should be one of "
                f"{sorted(_IN_TOOL_RESULT)}"
            )
        check_block(f"{path}.tool_result.content.{index}", part, "user")
    kinds = {part["type"] for part in content}
    if "search_result" in kinds and len(kinds) > 1:
        raise invalid(
            f"{path}.tool_result.content: search_result blocks cannot be mixed with "
            "other blocks"
        )


def _check_search_result(path: str, block: dict[str, Any]) -> None:
    content = block["content"]
    if not isinstance(content, list) or not content:
        raise invalid(f"{path}.search_result.content: Input should be a valid list")
    for index, part in enumerate(content):
        if not isinstance(part, dict) or part.get("type") != "text":
            raise invalid(
                f"{path}.search_result.content.{index}.type: Input should be 'text'"
            )
        check_text_block(f"{path}.search_result.content.{index}", part)
