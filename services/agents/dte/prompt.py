"""The stable prefix of the DTE agent: byte-identical for all companies of a language.

Nothing in it may depend on a company, a document, a date or the order of a dictionary:
a single different byte is a cache miss for everybody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from ...rules import rules
from ..agent import LANGUAGES
from .facts import facts_text
from .semantic_codes import EXPLANATION, SEMANTIC_CODES, TEXTS


@cache
def answer_schema() -> Mapping[str, Any]:
    """Return the JSON schema of the answer; Claude writes in this order of keys.

    It is one for all: nobody may change it.
    """
    text = {"type": "string"}
    finding = {
        "code": {"type": "string", "enum": list(SEMANTIC_CODES)},
        "sev": {"type": "string", "enum": ["E", "W", "I"]},
        "line": {"type": "integer"},
        "field": text,
        "quote": text,
        "why": text,
        "fix": text,
    }
    answer = {
        "findings": {"type": "array", "items": _object(finding)},
        "verdict": {"type": "string", "enum": ["send", "review", "reject"]},
        "conf": {"type": "string", "enum": ["high", "medium", "low"]},
    }
    return _object(answer)


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


@cache
def prefix(language: str) -> tuple[str, ...]:
    """Return the system blocks: policy, rulebook digest, codes, examples.

    :raises ValueError: when there is no prompt in ``language``
    """
    if language not in LANGUAGES:
        raise ValueError(f"no prompt in language {language!r}")
    return (
        f"{_read('dte_policy')}\n\n{_read(f'language_{language}')}",
        _rulebook_digest(),
        EXPLANATION,
        _examples(language),
    )


def _read(name: str) -> str:
    return (TEXTS / f"{name}.md").read_text(encoding="utf-8").strip()


def _rulebook_digest() -> str:
    """Return what the rules check, so that the model does not do it again.

    Codes only: they say enough to be recognised, and the rulebook may grow without
    making every validation more expensive.
    """
    codes: dict[str, list[str]] = {}
    for rule in rules():
        # What the model is asked for as well is not forbidden to it.
        if not rule.code.startswith("SEM_"):
            codes.setdefault(rule.matter, []).append(rule.code)
    lines = [
        "# Checked already: do not report",
        "Deterministic rules check all of the following, and the accountant sees their "
        "findings beside yours.",
        *(
            f"- {matter.replace('_', ' ')}: {', '.join(codes[matter])}"
            for matter in sorted(codes)
        ),
        "Odoo itself warns about repeated folios of a supplier and about amounts and "
        "dates that are abnormal for the partner.",
    ]
    return "\n".join(lines)


def examples() -> list[dict[str, Any]]:
    """Return the worked examples: ``facts``, and the ``answer`` that is right for them,
    its sentences by language. All parties and texts are invented.

    One each of what goes wrong without an example: a document in order, words against
    numbers, history, a note, and a text that talks to the reader.
    """
    found: list[dict[str, Any]] = json.loads(
        (TEXTS / "examples.json").read_text(encoding="utf-8")
    )
    return found


def _examples(language: str) -> str:
    lines = [
        "# Examples",
        "Shortened facts, and the whole answer that is right for them.",
    ]
    for number, example in enumerate(examples(), start=1):
        lines.append(f"## Example {number}")
        lines.append(f"<facts>{facts_text(example['facts'])}</facts>")
        lines.append(_answer(example["answer"], language))
    return "\n".join(lines)


def _answer(answer: dict[str, Any], language: str) -> str:
    findings = [
        {**each, "why": each["why"][language], "fix": each["fix"][language]}
        for each in answer["findings"]
    ]
    return json.dumps(
        {**answer, "findings": findings}, ensure_ascii=False, separators=(",", ":")
    )
