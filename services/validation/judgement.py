"""The final word on a document: findings, verdict and confidence of rules and model."""

from __future__ import annotations

from dataclasses import dataclass

from ..agents.document_agent import ModelAnswer
from ..documents.document import Document
from ..rules.checking import RulesReport
from .confidence import confidence_of
from .finding import Finding
from .merge import merge_findings
from .review import NOT_REVIEWED, Review, standing_model_verdict
from .verdict import Verdict, final_verdict, verdict_of, worse_of


@dataclass(frozen=True)
class Judgement:
    """What a validation ends with."""

    findings: tuple[Finding, ...]
    verdict: Verdict
    confidence: float
    """From 0 to 1; how it is computed stands in :mod:`.confidence`."""


def judge(
    document: Document,
    report: RulesReport,
    answer: ModelAnswer | None,
    review: Review = NOT_REVIEWED,
) -> Judgement:
    """Return the final findings, verdict and confidence.

    The verdict is the worst of the rules', the model's own and what the findings say;
    *review* at best when ``answer`` is ``None``: nothing that the model did not look at
    is called good.

    :param report: of the rules, what people decided about its findings applied already
    :param review: what people decided, to be applied to the model's findings
    """
    if answer is None:
        return Judgement(
            findings=report.findings,
            verdict=final_verdict(report.verdict, None),
            confidence=confidence_of(
                checked=report.checked,
                skipped=len(report.skipped),
                rules_verdict=report.verdict,
                model_verdict=None,
            ),
        )
    merged = merge_findings(document, report.findings, answer.findings)
    findings = review.dismiss(document, merged.findings)
    model_verdict = standing_model_verdict(answer.verdict, findings)
    return Judgement(
        findings=findings,
        verdict=worse_of(
            final_verdict(report.verdict, model_verdict), verdict_of(findings)
        ),
        confidence=confidence_of(
            checked=report.checked,
            skipped=len(report.skipped),
            rules_verdict=report.verdict,
            model_verdict=model_verdict,
            model_word=answer.confidence_word,
            quoted=merged.quoted,
            unquoted=merged.unquoted,
        ),
    )
