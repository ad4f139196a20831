from odoo import fields, models

from ..common.big_integer import BigInteger
from .sql.sums import LATENCY_COLUMNS

GRAINS = [("day", "Day"), ("month", "Month")]


class AccountAiSummedUsage(models.AbstractModel):
    """What the ledger is summed up to; ``sql/sums.py`` says how each is worked out.

    Written by ``sql/roll_up.py`` only, and kept for ever.
    """

    _name = "account.ai.summed.usage"
    _description = "Summed Claude Usage"
    _log_access = False

    # === FIELDS === #

    calls = BigInteger(readonly=True, help="Corrections are no calls.")
    corrections = BigInteger(
        readonly=True, help="Rows that put the cost of an earlier row right."
    )
    errors = BigInteger(readonly=True, help="Calls whose outcome is not 'ok'.")
    uncached_input_tokens = BigInteger(readonly=True)
    cache_write_5m_tokens = BigInteger(string="Cache Write 5m", readonly=True)
    cache_write_1h_tokens = BigInteger(string="Cache Write 1h", readonly=True)
    cache_read_tokens = BigInteger(string="Cache Read", readonly=True)
    output_tokens = BigInteger(readonly=True)
    thinking_tokens = BigInteger(readonly=True)
    web_searches = BigInteger(readonly=True)
    retries = BigInteger(readonly=True)
    cost_usd = fields.Float(string="Cost (US$)", digits=(16, 8), readonly=True)
    cost_company = fields.Float(
        string="Cost (Company Currency)",
        digits=(16, 4),
        readonly=True,
        help="Without the calls whose cost in it is not known.",
    )
    cost_company_unknown = BigInteger(
        string="Cost Not Known (Company Currency)",
        readonly=True,
        help="Rows that cost something, while there was no US$ rate.",
    )
    saved_usd = fields.Float(
        string="Saved by the Answer Store (US$)", digits=(16, 8), readonly=True
    )
    saved_cache_usd = fields.Float(
        string="Saved by Caching (US$)",
        digits=(16, 8),
        readonly=True,
        help="Tokens read from the prompt cache at the price of uncached ones, less "
        "what was paid for them and what writing to the cache cost more.",
    )
    saved_batch_usd = fields.Float(
        string="Saved by Batches (US$)",
        digits=(16, 8),
        readonly=True,
        help="What the same tokens would have cost as single calls, less what was paid "
        "for them in batches.",
    )
    dearest_usd = fields.Float(
        string="Most Expensive Call (US$)",
        digits=(16, 8),
        aggregator="max",
        readonly=True,
    )

    # Latency of answered calls; the counts make a histogram, for percentiles.
    timed_calls = BigInteger(readonly=True, aggregator=None)
    latency_ms = BigInteger(
        string="Latency, Summed Up (ms)", readonly=True, aggregator=None
    )
    vars().update(
        {
            column: BigInteger(readonly=True, aggregator=None)
            for column in LATENCY_COLUMNS
        }
    )
