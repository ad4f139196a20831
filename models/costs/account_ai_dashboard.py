from dataclasses import replace
from datetime import datetime, time, timedelta

from psycopg2.pool import PoolError

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ...services.costs.forecast import HISTORY_DAYS, month_forecast
from ...services.costs.latency import percentile
from ...services.costs.period import PERIODS, Period, period_of
from .sql.figures import Figures, Scope
from .sql.roll_up import BATCH
from .sql.zones import by_zone, read_zones

_FIRST_YEAR, _LAST_YEAR = 2000, 2200

MOST_SHARES = 8
"""Rows of a breakdown; the others are summed up in one."""
_CACHE = ("cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens")
_INPUT = ("uncached_input_tokens", *_CACHE)

_IS_CALL = Domain("corrects_id", "=", False)
_CLOSED = Domain("state", "!=", "open")
_CACHED = Domain.OR(Domain(column, ">", 0) for column in _CACHE)
FIGURES = {
    "spent": _CLOSED,
    "calls": _CLOSED & _IS_CALL,
    "reserved": Domain("state", "=", "open"),
    "unknown": Domain("state", "=", "unknown"),
    "simulated": _CLOSED & Domain("simulated", "=", True),
    "errors": _CLOSED & _IS_CALL & Domain("outcome", "!=", "ok"),
    "answered": _IS_CALL
    & Domain("state", "=", "settled")
    & Domain("from_store", "=", False)
    & Domain("latency_ms", ">", 0),
    "cache": _CLOSED & _CACHED,
    "batch": _CLOSED & Domain("service_tier", "=", "batch"),
    "store": Domain("from_store", "=", True),
}
"""Rows of the ledger behind each figure."""

ROLLUP_FIGURES = {
    "unknown": Domain("state", "=", "unknown"),
    "simulated": Domain("simulated", "=", True),
    "errors": Domain("errors", ">", 0),
    "answered": Domain("timed_calls", ">", 0),
    "cache": _CACHED,
    "batch": Domain("saved_batch_usd", "!=", 0),
    "store": Domain("from_store", "=", True),
}
"""Roll-ups behind each figure; all of them behind the others."""

DIMENSIONS = ("operation", "agent", "user_id", "model", "company_id", "outcome")


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
            "most_expensive": self._most_expensive(figures.most_expensive()),
        }

    # === WHO AND WHAT === #

    def _check_may_see(self):
        if not self.env["account.ai.usage"].has_access("read"):
            raise AccessError(self.env._("You may not see what Claude costs."))

    def _sees_everything(self):
        return self.env.su or self.env.user.has_group("base.group_system")

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

    def _period(self, filters, today):
        name = filters.get("period")
        begin = fields.Date.to_date(filters.get("begin"))
        end = fields.Date.to_date(filters.get("end"))
        if name not in PERIODS or (name == "custom" and not (begin and end)):
            name = "month"
        return period_of(name, today, begin, end)

    def _today(self, zones):
        """Return today on the calendar of the company."""
        (zone,) = by_zone(zones, self.env.company.ids)
        now = fields.Datetime.context_timestamp(
            self.with_context(tz=zone), fields.Datetime.now()
        )
        return now.date()

    def _roll_up_some(self):
        """Roll up a batch, so that the next look is a shorter one, and the rest soon.

        It may fail: what is not rolled up is added to the figures all the same.
        """
        try:
            counted = self.env["account.ai.usage.rollup"]._roll_up(longest_wait=0)
        except PoolError:
            return  # every connection is busy: the next look rolls up
        if counted == BATCH:
            # sudo: wakes the addon's own cron
            self.env.ref("account_ai.ir_cron_account_ai_usage_rollup").sudo()._trigger()

    # === PERIOD AND COMPANIES === #

    def _period_data(self, scope):
        period = scope.period
        return {
            "name": period.name,
            "begin": str(period.begin),
            "end": str(period.end),
            "grain": period.grain,
            "today": str(scope.today),
        }

    def _companies_data(self, scope):
        return [
            {
                "id": company.id,
                "name": company.name,
                "selected": company.id in scope.companies,
            }
            for company in self._company_choices()
        ]

    # === SUMS === #

    def _totals_data(self, totals):
        asked = totals["calls"] - totals["stored_calls"]
        prompt = sum(totals[name] for name in _INPUT)
        counts = totals["latency_counts"]
        timed = totals["timed_calls"]
        saved = {
            "cache": totals["saved_cache_usd"],
            "batch": totals["saved_batch_usd"],
            "store": totals["saved_usd"],
        }
        return {
            **{
                name: totals[name]
                for name in (
                    *("calls", "errors", "corrections", "stored_calls"),
                    *("cost_usd", "open_calls", "reserved_usd"),
                    *("unknown_calls", "unknown_usd"),
                    *("simulated_calls", "simulated_usd"),
                )
            },
            "tokens": {
                "uncached_input": totals["uncached_input_tokens"],
                "cache_write": totals["cache_write_5m_tokens"]
                + totals["cache_write_1h_tokens"],
                "cache_read": totals["cache_read_tokens"],
                "output": totals["output_tokens"],
                "thinking": totals["thinking_tokens"],
            },
            "cache_share": totals["cache_read_tokens"] / prompt if prompt else None,
            "saved": {**saved, "total": sum(saved.values())},
            "latency": {
                "calls": timed,
                "mean_ms": round(totals["latency_ms"] / timed) if timed else None,
                "p50_ms": percentile(counts, 0.5),
                "p95_ms": percentile(counts, 0.95),
            },
            "error_rate": totals["errors"] / asked if asked else None,
        }

    def _company_costs(self, rows):
        """Return what the companies paid in currencies of their own, by currency.

        ``unknown`` counts the calls that are missing from it, for want of a rate.
        """
        # sudo: a currency is no secret, and a system administrator sees all companies
        companies = self.env["res.company"].sudo()
        companies = companies.browse(row["key"] for row in rows).exists()
        currencies = {company.id: company.currency_id for company in companies}
        costs = {}
        for row in rows:
            currency = currencies.get(row["key"])
            if not currency or currency.name == "USD":
                continue
            cost = costs.setdefault(
                currency.id,
                {
                    "currency_id": currency.id,
                    "currency": currency.name,
                    "amount": 0,
                    "unknown": 0,
                },
            )
            cost["amount"] += row["cost_company"]
            cost["unknown"] += row["cost_company_unknown"]
        return list(costs.values())

    # === OVER TIME === #

    def _bars(self, period, rows, forecast):
        """Return what each hour, day or month of the period cost, also if nothing.

        ``expected_usd`` is what the forecast adds to it.
        """
        known = {row["key"]: row for row in rows}
        expected = {}
        if forecast and period.grain != "hour":
            for day, cost in forecast.days.items():
                key = day if period.grain == "day" else day.replace(day=1)
                expected[key] = expected.get(key, 0) + cost
        bars = []
        for key in _keys(period):
            row = known.get(str(key), {})
            bars.append(
                {
                    "key": str(key),
                    "expected_usd": float(expected.get(key, 0)),
                    **{
                        name: row.get(name, 0)
                        for name in ("calls", "errors", "cost_usd", "simulated_usd")
                    },
                }
            )
        return bars

    def _forecast(self, scope):
        """Return the forecast of this month; ``None`` when another time is shown."""
        today = scope.today
        if today not in scope.period:
            return None
        begin = min(today.replace(day=1), today - timedelta(days=HISTORY_DAYS))
        past = replace(scope, period=Period("custom", begin, today))
        return month_forecast(Figures(self.env.cr, past).costs(), today)

    def _forecast_data(self, forecast):
        if forecast is None:
            return None
        total = forecast.total
        return {
            "begin": str(forecast.begin),
            "end": str(forecast.end),
            "spent_usd": float(forecast.spent),
            "total_usd": None if total is None else float(total),
            "history_days": forecast.history_days,
        }

    # === BUDGETS === #

    def _budgets(self, scope):
        """Return the budgets of the companies as they stand now; to users, the budgets
        that count what they do at the screen."""
        if scope.user_id:
            return self._own_budgets(scope)
        budgets = self.env["account.ai.budget"].search(
            [("company_id", "in", [False, *scope.companies])]
        )
        return [
            {
                "id": budget.id,
                "name": budget.name,
                "company": budget.company_id.sudo().name or "",  # sudo: only its name
                "currency_id": budget.currency_id.id,
                "currency": budget.currency_id.name,
                "limit": budget.amount,
                "spent": budget.spent,
                "reserved": budget.reserved,
                "left": budget.left,
                "ends_at": fields.Datetime.to_string(budget.date_end) or False,
                "hard": budget.limit_type == "hard",
            }
            for budget in budgets
        ]

    def _own_budgets(self, scope):
        """Return what is left to the user, who may not see the budgets themselves."""
        companies = self.env["res.company"].browse(scope.companies)
        operations = self.env["account.ai.budget"]._fields["operation"]
        found = {}
        for company in companies:
            for operation in operations.get_values(self.env):
                for state in self.env["account.ai.budget"]._left(
                    company, self.env.user, operation
                ):
                    found[company, state["name"], state["currency"]] = state
        currencies = self.env["res.currency"].search(
            [("name", "in", [currency for _company, _name, currency in found])]
        )
        ids = {currency.name: currency.id for currency in currencies}
        return [
            {
                "id": False,
                "company": company.name if len(companies) > 1 else "",
                "currency_id": ids.get(currency, False),
                "currency": currency,
                **{key: state[key] for key in ("name", "limit", "hard")},
                **{key: state[key] for key in ("spent", "reserved", "left")},
                "ends_at": fields.Datetime.to_string(state["ends_at"]),
            }
            for (company, _name, currency), state in found.items()
        ]

    # === BY WHAT === #

    def _breakdowns(self, groups, users):
        """Return the tables: by operation, agent, user, model and company.

        :param users: rows by user; ``None`` when one sees only the own usage
        """
        operations = self.env["account.ai.budget"]._operation_labels()
        agents = {None: self.env._("No agent")}
        companies = groups["company_id"]
        tables = [
            ("operation", self.env._("By operation"), groups["operation"], operations),
            ("agent", self.env._("By agent"), groups["agent"], agents),
        ]
        if users is not None:
            known = self._names("res.users", users)
            tables.append(("user_id", self.env._("By user"), users, known))
        tables.append(("model", self.env._("By model"), groups["model"], {}))
        if len(companies) > 1:
            known = self._names("res.company", companies)
            tables.append(("company_id", self.env._("By company"), companies, known))
        return [self._breakdown(*each) for each in tables]

    def _breakdown(self, dimension, title, rows, names):
        total = sum(row["cost_usd"] for row in rows)

        def data(key, name, each):
            return {
                "key": key,
                "name": name,
                "share": each["cost_usd"] / total if total else 0,
                **{
                    column: each[column]
                    for column in (
                        *("calls", "errors", "cost_usd", "simulated_usd"),
                        *("input_tokens", "output_tokens"),
                    )
                },
            }

        shown, others = rows[:MOST_SHARES], rows[MOST_SHARES:]
        table = {
            "dimension": dimension,
            "title": title,
            "rows": [
                data(
                    row["key"] or False,
                    names.get(row["key"]) or str(row["key"] or self.env._("None")),
                    row,
                )
                for row in shown
            ],
            "others": False,
        }
        if others:
            summed = {
                column: sum(row[column] for row in others)
                for column in others[0]
                if column != "key"
            }
            name = self.env._("%s others", len(others))
            table["others"] = data(False, name, summed)
        return table

    def _names(self, model, rows):
        # sudo: names of the users and companies of calls that one may see
        records = (
            self.env[model].sudo().browse(row["key"] for row in rows if row["key"])
        )
        return {record.id: record.display_name for record in records.exists()}

    def _errors(self, rows):
        return [
            {"outcome": row["key"] or False, "calls": row["errors"]}
            for row in sorted(rows, key=lambda row: -row["errors"])
            if row["errors"]
        ]

    # === EXPENSIVE REQUESTS === #

    def _most_expensive(self, usage_ids):
        """Return the most expensive calls that the ledger's rules let the user see."""
        usages = self.env["account.ai.usage"].search([("id", "in", usage_ids)])
        names = self.env["account.ai.budget"]._operation_labels()
        documents = self._document_names(usages)
        return [
            {
                "id": usage.id,
                "opened_at": fields.Datetime.to_string(usage.opened_at),
                "operation": names.get(usage.operation) or usage.operation or "",
                "model": usage.model or "",
                # sudo: the name of who made a call that one may see
                "user": usage.user_id.sudo().name or "",
                "document": documents.get((usage.res_model, usage.res_id), ""),
                "input_tokens": sum(usage[name] for name in _INPUT),
                "output_tokens": usage.output_tokens,
                "cost_usd": usage.cost_usd,
                "state": usage.state,
                "simulated": usage.simulated,
            }
            for usage in usages.sorted(lambda usage: (-usage.cost_usd, -usage.id))
        ]

    def _document_names(self, usages):
        """Return names by model and id, of documents that the user may read."""
        names = {}
        for model, group in usages.grouped("res_model").items():
            if model not in self.env or not self.env[model].has_access("read"):
                continue
            documents = self.env[model].browse(set(group.mapped("res_id"))).exists()
            for document in documents._filtered_access("read"):
                names[model, document.id] = document.display_name
        return names

    # === BUSINESS METHODS === #

    @api.model
    def get_drill_down(self, filters, figure, detail=None):
        """Return the action that shows the rows behind a figure, and a notice about it.

        Rows of the ledger; sums by hour where the ledger's detail is deleted.

        :param dict filters: as of ``get_figures``
        :param str figure: one of ``FIGURES``
        :param dict detail: ``dimension`` with ``values``, which ``excluded`` turns
            around; ``bar``: the key of a bar of the chart
        :return: ``action`` and ``notice``, which may be empty
        :rtype: dict
        :raise AccessError: for who may not see any usage
        """
        self._check_may_see()
        detail = detail or {}
        if not (
            isinstance(detail, dict) and isinstance(figure, str) and figure in FIGURES
        ):
            raise UserError(self.env._("There is no such figure: %s", figure))
        scope = self._scope(filters or {})
        begin, end = _bounds(scope.period, detail.get("bar"))
        spans = self._spans(scope, begin, end)
        kept_since = self.env["account.ai.usage.rollup"]._kept_since()
        deleted = any(since < kept_since for since, _until in spans)
        # What is open is never old, and in no roll-up.
        deleted = deleted and figure != "reserved"
        moment = "hour" if deleted else "opened_at"
        domain = Domain.OR(
            Domain("company_id", "in", companies)
            & Domain(moment, ">=", since)
            & Domain(moment, "<", until)
            for (since, until), companies in spans.items()
        )
        if deleted:
            domain &= ROLLUP_FIGURES.get(figure, Domain.TRUE)
        else:
            domain &= FIGURES[figure]
        if scope.user_id:
            domain &= Domain("user_id", "=", scope.user_id)
        domain &= self._dimension_domain(detail)
        notice = ""
        if deleted:
            notice = self.env._(
                "Single calls are kept since %(day)s. These are sums by hour, which "
                "stay.",
                day=format_date(self.env, kept_since.date()),
            )
        return {
            "action": self._rows_action(begin, end, domain, deleted),
            "notice": notice,
        }

    def _dimension_domain(self, detail):
        dimension = detail.get("dimension")
        if dimension not in DIMENSIONS:
            return Domain.TRUE
        values = list(detail.get("values") or [False])
        return Domain(dimension, "not in" if detail.get("excluded") else "in", values)

    def _rows_action(self, begin, end, domain, deleted):
        last = end - timedelta(seconds=1)
        days = format_date(self.env, begin.date())
        if last.date() != begin.date():
            days = f"{days} – {format_date(self.env, last.date())}"
        views = ["list", "pivot", "graph", "form"]
        if deleted:
            views = ["pivot", "graph", "list"]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Costs, %(days)s", days=days),
            "res_model": "account.ai.usage.rollup" if deleted else "account.ai.usage",
            "views": [(False, view) for view in views],
            "domain": list(domain),
        }

    def _spans(self, scope, begin, end):
        """Return the companies by the span of time (UTC) that they mean.

        :param begin: on the company's clock; ``end`` likewise
        :rtype: dict[tuple[datetime, datetime], list[int]]
        """
        spans = {}
        for zone, members in by_zone(scope.zones, scope.companies).items():
            self.env.cr.execute(
                "SELECT %(begin)s::timestamp AT TIME ZONE %(zone)s AT TIME ZONE 'UTC',"
                " %(end)s::timestamp AT TIME ZONE %(zone)s AT TIME ZONE 'UTC'",
                {"begin": begin, "end": end, "zone": zone},
            )
            spans.setdefault(self.env.cr.fetchone(), []).extend(members)
        return spans


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


def _keys(period):
    """Yield the hours, days or months of a period, as the figures name them."""
    if period.grain == "hour":
        midnight = datetime.combine(period.begin, time())
        yield from (midnight + timedelta(hours=hour) for hour in range(24))
    elif period.grain == "day":
        for number in range((period.end - period.begin).days + 1):
            yield period.begin + timedelta(days=number)
    else:
        month = period.begin.replace(day=1)
        while month <= period.end:
            yield month
            month = (month + timedelta(days=32)).replace(day=1)


def _bounds(period, bar):
    """Return begin and end of a period, or of one bar of its chart, local time."""
    begin = datetime.combine(period.begin, time())
    end = datetime.combine(period.end, time()) + timedelta(days=1)
    if not bar:
        return begin, end
    bar_begin = fields.Datetime.to_datetime(bar)
    if period.grain == "hour":
        bar_end = bar_begin + timedelta(hours=1)
    elif period.grain == "day":
        bar_end = bar_begin + timedelta(days=1)
    else:
        bar_end = (bar_begin + timedelta(days=32)).replace(day=1)
    return max(begin, bar_begin), min(end, bar_end)
