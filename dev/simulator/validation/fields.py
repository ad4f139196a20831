"""The top-level fields of a request: known, present, of the right type."""

from __future__ import annotations

from typing import Any

from ..errors import invalid

_SAMPLING = frozenset({"temperature", "top_p", "top_k"})
_COUNTING = frozenset(
    {
        "model",
        "messages",
        "system",
        "tools",
        "tool_choice",
        "thinking",
        "output_config",
        "cache_control",
        "speed",
    }
)
_MESSAGE = _COUNTING | {
    "max_tokens",
    "stream",
    "stop_sequences",
    "metadata",
    "service_tier",
    "inference_geo",
    "container",
    "diagnostics",
}


def check_fields(body: dict[str, Any], *, counting: bool, batched: bool) -> None:
    """Check names and types of the top-level fields.

    :raise ApiError: 400
    """
    known = _COUNTING if counting else _MESSAGE
    for name in body:
        if name not in known and name not in _SAMPLING:
            raise invalid(f"{name}: Extra inputs are not permitted")
    required = (
        ("model", "messages") if counting else ("model", "messages", "max_tokens")
    )
    for name in required:
        if name not in body:
            raise invalid(f"{name}: Field required")
    if not isinstance(body["model"], str) or not body["model"]:
        raise invalid("model: Input should be a valid string")
    if not counting:
        _check_max_tokens(body["max_tokens"])
        _check_rest(body, batched=batched)
    _check_speed(body, batched=batched)


def _check_max_tokens(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise invalid("max_tokens: Input should be a valid integer")
    if value < 0:
        raise invalid("max_tokens: Input should be greater than or equal to 0")


def _check_rest(body: dict[str, Any], *, batched: bool) -> None:
    if "stream" in body and not isinstance(body["stream"], bool):
        raise invalid("stream: Input should be a valid boolean")
    if batched and body.get("stream"):
        raise invalid("stream: Streaming is not supported in batches")
    sequences = body.get("stop_sequences")
    if sequences is not None:
        _check_stop_sequences(sequences)
    metadata = body.get("metadata")
    if metadata is not None:
        _check_metadata(metadata)
    if body.get("service_tier") not in (None, "auto", "standard_only"):
        raise invalid("service_tier: Input should be 'auto' or 'standard_only'")
    diagnostics = body.get("diagnostics")
    if diagnostics is not None and (
        not isinstance(diagnostics, dict)
        or not set(diagnostics) <= {"previous_message_id"}
    ):
        raise invalid("diagnostics: Input should be a valid dictionary")


def _check_stop_sequences(sequences: Any) -> None:
    if not isinstance(sequences, list):
        raise invalid("stop_sequences: Input should be a valid list")
    for index, sequence in enumerate(sequences):
        if not isinstance(sequence, str):
            raise invalid(f"stop_sequences.{index}: Input should be a valid string")
        if not sequence.strip():
            raise invalid(
                f"stop_sequences.{index}: each stop sequence must contain "
                f"non-whitespace"
            )


def _check_metadata(metadata: Any) -> None:
    if not isinstance(metadata, dict):
        raise invalid("metadata: Input should be a valid dictionary")
    for name, value in metadata.items():
        if name != "user_id":
            raise invalid(f"metadata.{name}: Extra inputs are not permitted")
        if value is not None and not isinstance(value, str):
            raise invalid("metadata.user_id: Input should be a valid string")
        if value and len(value) > 256:
            raise invalid("metadata.user_id: String should have at most 256 characters")


def _check_speed(body: dict[str, Any], *, batched: bool) -> None:
    speed = body.get("speed")
    if speed is None:
        return
    if speed not in ("standard", "fast"):
        raise invalid("speed: Input should be 'standard' or 'fast'")
    if batched:
        raise invalid("speed: not supported in batches")
