"""Rolls the ledger up: by hour and user, by day, and by day and user.

A closed row never changes, so it is counted once and marked in the same statement: a
crash undoes both, and a row that is committed late is found by its missing mark, not by
its id. One worker rolls up at a time, so that nobody waits for a sum.
"""

import json
from datetime import datetime

from odoo.sql_db import BaseCursor

from .sums import (
    DAY_KEY,
    HIGHEST_COST,
    HIGHEST_COST_OF_ROWS,
    HOUR_KEY,
    SUMS,
    USER_DAY_KEY,
    add_to,
    insert_into,
    sums_of_rows,
    sums_of_sums,
)
from .zones import local_hour, read_zones

HOURS = "account_ai_usage_rollup"
DAYS = "account_ai_usage_day"
USER_DAYS = "account_ai_usage_user_day"

BATCH = 1000
"""Rows to a transaction: some 50 ms."""

_LOCK = "hashtextextended('account_ai_usage_rollup', 0)"
_LOCAL_DAY = f"{local_hour('hour', 'company_id')}::date"
# Each row counts for its day and for its month: a year is read from the months.
_GRAINS = "(VALUES ('day'), ('month')) AS grains (grain)"
_BEGIN = f"""
    CASE grain WHEN 'day' THEN {_LOCAL_DAY}
               ELSE date_trunc('month', {_LOCAL_DAY}::timestamp)::date END AS day
"""


def _group(key: dict[str, str]) -> str:
    return ", ".join(str(number) for number in range(1, len(key) + 1))


def _by_hour(source: str) -> str:
    """Return a SELECT that sums up rows ``usage`` of the ledger by hour."""
    columns = [
        "date_trunc('hour', usage.opened_at) AS hour"
        if column == "hour"
        else f"usage.{column}"
        for column in HOUR_KEY
    ]
    return (
        f"SELECT {', '.join(columns)}, {sums_of_rows(SUMS)},"
        f" {HIGHEST_COST_OF_ROWS} AS {HIGHEST_COST} FROM {source}"
        f" GROUP BY {_group(HOUR_KEY)}"
    )


def _by_day(key: dict[str, str], source: str) -> str:
    """Return a SELECT that sums up hours by what is in ``key``, by day and month."""
    columns = [_BEGIN if column == "day" else column for column in key]
    return (
        f"SELECT {', '.join(columns)}, {sums_of_sums()} FROM {source}, {_GRAINS}"
        f" GROUP BY {_group(key)}"
    )


_ROLL_UP = f"""
    WITH batch AS MATERIALIZED (
         SELECT id
           FROM account_ai_usage
          WHERE rolled_up IS NOT TRUE AND state <> 'open'
          ORDER BY id
          LIMIT %(limit)s),
    usage AS (
         UPDATE account_ai_usage AS closed
            SET rolled_up = TRUE
           FROM batch
          WHERE closed.id = batch.id
      RETURNING closed.*),
    hours AS MATERIALIZED ({_by_hour("usage")}),
    by_hour AS ({add_to(HOURS, HOUR_KEY, "SELECT * FROM hours")}),
    by_day AS ({add_to(DAYS, DAY_KEY, _by_day(DAY_KEY, "hours"))}),
    by_user AS ({add_to(USER_DAYS, USER_DAY_KEY, _by_day(USER_DAY_KEY, "hours"))})
    SELECT count(*) FROM usage
"""

_BOUNDS = """
    SELECT LEAST((SELECT min(hour) FROM account_ai_usage_rollup WHERE hour >= %(kept)s),
                 (SELECT min(opened_at) FROM account_ai_usage
                   WHERE rolled_up AND opened_at >= %(kept)s)),
           GREATEST((SELECT max(hour) FROM account_ai_usage_rollup),
                    (SELECT max(opened_at) FROM account_ai_usage WHERE rolled_up))
"""

_DELETE_HOURS = f"DELETE FROM {HOURS} WHERE hour >= %(begin)s AND hour < %(end)s"

_REBUILD_HOURS = insert_into(
    HOURS,
    HOUR_KEY,
    _by_hour(
        "(SELECT * FROM account_ai_usage WHERE rolled_up"
        " AND opened_at >= %(begin)s AND opened_at < %(end)s) AS usage"
    ),
)


def roll_up(cursor: BaseCursor, limit: int) -> int:
    """Add closed rows of the ledger to the roll-ups, and mark them.

    Returns how many; 0 too while another worker is at it. The caller commits. It takes
    a cursor that runs READ COMMITTED, which sees what the worker before it committed.

    :param limit: rows to add at most, so that the transaction stays short
    """
    cursor.execute(f"SELECT pg_try_advisory_xact_lock({_LOCK})")
    if not cursor.fetchone()[0]:
        return 0
    cursor.execute(_ROLL_UP, {"limit": limit, "zones": json.dumps(read_zones(cursor))})
    return cursor.fetchone()[0]


def rebuild_bounds(
    cursor: BaseCursor, kept_since: datetime
) -> tuple[datetime, datetime] | None:
    """Return the first and the last moment that can be summed up anew, UTC.

    :param kept_since: rows of the ledger before it may have been deleted
    """
    cursor.execute(_BOUNDS, {"kept": kept_since})
    begin, end = cursor.fetchone()
    return (begin, end) if begin and end else None


def rebuild_hours(cursor: BaseCursor, begin: datetime, end: datetime) -> None:
    """Sum up anew, by hour, what is marked as rolled up; the caller commits.

    :param begin: UTC, a whole hour; ``end`` likewise, not included
    """
    _lock(cursor)
    cursor.execute(_DELETE_HOURS, {"begin": begin, "end": end})
    cursor.execute(_REBUILD_HOURS, {"begin": begin, "end": end})


def rebuild_days(cursor: BaseCursor) -> None:
    """Sum up all days anew, from the hours; the caller commits.

    Hours stay for ever, so this also moves days to another time zone of a company.
    """
    _lock(cursor)
    zones = {"zones": json.dumps(read_zones(cursor))}
    for table, key in ((DAYS, DAY_KEY), (USER_DAYS, USER_DAY_KEY)):
        cursor.execute(f"DELETE FROM {table}")
        cursor.execute(insert_into(table, key, _by_day(key, HOURS)), zones)


def _lock(cursor: BaseCursor) -> None:
    cursor.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")
