"""First guard: the same question about the same facts is answered from the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..call import Admission, CallResult, UnreadableAnswer
from ..errors import ClaudeError
from ..money.settlement import judged
from ..ports import Transaction
from .guard import Guard


class AnswerStoreGuard(Guard):
    """Looks for a stored answer.

    One that cannot be read any more (another version stored it, or it was spoiled) is
    thrown away, and Claude is asked.
    """

    def admit(self, transaction: Transaction, admissions: Sequence[Admission]) -> None:
        wanting = [each for each in admissions if each.use_stored]
        wanted = {_place(each): each for each in wanting}
        if not wanted:
            return
        answers = {}
        for place, data in transaction.answers.get_all(wanted).items():
            answers[place] = _read(data, wanted[place])
            if answers[place] is None:
                transaction.answers.drop(*place)
        for admission in wanting:
            admission.answer = answers.get(_place(admission))


def _place(admission: Admission) -> tuple[str, int]:
    """Return the fingerprint and the company that an answer is stored under."""
    return admission.call.fingerprint, admission.call.owner.company_id


def _read(data: Mapping[str, Any], admission: Admission) -> CallResult | None:
    """Return a stored answer; ``None`` when it cannot be used any more."""
    try:
        answer = CallResult.from_data(data)
    except UnreadableAnswer:
        return None
    return None if isinstance(judged(admission, answer), ClaudeError) else answer
