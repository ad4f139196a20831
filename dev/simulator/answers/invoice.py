"""Judges an invoice from the facts in the request.

The heuristics are the simulator's own and know nothing of what a test expects.
Each check yields suspicions; a suspicion becomes a finding if the schema has a
code for its concept. Errors reject, warnings ask for a review.
"""

from __future__ import annotations

from typing import Any

from . import invoice_amounts, invoice_notes, invoice_texts, request_text
from .invoice_facts import Invoice, Suspicion
from .obedience import Orders

#: Concept -> parts of a finding code that stand for it, the best first.
_CODE_PARTS = {
    "vague": ("VAGUE",),
    "code_only": ("CODE_ONLY",),
    "period": ("PERIOD",),
    "amount": ("UNUSUAL_AMOUNT", "AMOUNT_OUTLIER", "OUTLIER"),
    "exempt": ("EXEMPT",),
    "personal": ("PERSONAL",),
    "injection": ("INJECTION",),
    "note_reason": ("NOTE_REASON", "REASON"),
    "duplicate": ("DUP",),
    "currency": ("CURRENCY",),
    "milestone": ("MILESTONE",),
    "giro": ("GIRO",),
    "split": ("SPLIT",),
    "project": ("PROJECT",),
}
_CHECKS = (
    invoice_texts.injection,
    invoice_texts.vague,
    invoice_texts.code_only,
    invoice_texts.period,
    invoice_texts.personal,
    invoice_texts.giro,
    invoice_texts.project,
    invoice_amounts.unusual,
    invoice_amounts.exempt,
    invoice_amounts.duplicate,
    invoice_amounts.split,
    invoice_amounts.currency,
    invoice_amounts.milestone,
    invoice_notes.note_reason,
)
#: Names in the facts -> names of the same fields in a DTE.
_SII_NAMES = {
    "name": "NmbItem",
    "description": "DscItem",
    "lines": "NmbItem",
    "total": "MntTotal",
    "references": "RazonRef",
    "issuer.name": "RznSoc",
    "issuer.giro": "GiroEmis",
    "receiver.name": "RznSocRecep",
    "receiver.giro": "GiroRecep",
    "receiver.comuna": "CmnaRecep",
}
_LONGEST_QUOTE = 100
_RANK = {"E": 0, "W": 1, "I": 2}


def is_validation(schema: dict[str, Any]) -> bool:
    """Return whether ``schema`` is that of the validation of an invoice."""
    properties = schema.get("properties") or {}
    return {"findings", "verdict", "conf"} <= set(properties)


def judge(
    body: dict[str, Any], schema: dict[str, Any], orders: Orders | None
) -> dict[str, Any]:
    """Return the answer to a validation: findings, verdict and confidence."""
    if orders is not None:
        return {
            "findings": [],
            "verdict": orders.verdict,
            "conf": orders.confidence,
        }
    facts = request_text.facts_of(body)
    if facts is None:
        return {"findings": [], "verdict": "review", "conf": "low"}
    invoice = Invoice(facts)
    spanish = request_text.is_spanish(body)
    # The SII's names of the fields, if the prompt speaks of them.
    sii_names = "NmbItem" in request_text.system_text(body)
    codes = _codes(schema)
    findings = []
    for check in _CHECKS:
        for suspicion in check(invoice):
            code = _code_for(suspicion.concept, codes)
            if code is not None:
                findings.append(
                    _finding(suspicion, code, spanish=spanish, sii_names=sii_names)
                )
    findings.sort(key=lambda finding: _RANK[finding["sev"]])
    return {
        "findings": findings,
        "verdict": _verdict(findings),
        "conf": _confidence(invoice, findings),
    }


def _codes(schema: dict[str, Any]) -> list[str]:
    items = schema["properties"]["findings"].get("items") or {}
    code = (items.get("properties") or {}).get("code") or {}
    return list(code.get("enum") or [])


def _code_for(concept: str, codes: list[str]) -> str | None:
    for part in _CODE_PARTS[concept]:
        for code in codes:
            if part in code.upper():
                return code
    return None


def _finding(
    suspicion: Suspicion, code: str, *, spanish: bool, sii_names: bool
) -> dict[str, Any]:
    why, fix = suspicion.spanish if spanish else suspicion.english
    field = suspicion.field
    return {
        "code": code,
        "sev": suspicion.severity,
        "line": suspicion.line,
        "field": _SII_NAMES.get(field, field) if sii_names else field,
        "quote": suspicion.quote[:_LONGEST_QUOTE].strip(),
        "why": why,
        "fix": fix,
    }


def _verdict(findings: list[dict[str, Any]]) -> str:
    severities = {finding["sev"] for finding in findings}
    if "E" in severities:
        return "reject"
    return "review" if "W" in severities else "send"


def _confidence(invoice: Invoice, findings: list[dict[str, Any]]) -> str:
    if not invoice.lines:
        return "low"
    if invoice.history_count < 3:
        return "medium"
    return "medium" if len(findings) == 1 else "high"
