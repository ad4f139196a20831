"""A request with ``max_tokens: 0`` only warms the cache."""

from __future__ import annotations

from typing import Any

from ..errors import invalid


def check_prewarm(body: dict[str, Any], *, batched: bool) -> None:
    """Refuse what cannot be combined with ``max_tokens: 0``.

    :raise ApiError: 400
    """
    choice = (body.get("tool_choice") or {}).get("type")
    refused = {
        "batches": batched,
        "stream": body.get("stream") is True,
        "thinking.enabled": (body.get("thinking") or {}).get("type") == "enabled",
        "output_config.format": bool((body.get("output_config") or {}).get("format")),
        "tool_choice": choice in ("any", "tool"),
    }
    for name, present in refused.items():
        if present:
            raise invalid(f"max_tokens: 0 cannot be used with {name}")
