"""What a validation is made of once its transaction is over: plain values, no
records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from odoo.addons.base.models.res_lang import LangData

from ....services.agents.document_agent import (
    DocumentAgent,
    DocumentAnswerReader,
    ModelAnswer,
)
from ....services.claude.call import Admission, CallResult
from ....services.claude.errors import ClaudeError
from ....services.claude.gateway import Gateway
from ....services.claude.ports import Owner, Settlement
from ....services.claude.request import ClaudeRequest
from ....services.documents.context import Context
from ....services.documents.document import Document
from ....services.privacy.check_time import CheckTime
from ....services.rules.checking import RulesReport
from ....services.validation.finding import Finding
from ....services.validation.verdict import Verdict, verdict_of
from ...common.presentation import Places


@dataclass(frozen=True)
class Judged:
    """An invoice with what the rules say about it."""

    document: Document
    context: Context
    places: Places
    report: RulesReport
    findings: tuple[Finding, ...]
    """Of the rules, hostile texts included: what the model cannot remove."""
    time: CheckTime = field(default_factory=CheckTime, compare=False)
    """What is left of the time for its checks."""


@dataclass
class OpenValidation:
    """A validation under way; works without cursor and request, in any thread."""

    dbname: str
    uid: int
    context: Mapping[str, Any]
    """Of the environment that asked: language, time zone, companies."""
    language: LangData
    """Of the user, with its formats: for sentences."""
    validation_id: int
    run_uuid: str
    move_id: int
    owner: Owner
    judged: Judged
    agent: DocumentAgent
    request: ClaudeRequest
    mask_persons: bool
    endpoint: str
    simulated: bool
    deadline_seconds: float
    gateway: Gateway | None
    """``None`` when nothing may be sent; then ``error`` says why."""
    error: ClaudeError | None = None
    replaced_model: str = ""
    """The model that the company chose, when another one is asked instead of it."""
    fell_back: bool = False
    """Claude did not know the model, and the fallback is asked within the same run."""
    asks_anew: bool = False
    """A stored answer could not be read, and Claude is asked within the same run."""
    attempt: int = 1
    """Number of the try: a queued validation that was refused is tried again."""
    use_stored: bool = True
    """False when the user wants a new answer whatever the store has."""

    @cached_property
    def reader(self) -> DocumentAnswerReader:
        """What reads Claude's answer; made once for all of its findings."""
        return self.agent.reader(
            self.judged.document, self.judged.context, mask_persons=self.mask_persons
        )

    @property
    def call_key(self) -> str:
        """Idempotency key of the call that is to be made."""
        suffix = ":fallback" * self.fell_back + ":anew" * self.asks_anew
        return f"{self.run_uuid}:{self.attempt}{suffix}"

    @property
    def log_key(self) -> tuple[str, str]:
        """Under which the log of its events is found."""
        return self.dbname, self.run_uuid

    @property
    def rules_verdict(self) -> Verdict:
        """The rules' own verdict, hostile texts included."""
        return verdict_of(self.judged.findings)


@dataclass
class Outcome:
    """How the call of a validation ended."""

    result: CallResult | None = None
    answer: ModelAnswer | None = None
    error: ClaudeError | None = None
    settlement: Settlement | None = None
    admission: Admission | None = None
    """Of the call that the result is from."""
    duration_ms: int = 0
    first_token_ms: int | None = None
