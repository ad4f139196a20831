"""The organization's reports, worked out from the journal."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .clock import parse_time, rfc3339
from .errors import invalid
from .journal import Billed, Entry
from .state import State

#: ``token_type`` of the cost report -> its words in ``description``.
_WORDS = {
    "uncached_input_tokens": "Input Tokens",
    "cache_read_input_tokens": "Input Tokens, Cache Read",
    "cache_creation.ephemeral_5m_input_tokens": "Input Tokens, Cache Write 5m",
    "cache_creation.ephemeral_1h_input_tokens": "Input Tokens, Cache Write 1h",
    "output_tokens": "Output Tokens",
}
_LONG_CONTEXT = 200_000
_DIMENSIONS = (
    *("api_key_id", "workspace_id", "model", "service_tier"),
    *("context_window", "inference_geo", "account_id", "service_account_id"),
)

Row = tuple[float, dict[str, Any], dict[str, Any]]
"""When, what it belongs to, and the amounts that are added up."""


@dataclass(frozen=True)
class ReportQuery:
    """Which buckets are asked for. Times are seconds since the epoch."""

    start: float
    end: float
    seconds: int
    """Width of a bucket."""
    limit: int
    """Buckets on a page."""
    group_by: frozenset[str]

    @classmethod
    def read(
        cls,
        *,
        starting_at: str,
        ending_at: str | None,
        page: str | None,
        now: float,
        seconds: int,
        limit: int,
        group_by: frozenset[str],
    ) -> ReportQuery:
        """Return the query; times are snapped to the start of a bucket.

        :raise ApiError: 400 for invalid times, or times in the wrong order
        """
        try:
            start = parse_time(starting_at)
            end = parse_time(ending_at) if ending_at else now
            if page:
                start = _page_start(page)
        except ValueError as error:
            raise invalid("starting_at, ending_at, page: not valid") from error
        if ending_at and end <= start:
            raise invalid("ending_at: must be after starting_at")
        return cls(
            start=math.floor(start / seconds) * seconds,
            end=end,
            seconds=seconds,
            limit=limit,
            group_by=group_by,
        )


def page_of_report(query: ReportQuery, rows: Iterator[Row]) -> dict[str, Any]:
    """Return one page of a report: all its buckets, empty ones too."""
    starts = []
    start = query.start
    while start < query.end and len(starts) < query.limit:
        starts.append(start)
        start += query.seconds
    sums: dict[float, dict[tuple, dict[str, Any]]] = {each: {} for each in starts}
    for moment, group, amounts in rows:
        bucket = math.floor(moment / query.seconds) * query.seconds
        if bucket in sums:
            _add(sums[bucket].setdefault(tuple(group.items()), {}), amounts)
    has_more = start < query.end
    return {
        "data": [
            {
                "starting_at": _second(each),
                "ending_at": _second(each + query.seconds),
                "results": [
                    {**_told(amounts), **dict(group)}
                    for group, amounts in sums[each].items()
                ],
            }
            for each in starts
        ],
        "has_more": has_more,
        "next_page": _page_name(start) if has_more else None,
    }


def cost_rows(state: State, group_by: frozenset[str]) -> Iterator[Row]:
    """Yield what was billed: one row for each kind of token of each answer.

    What follows from the description is null unless it is grouped by.
    """
    by_description = "description" in group_by
    for entry, billed in _reported(state):
        model = state.catalogue.known(billed.model, state.clock.now())
        of_answer = _group_of(state, entry, billed)
        for token_type, usd in billed.cost_parts.items():
            if not usd:
                continue
            group: dict[str, Any] = {
                "currency": "USD",
                "workspace_id": None,
                "description": None,
                "cost_type": None,
                "model": None,
                "token_type": None,
                "service_tier": None,
                "context_window": None,
                "inference_geo": None,
            }
            if "workspace_id" in group_by:
                group["workspace_id"] = of_answer["workspace_id"]
            if by_description:
                group.update(
                    description=f"{model.display_name} Usage - {_WORDS[token_type]}",
                    cost_type="tokens",
                    token_type=token_type,
                    **{
                        name: of_answer[name]
                        for name in ("model", "service_tier", "context_window")
                    },
                    inference_geo=of_answer["inference_geo"],
                )
            yield entry.received_at, group, {"amount": usd * 100}


def usage_rows(
    state: State, group_by: frozenset[str], filters: Mapping[str, frozenset[str]]
) -> Iterator[Row]:
    """Yield the tokens of each answer that the filters let pass."""
    for entry, billed in _reported(state):
        of_answer = _group_of(state, entry, billed)
        if any(of_answer[name] not in wanted for name, wanted in filters.items()):
            continue
        group = {
            name: of_answer[name] if name in group_by else None for name in _DIMENSIONS
        }
        usage = billed.usage
        yield (
            entry.received_at,
            group,
            {
                "uncached_input_tokens": usage["input_tokens"],
                "cache_read_input_tokens": usage["cache_read_input_tokens"],
                "cache_creation": dict(usage["cache_creation"]),
                "output_tokens": usage["output_tokens"],
                "server_tool_use": {"web_search_requests": 0},
            },
        )


def _reported(state: State) -> Iterator[tuple[Entry, Billed]]:
    """Yield what is old enough to be in the reports."""
    latest = state.clock.now() - state.settings.report_delay_seconds
    for entry, billed in state.journal.billed():
        if entry.received_at <= latest:
            yield entry, billed


def _group_of(state: State, entry: Entry, billed: Billed) -> dict[str, Any]:
    usage = billed.usage
    prompt = (
        usage["input_tokens"]
        + usage["cache_read_input_tokens"]
        + usage["cache_creation_input_tokens"]
    )
    workspace = entry.workspace
    return {
        "api_key_id": entry.api_key_id,
        "workspace_id": (
            None if workspace == state.settings.default_workspace else workspace
        ),
        "model": billed.model,
        "service_tier": usage["service_tier"],
        "context_window": "200k-1M" if prompt > _LONG_CONTEXT else "0-200k",
        "inference_geo": usage["inference_geo"],
        "account_id": None,
        "service_account_id": None,
    }


def _add(sums: dict[str, Any], amounts: Mapping[str, Any]) -> None:
    for name, amount in amounts.items():
        if isinstance(amount, dict):
            _add(sums.setdefault(name, {}), amount)
        else:
            sums[name] = sums.get(name, 0) + amount


def _told(amounts: Mapping[str, Any]) -> dict[str, Any]:
    """Return amounts as JSON: money is a decimal string."""
    return {
        name: format(amount.normalize(), "f") if isinstance(amount, Decimal) else amount
        for name, amount in amounts.items()
    }


def _second(timestamp: float) -> str:
    return rfc3339(timestamp).replace(".000000", "")


def _page_name(start: float) -> str:
    return "page_" + base64.urlsafe_b64encode(_second(start).encode()).decode()


def _page_start(page: str) -> float:
    """Return where a page begins.

    :raise ValueError: for a name that was never given out
    """
    try:
        text = base64.urlsafe_b64decode(page.removeprefix("page_")).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError("not a page") from error
    return parse_time(text)
