"""What a month will have cost when it ends."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

HISTORY_DAYS = 28
"""Four of each weekday: invoices are written on working days."""
_ZERO = Decimal(0)


@dataclass(frozen=True)
class Forecast:
    """The month of today, in US$."""

    begin: date
    end: date  # Last day of the month
    spent: Decimal  # From its first day until now, what is reserved included
    # What is expected yet: the rest of today, and each day that is left.
    days: Mapping[date, Decimal]
    # Whole days that the expectation stands on; 0 when there are none.
    history_days: int

    @property
    def total(self) -> Decimal | None:
        """What the month is expected to cost; ``None`` without a day of history."""
        if not self.history_days:
            return None
        return self.spent + sum(self.days.values(), _ZERO)


def month_forecast(spent: Mapping[date, Decimal], today: date) -> Forecast:
    """Return the forecast to the end of the month of ``today``.

    A day that is left is expected to cost the mean of the same weekdays of the last
    four weeks; a weekday that was not seen yet costs the mean of all days seen. Days
    before the first one with any cost do not count: nobody used it then. Today costs
    what it has cost, or what its weekday costs when that is more. Nothing is made of a
    peak at the end of the month that four weeks have not seen.

    :param spent: US$ by day, of the month and of the four weeks before today; a day
        that is left out cost nothing
    """
    history = _history(spent, today)
    begin = today.replace(day=1)
    end = today.replace(day=monthrange(today.year, today.month)[1])
    month_to_date = sum(
        (cost for day, cost in spent.items() if begin <= day <= today), _ZERO
    )
    expected = {}
    if history:
        rest = _expected(history, today) - spent.get(today, _ZERO)
        expected[today] = max(rest, _ZERO)
        for number in range(1, (end - today).days + 1):
            day = today + timedelta(days=number)
            expected[day] = _expected(history, day)
    return Forecast(begin, end, month_to_date, expected, len(history))


def _history(spent: Mapping[date, Decimal], today: date) -> dict[date, Decimal]:
    """Return the cost of each whole day of the last weeks, since the first use."""
    days = [today - timedelta(days=number) for number in range(HISTORY_DAYS, 0, -1)]
    used = [day for day in days if spent.get(day)]
    return {day: spent.get(day, _ZERO) for day in days if used and day >= used[0]}


def _expected(history: Mapping[date, Decimal], day: date) -> Decimal:
    same = [cost for seen, cost in history.items() if seen.weekday() == day.weekday()]
    costs = same or list(history.values())
    return sum(costs, _ZERO) / len(costs)
