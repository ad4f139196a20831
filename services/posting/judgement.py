"""What the posting policy says of an invoice: plain values, no records."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..claude.request import canonical_json
from ..documents.document import Document
from ..validation.finding import Finding, Severity
from ..validation.freshness import document_fingerprint, is_same_document

OFF, WARN, BLOCK, REQUIRE = "off", "warn", "block", "require"

FINDINGS = "findings"
"""Findings that a person is asked about; nothing is forbidden."""
RULE_ERRORS = "rule_errors"
NOT_VALIDATED = "not_validated"
REJECTED = "rejected"
NOT_JUDGED = "not_judged"
"""The rules could not be run on it."""


@dataclass(frozen=True)
class LastValidation:
    """What a policy that requires validations must know of an invoice's last one."""

    verdict: str = ""
    """Of the last answer of Claude about the document as it stands; empty when there is
    none. An attempt without an answer is none."""


@dataclass(frozen=True)
class Judgement:
    """What stands in the way of posting an invoice, if anything does."""

    move_id: int
    company_id: int
    policy: str
    problem: str
    """Empty when nothing does."""
    document: Document | None = None
    """``None`` when it could not be read."""
    findings: tuple[Finding, ...] = ()
    """Errors and warnings of the rules."""
    out_reason: str = ""
    """Why Claude is out, when the rules replace a required validation because of it."""

    @property
    def blocks(self) -> bool:
        """Whether the invoice may not be posted unless somebody overrides."""
        return self.problem not in ("", FINDINGS) and self.policy in (BLOCK, REQUIRE)

    @property
    def codes(self) -> list[str]:
        """Codes of the findings, each once, errors first."""
        ordered = sorted(
            self.findings, key=lambda each: each.severity is not Severity.ERROR
        )
        return list(dict.fromkeys(finding.code for finding in ordered))

    @property
    def fingerprint(self) -> str:
        """Of the document, to tell later whether it is still the same."""
        return document_fingerprint(self.document) if self.document else ""

    def snapshot(self) -> list[dict[str, Any]]:
        """Return the findings as JSON, to be kept with the decision about them."""
        return [
            {
                "code": finding.code,
                "severity": finding.severity.value,
                "message_source": finding.message,
                "params": dict(finding.params) or False,
                "field_name": finding.field,
                "line_number": finding.line,
                "evidence": finding.evidence,
                "evidence_value": finding.evidence_value or False,
            }
            for finding in self.findings
        ]

    def is_covered(
        self, fingerprint: str, problem: str, kept: Iterable[Mapping[str, Any]]
    ) -> bool:
        """Return whether an earlier decision holds for this: it was about the same
        document, the same problem, and no error has come since."""
        if self.document is None:
            return problem == self.problem and not fingerprint
        known = {(each["code"], each["line_number"]) for each in kept}
        errors = {
            (finding.code, finding.line)
            for finding in self.findings
            if finding.severity is Severity.ERROR
        }
        return (
            problem == self.problem
            and errors <= known
            and is_same_document(fingerprint, self.document)
        )


def problem_of(
    policy: str,
    findings: Iterable[Finding],
    last: LastValidation,
    rules_suffice: bool,
) -> str:
    """Return what stands in the way under ``policy``, empty when nothing does.

    Each policy includes the ones before it: ``warn`` asks about errors and warnings,
    ``block`` forbids errors, ``require`` wants a validation of what is posted, which
    must not say *reject*.

    :param findings: errors and warnings of the rules, judged now
    :param last: the invoice's last validation
    :param rules_suffice: Claude is out, and the company lets the rules stand in; never
        for what Claude has rejected as it stands
    """
    severities = {finding.severity for finding in findings}
    if Severity.ERROR in severities and policy in (BLOCK, REQUIRE):
        return RULE_ERRORS
    if policy == REQUIRE:
        if last.verdict == "reject":
            return REJECTED
        if not (last.verdict or rules_suffice):
            return NOT_VALIDATED
    return FINDINGS if severities else ""


def digest_of(judgements: Iterable[Judgement]) -> str:
    """Return a hash of what somebody is shown, to notice when it has changed."""
    shown = sorted(
        [each.move_id, each.problem, each.fingerprint, *sorted(each.codes)]
        for each in judgements
    )
    return hashlib.sha256(canonical_json(shown).encode()).hexdigest()
