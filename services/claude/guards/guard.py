"""What a guard is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ..call import Admission, CallResult
from ..errors import ClaudeError
from ..ports import Transaction


class Guard(Protocol):
    """Stands before a call and is told how it ended.

    ``admit`` and ``settle`` each run within one short transaction; neither may wait on
    anything but the database.
    """

    guards_repeats: bool
    """Whether the second attempt of a lost call passes it again."""

    def admit(self, transaction: Transaction, admission: Admission) -> None:
        """Let the call pass, or answer it by setting ``admission.answer``.

        :raises ClaudeError: to refuse it
        """
        ...

    def admit_together(
        self, transaction: Transaction, admissions: Sequence[Admission]
    ) -> bool:
        """Let all these calls of one company to one endpoint pass, with the statements
        of one.

        :return: false when one of them is not to pass just so: each is then admitted
            alone, after the transaction has failed
        """
        ...

    def settle(
        self,
        transaction: Transaction,
        admission: Admission,
        outcome: CallResult | ClaudeError,
    ) -> None:
        """Take the outcome in; called once for each attempt that was admitted."""
        ...
