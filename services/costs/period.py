"""Periods of the dashboard: whole days on the calendar of the company."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

PERIODS = ("today", "week", "month", "last_month", "quarter", "year", "custom")
_DAYS_AT_MOST = 92
"""A quarter fits on a screen day by day; what is longer is shown by month."""


@dataclass(frozen=True)
class Period:
    """Days from ``begin`` to ``end``, both included."""

    name: str
    begin: date
    end: date

    @property
    def grain(self) -> str:
        """Return what one bar of the chart stands for: hour, day or month."""
        days = (self.end - self.begin).days + 1
        if days == 1:
            return "hour"
        return "day" if days <= _DAYS_AT_MOST else "month"

    @property
    def is_whole_months(self) -> bool:
        """Return whether sums by month tell all of it, in bars of a month."""
        next_day = self.end + timedelta(days=1)
        return self.grain == "month" and self.begin.day == next_day.day == 1

    def __contains__(self, day: date) -> bool:
        return self.begin <= day <= self.end


def period_of(
    name: str, today: date, begin: date | None = None, end: date | None = None
) -> Period:
    """Return the period ``name`` around ``today``.

    :param begin: of a custom period; ``end`` likewise, in any order
    :raise ValueError: for a name that is none, or a custom period without its days
    """
    if name == "custom":
        if not begin or not end:
            raise ValueError("a custom period needs two days")
        return Period(name, min(begin, end), max(begin, end))
    if name == "today":
        return Period(name, today, today)
    if name == "week":
        return Period(name, today - timedelta(days=6), today)
    if name == "month":
        return Period(name, today.replace(day=1), _month_end(today))
    if name == "last_month":
        last = today.replace(day=1) - timedelta(days=1)
        return Period(name, last.replace(day=1), last)
    if name == "quarter":
        first = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
        return Period(name, first, _month_end(first.replace(month=first.month + 2)))
    if name == "year":
        return Period(
            name, today.replace(month=1, day=1), today.replace(month=12, day=31)
        )
    raise ValueError(f"no period: {name}")


def _month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])
