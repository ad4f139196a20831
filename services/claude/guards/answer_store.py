"""First guard: the same question about the same facts is answered from the store."""

from __future__ import annotations

from collections.abc import Sequence

from ..call import Admission, CallResult
from ..errors import ClaudeError
from ..policy import Policy
from ..ports import Transaction


class AnswerStoreGuard:
    """Looks for a stored answer and keeps good ones.

    An answer that is refused, cut or invalid comes here as an error and is not kept:
    the next one to ask asks Claude.
    """

    guards_repeats = False

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def admit(self, transaction: Transaction, admission: Admission) -> None:
        if not admission.use_stored:
            return
        call = admission.call
        data = transaction.answers.get(call.fingerprint, call.owner.company_id)
        if data is not None:
            admission.answer = CallResult.from_data(data)

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
        if isinstance(outcome, ClaudeError):
            return
        call = admission.call
        transaction.answers.put(
            call.fingerprint,
            call.owner.company_id,
            outcome.to_data(),
            self._policy.answer_ttl(call.owner.operation),
            admission.usage_id,
        )
