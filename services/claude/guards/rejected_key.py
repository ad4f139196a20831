"""Fourth guard: lets everything pass, and tells administrators of a refused key.

A wrong key is no outage, so the circuit breaker stays closed; but nobody except an
administrator can do anything about it.
"""

from __future__ import annotations

from ...common.translation import _
from ..call import Admission, CallResult
from ..errors import ClaudeError
from ..ports import Alert, Transaction
from .guard import Guard

_TITLES = {
    "invalid_key": _("Claude does not accept the API key"),
    "permission": _("The API key is not allowed to ask Claude"),
}
_MESSAGES = {
    "invalid_key": _(
        "Claude has refused a call of %(operation)s, because it does not accept the "
        "API key (HTTP %(status)s). Until a system administrator enters another key in "
        "the settings, or in the server's environment, only the rules answer. This "
        "alert ends by itself when a call passes."
    ),
    "permission": _(
        "Claude has refused a call of %(operation)s with %(model)s, because the API "
        "key is not allowed to use this model or function (HTTP %(status)s). Until its "
        "owner allows it in the Claude Console, or another key or model is set, only "
        "the rules answer. This alert ends by itself when a call passes."
    ),
}
_ANSWERED = frozenset(("refused", "truncated", "invalid_answer"))
"""The key was accepted; what Claude said is another matter."""


class RejectedKeyGuard(Guard):
    """Alerts once when Claude refuses the key, until a call passes again."""

    def settle(
        self,
        transaction: Transaction,
        admission: Admission,
        outcome: CallResult | ClaudeError,
    ) -> None:
        endpoint = admission.call.endpoint
        if not isinstance(outcome, ClaudeError) or outcome.code in _ANSWERED:
            transaction.alerts.resolve(*(_key(code, endpoint) for code in _TITLES))
        elif outcome.code in _TITLES:
            transaction.alerts.raise_alert(
                Alert(
                    kind="rejected_key",
                    key=_key(outcome.code, endpoint),
                    title=_TITLES[outcome.code],
                    message=_MESSAGES[outcome.code],
                    params={
                        "operation": admission.call.owner.operation,
                        "model": admission.call.model,
                        "status": str(outcome.status or "-"),
                    },
                )
            )


def _key(code: str, endpoint: str) -> str:
    return f"rejected_key:{code}:{endpoint}"
