"""Puts the findings of rules and model together; the model can only add."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..documents.document import Document
from .evidence import is_quoted
from .finding import Finding, Severity


@dataclass(frozen=True)
class MergedFindings:
    """What is shown, and how well the model's part of it is founded."""

    findings: tuple[Finding, ...]
    """The rules' findings, all of them and first, then what the model adds."""
    quoted: int = 0
    """Findings of the model that quote the document literally."""
    unquoted: int = 0
    """Findings of the model without a quotation that stands in the document."""


def merge_findings(
    document: Document,
    rule_findings: Iterable[Finding],
    model_findings: Iterable[Finding],
) -> MergedFindings:
    """Return the findings of both without repetitions.

    No finding of a rule is ever left out or changed. A finding of the model is left out
    when a rule, or the model before, found the same code on the same line. It weighs a
    warning at most, since only what can be computed may reject a document, and is
    lowered to information when its evidence is no literal quotation.
    """
    findings = list(rule_findings)
    seen = {(finding.code, finding.line) for finding in findings}
    quoted = unquoted = 0
    for finding in model_findings:
        has_quote = is_quoted(finding.evidence, document)
        quoted += has_quote
        unquoted += not has_quote
        if (finding.code, finding.line) in seen:
            continue
        seen.add((finding.code, finding.line))
        findings.append(weighed_model_finding(finding, has_quote=has_quote))
    return MergedFindings(tuple(findings), quoted, unquoted)


def weighed_model_finding(finding: Finding, *, has_quote: bool) -> Finding:
    """Return a finding of the model with the severity that it may have at most."""
    if finding.severity is Severity.INFORMATION:
        return finding
    severity = Severity.WARNING if has_quote else Severity.INFORMATION
    return (
        finding if finding.severity is severity else replace(finding, severity=severity)
    )
