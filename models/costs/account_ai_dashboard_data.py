from dataclasses import replace
from datetime import datetime, time, timedelta

from odoo import api, fields, models

from ...services.costs.forecast import HISTORY_DAYS, month_forecast
from ...services.costs.latency import percentile
from .sql.figures import Figures
from .sql.period import Period

MOST_SHARES = 8
"""Rows of a breakdown; the others are told as one."""
_INPUT = (
    *("uncached_input_tokens", "cache_write_5m_tokens"),
    *("cache_write_1h_tokens", "cache_read_tokens"),
)


class AccountAiDashboard(models.AbstractModel):
    """How the figures of the dashboard are told: names, shares, what is missing."""

    _inherit = "account.ai.dashboard"

    # === PERIOD AND COMPANIES === #

    @api.model
    def _period_data(self, scope):
        period = scope.period
        return {
            "name": period.name,
            "begin": str(period.begin),
            "end": str(period.end),
            "grain": period.grain,
            "today": str(scope.today),
        }

    @api.model
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

    @api.model
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

    @api.model
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

    @api.model
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

    @api.model
    def _forecast(self, scope):
        """Return the forecast of this month; ``None`` when another time is shown."""
        today = scope.today
        if today not in scope.period:
            return None
        begin = min(today.replace(day=1), today - timedelta(days=HISTORY_DAYS))
        past = replace(scope, period=Period("custom", begin, today))
        return month_forecast(Figures(self.env.cr, past).costs(), today)

    @api.model
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

    @api.model
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

    @api.model
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

    @api.model
    def _breakdowns(self, groups, users):
        """Return the tables: by operation, agent, user, model and company.

        :param users: rows by user; ``None`` when one sees only the own usage
        """
        names = {
            "operation": self._operation_names(),
            "agent": {None: self.env._("No agent")},
            "model": {},
        }
        titles = {
            "operation": self.env._("By operation"),
            "agent": self.env._("By agent"),
            "model": self.env._("By model"),
        }
        tables = [
            self._breakdown(name, titles[name], groups[name], names[name])
            for name in ("operation", "agent", "model")
        ]
        if users is not None:
            title = self.env._("By user")
            known = self._names("res.users", users)
            tables.insert(2, self._breakdown("user_id", title, users, known))
        if len(groups["company_id"]) > 1:
            title = self.env._("By company")
            known = self._names("res.company", groups["company_id"])
            tables.append(
                self._breakdown("company_id", title, groups["company_id"], known)
            )
        return tables

    @api.model
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

    @api.model
    def _names(self, model, rows):
        # sudo: names of the users and companies of calls that one may see
        records = (
            self.env[model].sudo().browse(row["key"] for row in rows if row["key"])
        )
        return {record.id: record.display_name for record in records.exists()}

    @api.model
    def _operation_names(self):
        return {
            "validation": self.env._("Validation"),
            "routing": self.env._("Routing"),
            "chat": self.env._("Chat"),
            "second_opinion": self.env._("Second opinion"),
        }

    @api.model
    def _errors(self, rows):
        return [
            {"outcome": row["key"] or False, "calls": row["errors"]}
            for row in sorted(rows, key=lambda row: -row["errors"])
            if row["errors"]
        ]

    # === DEAR REQUESTS === #

    @api.model
    def _dearest(self, usage_ids):
        """Return the dearest calls; the ledger's own rules decide who sees them."""
        usages = self.env["account.ai.usage"].search([("id", "in", usage_ids)])
        names = self._operation_names()
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

    @api.model
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
