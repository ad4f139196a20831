"""What is summed up of the ledger, by what, and how: SQL made from two lists."""

from collections.abc import Iterable

from ....services.costs.latency import BOUNDS_MS

KINDS = {
    "company_id": "0",
    "operation": "''",
    "agent": "''",
    "lane": "''",
    "model": "''",
    "simulated": "FALSE",
    "from_store": "FALSE",
    "state": "''",
    "outcome": "''",
}
"""Columns that sums are kept apart by, and what stands for an empty one in the index:
unlike an empty value it equals itself."""

HOUR_KEY = {"hour": "", "user_id": "0", **KINDS}
DAY_KEY = {"grain": "", "day": "", **KINDS}
USER_DAY_KEY = {
    "grain": "",
    "day": "",
    "company_id": "0",
    "user_id": "0",
    "simulated": "FALSE",
}

LATENCY_COLUMNS = (*(f"latency_{bound}" for bound in BOUNDS_MS), "latency_longer")

_IS_CALL = "usage.corrects_id IS NULL"
# A row that closed as unknown has the tokens of its worst case, and a correction their
# difference to the true ones: of such a call no saving is claimed. An answer that was
# not billed saved nothing by its tokens either.
_IS_BILLED = f"{_IS_CALL} AND usage.state = 'settled' AND usage.cost_usd <> 0"
_IS_TIMED = (
    f"{_IS_CALL} AND usage.state = 'settled' AND usage.from_store IS NOT TRUE"
    " AND usage.latency_ms > 0"
)


def _price(bucket: str) -> str:
    return f"COALESCE((usage.unit_prices ->> '{bucket}')::numeric, 0)"


def _priced(column: str, price: str) -> str:
    return f"COALESCE(usage.{column}, 0) * {price}"


_UNCACHED = _price("uncached_input")
_SAVED_BY_CACHE = " + ".join(
    _priced(f"{bucket}_tokens", f"({_UNCACHED} - {_price(bucket)})")
    for bucket in ("cache_read", "cache_write_5m", "cache_write_1h")
)


def _batch_discount(bucket: str) -> str:
    """Return SQL for what a batch pays less for a token of ``bucket``: by the prices
    of single calls that its row names; half of them in rows that name none."""
    single = f"(usage.unit_prices ->> 'undiscounted_{bucket}')::numeric"
    return f"(COALESCE({single}, 2 * {_price(bucket)}) - {_price(bucket)})"


_SAVED_BY_BATCH = " + ".join(
    _priced(column, _batch_discount(bucket))
    for bucket, column in (
        ("uncached_input", "uncached_input_tokens"),
        ("cache_write_5m", "cache_write_5m_tokens"),
        ("cache_write_1h", "cache_write_1h_tokens"),
        ("cache_read", "cache_read_tokens"),
        ("output", "output_tokens"),
    )
)


def _latency_counts() -> dict[str, str]:
    counts, lower = {}, 0
    for column, upper in zip(LATENCY_COLUMNS, (*BOUNDS_MS, None), strict=True):
        bucket = f"usage.latency_ms > {lower}"
        if upper:
            bucket += f" AND usage.latency_ms <= {upper}"
        counts[column] = f"count(*) FILTER (WHERE {_IS_TIMED} AND {bucket})"
        lower = upper
    return counts


SUMS = {
    "calls": f"count(*) FILTER (WHERE {_IS_CALL})",
    "corrections": f"count(*) FILTER (WHERE NOT ({_IS_CALL}))",
    "errors": f"count(*) FILTER (WHERE {_IS_CALL} AND usage.state <> 'open'"
    " AND usage.outcome IS DISTINCT FROM 'ok')",
    **{
        column: f"COALESCE(sum(usage.{column}), 0)"
        for column in (
            *("uncached_input_tokens", "cache_write_5m_tokens"),
            *("cache_write_1h_tokens", "cache_read_tokens", "output_tokens"),
            *("thinking_tokens", "web_searches", "retries", "cost_usd"),
            *("cost_company", "saved_usd"),
        )
    },
    "cost_company_unknown": "count(*) FILTER (WHERE usage.state <> 'open'"
    " AND usage.cost_usd <> 0 AND usage.cost_company IS NULL)",
    "saved_cache_usd": f"COALESCE(sum(({_SAVED_BY_CACHE}) / 1000000)"
    f" FILTER (WHERE {_IS_BILLED}), 0)",
    "saved_batch_usd": f"COALESCE(sum(({_SAVED_BY_BATCH}) / 1000000)"
    f" FILTER (WHERE {_IS_BILLED} AND usage.service_tier = 'batch'), 0)",
    "timed_calls": f"count(*) FILTER (WHERE {_IS_TIMED})",
    "latency_ms": f"COALESCE(sum(usage.latency_ms) FILTER (WHERE {_IS_TIMED}), 0)",
    **_latency_counts(),
}
"""Columns that are added up, and what each is for rows ``usage`` of the ledger."""

MONEY = frozenset(
    {"cost_usd", "cost_company", "saved_usd", "saved_cache_usd", "saved_batch_usd"}
)
"""Columns of money; the others count."""

HIGHEST_COST = "dearest_usd"
HIGHEST_COST_OF_ROWS = f"max(usage.cost_usd) FILTER (WHERE {_IS_CALL})"
"""The cost of the most expensive call: finds such calls without reading all of them."""


def conflict_target(key: dict[str, str]) -> str:
    """Return the columns of the unique index over ``key``."""
    columns = (
        f"COALESCE({column}, {empty})" if empty else column
        for column, empty in key.items()
    )
    return f"({', '.join(columns)})"


def sums_of_rows(columns: Iterable[str]) -> str:
    """Return the columns of a SELECT that sums up rows ``usage`` of the ledger."""
    return ", ".join(f"{SUMS[column]} AS {column}" for column in columns)


def sums_of_sums() -> str:
    """Return the columns of a SELECT that sums up what was summed up before."""
    sums = [f"sum({column}) AS {column}" for column in SUMS]
    return ", ".join([*sums, f"max({HIGHEST_COST}) AS {HIGHEST_COST}"])


def insert_into(table: str, key: dict[str, str], select: str) -> str:
    """Return an INSERT of the rows of ``select`` into ``table``.

    :param select: SQL whose columns are those of ``key``, the sums and the highest cost
    """
    return f"INSERT INTO {table} ({', '.join((*key, *SUMS, HIGHEST_COST))}) {select}"


def add_to(table: str, key: dict[str, str], select: str) -> str:
    """Return an INSERT that adds the rows of ``select`` to the sums of ``table``."""
    added = [f"{column} = {table}.{column} + EXCLUDED.{column}" for column in SUMS]
    added.append(
        f"{HIGHEST_COST} = GREATEST({table}.{HIGHEST_COST}, EXCLUDED.{HIGHEST_COST})"
    )
    return f"""
        {insert_into(table, key, select)}
            ON CONFLICT {conflict_target(key)} DO UPDATE SET {", ".join(added)}
    """
