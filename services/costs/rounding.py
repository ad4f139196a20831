"""Rounding parts of an amount so that they still add up to the whole."""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal


def rounded_parts(amounts: Sequence[Decimal], digits: int = 2) -> list[Decimal]:
    """Return ``amounts`` with ``digits`` decimals; together they are their rounded sum.

    What rounding down leaves over goes to those that lost most by it.
    """
    step = Decimal(1).scaleb(-digits)
    total = sum(amounts, Decimal(0)).quantize(step, ROUND_HALF_UP)
    parts = [amount.quantize(step, ROUND_FLOOR) for amount in amounts]
    missing = int((total - sum(parts, Decimal(0))) / step)
    by_loss = sorted(
        range(len(amounts)), key=lambda index: parts[index] - amounts[index]
    )
    for index in by_loss[:missing]:
        parts[index] += step
    return parts
