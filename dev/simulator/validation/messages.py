"""The conversation: roles, content blocks, tool calls and their results."""

from __future__ import annotations

from typing import Any

from ..errors import invalid
from .blocks import check_block, check_text_block

_ROLES = ("user", "assistant", "system")


def check_system(body: dict[str, Any]) -> None:
    """Check ``system``: text, or a list of text blocks.

    :raise ApiError: 400
    """
    system = body.get("system")
    if system is None or isinstance(system, str):
        return
    if not isinstance(system, list):
        raise invalid("system: Input should be a valid list")
    for index, block in enumerate(system):
        if not isinstance(block, dict) or block.get("type") != "text":
            raise invalid(f"system.{index}.type: Input should be 'text'")
        check_text_block(f"system.{index}", block)


def check_messages(body: dict[str, Any]) -> None:
    """Check ``messages``.

    :raise ApiError: 400
    """
    messages = body["messages"]
    if not isinstance(messages, list):
        raise invalid("messages: Input should be a valid list")
    if not messages:
        raise invalid("messages: at least one message is required")
    for number, message in enumerate(messages):
        _check_message(f"messages.{number}", message)
    if messages[0]["role"] != "user":
        raise invalid('messages: first message must use the "user" role')
    for number, message in enumerate(messages):
        if message["role"] == "system" and messages[number - 1]["role"] != "user":
            raise invalid(
                f"messages.{number}: a system message must follow a user turn"
            )
    _check_tool_results(messages)


def _check_message(path: str, message: Any) -> None:
    if not isinstance(message, dict):
        raise invalid(f"{path}: Input should be a valid dictionary")
    for name in message:
        if name not in ("role", "content"):
            raise invalid(f"{path}.{name}: Extra inputs are not permitted")
    role = message.get("role")
    if role not in _ROLES:
        raise invalid(f"{path}.role: Input should be 'user' or 'assistant'")
    content = message.get("content")
    if content is None:
        raise invalid(f"{path}.content: Field required")
    if isinstance(content, str):
        if not content and role != "assistant":
            raise invalid(f"{path}: user messages must have non-empty content")
        return
    if not isinstance(content, list):
        raise invalid(f"{path}.content: Input should be a valid string")
    if not content and role != "assistant":
        raise invalid(f"{path}: user messages must have non-empty content")
    for index, block in enumerate(content):
        check_block(f"{path}.content.{index}", block, role)


def _blocks(message: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    content = message["content"]
    if isinstance(content, str):
        return []
    return [block for block in content if block["type"] == kind]


def _check_tool_results(messages: list[dict[str, Any]]) -> None:
    """Every call needs its result first in the next user message, and no other."""
    for number, message in enumerate(messages):
        results = _blocks(message, "tool_result")
        before = messages[number - 1] if number else None
        asked = (
            {block["id"] for block in _blocks(before, "tool_use")}
            if before and before["role"] == "assistant"
            else set()
        )
        for block in results:
            if block["tool_use_id"] not in asked:
                raise invalid(
                    f"messages.{number}.content: unexpected `tool_use_id` found in "
                    f"`tool_result` blocks: {block['tool_use_id']}. Each "
                    f"`tool_result` block must have a corresponding `tool_use` block "
                    f"in the previous message."
                )
        if message["role"] == "assistant":
            _check_answered(messages, number)
        if results and _first_kinds(message, len(results)) != {"tool_result"}:
            raise invalid(
                f"messages.{number}: `tool_result` blocks must come first in the "
                f"content of the message"
            )


def _first_kinds(message: dict[str, Any], count: int) -> set[str]:
    return {block["type"] for block in message["content"][:count]}


def _check_answered(messages: list[dict[str, Any]], number: int) -> None:
    calls = [block["id"] for block in _blocks(messages[number], "tool_use")]
    if not calls:
        return
    following = messages[number + 1] if number + 1 < len(messages) else None
    answered = (
        {block["tool_use_id"] for block in _blocks(following, "tool_result")}
        if following
        else set()
    )
    missing = [call for call in calls if call not in answered]
    if missing:
        raise invalid(
            f"messages.{number}: `tool_use` ids were found without `tool_result` "
            f"blocks immediately after: {', '.join(missing)}. Each `tool_use` block "
            f"must have a corresponding `tool_result` block in the next message."
        )
