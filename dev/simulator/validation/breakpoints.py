"""Cache breakpoints: form, number, places and the order of lifetimes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..errors import invalid

MOST_BREAKPOINTS = 4
_NOT_CACHEABLE = ("thinking", "redacted_thinking")


def check_breakpoints(body: dict[str, Any]) -> None:
    """Check every ``cache_control`` of a request.

    :raise ApiError: 400
    """
    automatic = body.get("cache_control")
    blocks = list(_blocks(body))
    lifetimes = []
    for path, block in blocks:
        control = block.get("cache_control")
        if control is None:
            continue
        lifetimes.append(_lifetime(f"{path}.cache_control", control))
        if block.get("type") in _NOT_CACHEABLE:
            raise invalid(f"{path}: cache_control cannot be set for thinking blocks")
        if block.get("type") == "text" and not block["text"]:
            raise invalid(f"{path}: cache_control cannot be set for empty text blocks")
    if automatic is not None:
        lifetime = _lifetime("cache_control", automatic)
        last = next(
            (
                block.get("cache_control")
                for _path, block in reversed(blocks)
                if block.get("type") not in _NOT_CACHEABLE
            ),
            None,
        )
        if last is None:
            lifetimes.append(lifetime)
        elif (last.get("ttl") or "5m") != lifetime:
            raise invalid(
                "cache_control: the last block already has cache_control with a "
                "different ttl"
            )
    if len(lifetimes) > MOST_BREAKPOINTS:
        raise invalid(
            f"A maximum of {MOST_BREAKPOINTS} blocks with cache_control may be "
            f"provided. Found {len(lifetimes)}."
        )
    if "5m" in lifetimes and "1h" in lifetimes[lifetimes.index("5m") :]:
        raise invalid(
            "cache_control: a ttl='1h' cache_control block must not come after a "
            "ttl='5m' cache_control block."
        )


def _lifetime(path: str, control: Any) -> str:
    if not isinstance(control, dict) or control.get("type") != "ephemeral":
        raise invalid(f"{path}.type: Input should be 'ephemeral'")
    for name in control:
        if name not in ("type", "ttl"):
            raise invalid(f"{path}.ephemeral.{name}: Extra inputs are not permitted")
    ttl = control.get("ttl", "5m")
    if ttl not in ("5m", "1h"):
        raise invalid(f"{path}.ephemeral.ttl: Input should be '5m' or '1h'")
    return ttl


def _blocks(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the blocks in the order of the prompt, with their paths."""
    for index, tool in enumerate(body.get("tools") or []):
        yield f"tools.{index}", tool
    system = body.get("system")
    if isinstance(system, list):
        for index, block in enumerate(system):
            yield f"system.{index}", block
    for number, message in enumerate(body["messages"]):
        content = message["content"]
        if isinstance(content, str):
            yield f"messages.{number}.content", {"type": "text", "text": content}
            continue
        for index, block in enumerate(content):
            yield f"messages.{number}.content.{index}", block
