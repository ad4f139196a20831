"""What is said when nobody knows how a call would have ended."""

from __future__ import annotations

from ...common.translation import _
from ..errors import ClaudeError


def interrupted() -> ClaudeError:
    """Return the error of a run that was broken off, by a fault or a killed process."""
    return ClaudeError(
        "interrupted",
        _("The validation was interrupted; validate again."),
        retryable=True,
    )
