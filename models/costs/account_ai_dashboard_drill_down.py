from datetime import datetime, time, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from .sql.zones import by_zone

_IS_CALL = Domain("corrects_id", "=", False)
_CLOSED = Domain("state", "!=", "open")
_CACHED = Domain.OR(
    Domain(column, ">", 0)
    for column in (
        *("cache_read_tokens", "cache_write_5m_tokens"),
        "cache_write_1h_tokens",
    )
)
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
    """From a figure of the dashboard to the rows that it is made of."""

    _inherit = "account.ai.dashboard"

    # === BUSINESS METHODS === #

    @api.model
    def get_drill_down(self, filters, figure, detail=None):
        """Return the action that shows the rows behind a figure, and a word on it.

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
        if not isinstance(detail, dict) or not isinstance(figure, str):
            raise UserError(self.env._("There is no such figure: %s", figure))
        if figure not in FIGURES:
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

    @api.model
    def _dimension_domain(self, detail):
        dimension = detail.get("dimension")
        if dimension not in DIMENSIONS:
            return Domain.TRUE
        values = list(detail.get("values") or [False])
        return Domain(dimension, "not in" if detail.get("excluded") else "in", values)

    @api.model
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

    @api.model
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
