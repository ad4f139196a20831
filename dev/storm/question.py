"""The requests of a load test."""

from __future__ import annotations

from typing import Any

from odoo.addons.account_ai.services.claude.request import ClaudeRequest

from .plan import PlannedCall

_SYSTEM = "Eres un auditor de documentos tributarios de Chile. " * 60
_FACTS = (
    '{"document":{"type":"33","flow":"sale","issue_date":"2026-11-20",'
    '"currency":"CLP","net":100000,"tax":19000,"total":119000,"lines":[{"n":1,'
    '"name":"Servicios varios","quantity":"1","price":"100000","amount":100000}]}}'
)
_FINDING = {
    "type": "object",
    "properties": {
        "code": {"type": "string", "enum": ["SEM_VAGUE_DESC", "SEM_PERIOD_MISMATCH"]},
        "sev": {"type": "string", "enum": ["E", "W", "I"]},
        "why": {"type": "string"},
    },
    "required": ["code", "sev", "why"],
    "additionalProperties": False,
}
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "findings": {"type": "array", "items": _FINDING},
        "verdict": {"type": "string", "enum": ["send", "review", "reject"]},
        "reason": {"type": "string"},
    },
    "required": ["findings", "verdict", "reason"],
    "additionalProperties": False,
}
_TOOL = {
    "name": "read_partner",
    "description": "Reads a partner.",
    "input_schema": {
        "type": "object",
        "properties": {"name": {"type": "string"}, "rut": {"type": "string"}},
        "required": ["name", "rut"],
    },
}


def request_of(call: PlannedCall) -> ClaudeRequest:
    """Return the request of a planned call; its text tells whose it is."""
    asked = " Use read_partner." if call.has_tools else ""
    filling = "Detalle de la glosa del documento tributario. " * (
        call.characters // 46 + 1
    )
    text = f"{call.tag}{asked} {filling[: call.characters]}\n<facts>{_FACTS}</facts>"
    return ClaudeRequest(
        model=call.model,
        # A few prefixes, so that some calls read what others wrote.
        system=(f"{call.user_id % 5}. {_SYSTEM}",),
        messages=({"role": "user", "content": [{"type": "text", "text": text}]},),
        max_tokens=call.max_tokens,
        output_schema=_SCHEMA if call.has_schema else None,
        effort=call.effort,
        cache_ttl=call.cache_ttl,
        tools=(_TOOL,) if call.has_tools else (),
    )
