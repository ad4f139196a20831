from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL, config, split_every

from ...services.agents.registry import agent as agent_named
from ...services.claude.errors import ClaudeError
from ...services.claude.money.forecast import CallForecast, forecast_of, seconds_for
from ...services.claude.money.prefix import prefix_of
from .account_ai_validation_begin import AGENT, OPERATION
from .account_ai_validation_queue import QUEUE_CRONS

_READ_AT_ONCE = 250
_SAMPLE = 2000
"""Documents that are read for a forecast; of more, so many that lie evenly."""
_ENOUGH_CALLS = 20
"""So many calls make a mean that says more than the price list."""
_LATEST_CALLS = 500
_USUAL_LATENCY = 4.0
"""Seconds, before anything was measured."""
_AROUND_A_CALL = 0.3
"""Seconds: claiming, reading, judging and storing a document."""

_HISTORY = """
    SELECT count(*),
           avg(cost_usd),
           COALESCE(avg(latency_ms) FILTER (WHERE lane = 'queue'), avg(latency_ms))
      FROM (SELECT cost_usd, latency_ms, lane
              FROM account_ai_usage
             WHERE company_id = %(company)s
               AND opened_at > now() AT TIME ZONE 'UTC' - interval '90 days'
               AND operation = %(operation)s
               AND model = %(model)s
               AND state = 'settled'
               AND NOT from_store
             ORDER BY opened_at DESC
             LIMIT %(limit)s) AS latest
"""


class QueueForecast(NamedTuple):
    """What becomes of documents of one company that are queued."""

    company_id: int
    documents: int
    tokens: int
    """Of input."""
    expected_usd: Decimal
    worst_usd: Decimal
    """What admitting all of them would reserve."""
    seconds: int
    """Until the last one is done, those that wait already included."""
    too_large: int
    """Documents above the limit of tokens, by what ordinary text comes to: near the
    limit Claude counts before one is refused."""
    is_measured: bool
    """The expected cost is that of calls that were made, not of the price list."""
    is_sampled: bool
    """Not all documents were read."""
    refusal: ClaudeError | None
    """Why nothing may be sent: only the rules will answer, at no cost."""


class AccountAiQueueForecast(models.AbstractModel):
    """Works out what it costs and how long it takes to validate many documents.

    From the database alone: no network, and a bounded number of queries and documents.
    """

    _name = "account.ai.queue.forecast"
    _description = "Forecast of Queued Validations"

    # === BUSINESS METHODS === #

    @api.model
    def _forecast(self, moves) -> list[QueueForecast]:
        """Return what becomes of ``moves`` when they are queued, by company.

        Expected cost: the mean of what the company's latest validations with the same
        model have cost, which holds the share that their prompts were read from the
        cache. Before there are enough of them: the price list, with the instructions
        read from the cache, as those of all but the first document are.

        :param moves: invoices that the user may read and that are to be queued
        :raises ClaudeError: ``price_unknown``
        """
        return [
            self._forecast_of(company, each)
            for company, each in moves.grouped("company_id").items()
        ]

    @api.model
    def _forecast_of(self, company, moves) -> QueueForecast:
        gateways = self.env["account.ai.gateway"]
        settings = gateways._settings(company, OPERATION)
        refusal = None
        try:
            gateways._check_ready(company)
        except ClaudeError as error:
            refusal = error
        count, mean_usd, latency_ms = self._history(company, settings.model)
        sample = moves[:: max(1, -(-len(moves) // _SAMPLE))]
        calls = [] if refusal else list(self._calls(company, sample, settings))
        scale = Decimal(len(moves)) / max(len(calls), 1)
        expected_usd = sum((call.expected_usd for call in calls), Decimal(0)) * scale
        is_measured = bool(calls) and count >= _ENOUGH_CALLS
        if is_measured:
            expected_usd = mean_usd * len(moves)
        worst_usd = sum((call.worst_usd for call in calls), Decimal(0)) * scale
        limit = settings.policy.max_input_tokens
        return QueueForecast(
            company_id=company.id,
            documents=len(moves),
            tokens=round(sum(call.tokens for call in calls) * scale),
            expected_usd=min(expected_usd, worst_usd),
            worst_usd=worst_usd,
            seconds=seconds_for(
                len(moves) + self._waiting(),
                _AROUND_A_CALL
                + (float(latency_ms) / 1000 if latency_ms else _USUAL_LATENCY),
                self._workers(),
                settings.policy.queue_limit,
            ),
            too_large=round(sum(call.usual_tokens > limit for call in calls) * scale),
            is_measured=is_measured,
            is_sampled=len(sample) < len(moves),
            refusal=refusal,
        )

    @api.model
    def _calls(self, company, moves, settings) -> Iterator[CallForecast]:
        """Yield what each document's call may cost; those that cannot be read have
        none."""
        agent = agent_named(AGENT)
        reader = self.env["account.ai.document.reader"]
        own = self.env["account.ai.model"]._own_prices()
        counts = self.env["account.ai.prompt.count"]._known()
        prefix_tokens = None
        company_sudo = company.sudo()  # a setting of the company, for code only
        for ids in split_every(_READ_AT_ONCE, moves.ids):
            readings = reader._read_with_places(moves.browse(ids))
            for reading in readings.values():
                request = agent.request(
                    reading.document,
                    reading.context,
                    language=settings.language,
                    model=settings.model,
                    effort=settings.effort,
                    mask_persons=company_sudo.account_ai_mask_persons,
                )
                if counts and prefix_tokens is None:  # the same for all documents
                    prefix = prefix_of(request, settings.endpoint)
                    prefix_tokens = counts.get(prefix, 0)
                yield forecast_of(request, prefix_tokens=prefix_tokens or None, own=own)

    @api.model
    def _history(self, company, model: str) -> tuple[int, Decimal, Decimal | None]:
        """Return of the company's latest validations: how many there are, their mean
        cost in US$, and their mean latency in milliseconds, of the queue's if any."""
        # Means only, over the company's calls: what the dialog tells is no call of
        # anybody's. The flow writes these rows past the ORM.
        query = SQL(
            _HISTORY,
            company=company.id,
            operation=OPERATION,
            model=model,
            limit=_LATEST_CALLS,
        )
        [(count, mean_usd, latency_ms)] = self.env.execute_query(query)
        return count, Decimal(mean_usd or 0), latency_ms

    @api.model
    def _waiting(self) -> int:
        """Return how many documents stand in the queue, of all companies: the crons
        take them in turn."""
        # sudo: only how many there are
        return (
            self.env["account.ai.validation"]
            .sudo()
            .search_count([("state", "=", "queued")])
        )

    @api.model
    def _workers(self) -> int:
        """Return how many documents are worked on at once."""
        crons = len(QUEUE_CRONS)
        threads = config["max_cron_threads"]
        # Without crons of its own, this server leaves them to another one.
        return min(crons, threads) if threads > 0 else crons
