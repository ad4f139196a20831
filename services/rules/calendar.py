"""Tax periods and terms that are counted in months."""

from calendar import monthrange
from datetime import date


def tax_period(day: date) -> int:
    """Return the tax period of ``day``, a month, as a number that counts up by one."""
    return day.year * 12 + day.month - 1


def months_later(day: date, months: int) -> date:
    """Return the same day ``months`` later, or that month's last (Código Civil 48)."""
    year, month = divmod(tax_period(day) + months, 12)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
