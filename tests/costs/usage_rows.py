"""Rows of the ledger as a test wants them, at any time of the past."""

import json
import uuid
from datetime import datetime

PRICES = {
    "uncached_input": "1.00",
    "cache_write_5m": "1.25",
    "cache_write_1h": "2.00",
    "cache_read": "0.10",
    "output": "5.00",
    "web_search": "10",
}
"""US$ per million tokens."""


def insert_usage(cursor, **values):
    """Insert a row, settled unless told otherwise, and return its id.

    Rows of the past cannot be made through the gateway, whose clock is the database's.
    """
    row = {
        "key": f"test-{uuid.uuid4()}",
        "state": "settled",
        "outcome": "ok",
        "from_store": False,
        "estimated": False,
        "simulated": False,
        "operation": "validation",
        "lane": "screen",
        "agent": "dte",
        "model": "claude-haiku-5-5",
        "unit_prices": PRICES,
        "cost_usd": "0.01",
        "saved_usd": 0,
        "opened_at": datetime(2026, 11, 20, 12, 0),
        **values,
    }
    if row["state"] == "open":
        row["outcome"] = None
    row["unit_prices"] = json.dumps(row["unit_prices"])
    columns = ", ".join(row)
    cursor.execute(
        f"INSERT INTO account_ai_usage ({columns}) VALUES %s RETURNING id",
        [tuple(row.values())],
    )
    return cursor.fetchone()[0]


class RollupMixin:
    """One company's ledger and its roll-ups."""

    def book(self, **values):
        values.setdefault("company_id", self.company.id)
        values.setdefault("user_id", self.accountant.id)
        return insert_usage(self.env.cr, **values)

    def roll_up(self, limit=1000):
        counted = self.env["account.ai.usage.rollup"]._roll_up(limit)
        self.env.invalidate_all()
        return counted

    def hours(self):
        return self.env["account.ai.usage.rollup"].search(
            [("company_id", "=", self.company.id)], order="hour, id"
        )

    def total(self, model="account.ai.usage.rollup", field="cost_usd"):
        """Return a sum; of days and of months it is the same."""
        records = self.env[model].search([("company_id", "=", self.company.id)])
        if "grain" in records._fields:
            months = records.filtered(lambda record: record.grain == "month")
            records -= months
            self.assertAlmostEqual(
                sum(months.mapped(field)), sum(records.mapped(field)), 8
            )
            self.assertTrue(all(month.day.day == 1 for month in months))
        return round(sum(records.mapped(field)), 8)
