from psycopg2.pool import PoolError

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from .sql.figures import Figures, Scope
from .sql.period import PERIODS, period_of
from .sql.roll_up import BATCH
from .sql.zones import by_zone, read_zones

_FIRST_YEAR, _LAST_YEAR = 2000, 2200


class AccountAiDashboard(models.AbstractModel):
    """What Claude costs, on one screen: figures of the roll-ups and of open calls.

    Users see their own usage, administrators of the addon that of their companies,
    system administrators everything: the same as in the ledger.
    """

    _name = "account.ai.dashboard"
    _description = "Cost Dashboard"

    # === BUSINESS METHODS === #

    @api.model
    def get_figures(self, filters=None):
        """Return the whole picture for the client action, as JSON data.

        Money is in US$ unless it says so, days are those of the company, moments UTC.

        :param dict filters: ``period`` (one of ``PERIODS``), ``begin`` and ``end`` of a
            custom one, ``companies`` (ids; those that may not be seen are left out)
        :raise AccessError: for who may not see any usage
        """
        self._check_may_see()
        scope = self._scope(filters or {})
        self._roll_up_some()
        figures = Figures(self.env.cr, scope)
        totals, groups = figures.overview()
        forecast = self._forecast(scope)
        seen_all = not scope.user_id
        return {
            "period": self._period_data(scope),
            "own_only": not seen_all,
            "companies": self._companies_data(scope),
            "is_empty": not any(
                totals[name] for name in ("calls", "open_calls", "corrections")
            ),
            "waiting_rows": figures.waiting_rows,
            "totals": self._totals_data(totals),
            "company_costs": self._company_costs(groups["company_id"]),
            "bars": self._bars(scope.period, groups["bucket"], forecast),
            "forecast": self._forecast_data(forecast),
            "budgets": self._budgets(scope),
            "breakdowns": self._breakdowns(
                groups, figures.users() if seen_all else None
            ),
            "errors": self._errors(groups["outcome"]),
            "dearest": self._dearest(figures.dearest()),
        }

    # === WHO AND WHAT === #

    @api.model
    def _check_may_see(self):
        if not self.env["account.ai.usage"].has_access("read"):
            raise AccessError(self.env._("You may not see what Claude costs."))

    @api.model
    def _sees_everything(self):
        return self.env.su or self.env.user.has_group("base.group_system")

    @api.model
    def _company_choices(self):
        """Return the companies to choose from: those switched on, and for the system's
        administrators all that have used Claude."""
        companies = self.env.companies
        if self._sees_everything():
            # sudo: whoever administrates the system may see every company's name
            companies_sudo = self.env["res.company"].sudo()
            used = self.env.execute_query(
                SQL(
                    "SELECT DISTINCT company_id FROM account_ai_usage_day"
                    " WHERE grain = 'month'"
                )
            )
            ids = [company_id for (company_id,) in used]
            companies |= companies_sudo.search([("id", "in", ids)])
        return companies

    @api.model
    def _scope(self, filters):
        """Return what ``filters`` ask for, as far as the user may see it.

        :rtype: Scope
        """
        self._check_filters(filters)
        wanted = set(filters.get("companies") or self.env.companies.ids)
        seen = [each for each in self._company_choices().ids if each in wanted]
        sees_others = self._sees_everything() or self.env.user.has_group(
            "account_ai.group_manager"
        )
        zones = read_zones(self.env.cr)
        today = self._today(zones)
        return Scope(
            companies=tuple(seen or self.env.companies.ids),
            period=self._period(filters, today),
            today=today,
            zones=zones,
            user_id=0 if sees_others else self.env.uid,
        )

    @api.model
    def _check_filters(self, filters):
        """Check that ``filters`` are what the client action sends.

        :raise UserError: when they are not
        """
        if not isinstance(filters, dict) or not (
            isinstance(filters.get("period") or "", str)
            and _are_ids(filters.get("companies") or [])
            and all(_is_day(filters.get(name)) for name in ("begin", "end"))
        ):
            raise UserError(
                self.env._("The period or the companies cannot be read. Choose again.")
            )

    @api.model
    def _period(self, filters, today):
        name = filters.get("period")
        begin = fields.Date.to_date(filters.get("begin"))
        end = fields.Date.to_date(filters.get("end"))
        if name not in PERIODS or (name == "custom" and not (begin and end)):
            name = "month"
        return period_of(name, today, begin, end)

    @api.model
    def _today(self, zones):
        """Return today on the calendar of the company."""
        (zone,) = by_zone(zones, self.env.company.ids)
        now = fields.Datetime.context_timestamp(
            self.with_context(tz=zone), fields.Datetime.now()
        )
        return now.date()

    @api.model
    def _roll_up_some(self):
        """Roll up a batch, so that the next look is a shorter one, and the rest soon.

        Nothing hangs on it: what is not rolled up is added to the figures as it is.
        """
        try:
            counted = self.env["account.ai.usage.rollup"]._roll_up(longest_wait=0)
        except PoolError:
            return  # every connection is busy: this is no time for it
        if counted == BATCH:
            # sudo: wakes the addon's own cron
            self.env.ref("account_ai.ir_cron_account_ai_usage_rollup").sudo()._trigger()


def _are_ids(value):
    """Return whether ``value`` is a list of ids, as JSON has it."""
    return isinstance(value, list | tuple) and all(
        isinstance(each, int) for each in value
    )


def _is_day(value):
    """Return whether ``value`` is a day that a ledger may know, or nothing."""
    if not value:
        return True
    try:
        return _FIRST_YEAR <= fields.Date.to_date(value).year <= _LAST_YEAR
    except (AttributeError, TypeError, ValueError):
        return False
