"""Tool definitions and the tool choice."""

from __future__ import annotations

import re
from typing import Any

from ..errors import invalid
from .output import Complexity, measure_schema

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_CUSTOM_KEYS = frozenset(
    {
        "type",
        "name",
        "description",
        "input_schema",
        "strict",
        "cache_control",
        "input_examples",
        "defer_loading",
        "eager_input_streaming",
        "allowed_callers",
    }
)
MOST_STRICT_TOOLS = 20


def check_tools(body: dict[str, Any]) -> None:
    """Check ``tools`` and ``tool_choice``.

    :raise ApiError: 400
    """
    tools = body.get("tools")
    if tools is None:
        tools = []
    if not isinstance(tools, list):
        raise invalid("tools: Input should be a valid list")
    names: list[str] = []
    complexity = Complexity()
    strict = 0
    for index, tool in enumerate(tools):
        names.append(_check_tool(f"tools.{index}", tool))
        if tool.get("strict"):
            strict += 1
            measure_schema(
                f"tools.{index}.custom.input_schema", tool["input_schema"], complexity
            )
    if len(names) != len(set(names)):
        raise invalid("tools: Tool names must be unique.")
    if strict > MOST_STRICT_TOOLS:
        raise invalid(f"tools: at most {MOST_STRICT_TOOLS} strict tools are supported")
    complexity.check()
    _check_choice(body.get("tool_choice"), names)


def _check_tool(path: str, tool: Any) -> str:
    """Return the tool's name."""
    if not isinstance(tool, dict):
        raise invalid(f"{path}: Input should be a valid dictionary")
    name = tool.get("name")
    if tool.get("type") not in (None, "custom"):
        # A tool of the provider's own; its options are not checked.
        return str(name or tool["type"])
    for key in tool:
        if key not in _CUSTOM_KEYS:
            raise invalid(f"{path}.custom.{key}: Extra inputs are not permitted")
    if not isinstance(name, str):
        raise invalid(f"{path}.custom.name: Field required")
    if not _NAME.fullmatch(name):
        raise invalid(
            f"{path}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,64}}$'"
        )
    schema = tool.get("input_schema")
    if not isinstance(schema, dict):
        raise invalid(f"{path}.custom.input_schema: Field required")
    if schema.get("type") != "object":
        raise invalid(f"{path}.custom.input_schema.type: Input should be 'object'")
    if not isinstance(tool.get("description", ""), str):
        raise invalid(f"{path}.custom.description: Input should be a valid string")
    return name


def _check_choice(choice: Any, names: list[str]) -> None:
    if choice is None:
        return
    if not isinstance(choice, dict):
        raise invalid("tool_choice: Input should be a valid dictionary")
    kind = choice.get("type")
    if kind not in ("auto", "any", "tool", "none"):
        raise invalid(
            "tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'"
        )
    allowed = {"type", "disable_parallel_tool_use"}
    if kind == "none":
        allowed = {"type"}
    elif kind == "tool":
        allowed.add("name")
    for key in choice:
        if key not in allowed:
            raise invalid(f"tool_choice.{kind}.{key}: Extra inputs are not permitted")
    if not names and kind != "none":
        raise invalid("tool_choice may only be specified while providing tools")
    if kind == "tool" and choice.get("name") not in names:
        raise invalid(f"Tool '{choice.get('name')}' not found in provided tools")
