"""How calls pass the guards and are booked: one or many, with the same statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..common.translation import _
from .call import Admission
from .errors import ClaudeError
from .guards import Guard
from .money.measure import Measure
from .ports import Booking, OpenCall, Owner, Transaction
from .request import ClaudeRequest


@dataclass(frozen=True)
class PlannedCall:
    """A call that somebody wants to make."""

    request: ClaudeRequest
    owner: Owner
    key: str
    """Idempotency key: the same key is never called twice."""
    measure: Measure
    use_stored: bool = True
    """False to ask Claude whatever the store has."""


def pass_guards(
    transaction: Transaction, guards: Sequence[Guard], admissions: Sequence[Admission]
) -> None:
    """Let calls pass all guards and open their rows, or find their answers stored.

    :raises ClaudeError: when one of them is refused; the transaction is to fail
    :raises CountFirst: when a bound decides about one of them
    :raises NotPrepared: when a budget or its period has just begun
    """
    to_ask = list(admissions)
    for guard in guards:
        if to_ask:
            guard.admit(transaction, to_ask)
            to_ask = [each for each in to_ask if each.answer is None]
    for admission in admissions:
        if admission.answer is not None:
            booking = transaction.ledger.stored_answer(
                admission.call, saved_usd=admission.answer.cost_usd
            )
            admission.usage_id = booking.usage_id
    bookings = book(transaction, [admission.call for admission in to_ask])
    for admission, booking in zip(to_ask, bookings, strict=True):
        admission.usage_id = booking.usage_id


def book(transaction: Transaction, calls: Sequence[OpenCall]) -> list[Booking]:
    """Open the rows of calls, reserve them in their budgets and return their bookings.

    The budgets come last: from here to the commit, others wait for their counters.

    :raises ClaudeError: ``budget``, ``in_progress``, ``already_made``
    """
    if not calls:
        return []
    in_progress = ClaudeError("in_progress", _("The same call is already under way."))
    if len({call.key for call in calls}) < len(calls):
        raise in_progress
    bookings = transaction.ledger.open_all(calls)
    for booking in bookings:
        if not booking.created and booking.state == "open":
            raise in_progress
        if not booking.created:
            raise ClaudeError("already_made", _("The same call was made before."))
    transaction.budget.reserve_all(tuple(zip(calls, bookings, strict=True)))
    return bookings
