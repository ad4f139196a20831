"""Reads the figures of the dashboard: roll-ups, and what is not rolled up yet.

Both are read in one snapshot, where each row of the ledger is either in the roll-ups or
without its mark: no row is missed and none counts twice, whoever rolls up meanwhile.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from odoo.sql_db import BaseCursor

from .period import Period
from .roll_up import DAYS, HOURS, USER_DAYS
from .sums import (
    DAY_KEY,
    LATENCY_COLUMNS,
    MONEY,
    SUMS,
    USER_DAY_KEY,
    sums_of_rows,
)
from .zones import local_hour, utc, zones_parameter

MOST_LIVE_ROWS = 20_000
"""Above it, rows that wait to be rolled up are told as a number and not added."""

BREAKDOWNS = ("bucket", "operation", "agent", "model", "company_id", "outcome")

_CLOSED = "state <> 'open'"
_IS_DEAR = "usage.cost_usd > 0 AND usage.corrects_id IS NULL"


def _sum(columns: str, condition: str = "TRUE", kind: str = "bigint") -> str:
    return f"COALESCE(sum({columns}) FILTER (WHERE {condition}), 0)::{kind}"


def _sum_of(column: str, condition: str = "TRUE") -> str:
    return _sum(column, condition, "numeric" if column in MONEY else "bigint")


_TOTALS = {
    **{column: _sum_of(column, _CLOSED) for column in SUMS},
    "open_calls": _sum_of("calls", "state = 'open'"),
    "reserved_usd": _sum_of("cost_usd", "state = 'open'"),
    "stored_calls": _sum_of("calls", "from_store"),
    "simulated_calls": _sum_of("calls", f"simulated AND {_CLOSED}"),
    "simulated_usd": _sum_of("cost_usd", f"simulated AND {_CLOSED}"),
    "unknown_calls": _sum_of("calls", "state = 'unknown'"),
    "unknown_usd": _sum_of("cost_usd", "state = 'unknown'"),
}
_GROUP = {
    "calls": _sum_of("calls"),
    "errors": _sum_of("errors"),
    "cost_usd": _sum_of("cost_usd"),
    "simulated_usd": _sum_of("cost_usd", "simulated"),
    "input_tokens": _sum(
        "uncached_input_tokens + cache_write_5m_tokens + cache_write_1h_tokens"
        " + cache_read_tokens"
    ),
    "output_tokens": _sum_of("output_tokens"),
    "cost_company": _sum_of("cost_company"),
    "cost_company_unknown": _sum_of("cost_company_unknown"),
}

_GROUPED = (
    *("calls", "errors", "cost_usd", "uncached_input_tokens"),
    *("cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens"),
    *("output_tokens", "cost_company", "cost_company_unknown"),
)
"""What groups are made of: fewer columns are read faster."""


def _columns(expressions: dict[str, str]) -> str:
    return ", ".join(f"{value} AS {name}" for name, value in expressions.items())


@dataclass(frozen=True)
class Scope:
    """What somebody looks at, and may look at."""

    companies: tuple[int, ...]
    period: Period
    user_id: int = 0
    """Only this user's; 0 for everybody's."""


class Figures:
    """The figures of a scope, over the cursor of one transaction.

    :ivar waiting_rows: rows that are closed and in no figure, since too many wait to be
        rolled up; from ``MOST_LIVE_ROWS`` on they are not counted further
    """

    def __init__(self, cursor: BaseCursor, scope: Scope) -> None:
        self._cursor = cursor
        self._scope = scope
        # Days leave users out, and hours.
        self._by_hour = bool(scope.user_id) or scope.period.grain == "hour"
        self._parameters = {
            "companies": list(scope.companies),
            "user_id": scope.user_id,
            "begin": scope.period.begin,
            "end": scope.period.end,
            "zones": zones_parameter(cursor),
            "most": MOST_LIVE_ROWS,
        }
        (pending,) = self._rows(
            "SELECT count(*) AS rows FROM (SELECT 1 FROM account_ai_usage"
            " WHERE rolled_up IS NOT TRUE AND state <> 'open' LIMIT %(most)s) AS usage"
        )
        too_many = pending["rows"] >= MOST_LIVE_ROWS
        self.waiting_rows = pending["rows"] if too_many else 0

    def totals(self) -> dict[str, Any]:
        """Return the sums of the closed rows, and what is told of special ones."""
        source = self._source(DAY_KEY, SUMS)
        (totals,) = self._rows(f"SELECT {_columns(_TOTALS)} FROM ({source}) AS figures")
        totals["latency_counts"] = [totals.pop(column) for column in LATENCY_COLUMNS]
        return totals

    def groups(self) -> dict[str, list[dict[str, Any]]]:
        """Return sums of the closed rows by each of ``BREAKDOWNS``, dearest first."""
        sets = ", ".join(f"({name})" for name in BREAKDOWNS)
        rows = self._rows(
            f"""
            SELECT GROUPING({", ".join(BREAKDOWNS)}) AS grouping,
                   {", ".join(BREAKDOWNS)}, {_columns(_GROUP)}
              FROM ({self._source(DAY_KEY, _GROUPED)}) AS figures
             WHERE {_CLOSED}
             GROUP BY GROUPING SETS ({sets})
            """
        )
        groups: dict[str, list[dict[str, Any]]] = {name: [] for name in BREAKDOWNS}
        last = len(BREAKDOWNS) - 1
        # The bit of a column is set while it is not grouped by; the first one is left.
        names = {2 ** (last + 1) - 1 - 2 ** (last - i): i for i in range(last + 1)}
        for row in rows:
            name = BREAKDOWNS[names[row.pop("grouping")]]
            keys = {each: row.pop(each) for each in BREAKDOWNS}
            groups[name].append({"key": keys[name], **row})
        return {name: _dearest_first(rows) for name, rows in groups.items()}

    def users(self) -> list[dict[str, Any]]:
        """Return sums of the closed rows by user, dearest first."""
        source = self._source(USER_DAY_KEY, _GROUPED, with_open=False)
        rows = self._rows(
            f"SELECT user_id AS key, {_columns(_GROUP)} FROM ({source}) AS figures"
            " GROUP BY user_id"
        )
        return _dearest_first(rows)

    def costs(self) -> dict[date, Decimal]:
        """Return exact US$ by bucket, what is reserved included."""
        rows = self._rows(
            f"SELECT bucket, sum(cost_usd)::text AS cost"
            f" FROM ({self._source(DAY_KEY, ['cost_usd'])}) AS figures GROUP BY bucket"
        )
        return {row["bucket"]: Decimal(row["cost"]) for row in rows}

    def dearest(self, limit: int = 10) -> list[int]:
        """Return the ids of the dearest calls that the ledger still has.

        Each roll-up knows the cost of its dearest call. The dearest ten calls are in
        the ten roll-ups whose dearest call is dearest: first of days, then of hours.
        """
        top = f"ORDER BY dearest_usd DESC LIMIT {limit:d}"
        hours = f"SELECT company_id, hour, dearest_usd FROM ({self._hours()}) AS hours"
        if not self._by_hour:
            hours = f"""
                SELECT hours.*
                  FROM (SELECT DISTINCT company_id, day
                          FROM (SELECT company_id, day FROM {DAYS}
                                 WHERE {self._rights(DAYS)} AND dearest_usd > 0
                                   AND day BETWEEN %(begin)s AND %(end)s
                                 {top}) AS dear) AS days
                 CROSS JOIN LATERAL (
                       SELECT company_id, hour, dearest_usd FROM {HOURS} AS rollup
                        WHERE rollup.company_id = days.company_id
                          AND hour >= {utc("days.day", "days.company_id")}
                          AND hour < {utc("days.day + 1", "days.company_id")}
                        {top}) AS hours
            """
        # A limit to each, since otherwise the whole ledger is read for a few hours.
        rows = self._rows(
            f"""
            WITH hours AS MATERIALIZED (
                 SELECT * FROM ({hours}) AS hours WHERE dearest_usd > 0 {top}),
            found AS (
                 SELECT found.*
                   FROM (SELECT DISTINCT company_id, hour FROM hours) AS hours
                  CROSS JOIN LATERAL (
                        SELECT usage.id, usage.cost_usd
                          FROM account_ai_usage AS usage
                         WHERE usage.company_id = hours.company_id
                           AND usage.opened_at >= hours.hour
                           AND usage.opened_at < hours.hour + interval '1 hour'
                           AND usage.rolled_up AND {_IS_DEAR}
                           AND {self._rights("usage")}
                         ORDER BY usage.cost_usd DESC LIMIT {limit:d}) AS found
                  UNION ALL
                 SELECT usage.id, usage.cost_usd FROM ({self._live_rows()}) AS usage
                  WHERE {_IS_DEAR})
            SELECT id FROM found ORDER BY cost_usd DESC, id DESC LIMIT {limit:d}
            """
        )
        return [row["id"] for row in rows]

    # Where figures come from, as SQL

    def _source(
        self, key: dict[str, str], sums: Iterable[str], with_open: bool = True
    ) -> str:
        """Return a SELECT of roll-ups and rows that are in none: bucket, key, sums."""
        columns = [name for name in key if name != "day"]
        figures = ", ".join([*columns, *sums])
        if self._by_hour:
            rolled = (
                f"SELECT {self._bucket('moment')}, {figures}"
                f" FROM ({self._hours()}) AS hours"
            )
        else:
            table = DAYS if key is DAY_KEY else USER_DAYS
            rolled = (
                f"SELECT {self._bucket('day')}, {figures} FROM {table}"
                " WHERE company_id = ANY(%(companies)s)"
                " AND day BETWEEN %(begin)s AND %(end)s"
            )
        group = ", ".join(str(number + 1) for number in range(len(columns) + 1))
        keys = ", ".join(["", *(f"usage.{name}" for name in columns)])
        return f"""
            {rolled}
            UNION ALL
            SELECT {self._bucket("usage.moment")}{keys}, {sums_of_rows(sums)}
              FROM ({self._live_rows(with_open)}) AS usage
             GROUP BY {group}
        """

    def _bucket(self, moment: str) -> str:
        """Return what of a moment on the company's clock is a bar of the chart."""
        grain = self._scope.period.grain
        if grain == "hour":
            return f"date_trunc('hour', {moment}::timestamp) AS bucket"
        if grain == "month":
            return f"date_trunc('month', {moment}::timestamp)::date AS bucket"
        return f"{moment}::date AS bucket"

    def _rights(self, table: str) -> str:
        condition = f"{table}.company_id = ANY(%(companies)s)"
        if self._scope.user_id:
            condition += f" AND {table}.user_id = %(user_id)s"
        return condition

    def _hours(self) -> str:
        """Return a SELECT of the roll-ups by hour within the scope."""
        # The widest zones are half a day away from UTC; the index finds those hours.
        return f"""
            SELECT * FROM (
                SELECT rollup.*, {local_hour("hour", "company_id")} AS moment
                  FROM {HOURS} AS rollup
                 WHERE {self._rights("rollup")}
                   AND hour >= %(begin)s::timestamp - interval '1 day'
                   AND hour < %(end)s::timestamp + interval '2 days') AS hours
             WHERE moment::date BETWEEN %(begin)s AND %(end)s
        """

    def _live_rows(self, with_open: bool = True) -> str:
        """Return a SELECT of the ledger's rows that no roll-up has counted."""
        # Two conditions, since each has an index of its own.
        unmarked = ["rolled_up IS NOT TRUE AND state <> 'open'"]
        if self.waiting_rows:
            unmarked = ["FALSE"]
        if with_open:
            unmarked.append("state = 'open'")
        ids = " UNION ALL ".join(
            f"SELECT id FROM account_ai_usage WHERE {condition}"
            for condition in unmarked
        )
        return f"""
            SELECT * FROM (
                SELECT live.*, {local_hour("opened_at", "company_id")} AS moment
                  FROM account_ai_usage AS live
                 WHERE {self._rights("live")} AND id IN ({ids})) AS live
             WHERE moment::date BETWEEN %(begin)s AND %(end)s
        """

    def _rows(self, query: str) -> list[dict[str, Any]]:
        self._cursor.execute(query, self._parameters)
        return self._cursor.dictfetchall()


def _dearest_first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(
        rows, key=lambda row: (-row["cost_usd"], -row["calls"], str(row["key"]))
    )
