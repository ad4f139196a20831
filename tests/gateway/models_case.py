"""What the tests of models share: the simulator's catalogue is the API's."""

from datetime import timedelta
from unittest.mock import patch

from ..common.common import AccountAiCase
from ..validation.validation_case import ValidationMixin

HAIKU = "claude-haiku-5-5"
SONNET = "claude-sonnet-5-5"
OPUS = "claude-opus-5-5"
OLD_SONNET = "claude-sonnet-4-5-20250929"


class ModelsCase(ValidationMixin, AccountAiCase):
    """Reads the catalogue from the simulator, and lets models retire."""

    def setUp(self):
        super().setUp()
        commit = patch.object(
            type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: 60.0
        )
        commit.start()
        self.addCleanup(commit.stop)
        self.models = self.env["account.ai.model"].with_context(active_test=False)
        # Days of its own: the test holds whatever the day is.
        self.dates = {
            OLD_SONNET: {
                "deprecated_at": self.in_days(-50),
                "retires_at": self.in_days(10),
            }
        }
        self.simulator.control.settings(model_dates=self.dates)

    def model(self, model):
        """Return the record of a model."""
        return self.models.search([("model", "=", model)])

    def set_dates(self, model=HAIKU, **dates):
        """Let the API tell other dates of ``model``."""
        self.simulator.control.settings(model_dates={**self.dates, model: dates})

    def in_days(self, days):
        """Return the day ``days`` from now as the API writes it."""
        moment = self.env.cr.now() + timedelta(days=days)
        return moment.strftime("%Y-%m-%dT00:00:00Z")

    def read_catalogue(self):
        """Run the cron that reads the catalogue."""
        self.synchronize()
        self.models._synchronize_by_cron()
        self.synchronize()

    def alerts(self, kind):
        self.synchronize()
        return self.env["account.ai.alert"].search(
            [("kind", "=", kind), ("company_id", "=", self.company.id)], order="id"
        )

    @property
    def settings(self):
        return self.env["account.ai.gateway"]._settings(self.company, "validation")

    @property
    def move(self):
        return self.create_move([("Arriendo de grúa, noviembre 2026", 90_000)])
