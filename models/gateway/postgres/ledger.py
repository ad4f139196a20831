"""The ledger on the table of ``account.ai.usage``.

Rows are inserted once and closed once: every update asks for ``state = 'open'``.
"""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from odoo.sql_db import BaseCursor

from ....services.claude.ports import Booking, Closing, OpenCall, Settlement
from ....services.common.storable import storable
from ...common.clock import NOW
from ...common.cursor import execute
from .budget import Reservation
from .budget_counting import SHARED_LOCK
from .company_cost import company_cost

# Columns with their types: what a row tells of its call, and a correction takes over.
_OF_CALL = (
    "company_id int, user_id int, partner_id int, operation text, lane text, "
    "agent text, res_model text, res_id int, run_uuid text, "
    "analytic_distribution jsonb, fingerprint text, model text, endpoint text, "
    "attempt int"
)
_BOOKED = (
    "key text, state text, outcome text, from_store boolean, estimated boolean, "
    f"simulated boolean, {_OF_CALL}, estimated_input_tokens int, "
    "max_output_tokens int, unit_prices jsonb, cost_usd numeric, "
    "worst_case_usd numeric, saved_usd numeric, cost_company numeric"
)


def _names(columns: str) -> str:
    return ", ".join(column.split()[0] for column in columns.split(", "))


# An open row learns in the same statement in which budgets it counts, so that without
# any budget nothing is asked in addition.
_INSERT = f"""
    {SHARED_LOCK}
    WITH clock AS MATERIALIZED (SELECT {NOW} AS now),
    call AS MATERIALIZED (
        SELECT *
          FROM jsonb_to_recordset(%(calls)s) AS call(
               {_BOOKED}, lease_seconds float)),
    counted AS MATERIALIZED (
        SELECT call.key, found.*
          FROM clock, call,
               account_ai_counted(
                   call.company_id, call.user_id, call.operation, call.lane, now) found
         WHERE call.state = 'open')
    INSERT INTO account_ai_usage
           ({_names(_BOOKED)}, opened_at, lease_until, settled_at, budget_charges)
    SELECT  {_names(_BOOKED)}, now,
            CASE WHEN state = 'open' THEN now + lease_seconds * interval '1 second' END,
            CASE WHEN state = 'open' THEN NULL ELSE now END,
            (SELECT jsonb_object_agg(period_id::text, rate::text)
               FROM counted
              WHERE counted.key = call.key
                AND period_id IS NOT NULL AND rate IS NOT NULL)
      FROM clock, call
     ORDER BY key
        ON CONFLICT (key) DO NOTHING
    RETURNING key, id, state, budget_charges,
              (SELECT bool_or(period_id IS NULL AND rate IS NOT NULL)
                 FROM counted
                WHERE counted.key = account_ai_usage.key),
              (SELECT jsonb_agg(jsonb_build_array(counted.name, currency.name))
                 FROM counted
                 JOIN res_currency currency ON currency.id = counted.currency_id
                WHERE counted.key = account_ai_usage.key
                  AND counted.rate IS NULL AND counted.limit_type = 'hard')
"""


def _overrun(row: str) -> str:
    """Return SQL for by how much a bill passes what was reserved; NULL for nothing."""
    return f"NULLIF(GREATEST(%(cost_usd)s - {row}.worst_case_usd, 0), 0)"


_BY_KEY = "SELECT key, id, state FROM account_ai_usage WHERE key IN %(keys)s"

_SETTLE = f"""
    {SHARED_LOCK}
    UPDATE account_ai_usage AS usage
       SET state = %(state)s,
           outcome = %(outcome)s,
           stop_reason = %(stop_reason)s,
           estimated = %(estimated)s,
           uncached_input_tokens = %(uncached_input)s,
           cache_write_5m_tokens = %(cache_write_5m)s,
           cache_write_1h_tokens = %(cache_write_1h)s,
           cache_read_tokens = %(cache_read)s,
           output_tokens = %(output)s,
           thinking_tokens = %(thinking)s,
           web_searches = %(web_searches)s,
           service_tier = %(service_tier)s,
           inference_geo = %(inference_geo)s,
           speed = %(speed)s,
           unit_prices = COALESCE(%(unit_prices)s, usage.unit_prices),
           cost_usd = %(cost_usd)s,
           cost_company = {company_cost("%(cost_usd)s")},
           overrun_usd = {_overrun("usage")},
           request_id = %(request_id)s,
           message_id = %(message_id)s,
           latency_ms = %(latency_ms)s,
           first_token_ms = %(first_token_ms)s,
           retries = %(retries)s,
           simulated = usage.simulated OR %(simulated)s,
           settled_at = {NOW}
     WHERE key = %(key)s AND state = 'open'
    RETURNING id, budget_charges, worst_case_usd::text, cost_usd::text
"""

# What everybody took for lost has come: the row's owner and document stay, the figures
# are the differences to it.
_CORRECT = f"""
    {SHARED_LOCK}
    INSERT INTO account_ai_usage
           (key, state, outcome, stop_reason, from_store, estimated, simulated,
            {_names(_OF_CALL)},
            uncached_input_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
            cache_read_tokens, output_tokens, thinking_tokens, web_searches,
            service_tier, inference_geo, speed, request_id, message_id,
            latency_ms, first_token_ms, retries,
            unit_prices, cost_usd, worst_case_usd, saved_usd, cost_company,
            overrun_usd, opened_at, settled_at, budget_charges, corrects_id)
    SELECT usage.key || ':correction', 'settled', %(outcome)s, %(stop_reason)s,
           FALSE, %(estimated)s, usage.simulated OR %(simulated)s,
           {_names(_OF_CALL)},
           %(uncached_input)s - COALESCE(usage.uncached_input_tokens, 0),
           %(cache_write_5m)s - COALESCE(usage.cache_write_5m_tokens, 0),
           %(cache_write_1h)s - COALESCE(usage.cache_write_1h_tokens, 0),
           %(cache_read)s - COALESCE(usage.cache_read_tokens, 0),
           %(output)s - COALESCE(usage.output_tokens, 0),
           %(thinking)s - COALESCE(usage.thinking_tokens, 0),
           %(web_searches)s - COALESCE(usage.web_searches, 0),
           %(service_tier)s, %(inference_geo)s, %(speed)s, %(request_id)s,
           %(message_id)s, %(latency_ms)s, %(first_token_ms)s, %(retries)s,
           COALESCE(%(unit_prices)s, usage.unit_prices),
           %(cost_usd)s - usage.cost_usd, 0, 0,
           {company_cost("%(cost_usd)s")} - usage.cost_company,
           {_overrun("usage")},
           {NOW}, {NOW}, usage.budget_charges, usage.id
      FROM account_ai_usage usage
     WHERE usage.key = %(key)s AND usage.state = 'unknown'
        ON CONFLICT (key) DO NOTHING
    RETURNING id, budget_charges, '0', cost_usd::text
"""

# The worst case is the one figure that is certainly not too low: nobody knows any more
# how far the answer came.
_CLOSE_EXPIRED = f"""
    {SHARED_LOCK}
    UPDATE account_ai_usage AS usage
       SET state = 'unknown',
           outcome = 'interrupted',
           estimated = TRUE,
           cost_usd = usage.worst_case_usd,
           cost_company = {company_cost("usage.worst_case_usd")},
           settled_at = {NOW}
     WHERE id IN (SELECT id
                    FROM account_ai_usage
                   WHERE state = 'open' AND lease_until < {NOW}
                   ORDER BY lease_until
                   LIMIT %(limit)s
                     FOR UPDATE SKIP LOCKED)
    RETURNING key, run_uuid, id, budget_charges, worst_case_usd::text, cost_usd::text
"""


class ClosedCall(NamedTuple):
    """A call whose process died, closed by the sweeper."""

    key: str
    run_uuid: str
    closing: Closing


class PostgresLedger:
    """Opens and closes the rows of the ledger."""

    def __init__(self, cursor: BaseCursor) -> None:
        self._cursor = cursor

    def open_all(self, calls: Sequence[OpenCall]) -> list[Booking]:
        """Book calls as open at their worst case, or return the rows of their keys."""
        return self._insert(
            calls,
            [
                {
                    "state": "open",
                    "estimated": True,
                    "cost_usd": str(call.worst_case_usd),
                    "worst_case_usd": str(call.worst_case_usd),
                }
                for call in calls
            ],
        )

    def stored_answer(self, call: OpenCall, saved_usd: Decimal) -> Booking:
        """Book that the answer store saved ``call``: a settled row at zero."""
        values = {
            "state": "settled",
            "outcome": "ok",
            "from_store": True,
            "cost_company": 0,
            "saved_usd": str(saved_usd),
        }
        return self._insert((call,), (values,))[0]

    def settle(self, key: str, settlement: Settlement) -> Closing | None:
        """Close the row of ``key``; ``None`` when it was closed before.

        A price that the settlement does not name stays as it was when the row opened.
        """
        return self._close(_SETTLE, key, settlement)

    def correct(self, key: str, settlement: Settlement) -> Closing | None:
        """Book what is known by now about a call that was closed as *unknown*.

        The row stays as it is; a row of its own, ``<key>:correction``, holds the
        difference, which may be below zero. ``None`` when there is nothing to correct,
        or it was done before.
        """
        if settlement.state == "unknown":
            return None
        return self._close(_CORRECT, key, settlement)

    def _close(self, query: str, key: str, settlement: Settlement) -> Closing | None:
        values = {**vars(settlement), **vars(settlement.usage), "key": key}
        del values["usage"]
        for name in ("stop_reason", "request_id", "message_id"):
            values[name] = values[name] or None
        prices = settlement.unit_prices
        values["unit_prices"] = json.dumps(storable(prices)) if prices else None
        execute(self._cursor, query, values)
        row = self._cursor.fetchone()
        return _closing(*row) if row else None

    def close_expired(self, limit: int = 100) -> list[ClosedCall]:
        """Close open rows past their lease as *unknown*, at their worst case.

        Rows that somebody is settling at the moment are left to them.

        :param limit: rows to close at most
        """
        execute(self._cursor, _CLOSE_EXPIRED, {"limit": limit})
        return [
            ClosedCall(key, run_uuid or "", _closing(*closing))
            for key, run_uuid, *closing in self._cursor.fetchall()
        ]

    def _insert(
        self, calls: Sequence[OpenCall], values: Sequence[dict]
    ) -> list[Booking]:
        """Insert a row for each call unless its key is in the ledger already."""
        rows = [
            {**_columns(call), **each} for call, each in zip(calls, values, strict=True)
        ]
        execute(self._cursor, _INSERT, {"calls": json.dumps(storable(rows))})
        bookings = {}
        for key, usage_id, state, charges, *rest in self._cursor.fetchall():
            unprepared, without = rest
            reservation = Reservation(
                charges or {}, bool(unprepared), tuple(without or ())
            )
            bookings[key] = Booking(usage_id, key, state, True, reservation)
        kept = tuple(call.key for call in calls if call.key not in bookings)
        if kept:
            execute(self._cursor, _BY_KEY, {"keys": kept})
            for key, usage_id, state in self._cursor.fetchall():
                bookings[key] = Booking(usage_id, key, state, created=False)
        return [bookings[call.key] for call in calls]


def _columns(call: OpenCall) -> dict:
    """Return what a call brings to its row, as JSON."""
    owner = call.owner
    return {
        **{name: value or None for name, value in vars(owner).items()},
        **vars(call),
        "owner": None,
        "company_id": owner.company_id,
        "analytic_distribution": dict(owner.analytic) or None,
        "estimated_input_tokens": call.estimated_input,
        "max_output_tokens": call.max_output,
        "unit_prices": dict(call.unit_prices) or None,
        "from_store": False,
        "estimated": False,
        **dict.fromkeys(("cost_usd", "worst_case_usd", "saved_usd"), 0),
    }


def _closing(usage_id, charges, released_usd, cost_usd) -> Closing:
    return Closing(usage_id, charges or {}, Decimal(released_usd), Decimal(cost_usd))
