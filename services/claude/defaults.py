"""The one table of models and efforts: what is asked when nobody chose otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

DEFAULT_BASE_URL = "https://api.anthropic.com"


@dataclass(frozen=True)
class ModelChoice:
    """A model and how hard it thinks."""

    model: str
    effort: str
    """``low`` to ``max``."""


EFFORTS = ("low", "medium", "high", "xhigh", "max")

DEFAULT_MODELS = MappingProxyType(
    {
        "validation": ModelChoice("claude-haiku-5-5", "low"),
        "routing": ModelChoice("claude-haiku-5-5", "low"),
        "chat": ModelChoice("claude-sonnet-5-5", "medium"),
        "second_opinion": ModelChoice("claude-opus-5-5", "medium"),
    }
)


def default_model(operation: str) -> ModelChoice:
    """Return the model of ``operation``; an unknown one is a programming error."""
    return DEFAULT_MODELS[operation]
