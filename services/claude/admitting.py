"""How calls pass the guards and are booked, one at a time or several together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..common.translation import _
from .call import Admission
from .errors import ClaudeError
from .guards import Guard
from .money.measure import Measure
from .ports import CountFirst, NotPrepared, OpenCall, Owner, Transaction
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


class OneByOne(Exception):
    """Calls do not pass just so together: each is to be admitted alone."""


def pass_guards(
    transaction: Transaction, guards: Sequence[Guard], admission: Admission
) -> None:
    """Let a call pass all guards and open its row; or find its answer in the store.

    :raises ClaudeError: when it is refused; the transaction is to fail
    """
    for guard in guards:
        guard.admit(transaction, admission)
        if admission.answer is not None:
            booking = transaction.ledger.stored_answer(
                admission.call, saved_usd=admission.answer.cost_usd
            )
            admission.usage_id = booking.usage_id
            return
    admission.usage_id = book(transaction, admission.call)


def pass_guards_together(
    transaction: Transaction, guards: Sequence[Guard], admissions: Sequence[Admission]
) -> None:
    """Let several calls pass all guards and open their rows, with the statements of
    one.

    Only where nothing is to be said to any of them. Whatever else there is (a stored
    answer, a full window, an open circuit, a budget that does not allow all of them, a
    key that is booked already, or twice here) concerns each of them alone.

    :raises OneByOne: so it is; the transaction is to fail
    """
    calls = [admission.call for admission in admissions]
    if len({call.key for call in calls}) < len(calls):
        raise OneByOne
    for guard in guards:
        if not guard.admit_together(transaction, admissions):
            raise OneByOne
    bookings = transaction.ledger.open_all(calls)
    if not all(booking.created for booking in bookings):
        raise OneByOne
    try:
        # Last: from here to the commit, others wait for the counters.
        transaction.budget.reserve_all(tuple(zip(calls, bookings, strict=True)))
    except (ClaudeError, CountFirst, NotPrepared) as refusal:
        raise OneByOne from refusal
    for admission, booking in zip(admissions, bookings, strict=True):
        admission.usage_id = booking.usage_id


def book(transaction: Transaction, call: OpenCall) -> int:
    """Open the row of a call and reserve it in its budgets; return the row's id.

    The budgets come last: from here to the commit, others wait for their counters.

    :raises ClaudeError: ``budget``, ``in_progress``, ``already_made``
    """
    booking = transaction.ledger.open(call)
    if booking.created:
        transaction.budget.reserve(call, booking)
        return booking.usage_id
    if booking.state == "open":
        raise ClaudeError("in_progress", _("The same call is already under way."))
    raise ClaudeError("already_made", _("The same call was made before."))
