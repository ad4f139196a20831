"""What the tests of the dashboard share: a month with calls of every kind, and the
users who see them."""

from datetime import datetime

from freezegun import freeze_time

from ..common.common import AccountAiCase
from .usage_rows import RollupMixin

MONTH = {"period": "month"}


def at(day, hour=15, month=11):
    return datetime(2026, month, day, hour)


@freeze_time("2026-11-20 18:00:00")
class DashboardCase(RollupMixin, AccountAiCase):
    uses_simulator = False
    uses_accounting = False

    def setUp(self):
        super().setUp()
        # Otherwise reading the figures rolls up rows that they must show as not rolled
        # up.
        dashboard = self.env.registry["account.ai.dashboard"]
        self.patch(dashboard, "_roll_up_some", lambda _self: None)

    def figures(self, user=None, company=None, **filters):
        user = user or self.manager
        companies = company or self.company
        dashboard = self.env["account.ai.dashboard"].with_user(user)
        dashboard = dashboard.with_context(allowed_company_ids=companies.ids)
        return dashboard.get_figures({**MONTH, **filters})

    def rows(self, figure, detail=None, user=None, **filters):
        """Return the records that a drill-down shows, as the user sees them."""
        dashboard = self.env["account.ai.dashboard"].with_user(user or self.manager)
        dashboard = dashboard.with_context(allowed_company_ids=self.company.ids)
        found = dashboard.get_drill_down({**MONTH, **filters}, figure, detail)
        action = found["action"]
        return dashboard.env[action["res_model"]].search(action["domain"])

    def book_month(self):
        """Book a month of everything: half of it is rolled up."""
        self.book(
            opened_at=at(2),
            uncached_input_tokens=300,
            cache_read_tokens=6000,
            cache_write_5m_tokens=400,
            output_tokens=200,
            thinking_tokens=50,
            cost_usd="0.0034",
            cost_company="3.23",
            latency_ms=900,
        )
        self.book(
            opened_at=at(2, 18),
            operation="chat",
            model="claude-sonnet-5-5",
            user_id=self.reviewer.id,
            agent=None,
            cost_usd="0.25",
            cost_company=None,
            latency_ms=1800,
        )
        self.book(
            opened_at=at(3),
            service_tier="batch",
            lane="queue",
            uncached_input_tokens=1000,
            output_tokens=100,
            unit_prices={"uncached_input": "0.5", "output": "2.5"},
            cost_usd="0.00075",
            cost_company="0.7125",
        )
        self.roll_up()
        self.book(opened_at=at(19), from_store=True, cost_usd=0, saved_usd="0.0042")
        self.book(opened_at=at(19), state="failed", outcome="timeout", cost_usd=0)
        lost = self.book(
            opened_at=at(20),
            state="unknown",
            outcome="interrupted",
            estimated=True,
            cost_usd="0.5",
            cost_company="475",
        )
        self.book(
            corrects_id=lost,
            opened_at=at(20),
            cost_usd="-0.4",
            cost_company="-380",
        )
        self.book(opened_at=at(20), simulated=True, cost_usd="0.0001", cost_company=1)
        self.book(opened_at=at(20), state="open", cost_usd="0.03")
        # not of this month: in Santiago it is still October
        self.book(opened_at=at(1, 2), cost_usd=100)
