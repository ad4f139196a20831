"""What a judge of documents is, and what its answer looks like once it was read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..claude.request import ClaudeRequest
from ..documents.context import Context
from ..documents.document import Document
from ..privacy.check_time import CheckTime
from ..validation.finding import Finding
from ..validation.verdict import Verdict
from .agent import Agent


@dataclass(frozen=True)
class ModelAnswer:
    """A model's answer, checked and put back into the words of the document."""

    findings: tuple[Finding, ...]
    verdict: Verdict
    """The model's own verdict, never better than what its findings say."""
    confidence_word: str
    """``high``, ``medium`` or ``low``: how sure the model says it is."""


class DocumentAnswerReader(ABC):
    """Reads the answer to one request, in one piece or finding by finding."""

    @abstractmethod
    def read(self, text: str, stop_reason: str = "end_turn") -> ModelAnswer:
        """Return the answer that ``text`` holds.

        :raises ClaudeError: ``invalid_answer``, ``truncated`` or ``refused``
        """

    @abstractmethod
    def finding(self, item: Mapping[str, Any]) -> Finding | None:
        """Return one finding of the answer, ``None`` when it is not to be shown."""


class DocumentAgent(Agent):
    """Judges documents: its answers are findings, a verdict and a confidence."""

    streamed_array = "findings"
    statistics = ("findings",)

    @abstractmethod
    def request(
        self,
        document: Document,
        context: Context,
        *,
        language: str,
        model: str,
        effort: str | None = None,
        cache_ttl: str = "5m",
        mask_persons: bool = True,
        time: CheckTime | None = None,
    ) -> ClaudeRequest:
        """Return what to ask about ``document``.

        :param language: language of the answer, ``es`` or ``en``
        :param cache_ttl: ``5m``, ``1h``, or empty for no prompt caching
        :param mask_persons: false only when the company decided so
        :param time: of all checks of this document; a request for which it was too
            short holds nothing of the document, and the gateway refuses it
        """

    @abstractmethod
    def parts(self, request: ClaudeRequest) -> list[tuple[str, float]]:
        """Return what a request that was built here is made of, largest first.

        For a person who has to leave something out: pairs of a name, English and marked
        for translation, and its share of the whole, from 0 to 1.
        """

    @abstractmethod
    def reader(
        self, document: Document, context: Context, *, mask_persons: bool = True
    ) -> DocumentAnswerReader:
        """Return what reads the answer to a request with the same arguments."""
