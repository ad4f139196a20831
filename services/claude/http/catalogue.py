"""The models of the Models API, and which one replaces a model that is retired."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, NamedTuple

from ...common.structured_log import structured_logger
from .errors_mapping import foreign_answer_error

LIFECYCLES = ("active", "deprecated", "retired")
NOTICE_DAYS = 60
"""A retirement is announced so many days before; from then on it is time to change."""
_DATE_SUFFIX = re.compile(r"-\d{8}$")
_MODEL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/-]{0,127}")
_MOST_MODELS = 500
"""Entries that are read; Claude has some dozens."""
_LONGEST_NAME = 200
_LARGEST_NUMBER = 2**31 - 1
_CAPABILITY_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_DEEPEST_CAPABILITY = 4
_MOST_CAPABILITIES = 100
_YEARS = range(2000, 2200)

_log = structured_logger(__name__)

PriceOf = Callable[[str], Decimal | None]
"""Returns what a model costs, in any one measure; ``None`` when that is not known."""


@dataclass(frozen=True)
class ModelInfo:
    """A model as the Models API describes it. Times are aware, UTC."""

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
    """Zero: not known."""
    max_output_tokens: int = 0
    capabilities: Mapping[str, Any] = field(default_factory=dict)
    unreadable: frozenset[str] = frozenset()
    """Names of the fields whose values could not be read: what was known before
    stays."""

    def is_retired(self, now: datetime) -> bool:
        """Return whether it must not be used any more: the API says so, or the day
        that was announced has come."""
        return self.lifecycle == "retired" or (
            self.retires_at is not None and self.retires_at <= now
        )

    def is_leaving(self, now: datetime) -> bool:
        """Return whether it is time to change: it is deprecated, or will be retired
        within 60 days."""
        return self.lifecycle == "deprecated" or (
            self.retires_at is not None
            and self.retires_at <= now + timedelta(days=NOTICE_DAYS)
        )

    def takes_effort(self, effort: str) -> bool:
        """Return whether it accepts an effort; yes where the API does not say."""
        support = self.capabilities.get("effort")
        if not isinstance(support, Mapping):
            return True
        return _is_supported(support) and _is_supported(support.get(effort))


class ListedModels(NamedTuple):
    """The models that the Models API listed."""

    models: tuple[ModelInfo, ...]
    """Newest first."""
    skipped: int
    """Entries that could not be read; a missing model may be one of them."""

    def lists(self, model: str) -> bool:
        """Return whether ``model`` is listed and not retired, by its id or its alias,
        or may be among the entries that could not be read."""
        return self.skipped > 0 or any(
            model in (info.model, undated(info.model)) and info.lifecycle != "retired"
            for info in self.models
        )


@dataclass(frozen=True)
class ChosenModel:
    """Which model is asked.

    :ivar replaced: the retired one that it replaces; else empty
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


def read_models(answer: Iterable[Any]) -> ListedModels:
    """Return the models of the answers of ``GET /v1/models``.

    An entry that names no model, or names one a second time, is left out; a field that
    cannot be read counts as missing.

    :raises ClaudeError: when there is no model at all: the answer is not Claude's, such
        as a gateway's own list, and says nothing about Claude's models
    """
    found: dict[str, ModelInfo] = {}
    skipped = repeated = 0
    for entry in answer:
        info = _read_model(entry)
        if info is None or len(found) >= _MOST_MODELS:
            skipped += 1
        elif info.model in found:
            repeated += 1
        else:
            found[info.model] = info
    if not found:
        raise foreign_answer_error(200)
    odd = sum(bool(info.unreadable) for info in found.values())
    if skipped or repeated or odd:
        _log.warning(
            "claude_models_unreadable",
            without_a_model=skipped,
            repeated=repeated,
            with_unreadable_fields=odd,
        )
    return ListedModels(tuple(found.values()), skipped)


def choose(
    wanted: str,
    fallbacks: Iterable[str],
    catalogue: Mapping[str, ModelInfo],
    now: datetime,
    *,
    preferred: str = "",
    price_of: PriceOf = lambda _model: None,
) -> ChosenModel:
    """Return which model is asked when ``wanted`` was chosen.

    A model that the catalogue does not know is asked: only the API can tell. When none
    can replace it, the one that was chosen is asked all the same.

    :param fallbacks: models that may replace it: the one whose price is nearest to that
        of ``wanted`` comes first, or the first one where its price is not known
    :param preferred: comes before all of them; may be empty
    :param price_of: the price of a model
    """
    info = find(catalogue, wanted)
    if info is None or not info.is_retired(now):
        return ChosenModel(wanted)
    newest = _newest_of_family(info, catalogue, now)
    candidates = [
        preferred,
        *_by_price(wanted, [*filter(None, fallbacks)], price_of),
        *([newest.model] if newest else []),
    ]
    for candidate in filter(None, candidates):
        known = find(catalogue, candidate)
        if candidate != wanted and not (known and known.is_retired(now)):
            return ChosenModel(candidate, replaced=wanted)
    return ChosenModel(wanted)


def _by_price(wanted: str, models: list[str], price_of: PriceOf) -> list[str]:
    """Return ``models`` by how much their price differs from that of ``wanted``, as a
    ratio, least first; as they are where its price is not known."""
    price = price_of(wanted)
    if not price:
        return models

    def distance(model: str) -> Decimal:
        other = price_of(model)
        return max(other / price, price / other) if other else Decimal("Infinity")

    return sorted(models, key=distance)


def successor(
    model: str,
    fallbacks: Iterable[str],
    catalogue: Mapping[str, ModelInfo],
    now: datetime,
) -> str:
    """Return the model that is to follow ``model``, empty when there is none: the
    newest active one of its family, else the first of ``fallbacks`` that stays.
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


def _read_model(entry: Any) -> ModelInfo | None:
    """Return the model of an entry; ``None`` when it names none."""
    if not isinstance(entry, Mapping) or entry.get("type") != "model":
        return None
    model = entry.get("id")
    if not isinstance(model, str) or not _MODEL_ID.fullmatch(model):
        return None
    values: dict[str, Any] = {}
    unreadable = set()
    for name, (key, read) in _FIELDS.items():
        value = entry.get(key)
        if value is None:
            continue
        understood = read(value)
        if understood is None:
            unreadable.add(name)
        else:
            values[name] = understood
    values.setdefault("name", model)
    return ModelInfo(model=model, unreadable=frozenset(unreadable), **values)


def _text(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    clean = "".join(each for each in value if each.isprintable()).strip()
    return clean[:_LONGEST_NAME] or None


def _lifecycle(value: Any) -> str | None:
    return value if value in LIFECYCLES else None


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        moment = moment.astimezone(timezone.utc)
    except (TypeError, ValueError, OverflowError):
        return None
    return moment if moment.year in _YEARS else None


def _number(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= _LARGEST_NUMBER else None


def _capabilities(value: Any, depth: int = 1) -> dict[str, Any] | None:
    """Return which capabilities are supported; ``None`` when that cannot be read."""
    if not isinstance(value, Mapping) or len(value) > _MOST_CAPABILITIES:
        return None
    read: dict[str, Any] = {}
    for name, support in value.items():
        if not isinstance(name, str) or not _CAPABILITY_NAME.fullmatch(name):
            continue
        if isinstance(support, bool):
            read[name] = support
        elif depth < _DEEPEST_CAPABILITY:
            deeper = _capabilities(support, depth + 1)
            if deeper is not None:
                read[name] = deeper
    return read


_FIELDS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "name": ("display_name", _text),
    "family": ("line", _text),
    "lifecycle": ("lifecycle", _lifecycle),
    "released_at": ("created_at", _moment),
    "deprecated_at": ("deprecated_at", _moment),
    "retires_at": ("retires_at", _moment),
    "max_input_tokens": ("max_input_tokens", _number),
    "max_output_tokens": ("max_tokens", _number),
    "capabilities": ("capabilities", _capabilities),
}
"""Fields of :class:`ModelInfo`: the API's names for them, and how they are read."""


def _is_supported(support: Any) -> bool:
    return (
        not isinstance(support, Mapping) or support.get("supported", True) is not False
    )
