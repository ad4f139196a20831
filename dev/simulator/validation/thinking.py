"""Which thinking, effort, tool choice and prefill a model accepts."""

from __future__ import annotations

from typing import Any

from ..catalogue import Model
from ..errors import invalid

_KINDS = ("adaptive", "enabled", "disabled", "between_tools")
_KEYS = {
    "adaptive": {"type", "display", "block_binding"},
    "enabled": {"type", "display", "budget_tokens", "block_binding"},
    "disabled": {"type"},
    "between_tools": {"type"},
}
_HIGH_EFFORTS = ("xhigh", "max")


def resolve_thinking(
    body: dict[str, Any],
    model: Model,
    effort: str | None,
    max_tokens: int,
    *,
    counting: bool,
) -> dict[str, Any]:
    """Return the thinking configuration that applies.

    Saying the default is the same as saying nothing.

    :raise ApiError: 400 for what the model does not accept
    """
    default = {"type": "adaptive" if model.thinks_by_default else "disabled"}
    thinking = body.get("thinking")
    if thinking is None:
        return default
    if not isinstance(thinking, dict):
        raise invalid("thinking: Input should be a valid dictionary")
    kind = thinking.get("type")
    if kind not in _KINDS:
        raise invalid(f"thinking.type: Input should be one of {list(_KINDS)}")
    for name in thinking:
        if name not in _KEYS[kind]:
            raise invalid(f"thinking.{kind}.{name}: Extra inputs are not permitted")
    if thinking.get("display") not in (None, "summarized", "omitted"):
        raise invalid("thinking.display: Input should be 'summarized' or 'omitted'")
    if kind not in model.thinking:
        raise invalid(_refusal(kind, model))
    if kind in ("disabled", "between_tools") and effort in _HIGH_EFFORTS:
        raise invalid(
            f'"thinking.type.{kind}" is not supported at effort "{effort}". Use '
            f'effort "high" or lower.'
        )
    if kind == "enabled":
        _check_budget(thinking, max_tokens, counting=counting)
    return dict(thinking)


def _refusal(kind: str, model: Model) -> str:
    if kind == "adaptive":
        return "adaptive thinking is not supported on this model"
    if kind == "enabled":
        return (
            '"thinking.type.enabled" is not supported for this model. Use '
            '"thinking.type.adaptive" and "output_config.effort" to control '
            "thinking behavior."
        )
    if kind == "disabled" and "between_tools" in model.thinking:
        return (
            'To turn thinking off on this model, send "thinking": {"type": '
            '"between_tools"} instead of {"type": "disabled"}.'
        )
    return f'"thinking.type.{kind}" is not supported for this model.'


def _check_budget(thinking: dict[str, Any], max_tokens: int, *, counting: bool) -> None:
    budget = thinking.get("budget_tokens")
    if isinstance(budget, bool) or not isinstance(budget, int):
        raise invalid("thinking.enabled.budget_tokens: Field required")
    if budget < 1024:
        raise invalid(
            "thinking.enabled.budget_tokens: Input should be greater than or equal "
            "to 1024"
        )
    if not counting and budget >= max_tokens:
        raise invalid("`max_tokens` must be greater than `thinking.budget_tokens`")


def check_tool_choice_support(
    body: dict[str, Any], model: Model, thinking: dict[str, Any]
) -> bool:
    """Return whether a tool call is forced.

    :raise ApiError: 400 if the model does not let a call be forced
    """
    kind = (body.get("tool_choice") or {}).get("type")
    if kind not in ("any", "tool"):
        return False
    if not model.forced_tool:
        raise invalid(f'tool_choice.type "{kind}" is not supported on this model')
    if thinking["type"] == "enabled":
        raise invalid("Thinking may not be enabled when tool_choice forces tool use.")
    return True


def check_prefill(body: dict[str, Any], model: Model, thinking: dict[str, Any]) -> None:
    """Refuse a last message of the assistant where the model cannot go on from it.

    :raise ApiError: 400
    """
    if body["messages"][-1]["role"] != "assistant":
        return
    structured = (body.get("output_config") or {}).get("format") is not None
    if not model.prefill or thinking["type"] == "enabled" or structured:
        raise invalid(
            "This model does not support assistant message prefill. The conversation "
            "must end with a user message."
        )
