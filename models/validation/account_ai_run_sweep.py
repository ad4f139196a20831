from odoo import api, models

from ..common.cursor import execute, open_cursor
from .account_ai_run_queue import MAX_ATTEMPTS

SWEEP_LIMIT = 100

_EXPIRED = """
    SELECT id
      FROM account_ai_validation
     WHERE state = 'running' AND lease_until < now() AT TIME ZONE 'UTC'
     ORDER BY lease_until
     LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED
"""


_STATE = """
    SELECT state, state = 'running' AND lease_until < now() AT TIME ZONE 'UTC'
      FROM account_ai_validation
     WHERE id = %(id)s
"""


class AccountAiRunSweep(models.AbstractModel):
    """The sweeper: what a killed process left behind is closed, or tried again."""

    _name = "account.ai.run.sweep"
    _description = "Sweeper of Validations"

    # === BUSINESS METHODS === #

    @api.model
    def _sweep(self):
        """Close what a killed process left behind: calls in the ledger, then runs."""
        backend = self.env["account.ai.gateway"]._backend()
        while len(backend.close_expired(SWEEP_LIMIT)) == SWEEP_LIMIT:
            continue
        while self._sweep_runs() == SWEEP_LIMIT:
            continue

    @api.model
    def _is_under_way(self, validation_id: int) -> bool:
        """Return whether a run goes on.

        One whose process died is closed first, so that whoever waits for it learns it
        when its lease is over, and not when the sweeper comes by.
        """
        state, is_lost = self._state_of(validation_id)
        if is_lost:
            self._sweep()
            state, _is_lost = self._state_of(validation_id)
        return state in ("queued", "running")

    @api.model
    def _state_of(self, validation_id: int) -> tuple[str, bool]:
        """Return a run's state, empty when it is gone, and whether its lease is over.

        In a transaction of its own, which sees what others have just stored.
        """
        with open_cursor(self.env.cr.dbname) as cursor:
            execute(cursor, _STATE, {"id": validation_id})
            return cursor.fetchone() or ("", False)

    @api.model
    def _sweep_runs(self) -> int:
        """Close runs past their lease; return how many there were."""
        with open_cursor(self.env.cr.dbname) as cursor:
            execute(cursor, _EXPIRED, {"limit": SWEEP_LIMIT})
            ids = [row[0] for row in cursor.fetchall()]
            env = api.Environment(cursor, self.env.uid, {})
            for validation in env["account.ai.validation"]._own(ids):
                if validation._was_never_asked():
                    validation._requeue(0.0)
                else:
                    validation._interrupt()
        return len(ids)

    def _was_never_asked(self) -> bool:
        """Return whether a queued run died before it cost anything."""
        self.ensure_one()
        if self.trigger != "queue" or self.attempts >= MAX_ATTEMPTS:
            return False
        usages = self.env["account.ai.usage"]
        return not usages.search_count([("run_uuid", "=", self.run_uuid)], limit=1)
