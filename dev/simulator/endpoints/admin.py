"""The Admin API: ``GET /v1/organizations/cost_report`` and
``GET /v1/organizations/usage_report/messages``."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from ..auth import version_of
from ..errors import invalid
from ..reports import ReportQuery, cost_rows, page_of_report, usage_rows
from ..responses import json_response
from ..state import STATE
from .messages import strike_before, take_fault

PREFIX = "/v1/organizations/"
VERSION = "2023-06-01"
"""The one version whose fields are known; 2026-10-21 names some of them otherwise."""

_COST_PARAMETERS = frozenset(
    {"starting_at", "ending_at", "group_by[]", "bucket_width", "limit", "page"}
)
_COST_GROUPS = frozenset({"workspace_id", "description"})
_USAGE_FILTERS = {
    "api_key_ids[]": "api_key_id",
    "workspace_ids[]": "workspace_id",
    "models[]": "model",
    "service_tiers[]": "service_tier",
    "context_window[]": "context_window",
    "inference_geos[]": "inference_geo",
}
_USAGE_PARAMETERS = _COST_PARAMETERS | frozenset(_USAGE_FILTERS)
_USAGE_GROUPS = frozenset(_USAGE_FILTERS.values()) | {
    "account_id",
    "service_account_id",
}
#: Width of a bucket -> seconds, buckets on a page by default and at most.
_WIDTHS = {"1m": (60, 60, 1440), "1h": (3600, 24, 168), "1d": (86_400, 7, 31)}


async def cost_report(request: web.Request) -> web.StreamResponse:
    """Answer with what was billed, a bucket for each day, in cents."""
    refusal = await _refusal(request)
    if refusal is not None:
        return refusal
    query = _query(request, _COST_PARAMETERS, _COST_GROUPS, {"1d": _WIDTHS["1d"]})
    rows = cost_rows(request.app[STATE], query.group_by)
    return json_response(request, page_of_report(query, rows))


async def usage_report(request: web.Request) -> web.StreamResponse:
    """Answer with the tokens that were used, a bucket for each minute, hour or day."""
    refusal = await _refusal(request)
    if refusal is not None:
        return refusal
    query = _query(request, _USAGE_PARAMETERS, _USAGE_GROUPS, _WIDTHS)
    filters = {
        field: frozenset(request.query.getall(name))
        for name, field in _USAGE_FILTERS.items()
        if name in request.query
    }
    rows = usage_rows(request.app[STATE], query.group_by, filters)
    return json_response(request, page_of_report(query, rows))


async def _refusal(request: web.Request) -> web.StreamResponse | None:
    if version_of(request.headers) != VERSION:
        raise invalid(
            f"anthropic-version: this simulator knows the reports of {VERSION}"
        )
    fault = take_fault(request)
    return await strike_before(request, fault) if fault else None


def _query(
    request: web.Request,
    known: frozenset[str],
    groups: frozenset[str],
    widths: dict[str, tuple[int, int, int]],
) -> ReportQuery:
    """Return what the request asks for.

    :raise ApiError: 400 for what is unknown, missing or out of bounds
    """
    asked = request.query
    for name in asked:
        if name not in known:
            raise invalid(f"{name}: Extra inputs are not permitted")
    group_by = asked.getall("group_by[]", [])
    for name in group_by:
        if name not in groups:
            raise invalid(f"group_by: Input should be one of {sorted(groups)}")
    width = asked.get("bucket_width", "1d")
    if width not in widths:
        raise invalid(f"bucket_width: Input should be one of {sorted(widths)}")
    seconds, usual, most = widths[width]
    limit = asked.get("limit", str(usual))
    if not limit.isdecimal() or not 1 <= int(limit) <= most:
        raise invalid(f"limit: Input should be between 1 and {most}")
    return ReportQuery.read(
        starting_at=_required(asked, "starting_at"),
        ending_at=asked.get("ending_at"),
        page=asked.get("page"),
        now=request.app[STATE].clock.now(),
        seconds=seconds,
        limit=int(limit),
        group_by=frozenset(group_by),
    )


def _required(asked: Any, name: str) -> str:
    if name not in asked:
        raise invalid(f"{name}: Field required")
    return asked[name]
