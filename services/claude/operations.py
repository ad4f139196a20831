"""The one table of what Claude is asked for: limits, models and names of operations.

Limits, budgets, settings, models and the dashboard are made from it: whoever adds an
operation adds a row here and nothing else.

The limit that a company sets for an operation is a field of its own, generated from the
row. Odoo adds its column when the addon is updated and leaves those that there are
alone, so that no stored limit is moved, and access rights, translations and the
settings page treat it like any other field.

The lane is not in here: it belongs to a call, because the same validation is asked for
at the screen and from the queue.
"""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_LIMIT = 30
"""Calls a minute and person of an operation that has no row."""
DEFAULT_ANSWER_SECONDS = 900.0


@dataclass(frozen=True)
class Operation:
    """Something that Claude is asked for."""

    name: str
    """Technical name: in the ledger, in budgets and in the names of fields."""
    label: str
    """What people read, in the plural where there is one."""
    model: str
    """Asked when nobody chose another one."""
    effort: str
    """How hard it thinks: ``low`` to ``max``."""
    fallback_models: tuple[str, ...]
    """Who is asked instead of a model that is retired, best first: that of the
    operation, unless it is the one that is gone."""
    limit_label: str = ""
    """Name of the setting of its limit; empty for a step of another operation, which
    is not started by a person and has no setting."""
    limit_per_minute: int = DEFAULT_LIMIT
    """Calls that one person may start at the screen."""
    answer_seconds: float | None = DEFAULT_ANSWER_SECONDS
    """How long an answer is kept; ``None``: as long as its fingerprint holds."""
    model_field: str = ""
    effort_field: str = ""
    """Fields of the company that choose another model and effort; empty: none."""

    @property
    def limit_field(self) -> str:
        """Field of the company that holds the limit, empty for a step."""
        return f"account_ai_limit_{self.name}" if self.limit_label else ""


_HAIKU, _SONNET, _OPUS = "claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5"

OPERATIONS = (
    Operation(
        name="validation",
        label="Validations",
        model=_HAIKU,
        effort="low",
        fallback_models=(_HAIKU, _SONNET),
        limit_label="Validations per Minute",
        limit_per_minute=20,
        # Everything that decides a validation is in its fingerprint.
        answer_seconds=None,
        model_field="account_ai_model",
        effort_field="account_ai_effort",
    ),
    Operation(
        name="chat",
        label="Chat",
        model=_SONNET,
        effort="medium",
        fallback_models=(_SONNET, _HAIKU),
        limit_label="Chat Turns per Minute",
    ),
    Operation(
        name="project_suggestion",
        label="Project suggestions",
        model=_HAIKU,
        effort="low",
        fallback_models=(_HAIKU, _SONNET),
        limit_label="Project Suggestions per Minute",
        limit_per_minute=50,
    ),
    Operation(
        name="routing",
        label="Routing",
        model=_HAIKU,
        effort="low",
        fallback_models=(_HAIKU, _SONNET),
    ),
    Operation(
        name="second_opinion",
        label="Second opinion",
        model=_OPUS,
        effort="medium",
        fallback_models=(_OPUS, _SONNET),
    ),
)

LIMITED = tuple(each for each in OPERATIONS if each.limit_label)
"""Those that a person starts, and may start so often in a minute."""


def operation(name: str) -> Operation:
    """Return the operation called ``name``.

    :raises KeyError: when there is none, which is a programming error
    """
    return _BY_NAME[name]


_BY_NAME = {each.name: each for each in OPERATIONS}
