"""The dated catalogue of models: what each is, accepts and costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from .clock import parse_time, rfc3339
from .errors import ApiError, invalid

EFFORTS = ("low", "medium", "high", "xhigh", "max")
LIFECYCLES = ("active", "deprecated", "retired")


@dataclass(frozen=True)
class Price:
    """US dollars for a million tokens."""

    input: Decimal
    output: Decimal
    cache_read: Decimal

    @property
    def cache_write_5m(self) -> Decimal:
        """Price of writing for five minutes: 1.25 of the input price."""
        return self.input * Decimal("1.25")

    @property
    def cache_write_1h(self) -> Decimal:
        """Price of writing for one hour: twice the input price."""
        return self.input * 2


def _price(input: str, output: str, cache_read: str) -> Price:
    return Price(Decimal(input), Decimal(output), Decimal(cache_read))


@dataclass(frozen=True)
class Model:
    """One model as the API offers it.

    ``thinking`` holds the accepted ``thinking.type`` values; a model that lists
    ``adaptive`` thinks unless it is told not to. ``long_price`` replaces
    ``price`` when the whole prompt exceeds 100,000 tokens.
    """

    id: str
    display_name: str
    line: str
    created_at: str
    price: Price
    thinking: frozenset[str]
    aliases: tuple[str, ...] = ()
    deprecated_at: str | None = None
    retires_at: str | None = None
    forced_lifecycle: str | None = None
    context: int = 1_000_000
    max_tokens: int = 128_000
    cache_minimum: int = 512
    characters_per_token: float = 2.5
    default_effort: str | None = None
    prefill: bool = False
    forced_tool: bool = False
    inference_geo: bool = True
    long_price: Price | None = None
    fast_price: Price | None = None

    @property
    def supports_effort(self) -> bool:
        """Whether ``output_config.effort`` is accepted."""
        return self.default_effort is not None

    @property
    def thinks_by_default(self) -> bool:
        """Whether an answer begins with a thinking block when nothing is said."""
        return "adaptive" in self.thinking

    def lifecycle(self, now: float) -> str:
        """Return the lifecycle stage at ``now``."""
        if self.forced_lifecycle:
            return self.forced_lifecycle
        if self.retires_at and now >= parse_time(self.retires_at):
            return "retired"
        if self.deprecated_at and now >= parse_time(self.deprecated_at):
            return "deprecated"
        return "active"

    def info(self, now: float) -> dict[str, Any]:
        """Return the model's object of ``GET /v1/models`` at ``now``."""
        lifecycle = self.lifecycle(now)
        active = lifecycle == "active"
        return {
            "type": "model",
            "id": self.id,
            "display_name": self.display_name,
            "created_at": _second(self.created_at),
            "lifecycle": lifecycle,
            "deprecated_at": None if active else _second(self.deprecated_at),
            "retires_at": None if active else _second(self.retires_at),
            "line": self.line,
            "max_input_tokens": self.context,
            "max_tokens": self.max_tokens,
            "capabilities": self._capabilities(),
        }

    def _capabilities(self) -> dict[str, Any]:
        def flag(supported: bool) -> dict[str, bool]:
            return {"supported": supported}

        effort = {name: flag(self.supports_effort) for name in EFFORTS}
        thinking = {
            name: flag(name in self.thinking)
            for name in ("adaptive", "enabled", "disabled", "between_tools")
        }
        return {
            "batch": flag(True),
            "citations": flag(True),
            "code_execution": flag(True),
            "context_management": {
                **flag(True),
                "clear_thinking_20251015": flag(True),
                "clear_tool_uses_20250919": flag(True),
                "compact_20260112": flag(True),
            },
            "effort": {**flag(self.supports_effort), **effort},
            "image_input": flag(True),
            "pdf_input": flag(True),
            "server_tools": {
                **flag(True),
                "web_search": flag(True),
                "code_execution": flag(True),
            },
            "structured_outputs": flag(True),
            "thinking": {**flag(True), "types": thinking},
        }


def _second(text: str | None) -> str | None:
    return None if text is None else rfc3339(parse_time(text)).replace(".000000", "")


MODELS = (
    Model(
        id="claude-fable-5-2",
        display_name="Claude Fable 5.2",
        line="fable",
        created_at="2026-11-09",
        price=_price("8", "40", "0.20"),
        fast_price=_price("16", "80", "0.40"),
        thinking=frozenset({"adaptive"}),
        default_effort="high",
    ),
    Model(
        id="claude-haiku-5-5",
        display_name="Claude Haiku 5.5",
        line="haiku",
        created_at="2026-10-07",
        price=_price("0.10", "0.50", "0.01"),
        long_price=_price("0.50", "2.50", "0.05"),
        thinking=frozenset({"adaptive", "disabled"}),
        default_effort="medium",
        forced_tool=True,
    ),
    Model(
        id="claude-sonnet-5-5",
        display_name="Claude Sonnet 5.5",
        line="sonnet",
        created_at="2026-09-28",
        price=_price("2", "10", "0.10"),
        thinking=frozenset({"adaptive", "between_tools"}),
        default_effort="high",
    ),
    Model(
        id="claude-opus-5-5",
        display_name="Claude Opus 5.5",
        line="opus",
        created_at="2026-09-22",
        price=_price("4", "20", "0.20"),
        fast_price=_price("8", "40", "0.40"),
        thinking=frozenset({"adaptive"}),
        default_effort="medium",
    ),
    Model(
        id="claude-haiku-4-5-20251001",
        aliases=("claude-haiku-4-5",),
        display_name="Claude Haiku 4.5",
        line="haiku",
        created_at="2025-10-15",
        price=_price("1", "5", "0.10"),
        thinking=frozenset({"enabled", "disabled"}),
        context=200_000,
        max_tokens=64_000,
        cache_minimum=4_096,
        characters_per_token=3.3,
        prefill=True,
        forced_tool=True,
        inference_geo=False,
    ),
    Model(
        id="claude-sonnet-4-5-20250929",
        aliases=("claude-sonnet-4-5",),
        display_name="Claude Sonnet 4.5",
        line="sonnet",
        created_at="2025-09-29",
        deprecated_at="2026-09-30",
        retires_at="2026-11-30",
        price=_price("3", "15", "0.30"),
        thinking=frozenset({"enabled", "disabled"}),
        context=200_000,
        max_tokens=64_000,
        cache_minimum=1_024,
        characters_per_token=3.3,
        prefill=True,
        forced_tool=True,
        inference_geo=False,
    ),
    Model(
        id="claude-3-haiku-20240307",
        display_name="Claude Haiku 3",
        line="haiku",
        created_at="2024-03-07",
        deprecated_at="2026-02-19",
        retires_at="2026-04-20",
        price=_price("0.25", "1.25", "0.03"),
        thinking=frozenset({"disabled"}),
        context=200_000,
        max_tokens=4_096,
        cache_minimum=2_048,
        characters_per_token=3.3,
        prefill=True,
        forced_tool=True,
        inference_geo=False,
    ),
)


class Catalogue:
    """The models on offer, with dates that a test may change.

    ``dates`` maps a model id to any of ``deprecated_at``, ``retires_at``
    (ISO 8601) and ``lifecycle``. ``tokens_per_character`` is that of all models;
    0: each has its own tokenizer.
    """

    def __init__(
        self,
        dates: Mapping[str, Mapping[str, Any]] | None = None,
        tokens_per_character: float = 0,
    ) -> None:
        self._models: dict[str, Model] = {}
        for model in MODELS:
            changes = dict((dates or {}).get(model.id, {}))
            for alias in model.aliases:
                changes.update((dates or {}).get(alias, {}))
            if "lifecycle" in changes:
                changes["forced_lifecycle"] = changes.pop("lifecycle")
            if tokens_per_character:
                changes["characters_per_token"] = 1 / tokens_per_character
            if changes:
                model = replace(model, **changes)
            for name in (model.id, *model.aliases):
                self._models[name] = model

    def known(self, name: str, now: float) -> Model:
        """Return the model called ``name``, whatever its lifecycle stage.

        :raise ApiError: 404 if there is none, or none yet at ``now``
        """
        model = self._models.get(name)
        if model is None or parse_time(model.created_at) > now:
            raise ApiError(404, f"model: {name}")
        return model

    def usable(self, name: str, now: float) -> Model:
        """Return the model called ``name`` for inference.

        :raise ApiError: 404 if there is none or it is retired at ``now``
        """
        model = self.known(name, now)
        if model.lifecycle(now) == "retired":
            raise ApiError(404, f"model: {name}")
        return model

    def page(
        self,
        now: float,
        *,
        lifecycles: list[str],
        limit: int,
        after_id: str | None,
        before_id: str | None,
    ) -> dict[str, Any]:
        """Return one page of ``GET /v1/models``, newest first."""
        for lifecycle in lifecycles:
            if lifecycle not in LIFECYCLES:
                raise invalid(f"lifecycle: Input should be one of {LIFECYCLES}")
        wanted = lifecycles or ["active", "deprecated"]
        infos = [
            model.info(now)
            for model in dict.fromkeys(self._models.values())
            if parse_time(model.created_at) <= now and model.lifecycle(now) in wanted
        ]
        infos.sort(key=lambda info: info["created_at"], reverse=True)
        return page_of(infos, limit=limit, after_id=after_id, before_id=before_id)


def page_of(
    objects: list[dict[str, Any]],
    *,
    limit: int,
    after_id: str | None,
    before_id: str | None,
) -> dict[str, Any]:
    """Return the page of ``objects`` (newest first) that the cursors select."""
    identifiers = [item["id"] for item in objects]
    if after_id is not None:
        if after_id not in identifiers:
            raise invalid(f"after_id: {after_id} not found")
        objects = objects[identifiers.index(after_id) + 1 :]
        has_more = len(objects) > limit
        data = objects[:limit]
    elif before_id is not None:
        if before_id not in identifiers:
            raise invalid(f"before_id: {before_id} not found")
        objects = objects[: identifiers.index(before_id)]
        has_more = len(objects) > limit
        data = objects[-limit:]
    else:
        has_more = len(objects) > limit
        data = objects[:limit]
    return {
        "data": data,
        "has_more": has_more,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
    }
