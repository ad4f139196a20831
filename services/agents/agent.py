"""What any agent is: a prompt, its tools and the form of its answers."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, ClassVar

from ..claude.request import ClaudeRequest, canonical_json

LANGUAGES = ("en", "es")


class Agent(ABC):
    """A domain expert.

    Agents hold no state and touch no network, so that the same facts always give the
    same request, byte for byte: freshness and replay depend on it.
    """

    name: ClassVar[str]
    """Stable name, that of its folder; goes to the ledger."""
    introduction: ClassVar[str] = ""
    """What stands before the data in the first message: part of the prompt."""
    tools: ClassVar[tuple[Mapping[str, Any], ...]] = ()
    """Definitions of the tools that it may call."""
    output_schema: ClassVar[Mapping[str, Any] | None] = None
    """JSON schema of its answers; ``None`` for free text."""
    streamed_array: ClassVar[str] = ""
    """Name of the schema's array whose items are told while they arrive."""
    knowledge_modules: ClassVar[tuple[str, ...]] = ()
    """Modules of the knowledge base that it searches."""
    routing_words: ClassVar[tuple[str, ...]] = ()
    """Lower-case words of a question that speak for this agent."""
    statistics: ClassVar[tuple[str, ...]] = ()
    """Names of the schema's arrays whose items count as its work, beside calls and
    cost."""

    @abstractmethod
    def system(self, language: str) -> tuple[str, ...]:
        """Return the blocks of the stable prefix in ``language`` (``es`` or ``en``)."""

    @cached_property
    def version(self) -> str:
        """Version of the prompt: changes whenever one of its bytes does."""
        prompt: dict[str, Any] = {
            "introduction": self.introduction,
            "schema": self.output_schema,
            "system": {language: self.system(language) for language in LANGUAGES},
        }
        if self.tools:
            prompt["tools"] = self.tools
        digest = hashlib.sha256(canonical_json(prompt).encode())
        return f"{self.name}-{digest.hexdigest()[:12]}"

    def build_request(
        self,
        messages: Iterable[Mapping[str, Any]],
        *,
        language: str,
        model: str,
        max_tokens: int,
        **values: Any,
    ) -> ClaudeRequest:
        """Return a request of this agent.

        :param messages: what is asked, as the API takes it
        :param language: language of the answer, ``es`` or ``en``
        :param values: other fields of the request
        """
        return ClaudeRequest(
            model=model,
            system=self.system(language),
            messages=tuple(messages),
            max_tokens=max_tokens,
            output_schema=self.output_schema,
            streamed_array=self.streamed_array,
            language=language,
            tools=self.tools,
            **values,
        )
