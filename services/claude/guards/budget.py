"""Fourth guard: the wall. What does not fit the budget is not called."""

from __future__ import annotations

from ..call import Admission, CallResult
from ..errors import ClaudeError
from ..ports import Transaction


class BudgetGuard:
    """Reserves the worst-case cost; the ledger row that is opened next holds it.

    Budgets count open and settled rows, so that settling the row releases what was
    reserved too much.
    """

    guards_repeats = True

    def admit(self, transaction: Transaction, admission: Admission) -> None:
        transaction.budget.reserve(admission.call)

    def settle(
        self,
        transaction: Transaction,
        admission: Admission,
        outcome: CallResult | ClaudeError,
    ) -> None:
        """Nothing to do: the settled ledger row is the release."""
