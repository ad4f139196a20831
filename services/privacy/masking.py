"""Masks natural persons before a text is sent, and puts them back.

Ley 21.719 (personal data, in force 2026-12-01): the model judges an invoice just as
well without knowing who the person is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter

from ..documents.context import Context
from ..documents.document import Document, Party
from ..documents.rut import NATURAL_PERSON_LIMIT
from .check_time import CheckTime
from .document_texts import document_texts, history_texts
from .hidden_text import visible_text
from .person_names import PersonName
from .ruts import known_rut_pattern, rut_body, ruts_in

_PLACEHOLDER = re.compile(r"\[(?:PERSON|RUT|EMAIL|PHONE|TEXT)_\d+(?:_\d+)?\]", re.I)
_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(
    r"""
    (?<![\w.,])(?:
        \(?\+\s?56\)?[\s.-]?(?:\(?\d{1,2}\)?[\s.-]?)?\d{3,4}[\s.-]?\d{4}
      | 9[\s.-]\d{4}[\s.-]?\d{4}
      | \(\d{1,2}\)\s?\d{3,4}[\s.-]?\d{3,4}
    )(?![\w])
    | (?<=[\s:.])\d[\d\s.-]{5,10}\d(?![\w.,]\d|\w)
    """,
    re.VERBOSE,
)
# Neither a RUT nor a telephone has less than seven digits.
_MANY_DIGITS = re.compile(r"(?:\d\D{0,4}){7}")
_NO_DIGIT = re.compile(r"\D")
_MOBILE = re.compile(r"9[\s.-]")
_PHONE_LABEL = re.compile(
    r"(?:fono|tel[eé]fono|tel|celular|cel|m[oó]vil|whats\s?app|wsp|phone|mobile)"
    r"\b[\s.:°ºnN]*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Match:
    start: int
    end: int
    kind: str
    # What is the same for all spellings of one thing, e.g. the body of a RUT.
    identity: str


class Masking:
    """Placeholders for the persons of one document.

    ``unmask(mask(text))`` is ``text``: every spelling has a placeholder of its own,
    ``[PERSON_1]`` for the name as the document's party has it, ``[PERSON_1_2]`` for
    the next spelling of the same person. The same document gives the same placeholders.
    """

    def __init__(self, people: Iterable[Party] = ()) -> None:
        self._names: list[tuple[PersonName, str]] = []
        self._ruts: list[tuple[re.Pattern[str], str]] = []
        self._phones: set[str] = set()
        self._numbers: dict[tuple[str, str], int] = {}
        self._of_kind: Counter[str] = Counter()
        self._spellings: dict[tuple[str, str], dict[str, int]] = {}
        self._originals: dict[str, str] = {}
        self._masked: dict[str, str] = {}
        """By text: most are asked for again, to be sent."""
        self._is_on = True
        for party in people:
            self._add_person(party)

    @classmethod
    def of(
        cls,
        document: Document,
        context: Context | None = None,
        time: CheckTime | None = None,
    ) -> Masking:
        """Return the masking for ``document`` and for the texts around it.

        :param time: for what is to be sent: when it is over, the rest is not masked, so
            nothing may be sent
        """
        parties = (document.issuer, document.receiver)
        masking = cls(party for party in parties if is_natural_person(party))
        texts = (text.value for text in document_texts(document))
        for text in chain(texts, history_texts(context)):
            if time and time.is_over():
                break
            masking.mask(visible_text(text))
        return masking

    @classmethod
    def off(cls) -> Masking:
        """Return a masking that leaves every text as it is."""
        masking = cls()
        masking._is_on = False
        return masking

    def mask(self, text: str) -> str:
        """Return ``text`` with a placeholder for everything that tells who it is."""
        if not self._is_on or not text:
            return text
        masked = self._masked.get(text)
        if masked is None:
            masked = self._masked[text] = self._mask(text)
        return masked

    def _mask(self, text: str) -> str:
        parts: list[str] = []
        position = 0
        for match in self._matches(text):
            parts.append(text[position : match.start])
            spelling = text[match.start : match.end]
            parts.append(self._placeholder(match.kind, match.identity, spelling))
            position = match.end
        parts.append(text[position:])
        return "".join(parts)

    def unmask(self, text: str) -> str:
        """Return ``text`` with what its placeholders stand for.

        Placeholders of other documents are left as they are.
        """
        if not self._originals:
            return text
        return _PLACEHOLDER.sub(
            lambda match: self._originals.get(match[0].upper(), match[0]), text
        )

    def _add_person(self, party: Party) -> None:
        name = visible_text(party.name).strip()
        if name:
            identity = name.casefold()
            self._names.append((PersonName(name), identity))
            self._placeholder("PERSON", identity, name)
        rut = visible_text(party.rut).strip()
        if rut:
            identity = rut_body(rut) or rut
            self._ruts.append((known_rut_pattern(rut), identity))
            self._placeholder("RUT", identity, rut)
        if party.phone:
            self._phones.add(_NO_DIGIT.sub("", party.phone)[-8:])

    def _placeholder(self, kind: str, identity: str, spelling: str) -> str:
        key = (kind, identity)
        if key not in self._numbers:
            self._of_kind[kind] += 1
            self._numbers[key] = self._of_kind[kind]
            self._spellings[key] = {}
        spellings = self._spellings[key]
        position = spellings.setdefault(spelling, len(spellings) + 1)
        suffix = f"_{position}" if position > 1 else ""
        placeholder = f"[{kind}_{self._numbers[key]}{suffix}]"
        self._originals[placeholder] = spelling
        return placeholder

    def _matches(self, text: str) -> list[_Match]:
        """Return what to mask in ``text``, in order; the first claim wins."""
        found: list[_Match] = []
        taken = bytearray(len(text))
        for match in self._candidates(text):
            length = match.end - match.start
            if not any(taken[match.start : match.end]):
                taken[match.start : match.end] = b"\1" * length
                found.append(match)
        return sorted(found, key=attrgetter("start"))

    def _candidates(self, text: str) -> Iterator[_Match]:
        """Yield what may be masked, what weighs most first."""
        if "[" in text:
            for match in _PLACEHOLDER.finditer(text):
                yield _Match(*match.span(), "TEXT", match[0])
        if "@" in text:
            for match in _EMAIL.finditer(text):
                yield _Match(*match.span(), "EMAIL", match[0].casefold())
        for pattern, identity in self._ruts:
            for match in pattern.finditer(text):
                yield _Match(*match.span(), "RUT", identity)
        if _MANY_DIGITS.search(text):
            for start, end, body in ruts_in(text):
                yield _Match(start, end, "RUT", body)
            yield from self._phone_matches(text)
        for name, identity in self._names:
            for start, end in name.spans(text):
                yield _Match(start, end, "PERSON", identity)

    def _phone_matches(self, text: str) -> Iterator[_Match]:
        for match in _PHONE.finditer(text):
            digits = _NO_DIGIT.sub("", match[0])
            is_marked = match[0][0] in "+(" or _MOBILE.match(match[0])
            if (
                is_marked
                or digits[-8:] in self._phones
                or _PHONE_LABEL.search(text[max(0, match.start() - 20) : match.start()])
            ):
                yield _Match(*match.span(), "PHONE", digits[-8:])


def is_natural_person(party: Party) -> bool:
    """Return whether ``party`` is a natural person.

    The SII gives persons RUTs below 50 million; a sole trader is one too.
    """
    if party.is_natural_person:
        return True
    if party.country not in ("", "CL"):
        return False  # a foreign number is no RUT
    body = rut_body(visible_text(party.rut))
    return bool(body) and int(body) < NATURAL_PERSON_LIMIT
