"""Tokens, cached share and cost of a validation, read from the ledger itself."""

from __future__ import annotations

from dev import odoo

from .database import NAME, REFERENCE_DOCUMENT

_QUERY = """
SELECT count(*),
       coalesce(avg(uncached_input_tokens + cache_write_5m_tokens
                    + cache_write_1h_tokens + cache_read_tokens), 0),
       coalesce(sum(cache_read_tokens)::numeric
                / nullif(sum(uncached_input_tokens + cache_write_5m_tokens
                             + cache_write_1h_tokens + cache_read_tokens), 0), 0),
       coalesce(avg(output_tokens), 0),
       coalesce(avg(thinking_tokens), 0),
       coalesce(avg(cost_usd) * 1000, 0),
       min(model)
  FROM account_ai_usage
 WHERE state = 'settled' AND outcome = 'ok' AND NOT from_store
"""


def report(prepared: odoo.Odoo) -> None:
    """Print what the validations of the stream benchmark cost."""
    rows = prepared.postgresql.execute(_QUERY, NAME)
    count, prompt, cached, output, thinking, thousand, model = rows[0].split("|")
    print(f"\nCost, {int(count):,} synchronous validations on {model} (simulated)")
    print(f"reference document: {REFERENCE_DOCUMENT}")
    print(
        f"tokens each: {float(prompt):,.0f} input, {float(output):,.0f} output "
        f"({float(thinking):,.0f} of it thinking)"
    )
    print(f"cached share of input: {float(cached):.1%} (goal 85 % or more)")
    print(f"1,000 validations: US$ {float(thousand):.4f} (goal 0.40 or less)")
