"""The ledger on the table of ``account.ai.usage``.

Rows are inserted once and closed once: every update asks for ``state = 'open'``.
"""

import json
from decimal import Decimal
from typing import NamedTuple

from odoo.sql_db import BaseCursor

from ...services.claude.ports import Booking, OpenCall, Settlement
from .clock import NOW
from .company_cost import company_cost
from .cursor import execute

_INSERT = f"""
    INSERT INTO account_ai_usage
           (key, state, outcome, from_store, estimated, simulated,
            company_id, user_id, partner_id, operation, lane, agent,
            res_model, res_id, run_uuid, analytic_distribution,
            fingerprint, model, endpoint, attempt,
            estimated_input_tokens, max_output_tokens,
            unit_prices, cost_usd, worst_case_usd, saved_usd, cost_company,
            opened_at, lease_until, settled_at)
    VALUES (%(key)s, %(state)s, %(outcome)s, %(from_store)s, %(estimated)s,
            %(simulated)s, %(company_id)s, %(user_id)s, %(partner_id)s,
            %(operation)s, %(lane)s, %(agent)s, %(res_model)s, %(res_id)s,
            %(run_uuid)s, %(analytic)s,
            %(fingerprint)s, %(model)s, %(endpoint)s, %(attempt)s,
            %(estimated_input)s, %(max_output)s, %(unit_prices)s,
            %(cost_usd)s, %(worst_case_usd)s, %(saved_usd)s, %(cost_company)s, {NOW},
            CASE WHEN %(state)s = 'open'
                 THEN {NOW} + %(lease_seconds)s * interval '1 second' END,
            CASE WHEN %(state)s = 'open' THEN NULL ELSE {NOW} END)
        ON CONFLICT (key) DO NOTHING
    RETURNING id, state
"""

_BY_KEY = "SELECT id, state FROM account_ai_usage WHERE key = %(key)s"

_SETTLE = f"""
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
"""

# The worst case is the one figure that is certainly not too low: nobody knows any more
# how far the answer came.
_CLOSE_EXPIRED = f"""
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
    RETURNING key, run_uuid
"""


class ClosedCall(NamedTuple):
    """A call whose process died, closed by the sweeper."""

    key: str
    run_uuid: str


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

    def settle(self, key: str, settlement: Settlement) -> bool:
        """Close the row of ``key``; False when it was closed before.

        A price that the settlement does not name stays as it was when the row opened.
        """
        usage = settlement.usage
        execute(
            self._cursor,
            _SETTLE,
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
        return self._cursor.rowcount == 1

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
        return [ClosedCall(key, run or "") for key, run in self._cursor.fetchall()]

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
            return Booking(created[0], call.key, created[1], created=True)
        execute(self._cursor, _BY_KEY, {"key": call.key})
        usage_id, kept_state = self._cursor.fetchone()
        return Booking(usage_id, call.key, kept_state, created=False)


def _json(value) -> str | None:
    """Return ``value`` as JSON text, ``None`` for an empty one."""
    return json.dumps(dict(value)) if value else None
