"""Reads the message of a call that was not streamed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..call import Seen
from ..money.usage import TokenUsage, word
from .errors_mapping import foreign_answer_error


def read_message(message: Mapping[str, Any], seen: Seen) -> None:
    """Take ``message`` into ``seen``, as a stream would have left it.

    Usage first: whatever else is wrong with an answer, it is booked.

    :raises ClaudeError: when it is no message of Claude
    """
    usage = message.get("usage")
    content: Any = message.get("content")
    are_blocks = isinstance(content, list) and all(
        isinstance(block, dict) for block in content
    )
    if not isinstance(usage, Mapping) or not are_blocks:
        raise foreign_answer_error(200, seen.request_id)
    try:
        seen.usage = TokenUsage.from_api(usage)
        seen.text = "".join(
            block.get("text", "") for block in content if block.get("type") == "text"
        )
    except (AttributeError, TypeError, ValueError) as error:
        raise foreign_answer_error(200, seen.request_id) from error
    seen.complete = True
    seen.content = content
    seen.stop_reason = word(message.get("stop_reason"))
    seen.model = word(message.get("model"))
    seen.message_id = word(message.get("id"))
