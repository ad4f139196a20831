"""Findings about texts that are there to steer the reader instead of to inform.

They are findings of a rule: a model that does what the text says cannot remove them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from operator import attrgetter

from ..documents.document import Document
from ..translation import _
from ..validation.finding import Finding, Origin, Severity
from .document_texts import Text, document_texts
from .hidden_text import hidden_characters, hides_text, visible_text
from .needed_words import may_instruct
from .reader_instructions import find_reader_instruction, kinds_in

CODE = "SEM_PROMPT_INJECTION"
_EVIDENCE_LENGTH = 120
_SHORTEST_INSTRUCTION = 8
# More than that of one text is never sent, so it cannot instruct anybody.
_LENGTH_SENT = 5_000
# An instruction may go on from one line of the document to the next.
_GOES_ON = ("NmbItem", "DscItem", "RazonRef")


def find_hostile_text(document: Document) -> tuple[Finding, ...]:
    """Return a finding for each text of ``document`` that no honest invoice needs.

    That is: text that tells whoever validates the document what to conclude, and
    invisible characters within words. All are warnings: a person must look.
    """
    texts = list(document_texts(document))
    suspects, fields = _suspects(texts)
    findings = [
        finding for text in texts if text in suspects for finding in _judge(text)
    ]
    if not findings:
        for field in (each for each in _GOES_ON if each in fields):
            parts = [text for text in texts if text.field == field]
            findings.extend(_judge_together(parts))
    return tuple(findings)


def is_hostile(text: str) -> bool:
    """Return whether ``text`` alone would give a finding."""
    return hides_text(text) or bool(find_reader_instruction(_visible(text)))


def _visible(text: str) -> str:
    return visible_text(text)[:_LENGTH_SENT]


def _suspects(texts: list[Text]) -> tuple[set[Text], set[str]]:
    """Return the few texts worth a costly look, and the fields with two such together.

    All others have neither hidden characters nor the words that an instruction needs.
    """
    if not texts:
        return set(), set()
    by_field = sorted(texts, key=attrgetter("field"))
    values = tuple(text.value for text in by_field)
    joined = "\n".join(values)
    if visible_text(joined) != joined or max(map(len, values)) > _LENGTH_SENT:
        return set(texts), set(_GOES_ON)
    judged = list(zip(by_field, kinds_in(values), strict=True))
    fields = {
        first.field
        for (first, kinds), (second, more) in pairwise(judged)
        if first.field == second.field and may_instruct(kinds | more)
    }
    return {text for text, kinds in judged if may_instruct(kinds)}, fields


def _judge(text: Text) -> Iterator[Finding]:
    if len(text.value) >= _SHORTEST_INSTRUCTION:
        visible = _visible(text.value)
        instruction = find_reader_instruction(visible)
        if instruction:
            yield _instruction(text.field, text.line, visible)
    if hides_text(text.value):
        yield Finding(
            code=CODE,
            severity=Severity.WARNING,
            origin=Origin.RULE,
            message=_("The text holds characters that nobody can see."),
            advice=_("Type the text again, and ask its author why they were there."),
            field=text.field,
            line=text.line,
            evidence=" ".join(hidden_characters(text.value)),
        )


def _judge_together(texts: list[Text]) -> Iterator[Finding]:
    visible = [_visible(text.value) for text in texts]
    for first, pair in zip(texts, pairwise(visible), strict=False):
        both = " ".join(pair)
        if find_reader_instruction(both, only_orders=True):
            yield _instruction(first.field, first.line, both)


def _instruction(field: str, line: int, visible: str) -> Finding:
    evidence = " ".join(visible.split())
    if len(evidence) > _EVIDENCE_LENGTH:
        evidence = evidence[: _EVIDENCE_LENGTH - 1] + "…"
    return Finding(
        code=CODE,
        severity=Severity.WARNING,
        origin=Origin.RULE,
        message=_("The text gives instructions to whoever validates the document."),
        advice=_("Do not follow it; ask its author why it is there, and take it out."),
        field=field,
        line=line,
        evidence=evidence,
    )
