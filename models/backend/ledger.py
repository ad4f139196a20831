"""The ledger on the table of ``account.ai.usage``.

Rows are inserted once and closed once: every update asks for ``state = 'open'``.
"""

import json
from decimal import Decimal
from typing import NamedTuple

from odoo.sql_db import BaseCursor

from ...services.claude.ports import Booking, Closing, OpenCall, Settlement
from .budget import Reservation
from .budget_counting import SHARED_LOCK
from .clock import NOW
from .company_cost import company_cost
from .cursor import execute

# An open row learns in the same statement in which budgets it counts, so that without
# any budget nothing is asked in addition.
_INSERT = f"""
    {SHARED_LOCK}
    WITH clock AS MATERIALIZED (SELECT {NOW} AS now),
    counted AS MATERIALIZED (
        SELECT found.*
          FROM clock, account_ai_counted(
               %(company_id)s, %(user_id)s, %(operation)s, %(lane)s, now) found
         WHERE %(state)s = 'open')
    INSERT INTO account_ai_usage
           (key, state, outcome, from_store, estimated, simulated,
            company_id, user_id, partner_id, operation, lane, agent,
            res_model, res_id, run_uuid, analytic_distribution,
            fingerprint, model, endpoint, attempt,
            estimated_input_tokens, max_output_tokens,
            unit_prices, cost_usd, worst_case_usd, saved_usd, cost_company,
            opened_at, lease_until, settled_at, budget_charges)
    SELECT  %(key)s, %(state)s, %(outcome)s, %(from_store)s, %(estimated)s,
            %(simulated)s, %(company_id)s, %(user_id)s, %(partner_id)s,
            %(operation)s, %(lane)s, %(agent)s, %(res_model)s, %(res_id)s,
            %(run_uuid)s, %(analytic)s,
            %(fingerprint)s, %(model)s, %(endpoint)s, %(attempt)s,
            %(estimated_input)s, %(max_output)s, %(unit_prices)s,
            %(cost_usd)s, %(worst_case_usd)s, %(saved_usd)s, %(cost_company)s, now,
            CASE WHEN %(state)s = 'open'
                 THEN now + %(lease_seconds)s * interval '1 second' END,
            CASE WHEN %(state)s = 'open' THEN NULL ELSE now END,
            (SELECT jsonb_object_agg(period_id::text, rate::text)
               FROM counted
              WHERE period_id IS NOT NULL AND rate IS NOT NULL)
      FROM clock
        ON CONFLICT (key) DO NOTHING
    RETURNING id, state, budget_charges,
              (SELECT bool_or(period_id IS NULL AND rate IS NOT NULL) FROM counted),
              (SELECT jsonb_agg(jsonb_build_array(counted.name, currency.name))
                 FROM counted
                 JOIN res_currency currency ON currency.id = counted.currency_id
                WHERE counted.rate IS NULL AND counted.limit_type = 'hard')
"""

_BY_KEY = "SELECT id, state FROM account_ai_usage WHERE key = %(key)s"

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
            company_id, user_id, partner_id, operation, lane, agent,
            res_model, res_id, run_uuid, analytic_distribution,
            fingerprint, model, endpoint, attempt,
            uncached_input_tokens, cache_write_5m_tokens, cache_write_1h_tokens,
            cache_read_tokens, output_tokens, thinking_tokens, web_searches,
            service_tier, inference_geo, speed, request_id, message_id,
            latency_ms, first_token_ms, retries,
            unit_prices, cost_usd, worst_case_usd, saved_usd, cost_company,
            opened_at, settled_at, budget_charges, corrects_id)
    SELECT usage.key || ':correction', 'settled', %(outcome)s, %(stop_reason)s,
           FALSE, %(estimated)s, usage.simulated OR %(simulated)s,
           usage.company_id, usage.user_id, usage.partner_id, usage.operation,
           usage.lane, usage.agent, usage.res_model, usage.res_id, usage.run_uuid,
           usage.analytic_distribution,
           usage.fingerprint, usage.model, usage.endpoint, usage.attempt,
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

    def __init__(self, cursor: BaseCursor, time_shift: float = 0.0) -> None:
        self._cursor = cursor
        self._time_shift = time_shift

    def open(self, call: OpenCall) -> Booking:
        """Book ``call`` as open at its worst case, or return the row of its key."""
        return self._insert(
            call,
            state="open",
            estimated=True,
            cost_usd=call.worst_case_usd,
            worst_case_usd=call.worst_case_usd,
        )

    def stored_answer(self, call: OpenCall, saved_usd: Decimal) -> Booking:
        """Book that the answer store saved ``call``: a settled row at zero."""
        return self._insert(
            call,
            state="settled",
            outcome="ok",
            from_store=True,
            cost_company=Decimal(0),
            saved_usd=saved_usd,
        )

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
        usage = settlement.usage
        execute(
            self._cursor,
            query,
            {
                "key": key,
                "state": settlement.state,
                "outcome": settlement.outcome,
                "stop_reason": settlement.stop_reason or None,
                "estimated": settlement.estimated,
                "uncached_input": usage.uncached_input,
                "cache_write_5m": usage.cache_write_5m,
                "cache_write_1h": usage.cache_write_1h,
                "cache_read": usage.cache_read,
                "output": usage.output,
                "thinking": usage.thinking,
                "web_searches": usage.web_searches,
                "service_tier": usage.service_tier,
                "inference_geo": usage.inference_geo,
                "speed": usage.speed,
                "unit_prices": _json(settlement.unit_prices),
                "cost_usd": settlement.cost_usd,
                "request_id": settlement.request_id or None,
                "message_id": settlement.message_id or None,
                "latency_ms": settlement.latency_ms,
                "first_token_ms": settlement.first_token_ms,
                "retries": settlement.retries,
                "simulated": settlement.simulated,
                "time_shift": self._time_shift,
            },
        )
        row = self._cursor.fetchone()
        return _closing(*row) if row else None

    def close_expired(self, limit: int = 100) -> list[ClosedCall]:
        """Close open rows past their lease as *unknown*, at their worst case.

        Rows that somebody is settling at the moment are left to them.

        :param limit: rows to close at most
        """
        execute(
            self._cursor,
            _CLOSE_EXPIRED,
            {"limit": limit, "time_shift": self._time_shift},
        )
        return [
            ClosedCall(key, run_uuid or "", _closing(*closing))
            for key, run_uuid, *closing in self._cursor.fetchall()
        ]

    def _insert(self, call: OpenCall, *, state: str, **values) -> Booking:
        """Insert a row for ``call`` unless its key is in the ledger already."""
        owner = call.owner
        parameters = {
            "key": call.key,
            "state": state,
            "outcome": None,
            "from_store": False,
            "estimated": False,
            "simulated": call.simulated,
            "company_id": owner.company_id,
            "user_id": owner.user_id or None,
            "partner_id": owner.partner_id or None,
            "operation": owner.operation,
            "lane": owner.lane,
            "agent": owner.agent or None,
            "res_model": owner.res_model or None,
            "res_id": owner.res_id or None,
            "run_uuid": owner.run_uuid or None,
            "analytic": _json(owner.analytic),
            "fingerprint": call.fingerprint,
            "model": call.model,
            "endpoint": call.endpoint,
            "attempt": call.attempt,
            "estimated_input": call.estimated_input,
            "max_output": call.max_output,
            "unit_prices": _json(call.unit_prices),
            "cost_usd": Decimal(0),
            "worst_case_usd": Decimal(0),
            "saved_usd": Decimal(0),
            "cost_company": None,
            "lease_seconds": call.lease_seconds,
            "time_shift": self._time_shift,
            **values,
        }
        execute(self._cursor, _INSERT, parameters)
        created = self._cursor.fetchone()
        if created:
            usage_id, state, charges, unprepared, without_rate = created
            reservation = Reservation(
                charges or {}, bool(unprepared), tuple(without_rate or ())
            )
            return Booking(usage_id, call.key, state, True, reservation)
        execute(self._cursor, _BY_KEY, {"key": call.key})
        usage_id, kept_state = self._cursor.fetchone()
        return Booking(usage_id, call.key, kept_state, created=False)


def _closing(usage_id, charges, released_usd, cost_usd) -> Closing:
    return Closing(usage_id, charges or {}, Decimal(released_usd), Decimal(cost_usd))


def _json(value) -> str | None:
    """Return ``value`` as JSON text, ``None`` for an empty one."""
    return json.dumps(dict(value)) if value else None
