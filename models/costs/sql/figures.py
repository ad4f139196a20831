"""Reads the figures of the dashboard: roll-ups, and what is not rolled up yet.

Both are read in one snapshot, where each row of the ledger is either in the roll-ups or
without its mark: no row is missed and none counts twice, whoever rolls up meanwhile.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from odoo.sql_db import BaseCursor

from ....services.costs.period import Period
from .roll_up import DAYS, HOURS, USER_DAYS
from .sums import (
    DAY_KEY,
    LATENCY_COLUMNS,
    MONEY,
    SUMS,
    USER_DAY_KEY,
    sums_of_rows,
)
from .zones import by_zone, local_hour, utc

MOST_LIVE_ROWS = 20_000
"""Above it, rows that wait to be rolled up are counted and not added."""

BREAKDOWNS = ("bucket", "operation", "agent", "model", "company_id", "outcome")

_CLOSED = "state <> 'open'"
_IS_PAID_CALL = "usage.cost_usd > 0 AND usage.corrects_id IS NULL"


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
    today: date  # On the calendar of the company that is worked in
    # Time zones of the companies that keep another than Chile's.
    zones: Mapping[int, str]
    user_id: int = 0  # Only this user's; 0 for everybody's


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
        zones = by_zone(scope.zones, scope.companies)
        self._has_one_zone = len(zones) == 1
        self._parameters = {
            "companies": list(scope.companies),
            "user_id": scope.user_id,
            "begin": scope.period.begin,
            "end": scope.period.end,
            "grain": "month" if scope.period.is_whole_months else "day",
            "zone": next(iter(zones)),
            "zones": json.dumps(scope.zones),
            "most": MOST_LIVE_ROWS,
        }
        (known,) = self._rows(
            f"""
            SELECT (SELECT count(*)
                      FROM (SELECT FROM account_ai_usage
                             WHERE rolled_up IS NOT TRUE AND state <> 'open'
                             LIMIT %(most)s) AS pending) AS pending,
                   min({utc("%(begin)s::date", "company_id")}) AS since,
                   max({utc("%(end)s::date + 1", "company_id")}) AS until
              FROM unnest(%(companies)s) AS company_id
            """
        )
        # From the first to the last of the companies' zones, for the indexes.
        self._parameters.update(since=known["since"], until=known["until"])
        too_many = known["pending"] >= MOST_LIVE_ROWS
        self.waiting_rows = known["pending"] if too_many else 0

    def overview(self) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
        """Return the sums, and those of the closed rows by each of ``BREAKDOWNS``.

        The sums are of closed rows, but for what is said of open ones. Rows of a
        breakdown have their ``key``, most expensive first; the key of a bucket is text.
        """
        groups = ", ".join(BREAKDOWNS)
        sets = ", ".join(f"({name})" for name in BREAKDOWNS)
        (found,) = self._rows(
            f"""
            WITH figures AS MATERIALIZED ({self._source(DAY_KEY, SUMS)})
            SELECT (SELECT to_json(totals)
                      FROM (SELECT {_columns(_TOTALS)} FROM figures) AS totals)
                   AS totals,
                   (SELECT json_agg(groups)
                      FROM (SELECT GROUPING({groups}) AS grouping,
                                   {groups.replace("bucket", "bucket::text", 1)},
                                   {_columns(_GROUP)}
                              FROM figures WHERE {_CLOSED}
                             GROUP BY GROUPING SETS ({sets})) AS groups) AS groups
            """
        )
        totals = found["totals"]
        totals["latency_counts"] = [totals.pop(column) for column in LATENCY_COLUMNS]
        return totals, _by_breakdown(found["groups"] or [])

    def users(self) -> list[dict[str, Any]]:
        """Return sums of the closed rows by user, most expensive first."""
        source = self._source(USER_DAY_KEY, _GROUPED, with_open=False)
        rows = self._rows(
            f"SELECT user_id AS key, {_columns(_GROUP)} FROM ({source}) AS figures"
            " GROUP BY user_id"
        )
        return _most_expensive_first(rows)

    def costs(self) -> dict[date, Decimal]:
        """Return exact US$ by bucket, what is reserved included."""
        source = self._source(DAY_KEY, ["cost_usd"])
        rows = self._rows(
            f"SELECT bucket, sum(cost_usd)::text AS cost FROM ({source}) AS figures"
            " GROUP BY bucket"
        )
        return {row["bucket"]: Decimal(row["cost"]) for row in rows}

    def most_expensive(self, limit: int = 10) -> list[int]:
        """Return the ids of the most expensive calls that the ledger still has.

        Each roll-up knows the cost of its most expensive call. The ten most expensive
        calls are in the ten roll-ups where this cost is highest: of days, of a user's
        days, and of a user's hours, one after the other.
        """
        top = f"AND dearest_usd > 0 ORDER BY dearest_usd DESC LIMIT {limit:d}"
        days = f"""
            grain = 'day' AND {self._rights("days")}
            AND day BETWEEN %(begin)s AND %(end)s {top}
        """
        if self._scope.user_id:
            user_days = f"SELECT company_id, user_id, day FROM {USER_DAYS} AS days"
            user_days += f" WHERE {days}"
        else:
            user_days = f"""
                SELECT company_id, user_id, day
                  FROM (SELECT DISTINCT company_id, day
                          FROM (SELECT company_id, day FROM {DAYS} AS days
                                 WHERE {days}) AS days) AS days
                 CROSS JOIN LATERAL (
                       SELECT user_id, dearest_usd FROM {USER_DAYS} AS found
                        WHERE found.grain = 'day' AND found.day = days.day
                          AND COALESCE(found.company_id, 0) = days.company_id
                        {top}) AS users
                 WHERE TRUE {top}
            """
        # A limit to each, since otherwise the whole ledger is read for a few hours.
        rows = self._rows(
            f"""
            WITH user_days AS MATERIALIZED ({user_days}),
            hours AS MATERIALIZED (
                 SELECT company_id, user_id, hour
                   FROM (SELECT DISTINCT * FROM user_days) AS days
                  CROSS JOIN LATERAL (
                        SELECT found.hour, found.dearest_usd FROM {HOURS} AS found
                         WHERE found.company_id = days.company_id
                           AND {_same_user("found", "days")}
                           AND found.hour >= {utc("days.day", "days.company_id")}
                           AND found.hour < {utc("days.day + 1", "days.company_id")}
                         {top}) AS hours
                  WHERE TRUE {top}),
            found AS (
                 SELECT found.*
                   FROM (SELECT DISTINCT * FROM hours) AS hours
                  CROSS JOIN LATERAL (
                        SELECT usage.id, usage.cost_usd
                          FROM account_ai_usage AS usage
                         WHERE usage.company_id = hours.company_id
                           AND {_same_user("usage", "hours")}
                           AND usage.opened_at >= hours.hour
                           AND usage.opened_at < hours.hour + interval '1 hour'
                           AND usage.rolled_up AND {_IS_PAID_CALL}
                         ORDER BY usage.cost_usd DESC LIMIT {limit:d}) AS found
                  UNION ALL
                 SELECT usage.id, usage.cost_usd FROM ({self._live_rows()}) AS usage
                  WHERE {_IS_PAID_CALL})
            SELECT id FROM found ORDER BY cost_usd DESC, id DESC LIMIT {limit:d}
            """
        )
        return [row["id"] for row in rows]

    # Where figures come from, as SQL

    def _source(
        self, key: dict[str, str], sums: Iterable[str], with_open: bool = True
    ) -> str:
        """Return a SELECT of roll-ups and rows that are in none: bucket, key, sums."""
        columns = [name for name in key if name not in ("grain", "day")]
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
                " WHERE grain = %(grain)s AND company_id = ANY(%(companies)s)"
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

    def _local(self, moment: str) -> str:
        """Return the whole hour of a moment on the clock of its company."""
        if self._has_one_zone:  # which is quicker than to look it up for each row
            hour = f"date_trunc('hour', {moment})"
            return f"({hour} AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)"
        return local_hour(moment, "company_id")

    def _hours(self) -> str:
        """Return a SELECT of the roll-ups by hour within the scope."""
        return self._within("hour", f"{HOURS} AS found WHERE {self._rights('found')}")

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
        return self._within(
            "opened_at",
            f"account_ai_usage AS found WHERE {self._rights('found')}"
            f" AND id IN ({ids})",
        )

    def _within(self, moment: str, table: str) -> str:
        """Return a SELECT of what lies in the period, with its ``moment``, local."""
        return f"""
            SELECT * FROM (
                SELECT found.*, {self._local(moment)} AS moment
                  FROM {table}
                   AND {moment} >= %(since)s AND {moment} < %(until)s) AS found
             WHERE moment::date BETWEEN %(begin)s AND %(end)s
        """

    def _rows(self, query: str) -> list[dict[str, Any]]:
        self._cursor.execute(query, self._parameters)
        return self._cursor.dictfetchall()


def _same_user(table: str, other: str) -> str:
    """Return a condition that the index on users serves; who is none is one too."""
    return (
        f"({table}.user_id = {other}.user_id"
        f" OR ({table}.user_id IS NULL AND {other}.user_id IS NULL))"
    )


def _by_breakdown(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return what a query by grouping sets found, by what it is grouped by."""
    groups: dict[str, list[dict[str, Any]]] = {name: [] for name in BREAKDOWNS}
    # The bit of a column is set while it is not grouped by; the first one is left.
    everything, last = 2 ** len(BREAKDOWNS) - 1, len(BREAKDOWNS) - 1
    names = {
        everything - 2 ** (last - place): name for place, name in enumerate(BREAKDOWNS)
    }
    for row in rows:
        name = names[row.pop("grouping")]
        keys = {each: row.pop(each) for each in BREAKDOWNS}
        groups[name].append({"key": keys[name], **row})
    return {name: _most_expensive_first(found) for name, found in groups.items()}


def _most_expensive_first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(
        rows, key=lambda row: (-row["cost_usd"], -row["calls"], str(row["key"]))
    )
