"""Reads what a model answered about a document: nothing in it is taken on trust."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from ..privacy.masking import Masking
from ..translation import _
from ..validation.finding import Finding, Origin, Severity
from ..validation.verdict import Verdict, verdict_of, worse_of
from .agent import ModelAnswer
from .semantic_codes import SEMANTIC_CODES

_logger = logging.getLogger(__name__)

MAX_FINDINGS = 12
"""Twice what the prompt asks for; what is beyond has lost its way."""
_SENTENCE_LENGTH = 300
_QUOTE_LENGTH = 200
_SHORTEST_QUOTE = 3
_QUOTATION_MARKS = " \t\r\n\"'«»“”‘’"

_CODES = {each.code: each for each in SEMANTIC_CODES}
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


class AnswerReader:
    """Reads the answer to one request.

    :param facts: the facts as the model saw them
    :param masking: the masking that they were made with
    """

    def __init__(self, facts: Mapping[str, Any], masking: Masking) -> None:
        self._masking = masking
        document = facts.get("document", {})
        self._lines = frozenset(line["n"] for line in document.get("lines", ()))
        self._texts = tuple(_values(document))

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
        code = _CODES.get(str(item["code"]).upper())
        if code is None:
            _logger.warning("claude finding dropped: its code is not known")
            return None
        severity = _SEVERITIES[str(item["sev"]).upper()]
        evidence = self._evidence(item["quote"])
        if not evidence:
            severity = Severity.INFORMATION
        line = item["line"] if item["line"] in self._lines else 0
        return Finding(
            code=code.code,
            severity=severity,
            origin=Origin.MODEL,
            message=self._sentence(item["why"]),
            advice=self._sentence(item["fix"]),
            field=_FIELD_NAMES.get(item["field"].strip().casefold(), ""),
            line=line,
            evidence=evidence,
            source=code.source,
            secondary_source=code.secondary_source,
        )

    def _evidence(self, quote: str) -> str:
        """Return the words of the document that ``quote`` repeats, empty if none.

        Case and spacing of the quotation do not count, those of the document are shown.
        """
        words = unicodedata.normalize("NFC", quote).strip(_QUOTATION_MARKS).split()
        if not words:
            return ""
        pattern = re.compile(r"\s+".join(map(re.escape, words)), re.IGNORECASE)
        whole = next(filter(None, map(pattern.fullmatch, self._texts)), None)
        part = None
        if sum(map(len, words)) >= _SHORTEST_QUOTE:
            part = next(filter(None, map(pattern.search, self._texts)), None)
        match = whole or part
        if match is None:
            _logger.info(
                "claude finding without evidence: its quotation is not literal"
            )
            return ""
        return self._masking.unmask(match[0])[:_QUOTE_LENGTH].strip()

    def _sentence(self, text: str) -> str:
        return _cut(self._masking.unmask(" ".join(text.split())), _SENTENCE_LENGTH)


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
