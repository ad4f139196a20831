"""Faults of content: the answer arrives, but is not what was asked for."""

from __future__ import annotations

import json
from typing import Any

from . import tokens
from .completion import Completion
from .faults import Fault


def spoil(completion: Completion, fault: Fault) -> None:
    """Change ``completion`` into what ``fault`` makes of it."""
    if fault.kind in _WHOLE:
        _WHOLE[fault.kind](completion, fault)
        return
    for block in completion.blocks:
        if block["type"] == "text":
            block["text"] = _TEXT[fault.kind](block["text"], fault)


def _refuse(completion: Completion, fault: Fault) -> None:
    """Refuse before any output: nothing is billed though usage shows tokens."""
    completion.blocks = []
    completion.thinking_tokens = 0
    completion.billable = False
    _set_refusal(completion, fault)


def _refuse_midway(completion: Completion, fault: Fault) -> None:
    """Refuse after some text: input and that text are billed."""
    _cut_text(completion, int(fault.param("after_characters", 20)))
    _set_refusal(completion, fault)


def _set_refusal(completion: Completion, fault: Fault) -> None:
    completion.stop_reason = "refusal"
    completion.stop_details = {
        "type": "refusal",
        "category": fault.param("category", "general_harms"),
        "explanation": fault.param("explanation", "The request was declined."),
    }


def _truncate(completion: Completion, fault: Fault) -> None:
    _cut_text(completion, int(fault.param("after_characters", 20)))
    completion.stop_reason = "max_tokens"


def _cut_text(completion: Completion, characters: int) -> None:
    for block in completion.blocks:
        if block["type"] == "text":
            block["text"] = block["text"][:characters]


def _only_thinking(completion: Completion, fault: Fault) -> None:
    completion.blocks = [
        block for block in completion.blocks if block["type"] == "thinking"
    ]
    completion.stop_reason = "max_tokens"


def _truncate_tool(completion: Completion, fault: Fault) -> None:
    """Cut the input of every call; what is complete of it stays."""
    for block in completion.blocks:
        if block["type"] == "tool_use":
            text = tokens.compact_json(block["input"])
            keep = int(fault.param("after_characters", max(len(text) // 2, 1)))
            block["partial_json"] = text[:keep]
            block["input"] = {}
    completion.stop_reason = "max_tokens"


def _empty_end_turn(completion: Completion, fault: Fault) -> None:
    completion.blocks = []
    completion.stop_reason = "end_turn"


def _stop_reason(reason: str):
    def stop(completion: Completion, fault: Fault) -> None:
        completion.stop_reason = reason

    return stop


_WHOLE = {
    "refusal": _refuse,
    "refusal_mid": _refuse_midway,
    "truncated": _truncate,
    "only_thinking": _only_thinking,
    "truncated_tool": _truncate_tool,
    "empty_end_turn": _empty_end_turn,
    "pause_turn": _stop_reason("pause_turn"),
    "context_exceeded": _stop_reason("model_context_window_exceeded"),
}


def _object_of(text: str) -> dict[str, Any]:
    """Return the JSON object of an answer, or an empty one for a plain text."""
    try:
        value = json.loads(text)
    except ValueError:
        # The answer had no JSON to begin with; there is nothing to keep.
        return {}
    return value if isinstance(value, dict) else {}


def _other_casing(text: str, fault: Fault) -> str:
    """Return the JSON with short texts in another casing, as enums may come."""

    def change(value: Any, name: str) -> Any:
        if isinstance(value, dict):
            return {key: change(item, key) for key, item in value.items()}
        if isinstance(value, list):
            return [change(item, name) for item in value]
        if isinstance(value, str) and name in ("code", "sev", "verdict", "conf"):
            return value.lower() if value.isupper() else value.upper()
        return value

    return tokens.compact_json(change(_object_of(text), ""))


def _fenced(text: str, fault: Fault) -> str:
    return f"```json\n{text}\n```"


def _prefixed(text: str, fault: Fault) -> str:
    return str(fault.param("prefix", "Here is the JSON you asked for:\n\n")) + text


def _suffixed(text: str, fault: Fault) -> str:
    return text + str(fault.param("suffix", "\n\nLet me know if you need more."))


def _invalid_json(text: str, fault: Fault) -> str:
    return text.replace(":", "", 1) if ":" in text else "{" + text


def _missing_field(text: str, fault: Fault) -> str:
    value = _object_of(text)
    value.pop(fault.param("field", next(iter(value), "")), None)
    return tokens.compact_json(value)


def _extra_field(text: str, fault: Fault) -> str:
    return tokens.compact_json({**_object_of(text), "note": "an extra field"})


def _with_finding(text: str, changes: dict[str, Any]) -> dict[str, Any]:
    value = _object_of(text)
    finding = {
        "code": "SEM_UNUSUAL_AMOUNT",
        "sev": "W",
        "line": 0,
        "field": "total",
        "quote": "",
        "why": "Injected.",
        "fix": "Injected.",
    }
    findings = list(value.get("findings") or [finding])
    findings[0] = {**findings[0], **changes}
    return {**value, "findings": findings}


def _unknown_code(text: str, fault: Fault) -> str:
    code = fault.param("code", "SEM_NOT_IN_THE_LIST")
    return tokens.compact_json(_with_finding(text, {"code": code}))


def _wrong_semantics(text: str, fault: Fault) -> str:
    """Return what the schema accepts although it makes no sense.

    The line does not exist, the quote is not in the document, and the verdict
    contradicts an error.
    """
    value = _with_finding(
        text, {"sev": "E", "line": 9999, "quote": "this is nowhere in the document"}
    )
    return tokens.compact_json({**value, "verdict": "send", "conf": "high"})


def _replace_text(text: str, fault: Fault) -> str:
    return str(fault.param("text", ""))


_TEXT = {
    "enum_casing": _other_casing,
    "fenced": _fenced,
    "prefixed": _prefixed,
    "suffixed": _suffixed,
    "invalid_json": _invalid_json,
    "missing_field": _missing_field,
    "extra_field": _extra_field,
    "unknown_code": _unknown_code,
    "wrong_semantics": _wrong_semantics,
    "replace_text": _replace_text,
}
