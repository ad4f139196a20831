"""A thinking block is valid only with the prompt that it was written for.

The API refuses a thinking block when tools, system or messages before it are not what
they were; moving cache breakpoints changes nothing. A signature of the simulator begins
with a digest of that prompt. Signatures of others are passed over.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

from .. import tokens
from ..errors import invalid

_BEGIN = "EqQB"
_MARK = b"sm"
_DIGEST_BYTES = 16
_LENGTH = 24
"""Of mark and digest as base64."""


def bound_signature(body: dict[str, Any], length: int) -> str:
    """Return the signature of thinking that answers ``body``, of ``length`` characters
    without its beginning, but at least as long as the digest."""
    digest = _digest(body, len(body["messages"]))
    bound = base64.b64encode(_MARK + digest).decode()
    filler = base64.b64encode(hashlib.sha256(digest).digest()).decode().rstrip("=")
    return (
        _BEGIN + (bound + filler * (length // len(filler) + 1))[: max(length, _LENGTH)]
    )


def check_binding(body: dict[str, Any]) -> None:
    """Check that the prompt before each thinking block is the one that it answered.

    :raise ApiError: 400
    """
    for number, message in enumerate(body["messages"]):
        if message["role"] != "assistant" or isinstance(message["content"], str):
            continue
        for index, block in enumerate(message["content"]):
            if block["type"] != "thinking":
                continue
            bound_to = _bound_to(block["signature"])
            if bound_to is not None and bound_to != _digest(body, number):
                raise invalid(
                    f"messages.{number}.content.{index}: the thinking block does not "
                    "belong to this conversation: tools, system or earlier messages "
                    "were changed"
                )


def _bound_to(signature: Any) -> bytes | None:
    """Return the digest in a signature of the simulator, ``None`` for others."""
    text = str(signature)
    if not text.startswith(_BEGIN):
        return None
    try:
        head = base64.b64decode(text[len(_BEGIN) :][:_LENGTH], validate=True)
    except (binascii.Error, ValueError):
        return None
    if not head.startswith(_MARK) or len(head) != len(_MARK) + _DIGEST_BYTES:
        return None
    return head[len(_MARK) :]


def _digest(body: dict[str, Any], count: int) -> bytes:
    """Return the digest of the prompt up to and without the message ``count``."""
    digest = hashlib.sha256()
    for role, blocks in (
        ("tools", body.get("tools")),
        ("system", body.get("system")),
        *((each["role"], each["content"]) for each in body["messages"][:count]),
    ):
        digest.update(f"{role}\n".encode())
        for block in [blocks] if isinstance(blocks, str) else blocks or ():
            digest.update(_picture(block).encode())
    return digest.digest()[:_DIGEST_BYTES]


def _picture(block: dict[str, Any] | str) -> str:
    """Return a block without its breakpoint; a text alone is a block of it."""
    if isinstance(block, str):
        block = {"type": "text", "text": block}
    plain = {name: value for name, value in block.items() if name != "cache_control"}
    return f"{tokens.compact_json(plain)}\n"
