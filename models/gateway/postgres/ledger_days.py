"""What the ledger has for each day and model: our side of a reconciliation."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from odoo.sql_db import BaseCursor

from ....services.claude.http.admin import TOKEN_BUCKETS
from ....services.claude.http.catalogue import undated
from ...common.cursor import execute

# A day is the one on which the call was opened: that is when Claude begins to count. A
# correction belongs to the day of the call that it corrects, and comes later. A call
# that was corrected is not unknown any more. Money is text: Odoo reads numbers as
# floats.
_BY_DAY = """
    WITH booked AS (
        SELECT COALESCE(corrected.opened_at, usage.opened_at)::date AS day,
               usage.*,
               CASE WHEN usage.state = 'unknown'
                    THEN NOT EXISTS (SELECT 1
                                       FROM account_ai_usage correction
                                      WHERE correction.key
                                            = usage.key || ':correction')
                    ELSE FALSE END AS is_unknown
          FROM account_ai_usage usage
          LEFT JOIN account_ai_usage corrected ON corrected.id = usage.corrects_id
         WHERE usage.opened_at >= %(begin)s
           AND COALESCE(corrected.opened_at, usage.opened_at) >= %(begin)s
           AND COALESCE(corrected.opened_at, usage.opened_at) < %(end)s
           AND usage.endpoint = %(endpoint)s
    )
    SELECT day,
           model,
           COALESCE(sum(cost_usd) FILTER (WHERE state <> 'open'), 0)::text,
           count(*) FILTER (WHERE state <> 'open' AND NOT COALESCE(from_store, FALSE)
                              AND corrects_id IS NULL),
           count(*) FILTER (WHERE is_unknown),
           COALESCE(sum(cost_usd) FILTER (WHERE is_unknown), 0)::text,
           count(*) FILTER (WHERE state = 'settled' AND estimated),
           count(*) FILTER (WHERE state = 'open'),
           COALESCE(sum(uncached_input_tokens) FILTER (WHERE state <> 'open'), 0),
           COALESCE(sum(cache_write_5m_tokens) FILTER (WHERE state <> 'open'), 0),
           COALESCE(sum(cache_write_1h_tokens) FILTER (WHERE state <> 'open'), 0),
           COALESCE(sum(cache_read_tokens) FILTER (WHERE state <> 'open'), 0),
           COALESCE(sum(output_tokens) FILTER (WHERE state <> 'open'), 0)
      FROM booked
     GROUP BY day, model
"""


@dataclass
class Booked:
    """What the ledger has of one day and one model."""

    usd: Decimal = Decimal(0)
    """Of closed calls; unknown ones at their estimate."""
    calls: int = 0
    unknown_calls: int = 0
    unknown_usd: Decimal = Decimal(0)
    estimated_calls: int = 0
    open_calls: int = 0
    tokens: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(TOKEN_BUCKETS, 0)
    )


def booked_by_day(
    cursor: BaseCursor, first: date, last: date, endpoint: str
) -> dict[tuple[date, str], Booked]:
    """Return what the ledger has, by UTC day and by model without its date.

    :param first: first day
    :param last: last day, included
    :param endpoint: address whose calls count
    """
    execute(
        cursor,
        _BY_DAY,
        {"begin": first, "end": last + timedelta(days=1), "endpoint": endpoint},
    )
    found: dict[tuple[date, str], Booked] = {}
    for day, model, usd, calls, unknown, unknown_usd, *rest in cursor.fetchall():
        estimated, open_calls, *tokens = rest
        booked = found.setdefault((day, undated(model or "")), Booked())
        booked.usd += Decimal(usd)
        booked.calls += calls
        booked.unknown_calls += unknown
        booked.unknown_usd += Decimal(unknown_usd)
        booked.estimated_calls += estimated
        booked.open_calls += open_calls
        for name, count in zip(TOKEN_BUCKETS, tokens, strict=True):
            booked.tokens[name] += count
    return found
