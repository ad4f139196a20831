"""A first budget for a company that has none: what it will likely need, and as much
again."""

from decimal import ROUND_CEILING, Decimal

_ROOM = 2
"""Times the likely cost: a limit that is reached every month helps nobody."""
LEAST_USD = Decimal(5)
_STEPS = (Decimal(1), Decimal(2), Decimal(5), Decimal(10))


def proposed_month_usd(
    spent_usd: Decimal, calls: int, documents_a_month: Decimal
) -> Decimal:
    """Return the proposed limit of a month, in US$: a round figure.

    :param spent_usd: on calls that were made in the last thirty days
    :param calls: how many these were
    :param documents_a_month: that the company usually posts, validated or not
    """
    mean = spent_usd / calls if calls else Decimal(0)
    likely = max(spent_usd, mean * documents_a_month)
    return _rounded_up(max(likely * _ROOM, LEAST_USD))


def _rounded_up(amount: Decimal) -> Decimal:
    """Return the next of 1, 2, 5, 10, 20, 50... that is not below ``amount``."""
    unit = Decimal(1).scaleb(amount.adjusted())
    first = (amount / unit).quantize(Decimal("1e-9"), ROUND_CEILING)
    return next(step for step in _STEPS if first <= step) * unit
