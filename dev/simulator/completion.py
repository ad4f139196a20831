"""The answer to one request as a whole: content blocks, stop reason, usage."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from . import tokens
from .catalogue import Model


@dataclass
class Completion:
    """One message of the model.

    ``blocks`` are the content blocks of the API. ``usage`` is the API's object
    for the whole message; ``billable`` is false for a refusal before any output.
    """

    id: str
    model: Model
    blocks: list[dict[str, Any]]
    stop_reason: str
    stop_sequence: str | None = None
    stop_details: dict[str, Any] | None = None
    thinking_tokens: int = 0
    usage: dict[str, Any] = field(default_factory=dict)
    billable: bool = True

    def message(self) -> dict[str, Any]:
        """Return the JSON of an answer that is not streamed."""
        return {
            "id": self.id,
            "type": "message",
            "role": "assistant",
            "model": self.model.id,
            "content": [
                {name: block[name] for name in block if name != "partial_json"}
                for block in self.blocks
            ],
            "stop_reason": self.stop_reason,
            "stop_sequence": self.stop_sequence,
            "stop_details": self.stop_details,
            "usage": self.usage,
        }

    def usage_of_part(self, characters: int) -> dict[str, Any]:
        """Return the usage when only ``characters`` of the output were sent."""
        generated = math.ceil(characters / self.model.characters_per_token)
        output = min(self.usage["output_tokens"], self.thinking_tokens + generated)
        return {**self.usage, "output_tokens": output}


def cut_tool_input(block: dict[str, Any], characters: int) -> None:
    """Cut the JSON of a tool's input after ``characters``.

    ``partial_json`` is what a stream sends; an answer that is not streamed has
    the keys that were complete.
    """
    text = tokens.compact_json(block["input"])
    block["partial_json"] = text[:characters]
    complete_keys = {}
    for name, value in block["input"].items():
        candidate = {**complete_keys, name: value}
        if len(tokens.compact_json(candidate)) > characters:
            break
        complete_keys = candidate
    block["input"] = complete_keys


def block_text(block: dict[str, Any]) -> str:
    """Return the characters that the model generated for ``block``."""
    if block["type"] == "text":
        return block["text"]
    if block["type"] == "tool_use":
        partial = block.get("partial_json")
        return tokens.compact_json(block["input"]) if partial is None else partial
    return ""


def visible_tokens(model: Model, block: dict[str, Any]) -> int:
    """Return the output tokens of ``block``, thinking apart."""
    extra = 12 if block["type"] == "tool_use" else 0
    return tokens.text_tokens(model, block_text(block)) + extra
