"""What the tests of the reconciliation share: calls of a day that is over."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch

from odoo.addons.account_ai.models.gateway.account_ai_gateway import (
    ADMIN_KEY_PARAMETER,
    PERCENT_PARAMETER,
    USD_PARAMETER,
)

from ..common.common import TEST_KEY, AccountAiCase
from ..gateway.test_gateway import GatewayCalls

ADMIN_KEY = "sk-ant-admin01-test"
HAIKU = "claude-haiku-5-5"
SONNET = "claude-sonnet-5-5"
WORKSPACE = "wrkspc_odoo"


class ReconciliationCase(GatewayCalls, AccountAiCase):
    """Calls of a day that is over, in our ledger and at the simulator."""

    uses_accounting = False

    def setUp(self):
        super().setUp()
        commit = patch.object(
            type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: 60.0
        )
        commit.start()
        self.addCleanup(commit.stop)
        self.day = self.env.cr.now().date() - timedelta(days=2)
        self.control = self.simulator.control
        self.control.settings(
            clock=f"{self.day}T12:00:00Z", workspaces={TEST_KEY: WORKSPACE}
        )
        self.set_parameters(
            {ADMIN_KEY_PARAMETER: ADMIN_KEY, PERCENT_PARAMETER: 0, USD_PARAMETER: 0}
        )
        self.rows = self.env["account.ai.reconciliation"]

    def set_parameters(self, values):
        for name, value in values.items():
            self.env["ir.config_parameter"].set_param(name, value)

    def call_on(self, day, key, model=HAIKU):
        """Make a call on ``day``, and book it on that day."""
        self.control.settings(clock=f"{day}T12:00:00Z")
        request = replace(self.request, model=model, language=key)
        if model.startswith("claude-haiku-4"):
            request = replace(request, effort=None)
        with patch.object(GatewayCalls, "request", request):
            result = self.call(key)
        self.move_to(day, key)
        return result

    def move_to(self, day, key):
        """Let a row of the ledger be of another day."""
        self.synchronize()
        self.env.cr.execute(
            "UPDATE account_ai_usage SET opened_at = %s + time '12:00' WHERE key = %s",
            [day, key],
        )
        self.env.invalidate_all()

    def reconcile(self):
        """Compare, as it is done today."""
        self.control.settings(clock=self.env.cr.now().isoformat())
        self.synchronize()
        rows = self.rows._reconcile()
        self.synchronize()
        return rows

    def alerts(self):
        self.synchronize()
        return self.env["account.ai.alert"].search([("kind", "=", "reconciliation")])

    @property
    def billed(self):
        """US$ that the simulator has billed in all."""
        return Decimal(self.control.usage()["usd"])
