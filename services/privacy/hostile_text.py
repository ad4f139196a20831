"""Findings about texts that are there to steer the reader instead of to inform.

They are findings of a rule: a model that does what the text says cannot remove them.
"""

from collections.abc import Iterator
from itertools import pairwise
from operator import attrgetter

from ..common.translation import _
from ..documents.document import Document
from ..validation.finding import Finding, Origin, Severity
from .check_time import CheckTime
from .document_texts import Text, document_texts
from .hidden_text import hidden_characters, hides_text, visible_text
from .needed_words import may_instruct
from .reader_instructions import find_reader_instruction, kinds_in

CODE = "SEM_PROMPT_INJECTION"
_EVIDENCE_LENGTH = 120
_LONG_TEXT = 1_000
_SHORTEST_INSTRUCTION = 8
# An instruction may go on from one line of the document to the next.
_CONTINUED = ("NmbItem", "DscItem", "RazonRef")


def find_hostile_text(
    document: Document, time: CheckTime | None = None
) -> tuple[Finding, ...]:
    """Return a finding for each text of ``document`` that no honest invoice needs.

    That is: text that tells whoever validates the document what to conclude, and
    invisible characters within words. All are warnings: a person must look. Texts are
    looked at to their end, also what is too long to be sent.

    :param time: when it is over, the rest is not looked at
    """
    time = time or CheckTime()
    with time.spending():
        return () if time.is_over() else _found_in(document, time)


def _found_in(document: Document, time: CheckTime) -> tuple[Finding, ...]:
    texts = list(document_texts(document))
    suspects, fields = _suspects(texts)
    findings: list[Finding] = []
    for text in texts:
        if text in suspects and not time.is_over():
            findings.extend(_judge(text))
    if not findings:
        for field in (each for each in _CONTINUED if each in fields):
            parts = [text for text in texts if text.field == field]
            findings.extend(_judge_together(parts, time))
    return tuple(findings)


def is_hostile(text: str) -> bool:
    """Return whether ``text`` alone would give a finding."""
    return hides_text(text) or bool(find_reader_instruction(visible_text(text)))


def _suspects(texts: list[Text]) -> tuple[set[Text], set[str]]:
    """Return the few texts to be searched, and the fields with two such together.

    All others have neither hidden characters nor the words that an instruction needs.
    """
    if not texts:
        return set(), set()
    by_field = sorted(texts, key=attrgetter("field"))
    values = tuple(text.value for text in by_field)
    joined = "\n".join(values)
    if visible_text(joined) != joined:
        return set(texts), set(_CONTINUED)
    judged = list(zip(by_field, kinds_in(values), strict=True))
    fields = {
        first.field
        for (first, kinds), (second, more) in pairwise(judged)
        if first.field == second.field and may_instruct(kinds | more)
    }
    return {text for text, kinds in judged if may_instruct(kinds)}, fields


def _judge(text: Text) -> Iterator[Finding]:
    if len(text.value) >= _SHORTEST_INSTRUCTION:
        visible = visible_text(text.value)
        instruction = find_reader_instruction(visible)
        if instruction:
            yield _instruction(text.field, text.line, visible, instruction)
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


def _judge_together(texts: list[Text], time: CheckTime) -> Iterator[Finding]:
    visible = [visible_text(text.value) for text in texts]
    for first, pair in zip(texts, pairwise(visible), strict=False):
        if time.is_over():
            return
        both = " ".join(pair)
        instruction = find_reader_instruction(both, only_orders=True)
        if instruction:
            yield _instruction(first.field, first.line, both, instruction)


def _instruction(field: str, line: int, visible: str, instruction: str) -> Finding:
    evidence = " ".join(visible.split())
    if len(evidence) > _LONG_TEXT:
        # Of a long text its beginning says nothing: what was found there, as it was
        # searched.
        evidence = " ".join(instruction.split())
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
