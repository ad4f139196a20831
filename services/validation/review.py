"""What people decided about findings, and what is left of a verdict after it.

A person with the right may dismiss a finding, also a rule's error; the model never
can. A dismissed finding stays, with who and why, and weighs as little as information.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ..documents.document import Document
from .finding import Finding, Origin, Severity
from .finding_facts import facts_fingerprints
from .verdict import Verdict, final_verdict, verdict_of, worse_of

_SEMANTIC_PREFIX = "SEM_"


@dataclass(frozen=True)
class Review:
    """What people decided about findings of one document."""

    dismissed: frozenset[str] = frozenset()
    """Fingerprints of the facts of findings that somebody dismissed; see
    :mod:`.finding_facts`."""

    def dismiss(
        self, document: Document, findings: Iterable[Finding]
    ) -> tuple[Finding, ...]:
        """Return the findings, those marked that rest on dismissed facts."""
        return tuple(
            replace(finding, dismissed=self._is_dismissed(document, finding))
            for finding in findings
        )

    def _is_dismissed(self, document: Document, finding: Finding) -> bool:
        return bool(self.dismissed) and not self.dismissed.isdisjoint(
            facts_fingerprints(document, finding)
        )


NOT_REVIEWED = Review()


def demoted(finding: Finding, limits: Mapping[str, Severity]) -> Finding:
    """Return a rule's finding with the most that it may weigh.

    An error becomes a warning at least: that something is an error by law can be
    called noise, but not be hidden. Findings of the model are not rules.

    :param limits: the most that findings may weigh in a company, by code of the rule
    """
    limit = limits.get(finding.code)
    if limit is None or finding.origin is not Origin.RULE:
        return finding
    if finding.severity is Severity.ERROR:
        weight = Severity.WARNING
    elif finding.severity is Severity.WARNING and limit is Severity.INFORMATION:
        weight = Severity.INFORMATION
    else:
        return finding
    return replace(finding, severity=weight, demoted_from=finding.severity)


def standing_model_verdict(
    model: Verdict | None, findings: Iterable[Finding]
) -> Verdict | None:
    """Return what is left of the model's own verdict.

    It stands as long as one of the findings that it may rest on does: the model's own,
    and those of rules about the same matters, which the model is not heard on twice.
    When people have dismissed all of them, it is *send*. A verdict that rests on no
    finding stands: there was nothing that anybody could dismiss.
    """
    support = [
        finding
        for finding in findings
        if finding.severity is not Severity.INFORMATION
        and (
            finding.origin is Origin.MODEL or finding.code.startswith(_SEMANTIC_PREFIX)
        )
    ]
    if model is None or not support:
        return model
    return Verdict.SEND if all(finding.dismissed for finding in support) else model


def reviewed_verdict(findings: Iterable[Finding], model: Verdict | None) -> Verdict:
    """Return the final verdict of stored findings, with what people decided since.

    :param model: the model's own verdict; ``None`` without an answer: *review* at best
    """
    findings = tuple(findings)
    rules = verdict_of(each for each in findings if each.origin is Origin.RULE)
    return worse_of(
        final_verdict(rules, standing_model_verdict(model, findings)),
        verdict_of(findings),
    )
