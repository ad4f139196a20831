"""Verdicts and how they combine."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from .finding import Finding, Severity


class Verdict(str, Enum):
    """What to do with a document, from best to worst."""

    SEND = "send"
    REVIEW = "review"
    REJECT = "reject"


_BADNESS = {Verdict.SEND: 0, Verdict.REVIEW: 1, Verdict.REJECT: 2}
_VERDICT_OF_SEVERITY = {
    Severity.INFORMATION: Verdict.SEND,
    Severity.WARNING: Verdict.REVIEW,
    Severity.ERROR: Verdict.REJECT,
}


def worse_of(*verdicts: Verdict) -> Verdict:
    """Return the worst of ``verdicts``: the model cannot overrule a rule."""
    return max(verdicts, key=_BADNESS.__getitem__)


def is_worse(one: Verdict, other: Verdict) -> bool:
    """Return whether ``one`` is worse than ``other``."""
    return _BADNESS[one] > _BADNESS[other]


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """Return the verdict that ``findings`` alone lead to: the worst severity decides.

    Error leads to *reject*, warning to *review*, information or nothing to *send*; so
    does what a person dismissed.
    """
    return worse_of(
        Verdict.SEND,
        *(
            _VERDICT_OF_SEVERITY[finding.severity]
            for finding in findings
            if not finding.dismissed
        ),
    )


def final_verdict(rules: Verdict, model: Verdict | None) -> Verdict:
    """Return the final verdict: the worse of both; *review* at best without a model.

    :param rules: the rules' own verdict
    :param model: the model's own verdict, ``None`` when there is no valid answer
    """
    return worse_of(rules, Verdict.REVIEW if model is None else model)
