from odoo import fields, models

from ..common.big_integer import BigInteger

GRAINS = [("day", "Day"), ("month", "Month")]


def _latency():
    return BigInteger(readonly=True, aggregator=None)


class AccountAiSummedUsage(models.AbstractModel):
    """What the ledger is summed up to; ``costs/sums.py`` says how each is worked out.

    Written by ``costs/roll_up.py`` only, and kept for ever.
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
    latency_250 = _latency()
    latency_500 = _latency()
    latency_1000 = _latency()
    latency_1500 = _latency()
    latency_2000 = _latency()
    latency_3000 = _latency()
    latency_4000 = _latency()
    latency_6000 = _latency()
    latency_8000 = _latency()
    latency_12000 = _latency()
    latency_16000 = _latency()
    latency_24000 = _latency()
    latency_32000 = _latency()
    latency_60000 = _latency()
    latency_120000 = _latency()
    latency_longer = _latency()
