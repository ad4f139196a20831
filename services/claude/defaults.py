"""The one table of models and efforts: what is asked when nobody chose otherwise."""

from __future__ import annotations

import re
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

FALLBACK_MODELS = MappingProxyType(
    {
        "validation": ("claude-haiku-5-5", "claude-sonnet-5-5"),
        "routing": ("claude-haiku-5-5", "claude-sonnet-5-5"),
        "chat": ("claude-sonnet-5-5", "claude-haiku-5-5"),
        "second_opinion": ("claude-opus-5-5", "claude-sonnet-5-5"),
    }
)
"""Who is asked instead of a model that is retired, best first: the model of the
operation, unless that is the one that is gone."""

OLD_TOKENIZER = re.compile(r"claude-(haiku|sonnet|opus|mythos)-4-[0-6](-|$)")
"""Models whose tokens are longer: they count a quarter fewer for the same text."""


def default_model(operation: str) -> ModelChoice:
    """Return the model of ``operation``; an unknown one is a programming error."""
    return DEFAULT_MODELS[operation]


def fallback_models(operation: str) -> tuple[str, ...]:
    """Return who may stand in for a retired model of ``operation``, best first."""
    return FALLBACK_MODELS[operation]
