"""The provider's own books: its cost report and its usage report.

They are read with an Admin key, which is another one than the key of calls: it sees the
whole organization and asks no model. One request a page, nothing is billed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

from ...common.translation import _
from ..errors import ClaudeError
from .client import ClaudeClient
from .errors_mapping import foreign_answer_error

ADMIN_KEY_PREFIX = "sk-ant-admin"
WHOLE_ORGANIZATION = ""
DEFAULT_WORKSPACE = "default"
"""What is said for the workspace that the reports leave without an id."""
_VERSION = "2023-06-01"
"""Its fields are the documented ones; the version of calls names some otherwise."""
_COST_REPORT = "/v1/organizations/cost_report"
_USAGE_REPORT = "/v1/organizations/usage_report/messages"
_DAYS_A_PAGE = 31
_MOST_PAGES = 100
# What reading something raises that has another form than a report.
_UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
TOKEN_BUCKETS = (
    *("uncached_input", "cache_write_5m", "cache_write_1h"),
    *("cache_read", "output"),
)


NOT_AN_ADMIN_KEY = _(
    "The Admin key for Claude's reports holds spaces, line breaks or characters that "
    "no key has: a system administrator has to enter it again."
)


@dataclass
class Reported:
    """What the provider says of one day and one model."""

    usd: Decimal = Decimal(0)
    tokens: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(TOKEN_BUCKETS, 0)
    )
    """By bucket, named as in :class:`~.usage.TokenUsage`."""

    def add(self, other: Reported) -> None:
        """Add what is said of the same day and model under another name."""
        self.usd += other.usd
        for bucket, tokens in other.tokens.items():
            self.tokens[bucket] += tokens


class AdminReports:
    """Reads the reports of one organization."""

    def __init__(self, client: ClaudeClient, admin_key: str) -> None:
        self._client = client
        self._headers = {"anthropic-version": _VERSION, "x-api-key": admin_key}

    def read(
        self, first: date, last: date, workspace: str = WHOLE_ORGANIZATION
    ) -> dict[tuple[date, str], Reported]:
        """Return what was billed, and which tokens were used, by day and model.

        What belongs to no model, such as web searches, stands under its own name.

        :param first: first day, UTC
        :param last: last day, UTC, included
        :param workspace: id of one workspace, ``default`` for the one without an id,
            empty for all
        :raises ClaudeError: ``invalid_admin_key``, and whatever keeps the API from
            answering
        """
        try:
            return self._read(first, last, workspace)
        except _UNREADABLE as error:
            raise foreign_answer_error(200) from error

    def _read(
        self, first: date, last: date, workspace: str
    ) -> dict[tuple[date, str], Reported]:
        found: dict[tuple[date, str], Reported] = {}
        for day, row in self._rows(_COST_REPORT, first, last, ("description",)):
            if _belongs(row, workspace):
                name = _name(row, "model", "cost_type")
                reported = found.setdefault((day, name), Reported())
                reported.usd += _usd(row)
        for day, row in self._rows(_USAGE_REPORT, first, last, ("model",)):
            if _belongs(row, workspace):
                name = _name(row, "model")
                reported = found.setdefault((day, name), Reported())
                for bucket, tokens in _tokens(row).items():
                    reported.tokens[bucket] += tokens
        return found

    def _rows(
        self, path: str, first: date, last: date, group_by: tuple[str, ...]
    ) -> Iterator[tuple[date, Mapping[str, Any]]]:
        query: dict[str, Any] = {
            "starting_at": _midnight(first),
            "ending_at": _midnight(last + timedelta(days=1)),
            "bucket_width": "1d",
            "group_by": ["workspace_id", *group_by],
            "limit": _DAYS_A_PAGE,
        }
        for _number in range(_MOST_PAGES):
            page = self._get(path, query)
            for bucket in _list(page, "data"):
                day = datetime.fromisoformat(bucket["starting_at"]).date()
                for row in _list(bucket, "results"):
                    yield day, row
            if not page.get("has_more"):
                return
            query["page"] = page["next_page"]
            if not isinstance(query["page"], str):
                raise TypeError("no next page")
        raise ValueError("too many pages")

    def _get(self, path: str, query: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return self._client.get(path, query, self._headers)
        except ClaudeError as error:
            if error.code not in ("invalid_key", "permission"):
                raise
            raise ClaudeError(
                "invalid_admin_key",
                _(
                    "Claude does not accept the Admin key for its reports: a system "
                    "administrator can set another one in the settings."
                ),
                status=error.status,
                request_id=error.request_id,
            ) from error


def _belongs(row: Mapping[str, Any], workspace: str) -> bool:
    if workspace == WHOLE_ORGANIZATION:
        return True
    wanted = None if workspace == DEFAULT_WORKSPACE else workspace
    return row.get("workspace_id") == wanted


def _usd(row: Mapping[str, Any]) -> Decimal:
    """Return the amount of a row: the report has it in cents, as text."""
    amount = Decimal(str(row.get("amount"))) / 100
    if row.get("currency") != "USD" or not amount.is_finite():
        raise ValueError("no amount in USD")
    return amount


def _name(row: Mapping[str, Any], *keys: str) -> str:
    """Return the first of the texts of ``keys`` that there is."""
    name = next(filter(None, (row.get(key) for key in keys)), "other")
    if not isinstance(name, str):
        raise TypeError("no name")
    return name


def _tokens(row: Mapping[str, Any]) -> dict[str, int]:
    written = row.get("cache_creation") or {}
    return {
        "uncached_input": _number(row.get("uncached_input_tokens")),
        "cache_write_5m": _number(written.get("ephemeral_5m_input_tokens")),
        "cache_write_1h": _number(written.get("ephemeral_1h_input_tokens")),
        "cache_read": _number(row.get("cache_read_input_tokens")),
        "output": _number(row.get("output_tokens")),
    }


def _number(value: Any) -> int:
    if value is not None and not isinstance(value, int):
        raise TypeError("not a number")
    return value or 0


def _midnight(day: date) -> str:
    moment = datetime.combine(day, time(), timezone.utc)
    return moment.isoformat().replace("+00:00", "Z")


def _list(holder: Mapping[str, Any], name: str) -> list[Any]:
    value = holder[name]
    if not isinstance(value, list):
        raise TypeError("no list")
    return value
