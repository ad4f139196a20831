"""The sliding window on the table of ``account.ai.rate.window``."""

from collections.abc import Mapping

from odoo.sql_db import BaseCursor

from ....services.claude.ports import LimitState
from ...common.clock import EPOCH, NOW
from ...common.cursor import execute

# The row of the key is the lock: the upsert waits for whoever counts at the moment and
# goes on with what was committed, so that the limit is exact over all processes.
# EXCLUDED.hits holds the time of these hits, read before that wait: they may be a few
# milliseconds older than their place in the row, which only ever counts more of them.
_HIT = f"""
    INSERT INTO account_ai_rate_window AS kept (key, hits, allowed, expires_at)
    SELECT key, array_fill({EPOCH}, ARRAY[count]), TRUE,
           {NOW} + %(window)s * interval '1 second'
      FROM unnest(%(keys)s::text[], %(counts)s::int[]) AS asked(key, count)
     ORDER BY key
        ON CONFLICT (key) DO UPDATE
       SET (hits, allowed, expires_at) = (
           SELECT CASE WHEN recent.count + cardinality(EXCLUDED.hits) <= %(limit)s
                       THEN recent.hits || array_fill(
                            GREATEST(EXCLUDED.hits[1], recent.newest),
                            ARRAY[cardinality(EXCLUDED.hits)])
                       ELSE recent.hits END,
                  recent.count + cardinality(EXCLUDED.hits) <= %(limit)s,
                  GREATEST(EXCLUDED.expires_at, kept.expires_at)
             FROM (SELECT COALESCE(array_agg(hit ORDER BY hit), '{{}}') AS hits,
                          max(hit) AS newest,
                          count(*) AS count
                     FROM unnest(kept.hits) AS hit
                    WHERE hit > EXCLUDED.hits[1] - %(window)s) AS recent)
    RETURNING key, allowed, cardinality(hits),
              hits[cardinality(hits) - %(limit)s + 1] + %(window)s - {EPOCH}
"""


class PostgresRateLimiter:
    """Exact sliding windows; one row a key, holding the times of its hits."""

    def __init__(self, cursor: BaseCursor) -> None:
        self._cursor = cursor

    def hit(self, key: str, limit: int, window_seconds: float) -> LimitState:
        """Count one call and return the state after it; a refused one does not count.

        :param limit: calls that any ``window_seconds`` may hold, at least 1
        """
        return self.hit_all({key: 1}, limit, window_seconds)[key]

    def hit_all(
        self, hits: Mapping[str, int], limit: int, window_seconds: float
    ) -> dict[str, LimitState]:
        """Count several calls in windows of the same size, and return their states.

        Windows are locked in the order of their keys. Where calls do not fit, the
        transaction is to fail.

        :param hits: how many calls, by key; each at least one and at most the limit
        """
        execute(
            self._cursor,
            _HIT,
            {
                "keys": list(hits),
                "counts": list(hits.values()),
                "limit": limit,
                "window": window_seconds,
            },
        )
        return {
            key: LimitState(
                allowed=allowed,
                limit=limit,
                remaining=max(limit - count, 0),
                reset_seconds=max(seconds, 0.0) if count >= limit else 0.0,
            )
            for key, allowed, count, seconds in self._cursor.fetchall()
        }
