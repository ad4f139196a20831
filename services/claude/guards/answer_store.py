"""First guard: the same question about the same facts is answered from the store."""

from __future__ import annotations

from collections.abc import Sequence

from ..call import Admission, CallResult, UnreadableAnswer
from ..errors import ClaudeError
from ..money.settlement import judged
from ..ports import Transaction


class AnswerStoreGuard:
    """Looks for a stored answer.

    One that cannot be read any more (another version stored it, or it was spoiled) is
    thrown away, and Claude is asked.
    """

    guards_repeats = False

    def admit(self, transaction: Transaction, admission: Admission) -> None:
        if not admission.use_stored:
            return
        call = admission.call
        kept = call.fingerprint, call.owner.company_id
        data = transaction.answers.get(*kept)
        if data is None:
            return
        try:
            answer = CallResult.from_data(data)
        except UnreadableAnswer:
            transaction.answers.drop(*kept)
            return
        if isinstance(judged(admission, answer), ClaudeError):
            transaction.answers.drop(*kept)
            return
        admission.answer = answer

    def admit_together(
        self, transaction: Transaction, admissions: Sequence[Admission]
    ) -> bool:
        wanted = {
            (admission.call.fingerprint, admission.call.owner.company_id)
            for admission in admissions
            if admission.use_stored
        }
        return not wanted or not transaction.answers.has_any(wanted)

    def settle(
        self,
        transaction: Transaction,
        admission: Admission,
        outcome: CallResult | ClaudeError,
    ) -> None:
        return
