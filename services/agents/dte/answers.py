"""Reads what a model answered about a document: nothing in it is taken on trust."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import Any

from ...claude.structured_output import read_json_answer
from ...common.structured_log import structured_logger
from ...common.translation import _
from ...common.unicode_text import normalised
from ...privacy.masking import Masking
from ...validation.finding import Finding, Origin, Severity
from ...validation.verdict import Verdict, verdict_of, worse_of
from ..document_agent import DocumentAnswerReader, ModelAnswer
from .prompt import answer_schema
from .semantic_codes import SEMANTIC_CODES, SOURCES

_log = structured_logger(__name__)

MAX_FINDINGS = 12
"""Twice what the prompt asks for; what is beyond has lost its way."""
_SENTENCE_LENGTH = 300
_QUOTE_LENGTH = 200
_SHORTEST_QUOTE = 3
_WORD = re.compile(r"\S+")
_QUOTATION_MARKS = " \t\r\n\"'«»“”‘’"

_SEVERITIES = {
    "E": Severity.ERROR,
    "W": Severity.WARNING,
    "I": Severity.INFORMATION,
}
_FIELDS = (
    "NmbItem DscItem QtyItem UnmdItem PrcItem DescuentoMonto MontoItem IndExe MntNeto "
    "MntExe IVA MntTotal FchEmis FchVenc RznSoc GiroEmis RznSocRecep GiroRecep "
    "CmnaRecep RUTEmisor RUTRecep CodRef RazonRef FolioRef FchRef TpoDocRef TipoDTE "
    "TpoMoneda notes"
).split()
# The model is asked for SII names and sometimes gives the key of the facts.
_FIELD_NAMES = {
    **{name.casefold(): name for name in _FIELDS},
    "name": "NmbItem",
    "description": "DscItem",
    "quantity": "QtyItem",
    "unit": "UnmdItem",
    "price": "PrcItem",
    "discount": "DescuentoMonto",
    "amount": "MontoItem",
    "exempt": "IndExe",
    "net": "MntNeto",
    "tax": "IVA",
    "total": "MntTotal",
    "issue_date": "FchEmis",
    "due_date": "FchVenc",
    "giro": "GiroEmis",
    "issuer.name": "RznSoc",
    "issuer.rut": "RUTEmisor",
    "issuer.giro": "GiroEmis",
    "receiver.name": "RznSocRecep",
    "receiver.rut": "RUTRecep",
    "receiver.giro": "GiroRecep",
    "receiver.comuna": "CmnaRecep",
    "references": "RazonRef",
    "code": "CodRef",
    "reason": "RazonRef",
    "folio": "FolioRef",
    "date": "FchRef",
    "type": "TipoDTE",
    "currency": "TpoMoneda",
}


class AnswerReader(DocumentAnswerReader):
    """Reads the answer to one request.

    :param facts: the facts as the model saw them
    :param masking: the masking that they were made with
    """

    def __init__(self, facts: Mapping[str, Any], masking: Masking) -> None:
        self._masking = masking
        document = facts.get("document", {})
        self._lines = frozenset(line["n"] for line in document.get("lines", ()))
        self._texts = tuple(map(_Quotable, _values(document)))

    def read(self, text: str, stop_reason: str = "end_turn") -> ModelAnswer:
        return self.answer(read_json_answer(text, stop_reason, answer_schema()))

    def answer(self, data: Mapping[str, Any]) -> ModelAnswer:
        """Return the answer in ``data``, which fits the schema.

        A verdict worse than its findings without any of them to explain it gets a
        finding that says just that: nobody is left with an unexplained verdict.
        """
        items = data["findings"][:MAX_FINDINGS]
        findings = [each for each in map(self.finding, items) if each is not None]
        said = Verdict(data["verdict"])
        if said is not Verdict.SEND and not findings:
            findings.append(_unexplained())
        return ModelAnswer(
            findings=tuple(findings),
            verdict=worse_of(said, verdict_of(findings)),
            confidence_word=data["conf"],
        )

    def finding(self, item: Mapping[str, Any]) -> Finding | None:
        """Return the finding in ``item``, ``None`` when its code is not known.

        A finding whose quotation does not stand in the document is information at
        most, and shows no evidence.
        """
        code = str(item["code"]).upper()
        if code not in SEMANTIC_CODES:
            _log.warning("claude_finding_of_unknown_code")
            return None
        severity = _SEVERITIES[str(item["sev"]).upper()]
        evidence = self._evidence(item["quote"])
        if not evidence:
            severity = Severity.INFORMATION
        line = item["line"] if item["line"] in self._lines else 0
        return Finding(
            code=code,
            severity=severity,
            origin=Origin.MODEL,
            message=self._sentence(item["why"]),
            advice=self._sentence(item["fix"]),
            field=_FIELD_NAMES.get(item["field"].strip().casefold(), ""),
            line=line,
            evidence=evidence,
            source=SOURCES.get(code, ""),
            secondary_source=code in SOURCES,
        )

    def _evidence(self, quote: str) -> str:
        """Return the words of the document that ``quote`` repeats, empty if none.

        Case and spacing of the quotation do not count, those of the document are shown.
        """
        words = normalised("NFC", quote).strip(_QUOTATION_MARKS).split()
        if not words:
            return ""
        wanted = _lower(" ".join(words))
        found = next((each.text for each in self._texts if each.plain == wanted), "")
        if not found and sum(map(len, words)) >= _SHORTEST_QUOTE:
            found = next(filter(None, (each.part(wanted) for each in self._texts)), "")
        if not found:
            _log.info("claude_finding_not_literally_quoted")
            return ""
        return self._masking.unmask(found)[:_QUOTE_LENGTH].strip()

    def _sentence(self, text: str) -> str:
        return _cut(self._masking.unmask(" ".join(text.split())), _SENTENCE_LENGTH)


class _Quotable:
    """A text in which quotations are found, whatever their case and spacing."""

    def __init__(self, text: str) -> None:
        words = list(_WORD.finditer(text))
        self.text = text[words[0].start() : words[-1].end()] if words else ""
        self.plain = _lower(" ".join(word[0] for word in words))
        self._words = words
        self._starts: list[int] = []

    def part(self, wanted: str) -> str:
        """Return what stands in the text for ``wanted``, empty when nothing does."""
        start = self.plain.find(wanted)
        if start < 0:
            return ""
        first, last = self._place(start), self._place(start + len(wanted) - 1)
        return self._words[0].string[first : last + 1]

    def _place(self, position: int) -> int:
        """Return where a character of the plain text stands in the text itself."""
        if not self._starts:
            place = 0
            for word in self._words:
                self._starts.append(place)
                place += len(word[0]) + 1
        number = bisect_right(self._starts, position) - 1
        return self._words[number].start() + position - self._starts[number]


def _lower(text: str) -> str:
    """Return ``text`` in lower case, as long as it was."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(each.lower() if len(each.lower()) == 1 else each for each in text)


def _unexplained() -> Finding:
    return Finding(
        code="MODEL_UNEXPLAINED",
        severity=Severity.INFORMATION,
        origin=Origin.MODEL,
        message=_("Claude asks for a review but gives no reason for it."),
        advice=_("Read the texts of the document once more before you go on."),
    )


def _values(value: Any) -> Iterator[str]:
    """Yield every value of the facts as text, amounts also as people write them."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _values(item)
    elif isinstance(value, list):
        for item in value:
            yield from _values(item)
    elif isinstance(value, bool):
        return
    elif isinstance(value, int):
        yield str(value)
        yield f"{value:,}".replace(",", ".")
    else:
        yield str(value)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
