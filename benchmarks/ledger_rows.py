"""A ledger of millions of rows, made by the database itself."""

from __future__ import annotations

from dev.postgresql import PostgreSQL

ROWS = 5_000_000
DAYS = 365
"""Working days among them are used, from 8 to 19 o'clock, all alike."""
COMPANIES = 3
USERS = 200

_TABLE = "account_ai_usage"

_INSERT = """
    INSERT INTO account_ai_usage
           (key, state, outcome, from_store, estimated, simulated, rolled_up,
            company_id, user_id, operation, lane, agent, model, endpoint,
            service_tier, attempt, retries, latency_ms, first_token_ms,
            uncached_input_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
            cache_read_tokens, output_tokens, thinking_tokens, web_searches,
            unit_prices, cost_usd, cost_company, saved_usd, worst_case_usd,
            opened_at, settled_at)
    SELECT '{word}-' || number,
           CASE WHEN failed THEN 'failed' ELSE 'settled' END,
           CASE WHEN NOT failed THEN 'ok'
                ELSE (ARRAY['timeout', 'overloaded', 'rate_limited'])
                     [1 + number % 3] END,
           stored, FALSE, FALSE, {rolled_up},
           {companies},
           1000 + (random() * random() * {users})::int,
           (ARRAY['validation', 'validation', 'validation', 'validation',
                  'chat', 'chat', 'routing', 'second_opinion'])[kind],
           CASE WHEN kind <= 2 THEN 'queue' ELSE 'screen' END,
           CASE WHEN kind <= 4 THEN 'dte' END,
           (ARRAY['claude-haiku-5-5', 'claude-haiku-5-5', 'claude-haiku-5-5',
                  'claude-haiku-5-5', 'claude-sonnet-5-5', 'claude-sonnet-5-5',
                  'claude-haiku-5-5', 'claude-opus-5-5'])[kind],
           'https://api.anthropic.com',
           CASE WHEN kind = 1 THEN 'batch' ELSE 'standard' END, 1, 0,
           CASE WHEN NOT stored THEN (exp(7.5 + random()))::int END, NULL,
           CASE WHEN failed OR stored THEN 0 ELSE 300 + (random() * 2000)::int END,
           0, 0,
           CASE WHEN failed OR stored THEN 0 ELSE 5200 END,
           CASE WHEN failed OR stored THEN 0 ELSE 100 + (random() * 900)::int END,
           0, 0,
           '{{"uncached_input": "1", "cache_write_5m": "1.25", "cache_write_1h": "2",
             "cache_read": "0.1", "output": "5", "web_search": "10"}}',
           cost, cost * 950, CASE WHEN stored THEN 0.0042 ELSE 0 END, 0.02,
           moment, moment + interval '3 seconds'
      FROM (SELECT number, 1 + (random() * 7)::int AS kind,
                   random() < 0.02 AS failed, random() < 0.05 AS stored,
                   round((0.0005 + power(random(), 6) * 0.2)::numeric, 8) AS cost,
                   {moment} AS moment
              FROM generate_series(1, {rows}) AS number) AS calls
"""

_WORKING_DAYS = f"""
    CREATE TEMPORARY TABLE working_day AS
    SELECT row_number() OVER () AS place, day
      FROM generate_series(current_date - {DAYS}, current_date - 1,
                           interval '1 day') AS day
     WHERE extract(isodow FROM day) < 6
"""
_WORKING_MOMENT = """
    (SELECT array_agg(day ORDER BY place) FROM working_day)
    [1 + (random() * ((SELECT count(*) FROM working_day) - 1))::int]
    + interval '11 hours' + random() * interval '11 hours'
"""


def fill(server: PostgreSQL, database: str, companies: list[int], rows: int) -> None:
    """Fill the ledger with rows that are marked as rolled up, without its roll-ups.

    Indexes are made anew at the end: row by row they would take most of the time.
    """
    indexes = server.execute(
        "SELECT indexname || '~' || indexdef FROM pg_indexes"
        f" WHERE tablename = '{_TABLE}' AND indexdef NOT LIKE 'CREATE UNIQUE%'",
        database,
    )
    drops = [f"DROP INDEX {line.partition('~')[0]}" for line in indexes]
    creates = [line.partition("~")[2] for line in indexes]
    insert = _INSERT.format(
        word="bench",
        rolled_up="TRUE",
        companies=_one_of(companies),
        users=USERS,
        rows=rows,
        moment=_WORKING_MOMENT,
    )
    statements = ["SELECT setseed(0.4)", _WORKING_DAYS, *drops, insert, *creates]
    server.execute("; ".join(statements), database)
    server.execute(f"VACUUM ANALYZE {_TABLE}", database)


def new_rows(word: str, companies: list[int], rows: int) -> str:
    """Return an INSERT of rows of this minute that are not rolled up."""
    return _INSERT.format(
        word=word,
        rolled_up="NULL",
        companies=_one_of(companies),
        users=USERS,
        rows=rows,
        moment="timezone('UTC', now())::timestamp(6)",
    )


def _one_of(companies: list[int]) -> str:
    return f"(ARRAY{companies})[1 + number % {len(companies)}]"
