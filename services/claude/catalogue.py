"""The models that there are, and who stands in for one that goes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from .errors_mapping import foreign_answer_error

LIFECYCLES = ("active", "deprecated", "retired")
NOTICE_DAYS = 60
"""A retirement is announced so many days before; from then on it is time to change."""
_DATE_SUFFIX = re.compile(r"-\d{8}$")


@dataclass(frozen=True)
class ModelInfo:
    """A model as the Models API tells it. Times are aware, UTC."""

    model: str
    """The id that requests name."""
    name: str
    family: str = ""
    """The API's ``line``: ``haiku``, ``sonnet``, ..."""
    lifecycle: str = "active"
    released_at: datetime | None = None
    deprecated_at: datetime | None = None
    retires_at: datetime | None = None
    max_input_tokens: int = 0
    """Zero: not told."""
    max_output_tokens: int = 0
    capabilities: Mapping[str, Any] = field(default_factory=dict)

    def is_retired(self, now: datetime) -> bool:
        """Return whether it is not to be asked any more.

        The API's word counts, and the announced day: whoever changes on that day does
        not fail on it.
        """
        return self.lifecycle == "retired" or (
            self.retires_at is not None and self.retires_at <= now
        )

    def is_leaving(self, now: datetime) -> bool:
        """Return whether it is time to change: deprecated, or gone within 60 days."""
        return self.lifecycle == "deprecated" or (
            self.retires_at is not None
            and self.retires_at <= now + timedelta(days=NOTICE_DAYS)
        )

    def takes_effort(self, effort: str) -> bool:
        """Return whether it accepts an effort; what the API does not tell is a yes."""
        told = self.capabilities.get("effort") or {}
        return _is_supported(told) and _is_supported(told.get(effort) or {})


@dataclass(frozen=True)
class ChosenModel:
    """Which model is asked.

    :ivar replaced: the one that should have been, when it is retired; else empty
    """

    model: str
    replaced: str = ""


def undated(model: str) -> str:
    """Return the id without the date of its snapshot: its alias is the same model."""
    return _DATE_SUFFIX.sub("", model)


def find(catalogue: Mapping[str, ModelInfo], model: str) -> ModelInfo | None:
    """Return what the catalogue knows of ``model``, by its id or by its alias."""
    return catalogue.get(model) or next(
        (info for info in catalogue.values() if undated(info.model) == undated(model)),
        None,
    )


def read_models(told: Iterable[Mapping[str, Any]]) -> list[ModelInfo]:
    """Return the models of the answers of ``GET /v1/models``, newest first.

    :raises ClaudeError: when there is none: the answer is not Claude's, such as a
        gateway's own list, and says nothing about Claude's models
    """
    models = [
        _read_model(each)
        for each in told
        if each.get("type") == "model" and isinstance(each.get("id"), str)
    ]
    if not models:
        raise foreign_answer_error(200)
    return models


def choose(
    wanted: str,
    fallbacks: Iterable[str],
    catalogue: Mapping[str, ModelInfo],
    now: datetime,
) -> ChosenModel:
    """Return which model is asked when ``wanted`` was chosen.

    A model that the catalogue does not know is asked: only the API can tell. When
    nobody can stand in, the one that was wanted is asked all the same.

    :param fallbacks: who may stand in, best first; empty ids are passed over
    """
    info = find(catalogue, wanted)
    if info is None or not info.is_retired(now):
        return ChosenModel(wanted)
    newest = _newest_of_family(info, catalogue, now)
    candidates = [*fallbacks, *([newest.model] if newest else [])]
    for candidate in filter(None, candidates):
        known = find(catalogue, candidate)
        if candidate != wanted and not (known and known.is_retired(now)):
            return ChosenModel(candidate, replaced=wanted)
    return ChosenModel(wanted)


def successor(
    model: str,
    fallbacks: Iterable[str],
    catalogue: Mapping[str, ModelInfo],
    now: datetime,
) -> str:
    """Return who is to follow ``model``, empty when nobody can.

    The newest active model of the same family, else the first of ``fallbacks`` that
    stays.
    """
    info = find(catalogue, model)
    newest = info and _newest_of_family(info, catalogue, now)
    if newest:
        return newest.model
    for candidate in filter(None, fallbacks):
        known = find(catalogue, candidate)
        if candidate != model and not (known and known.is_leaving(now)):
            return candidate
    return ""


def _newest_of_family(
    info: ModelInfo, catalogue: Mapping[str, ModelInfo], now: datetime
) -> ModelInfo | None:
    staying = [
        other
        for other in catalogue.values()
        if other.family
        and other.family == info.family
        and other.model != info.model
        and other.lifecycle == "active"
        and not other.is_leaving(now)
    ]
    return max(
        staying,
        key=lambda other: (
            other.released_at or datetime.min.replace(tzinfo=timezone.utc)
        ),
        default=None,
    )


def _read_model(told: Mapping[str, Any]) -> ModelInfo:
    lifecycle = told.get("lifecycle")
    capabilities = told.get("capabilities")
    return ModelInfo(
        model=told["id"],
        name=told.get("display_name") or told["id"],
        family=told.get("line") or "",
        lifecycle=lifecycle if lifecycle in LIFECYCLES else "active",
        released_at=_moment(told.get("created_at")),
        deprecated_at=_moment(told.get("deprecated_at")),
        retires_at=_moment(told.get("retires_at")),
        max_input_tokens=_number(told.get("max_input_tokens")),
        max_output_tokens=_number(told.get("max_tokens")),
        capabilities=capabilities if isinstance(capabilities, Mapping) else {},
    )


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        return moment.replace(tzinfo=timezone.utc)
    return moment.astimezone(timezone.utc)


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _is_supported(told: Mapping[str, Any]) -> bool:
    return told.get("supported", True) is not False
