from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..common.common import AccountAiHttpCase
from .usage_rows import RollupMixin


@tagged("post_install", "-at_install")
class TestToursDashboard(RollupMixin, AccountAiHttpCase):
    """What those see who look at the costs, in a browser."""

    uses_simulator = False
    uses_accounting = False

    def test_from_figures_to_rows(self):
        """Rows of the ledger where all are kept, sums by hour where they are not."""
        now = fields.Datetime.now()
        self.book(opened_at=now - timedelta(days=3), cost_usd=7)
        self.book(opened_at=now, cost_usd="0.1")
        self.book(opened_at=now, cost_usd=0, from_store=True, saved_usd="0.1")
        self.book(
            opened_at=now,
            operation="chat",
            cost_usd="0.25",
            user_id=self.reviewer.id,
        )
        self.roll_up()
        parameters = self.env["ir.config_parameter"]
        parameters.set_param(
            "account_ai.usage_purged_until", str(now - timedelta(days=2))
        )
        self.env.flush_all()
        self.start_tour(
            "/odoo/ai-costs",
            "account_ai_dashboard_drill_down",
            login=self.manager.login,
        )

    def test_nothing_yet(self):
        self.env.flush_all()
        self.start_tour(
            "/odoo/action-account_ai.account_ai_usage_action",
            "account_ai_dashboard_empty",
            login=self.accountant.login,
        )
