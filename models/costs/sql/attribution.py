"""Whom the calls of a period are charged to, from the ledger's rows, in few queries.

Each starts from a search, which adds the record rules of the user.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from odoo.api import Environment
from odoo.tools import SQL

from ...gateway.postgres.company_cost import dollar_rate
from .zones import zones_of

COLUMNS = {
    "key": "usage.key",
    "opened_at": "to_char(usage.opened_at, 'YYYY-MM-DD HH24:MI:SS')",
    "closed_at": "to_char(usage.settled_at, 'YYYY-MM-DD HH24:MI:SS')",
    "state": "usage.state",
    "outcome": "usage.outcome",
    "estimated": "COALESCE(usage.estimated, FALSE)",
    "simulated": "COALESCE(usage.simulated, FALSE)",
    "from_store": "COALESCE(usage.from_store, FALSE)",
    "corrects": "(SELECT key FROM account_ai_usage WHERE id = usage.corrects_id)",
    "company": "company.name",
    "user": "users.login",
    "partner": "partner.name",
    **{name: f"usage.{name}" for name in ("operation", "lane", "agent")},
    "document_model": "res_model",
    "document_id": "res_id",
    "analytic_distribution": "usage.analytic_distribution::text",
    **{name: f"usage.{name}" for name in ("model", "service_tier", "inference_geo")},
    **{
        name: f"COALESCE(usage.{name}, 0)"
        for name in (
            *("uncached_input_tokens", "cache_write_5m_tokens"),
            *("cache_write_1h_tokens", "cache_read_tokens", "output_tokens"),
            *("thinking_tokens", "web_searches"),
        )
    },
    "cost_usd": "usage.cost_usd::text",
    "cost_company": "usage.cost_company::text",
    "company_currency": "currency.name",
    "saved_usd": "usage.saved_usd::text",
    **{name: f"usage.{name}" for name in ("latency_ms", "first_token_ms", "retries")},
    **{name: f"usage.{name}" for name in ("request_id", "message_id")},
}
"""Columns of the detail, in order, and their SQL, or :data:`_GUARDED` fields."""
_GUARDED = ("res_model", "res_id")
"""Fields of the ledger that not everybody sees who sees the row."""
_AMOUNTS = ("cost_usd", "cost_company", "saved_usd")
_AMOUNT_PLACES = [list(COLUMNS).index(name) for name in _AMOUNTS]


class Scope(NamedTuple):
    """Which rows of the ledger are meant."""

    company_ids: tuple[int, ...]
    begin: datetime  # UTC; ``end`` likewise, not included
    end: datetime
    with_simulated: bool = False


class Place(NamedTuple):
    """The last row that was read: the next ones come after it."""

    opened_at: datetime
    id: int


class Group(NamedTuple):
    """What calls of one operation for the same analytic accounts cost together."""

    operation: str
    analytic_distribution: dict[str, float] | None
    calls: int
    cost_usd: Decimal


class AccountShare(NamedTuple):
    """What an analytic account is charged; ``account_id`` 0: nothing is charged."""

    account_id: int
    calls: int
    cost_usd: Decimal
    cost_company: Decimal | None  # ``None`` when it is not known for one of the calls


def bounds_of(
    env: Environment, company_id: int, first: date, last: date
) -> tuple[datetime, datetime]:
    """Return begin and end (UTC) of the days from ``first`` to ``last`` in the time
    zone of the company, in which its dashboard and its budgets count too."""
    (zone,) = zones_of(env.cr, [company_id])
    midnight = [
        datetime.combine(day, time(), ZoneInfo(zone))
        for day in (first, last + timedelta(days=1))
    ]
    begin, end = (moment.astimezone(ZoneInfo("UTC")) for moment in midnight)
    return begin.replace(tzinfo=None), end.replace(tzinfo=None)


def _readable(env: Environment, scope: Scope) -> Any:
    """Return the query of the rows that the user may read."""
    domain = [
        ("company_id", "in", scope.company_ids),
        ("opened_at", ">=", scope.begin),
        ("opened_at", "<", scope.end),
    ]
    if not scope.with_simulated:
        domain.append(("simulated", "=", False))
    return env["account.ai.usage"]._search(domain)


def read_detail(
    env: Environment, scope: Scope, after: Place | None, limit: int
) -> tuple[list[Sequence[Any]], Place | None]:
    """Return the next rows, oldest first, with :data:`COLUMNS`; amounts are Decimal.

    :param after: where the last ones ended; ``None`` for the first ones
    :return: the rows, and where they end; ``None`` when there are no more
    """
    query = _readable(env, scope)
    if after:
        query.add_where(
            SQL(
                "(account_ai_usage.opened_at, account_ai_usage.id) > (%s, %s)",
                *after,
            )
        )
    query.order = SQL("account_ai_usage.opened_at, account_ai_usage.id")
    query.limit = limit
    rows = env.execute_query(
        SQL(
            """
            SELECT usage.opened_at, usage.id, %(columns)s
              FROM (%(readable)s) readable
              JOIN account_ai_usage usage ON usage.id = readable.id
              LEFT JOIN res_company company ON company.id = usage.company_id
              LEFT JOIN res_currency currency ON currency.id = company.currency_id
              LEFT JOIN res_users users ON users.id = usage.user_id
              LEFT JOIN res_partner partner
                ON partner.id = usage.partner_id
               AND partner.id IN %(partners)s
               AND (partner.company_id IS NULL
                    OR partner.company_id = usage.company_id)
             ORDER BY usage.opened_at, usage.id
            """,
            columns=SQL(", ").join(_columns(env)),
            partners=env["res.partner"]._search([], active_test=False).subselect(),
            readable=query.select(),
        )
    )
    place = Place(*rows[-1][:2]) if len(rows) == limit else None
    return [_with_decimals(row[2:]) for row in rows], place


def _columns(env: Environment) -> Iterator[SQL]:
    """Yield the SQL of each column, as far as the user may see it."""
    usages = env["account.ai.usage"]
    for column in COLUMNS.values():
        if column in _GUARDED:
            yield usages._field_to_sql("usage", column)
        else:
            yield SQL(column)


def _with_decimals(row: Sequence[Any]) -> list[Any]:
    values = list(row)
    for place in _AMOUNT_PLACES:
        if values[place] is not None:
            values[place] = Decimal(values[place])
    return values


def read_groups(env: Environment, scope: Scope) -> list[Group]:
    """Return what closed calls cost by operation and analytic distribution."""
    rows = env.execute_query(
        SQL(
            """
            SELECT usage.operation, usage.analytic_distribution,
                   count(*) FILTER (WHERE usage.corrects_id IS NULL),
                   sum(usage.cost_usd)::text
              FROM (%(readable)s) readable
              JOIN account_ai_usage usage ON usage.id = readable.id
             WHERE usage.state <> 'open'
             GROUP BY usage.operation, usage.analytic_distribution
            HAVING sum(usage.cost_usd) <> 0
             ORDER BY usage.operation, usage.analytic_distribution NULLS FIRST
            """,
            readable=_readable(env, scope).select(),
        )
    )
    return [Group(*row[:3], Decimal(row[3])) for row in rows]


def read_account_shares(env: Environment, scope: Scope) -> list[AccountShare]:
    """Return what each analytic account is charged, and last what none is.

    A call that is charged to accounts of two plans counts for both: sums are to be
    made within a plan.
    """
    rows = env.execute_query(
        SQL(
            """
            WITH calls AS MATERIALIZED (
                SELECT usage.id, usage.cost_usd, usage.cost_company,
                       usage.corrects_id IS NULL AS is_call,
                       COALESCE(usage.analytic_distribution, '{}') AS distribution
                  FROM (%(readable)s) readable
                  JOIN account_ai_usage usage ON usage.id = readable.id
                 WHERE usage.state <> 'open'),
            shares AS (
                SELECT account::int AS account_id, calls.is_call, calls.cost_usd,
                       calls.cost_company, share.value::numeric / 100 AS part
                  FROM calls,
                       jsonb_each_text(calls.distribution) share,
                       unnest(string_to_array(share.key, ',')) account
                 WHERE account ~ '^[0-9]+$'
                UNION ALL
                SELECT 0, calls.is_call, calls.cost_usd, calls.cost_company,
                       1 - LEAST(1, COALESCE(
                           (SELECT sum(share.value::numeric) / 100
                              FROM jsonb_each_text(calls.distribution) share), 0))
                  FROM calls)
            SELECT account_id, count(*) FILTER (WHERE is_call),
                   sum(cost_usd * part)::text,
                   CASE WHEN bool_and(cost_company IS NOT NULL OR cost_usd = 0)
                        THEN sum(cost_company * part)::text END
              FROM shares
             WHERE part > 0
             GROUP BY account_id
             ORDER BY account_id = 0, account_id
            """,
            readable=_readable(env, scope).select(),
        )
    )
    return [
        AccountShare(
            account_id,
            calls,
            Decimal(usd),
            None if company is None else Decimal(company),
        )
        for account_id, calls, usd, company in rows
    ]


def readable_accounts(env: Environment, account_ids: Iterable[int]) -> Any:
    """Return those analytic accounts that exist still and that the user may read: the
    names of the others are not shown."""
    accounts = env["account.analytic.account"].browse(filter(None, account_ids))
    return accounts.exists()._filtered_access("read")


class Totals(NamedTuple):
    """What stands beside the closed calls of a scope, in US$."""

    simulated: Decimal
    open: Decimal  # Reserved for what is under way
    estimated: Decimal  # Part of the closed calls that is an estimate


def read_totals(env: Environment, scope: Scope) -> Totals:
    """Return what an entry leaves out, and how much of it is estimated."""
    (row,) = env.execute_query(
        SQL(
            """
            SELECT COALESCE(sum(usage.cost_usd)
                       FILTER (WHERE usage.simulated), 0)::text,
                   COALESCE(sum(usage.cost_usd)
                       FILTER (WHERE NOT usage.simulated
                                 AND usage.state = 'open'), 0)::text,
                   COALESCE(sum(usage.cost_usd)
                       FILTER (WHERE NOT usage.simulated AND usage.estimated
                                 AND usage.state <> 'open'), 0)::text,
                   COALESCE(sum(corrected.cost_usd)
                       FILTER (WHERE NOT usage.simulated), 0)::text
              FROM (%(readable)s) readable
              JOIN account_ai_usage usage ON usage.id = readable.id
              LEFT JOIN account_ai_usage corrected
                ON corrected.id = usage.corrects_id
            """,
            readable=_readable(env, scope._replace(with_simulated=True)).select(),
        )
    )
    simulated, reserved, estimated, corrected = map(Decimal, row)
    # An estimate that was corrected is none any more.
    return Totals(simulated, reserved, estimated - corrected)


def read_dollar_rate(env: Environment, company_id: int, day: date) -> Decimal | None:
    """Return what one US$ is worth in the company's currency on ``day``; ``None``
    when Odoo has no rate of it by then."""
    env.flush_all()
    ((rate,),) = env.execute_query(
        SQL(
            "SELECT (%s)::text",
            SQL(dollar_rate("%(company)s", "%(day)s"), company=company_id, day=day),
        )
    )
    return Decimal(rate) if rate is not None else None
