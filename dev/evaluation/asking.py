"""Asks a model about the documents of cases, through the gateway."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from services.agents.document_agent import ModelAnswer
from services.agents.registry import agent
from services.claude.call import CallResult
from services.claude.errors import ClaudeError
from services.claude.gateway import Gateway
from services.claude.http.client import client_for
from services.claude.operations import operation
from services.claude.policy import Policy
from services.claude.ports import Owner
from services.documents.context import Context
from services.documents.document import Document

from .memory_backend import MemoryBackend

_OPERATION = "validation"


@dataclass(frozen=True)
class Asked:
    """The outcome of a question."""

    answer: ModelAnswer | None = None
    error_code: str = ""
    """Why a call that was made gave no answer that can be used."""
    cost_usd: Decimal = Decimal(0)


class Asking:
    """A model that is asked about one document after the other.

    The limits, the budget and the answer store of a database do not count here: the
    guards work in memory (see :mod:`.memory_backend`).
    """

    def __init__(
        self,
        api_key: str,
        base_url: str,
        *,
        simulated: bool = False,
        model: str = "",
        effort: str = "",
        language: str = "es",
    ) -> None:
        """Prepare to ask.

        :param simulated: whether the address is a simulator by its settings; answers
            that say so themselves count as simulated in any case
        :param model: which model, the product's default when empty
        :param language: language of the answers, ``es`` or ``en``
        """
        choice = operation(_OPERATION)
        policy = Policy()
        self._agent = agent("dte")
        self._model = model or choice.model
        self._effort = effort or choice.effort
        self._language = language
        self._endpoint = base_url
        self._simulated = simulated
        self._backend = MemoryBackend(policy.breaker)
        self._gateway = Gateway(
            client_for(api_key, base_url), self._backend, policy, simulated=simulated
        )

    def ask(self, document: Document, context: Context) -> Asked:
        """Return what the model says of ``document``; each call is asked anew.

        A failed call and an answer that cannot be used are told by their code.

        :raises ClaudeError: when the call was not admitted
        """
        run_uuid = str(uuid.uuid4())
        request = self._agent.request(
            document,
            context,
            language=self._language,
            model=self._model,
            effort=self._effort,
        )
        owner = Owner(0, 0, _OPERATION, lane="evaluation", run_uuid=run_uuid)
        admission = self._gateway.admit(request, owner, run_uuid, use_stored=False)
        answer: ModelAnswer | None = None
        outcome: CallResult | ClaudeError
        try:
            outcome = result = self._gateway.call(admission)
            self._simulated = self._simulated or result.simulated
            reader = self._agent.reader(document, context)
            answer = reader.read(result.text, result.stop_reason)
        except ClaudeError as error:
            outcome = error
        self._gateway.settle(admission, outcome)
        return Asked(
            answer=answer,
            error_code=outcome.code if isinstance(outcome, ClaudeError) else "",
            cost_usd=self._backend.ledger.cost_usd(run_uuid),
        )

    def description(self) -> dict[str, Any]:
        """Return who was asked, as plain JSON data; true after the last question."""
        return {
            "by": "rules and model",
            "model": self._model,
            "effort": self._effort,
            "endpoint": self._endpoint,
            "simulated": self._simulated,
            "prompt_version": self._agent.version,
            "guards": "in memory",
        }
