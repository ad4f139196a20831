from datetime import datetime, timedelta

from odoo import api, fields, models

from ..common.cursor import LONGEST_WAIT, open_cursor
from ..common.many2one_without_foreign_key import Many2oneWithoutForeignKey
from ..gateway.account_ai_usage import LANES, PURGED_UNTIL_PARAMETER, STATES
from .sql.roll_up import BATCH, rebuild_bounds, rebuild_days, rebuild_hours, roll_up
from .sql.sums import HOUR_KEY, conflict_target


class AccountAiUsageRollup(models.Model):
    """The ledger by hour: who asked for what, with its sums.

    Every closed row of the ledger is counted once, whenever its transaction was
    committed; open rows are not in it. It stays when the ledger's detail is deleted.
    """

    _name = "account.ai.usage.rollup"
    _description = "Claude Usage by Hour"
    _inherit = ["account.ai.decided.fields", "account.ai.summed.usage"]
    _order = "hour desc, id desc"
    _rec_name = "hour"
    _log_access = False

    # === FIELDS === #

    hour = fields.Datetime(
        required=True, readonly=True, help="Hour in which the calls were opened."
    )
    company_id = Many2oneWithoutForeignKey("res.company", readonly=True)
    user_id = Many2oneWithoutForeignKey("res.users", readonly=True)
    operation = fields.Char(readonly=True)
    agent = fields.Char(readonly=True)
    lane = fields.Selection(LANES, readonly=True)
    model = fields.Char(readonly=True)
    simulated = fields.Boolean(
        readonly=True, help="Answered by the Claude simulator, not billed by anybody."
    )
    from_store = fields.Boolean(string="From Answer Store", readonly=True)
    state = fields.Selection(STATES, readonly=True)
    outcome = fields.Char(readonly=True, help="'ok' or the code of the error.")

    _key_unique = models.UniqueIndex(conflict_target(HOUR_KEY))
    # The dashboard of one user, and the hours of some days of a company.
    _user_index = models.Index("(user_id, hour)")
    _company_index = models.Index("(company_id, hour)")

    # === BUSINESS METHODS === #

    @api.model
    def _process_ledger(self):
        """Roll the ledger up until nothing is left, or the cron runs out of time."""
        while True:
            counted = self._roll_up()
            remaining = int(counted == BATCH)
            if not self.env["ir.cron"]._commit_progress(counted, remaining=remaining):
                break
            if not remaining:
                break

    @api.model
    def _roll_up(self, limit=BATCH, longest_wait=LONGEST_WAIT):
        """Roll up a batch in a transaction of its own.

        :param longest_wait: seconds to wait for a free connection
        :return: how many rows of the ledger were counted
        :raise psycopg2.pool.PoolError: when no connection became free
        """
        with open_cursor(self.env.cr.dbname, longest_wait) as cursor:
            return roll_up(cursor, limit)

    @api.model
    def _rebuild(self):
        """Sum up anew what the ledger still has in detail, and all days.

        For a system administrator's shell; it may be repeated at any time, also while
        calls are made. Each day is a transaction of its own.
        """
        dbname = self.env.cr.dbname
        with open_cursor(dbname) as cursor:
            bounds = rebuild_bounds(cursor, self._kept_since())
        if bounds:
            begin = bounds[0].replace(minute=0, second=0, microsecond=0)
            while begin <= bounds[1]:
                # To midnight: the hours before what was deleted are never touched.
                end = begin.replace(hour=0) + timedelta(days=1)
                with open_cursor(dbname) as cursor:
                    rebuild_hours(cursor, begin, end)
                begin = end
        with open_cursor(dbname) as cursor:
            rebuild_days(cursor)
        self.invalidate_model()

    @api.model
    def _kept_since(self):
        """Return the moment (UTC) since which the ledger has every row in detail."""
        # sudo: a moment, no secret
        parameters = self.env["ir.config_parameter"].sudo()
        value = parameters.get_param(PURGED_UNTIL_PARAMETER)
        return fields.Datetime.to_datetime(value) if value else datetime.min
