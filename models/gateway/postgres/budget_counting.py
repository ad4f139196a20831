"""In which budgets a call counts, and their counters, as SQL.

A counter is the row of one budget in one period. Every transaction that writes to the
ledger holds a lock of its own kind, shared (``SHARED_LOCK``); whoever begins or repairs
a counter from the ledger holds it alone, for a few milliseconds. So what is under way
is either in the sum, or knows the counter: nothing is missed, nothing counts twice.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2

from odoo.sql_db import BaseCursor

from ....services.claude.money.budget import changing_refusal
from ...common.clock import NOW
from ...common.cursor import execute
from .budget_functions import RATE, counts_in
from .company_cost import dollar_rate

_logger = logging.getLogger(__name__)

_LOCK = "19510403, 4"
"""Of this addon, and of nothing else in it."""
SHARED_LOCK = f"SELECT pg_advisory_xact_lock_shared({_LOCK});"
"""Goes before a statement in the same round trip. The statement after it has a snapshot
of its own, taken with the lock held: READ COMMITTED."""
_LOCK_ALONE = f"""
    SELECT set_config('lock_timeout', %(longest_wait)s, TRUE);
    SELECT pg_advisory_xact_lock({_LOCK})
"""
LONGEST_WAIT = "10s"
"""For this and other locks: behind whoever waits for it, everybody waits."""


# Budgets without a counter for this moment. Local midnight is when it happens there: on
# the day on which Chile's summer begins, at one o'clock.
_WITHOUT_COUNTER = f"""
    WITH clock AS MATERIALIZED (SELECT {NOW} AS now),
    local AS (
        SELECT budget.*, clock.now,
               date_trunc(budget.period, timezone(tz, timezone('UTC', now))) AS start
          FROM account_ai_budget budget, clock
         WHERE budget.active)
    SELECT budget.id, budget.generation,
           timezone('UTC', timezone(tz, start)) AS date_start,
           timezone('UTC', timezone(tz, start + ('1 ' || period)::interval))
               AS date_end,
           ({RATE})::text AS rate
      FROM local budget
     WHERE {RATE} IS NOT NULL
       AND NOT EXISTS (
           SELECT FROM account_ai_budget_period period
            WHERE period.budget_id = budget.id
              AND period.generation = budget.generation
              AND period.date_start <= budget.now
              AND period.date_end > budget.now)
     ORDER BY budget.id
"""

_COUNTS_USAGE = counts_in(
    "usage.company_id", "usage.user_id", "usage.operation", "usage.lane"
)
# A correction belongs to the period of the call that it corrects.
_OF_PERIOD = f"""
    budget.id = %(budget_id)s
    AND usage.opened_at >= %(date_start)s
    AND usage.opened_at < %(date_end)s
    AND {_COUNTS_USAGE}
    AND NOT EXISTS (
        SELECT FROM account_ai_usage corrected
         WHERE corrected.id = usage.corrects_id
           AND corrected.opened_at < %(date_start)s)
"""


def _rate_on(day: str) -> str:
    return f"""
        CASE budget.currency_kind WHEN 'usd' THEN 1
             ELSE COALESCE({dollar_rate("budget.company_id", day)},
                           %(rate)s::numeric) END
    """


# Closed rows never change: what they cost together stays in ``opening``. Open ones, and
# unknown ones that may be corrected, learn of the counter instead.
_BEGIN = f"""
    INSERT INTO account_ai_budget_period
           (budget_id, generation, date_start, date_end, rate,
            opening, spent, reserved, alerted)
    SELECT %(budget_id)s, %(generation)s, %(date_start)s, %(date_end)s,
           %(rate)s::numeric,
           COALESCE(sum(cost * rate) FILTER (WHERE closed), 0),
           COALESCE(sum(cost * rate) FILTER (WHERE state <> 'open'), 0),
           COALESCE(sum(cost * rate) FILTER (WHERE state = 'open'), 0),
           0
      FROM (SELECT usages.*, {_rate_on("usages.day")} AS rate
              FROM (SELECT usage.opened_at::date AS day,
                           usage.state,
                           usage.state IN ('settled', 'failed') AS closed,
                           sum(usage.cost_usd) AS cost
                      FROM account_ai_usage usage, account_ai_budget budget
                     WHERE {_OF_PERIOD}
                     GROUP BY 1, 2, 3) usages,
                   account_ai_budget budget
             WHERE budget.id = %(budget_id)s) rated
    RETURNING id
"""
_CHARGE_UNDER_WAY = f"""
    UPDATE account_ai_usage
       SET budget_charges = COALESCE(account_ai_usage.budget_charges, '{{}}')
           || jsonb_build_object(%(period_id)s::text, counted.rate::text)
      FROM (SELECT usage.id, {_rate_on("usage.opened_at::date")} AS rate
              FROM account_ai_usage usage, account_ai_budget budget
             WHERE usage.state IN ('open', 'unknown') AND {_OF_PERIOD}) counted
     WHERE account_ai_usage.id = counted.id
"""

# One snapshot holds a row of the ledger and its counters as one transaction left them:
# comparing needs no lock.
_DIFFERENCES = f"""
    WITH current AS (
        SELECT period.*
          FROM account_ai_budget_period period
          JOIN account_ai_budget budget
            ON budget.id = period.budget_id AND budget.generation = period.generation
         WHERE period.date_end > {NOW} - interval '1 day'),
    ledger AS (
        SELECT charge.key::int AS period_id,
               sum(usage.cost_usd * charge.value::numeric)
                   FILTER (WHERE usage.state <> 'open') AS spent,
               sum(usage.cost_usd * charge.value::numeric)
                   FILTER (WHERE usage.state = 'open') AS reserved
          FROM account_ai_usage usage, jsonb_each_text(usage.budget_charges) charge
         WHERE usage.opened_at >= (SELECT min(date_start) FROM current)
         GROUP BY 1)
    SELECT current.id, current.budget_id,
           current.opening + COALESCE(ledger.spent, 0) AS spent,
           COALESCE(ledger.reserved, 0) AS reserved,
           current.spent AS counted_spent,
           current.reserved AS counted_reserved
      FROM current
      LEFT JOIN ledger ON ledger.period_id = current.id
     WHERE (current.spent, current.reserved) IS DISTINCT FROM
           (current.opening + COALESCE(ledger.spent, 0), COALESCE(ledger.reserved, 0))
"""
_REPAIR = f"""
    UPDATE account_ai_budget_period period
       SET spent = difference.spent, reserved = difference.reserved
      FROM ({_DIFFERENCES}) difference
     WHERE period.id = difference.id
    RETURNING difference.budget_id, difference.counted_spent::text,
              difference.spent::text, difference.counted_reserved::text,
              difference.reserved::text
"""


def begin_counters(cursor: BaseCursor) -> None:
    """Begin the counters that are missing, from what the ledger holds already.

    Of budgets that are new or changed, and of periods that have just begun. A budget in
    pesos without a rate of the dollar gets none: nobody could say what was spent.

    :param cursor: of a transaction that holds nothing else
    :raises ClaudeError: ``budget``: somebody keeps the ledger for too long
    """
    with _alone(cursor):
        execute(cursor, _WITHOUT_COUNTER)
        columns = [column.name for column in cursor.description]
        for row in cursor.fetchall():
            values = dict(zip(columns, row, strict=True))
            values["budget_id"] = values.pop("id")
            execute(cursor, _BEGIN, values)
            values["period_id"] = cursor.fetchone()[0]
            execute(cursor, _CHARGE_UNDER_WAY, values)


def counters_differ(cursor: BaseCursor) -> bool:
    """Return whether a running counter differs from the ledger; takes no lock."""
    execute(cursor, _DIFFERENCES)
    return bool(cursor.fetchone())


def repair_counters(cursor: BaseCursor) -> int:
    """Set running counters to what the ledger says, and log what was different.

    :param cursor: of a transaction that holds nothing else
    :return: how many were different
    :raises ClaudeError: ``budget``: somebody keeps the ledger for too long
    """
    with _alone(cursor):
        execute(cursor, _REPAIR)
        repaired = cursor.fetchall()
    for budget_id, spent, true_spent, reserved, true_reserved in repaired:
        _logger.warning(
            "The counter of budget %s differed from the ledger and was repaired: "
            "spent %s, should be %s; reserved %s, should be %s",
            *(budget_id, spent, true_spent, reserved, true_reserved),
        )
    return len(repaired)


@contextmanager
def _alone(cursor: BaseCursor) -> Iterator[None]:
    """Keep everybody from writing to the ledger until the end of the transaction."""
    try:
        execute(cursor, _LOCK_ALONE, {"longest_wait": LONGEST_WAIT})
        yield
    except psycopg2.errors.LockNotAvailable as error:
        raise changing_refusal() from error
