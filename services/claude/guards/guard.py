"""What a guard is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ..call import Admission, CallResult
from ..errors import ClaudeError
from ..ports import Transaction


class Guard:
    """Stands before a call and is told how it ended; by itself it lets all pass.

    ``admit`` and ``settle`` each run within one short transaction; neither may wait on
    anything but the database.
    """

    guards_repeats: ClassVar[bool] = False
    """Whether the second attempt of a lost call passes it again."""

    def admit(self, transaction: Transaction, admissions: Sequence[Admission]) -> None:
        """Let calls of one company to one endpoint pass, or answer some of them by
        setting ``admission.answer``.

        :raises ClaudeError: to refuse one of them. The transaction fails with it; of
            several, each is then admitted alone and learns what concerns it.
        """

    def settle(
        self,
        transaction: Transaction,
        admission: Admission,
        outcome: CallResult | ClaudeError,
    ) -> None:
        """Take the outcome in; called once for each attempt that was admitted."""
