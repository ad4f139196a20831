"""The registry of rules: what a rule is, and which rules apply to a document."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from inspect import signature

from ..common.wording import Value, field_named, neutral_text, value_of
from ..documents.context import Context
from ..documents.document import Document
from ..validation.finding import Finding, Origin, Severity
from .dated_data import DatedData
from .document_types import acting_flow


@dataclass(frozen=True)
class Violation:
    """What a rule yields for each place where the document breaks it."""

    field: str = ""  # SII name of the field
    line: int = 0  # ``NroLinDet`` of the line, 0 for the header
    evidence: Value = ""  # The value, or both sides of the equation
    # Fills ``%(name)s`` of the rule's message and advice; ``field`` and ``line``
    # fill themselves.
    params: Mapping[str, Value] = dataclasses.field(default_factory=dict)
    # Overrides the rule's severity, e.g. for a difference of one peso.
    severity: Severity | None = None

    @classmethod
    def of(
        cls,
        field: str,
        evidence: Value = "",
        *,
        line: int = 0,
        severity: Severity | None = None,
        **params: Value | date | int,
    ) -> Violation:
        """Return a violation whose ``params`` are given by name."""
        values = {name: value_of(each) for name, each in params.items()}
        return cls(field, line, evidence, values, severity)


Violations = Iterable[Violation]
Check = Callable[[Document, Context, DatedData], Violations]


@dataclass(frozen=True)
class Rule:
    """A registered rule; see :func:`rule` for the meaning of its fields."""

    code: str
    severity: Severity
    check: Check
    title: str
    message: str
    advice: str
    purchase_advice: str
    types: frozenset[str] | None
    flow: str
    valid_from: date | None
    valid_to: date | None
    source: str
    secondary_source: bool
    needs: frozenset[str]
    matter: str

    @cached_property
    def named_places(self) -> tuple[str, ...]:
        """Return which of ``field`` and ``line`` the message names."""
        places = ("field", "line")
        return tuple(name for name in places if f"%({name})s" in self.message)

    def applies_to(self, document_type: str, flow: str) -> bool:
        """Return whether the rule concerns documents of this type and acting flow."""
        return (self.types is None or document_type in self.types) and (
            not self.flow or self.flow == flow
        )

    def is_in_force(self, on: date) -> bool:
        """Return whether the rule is in force for a document issued ``on``."""
        return (self.valid_from is None or self.valid_from <= on) and (
            self.valid_to is None or on <= self.valid_to
        )

    def finding(self, violation: Violation, document: Document) -> Finding:
        """Return the finding of ``violation``, with the advice for who reads it."""
        flow = acting_flow(document)
        place = {
            "field": field_named(violation.field, flow),
            "line": str(violation.line),
        }
        evidence = violation.evidence
        return Finding(
            code=self.code,
            severity=violation.severity or self.severity,
            origin=Origin.RULE,
            message=self.message,
            advice=self.advice if flow == "sale" else self.purchase_advice,
            params={
                **{name: place[name] for name in self.named_places},
                **violation.params,
            },
            field=violation.field,
            line=violation.line,
            evidence=neutral_text(evidence),
            evidence_value=evidence if isinstance(evidence, Mapping) else None,
            source=self.source,
            secondary_source=self.secondary_source,
        )


_rules: dict[str, Rule] = {}


def rule(
    code: str,
    severity: Severity,
    *,
    message: str,
    advice: str,
    source: str,
    purchase_advice: str = "",
    types: Iterable[str] | None = None,
    flow: str = "",
    valid_from: date | None = None,
    valid_to: date | None = None,
    secondary_source: bool = False,
    needs: Iterable[str] = (),
    title: str = "",
) -> Callable[[Callable[..., Violations]], Callable[..., Violations]]:
    """Register the decorated function as the rule ``code``.

    The function takes the document, or document and context, or both and the dated
    data, and yields a :class:`Violation` for each place that breaks the rule; yielding
    none means that the document keeps it.

    :param code: unique stable code, e.g. ``RUT_DV``
    :param severity: error leads to *reject*, warning to *review*, information to *send*
    :param message: what is wrong, one sentence marked with ``_``, filled by ``params``
    :param advice: what to do, one sentence marked with ``_``
    :param source: legal source: law, resolution, page of the format
    :param purchase_advice: what to do when others issued it (default: ``advice``)
    :param types: SII document types, ``None`` for all
    :param flow: ``sale`` for documents that the company issues (46 is one of them),
        ``purchase`` for those it receives, empty for both
    :param valid_from: first issue date to which the rule applies, ``None`` for always
    :param valid_to: last issue date to which the rule applies
    :param secondary_source: the source is not the SII's own text
    :param needs: SII names of fields without which the rule cannot be judged: when the
        source of a document cannot hold one of them, the rule is skipped
    :param title: short name for documents about the rules (default: the first line of
        the function's docstring)
    :raises ValueError: when the code is registered already
    """

    def register(check: Callable[..., Violations]) -> Callable[..., Violations]:
        if code in _rules:
            raise ValueError(f"rule {code} is registered twice")
        _rules[code] = Rule(
            code=code,
            severity=severity,
            check=_taking_all(check),
            title=title or (check.__doc__ or code).strip().splitlines()[0],
            message=message,
            advice=advice,
            purchase_advice=purchase_advice or advice,
            types=None if types is None else frozenset(types),
            flow=flow,
            valid_from=valid_from,
            valid_to=valid_to,
            source=source,
            secondary_source=secondary_source,
            needs=frozenset(needs),
            matter=check.__module__.rsplit(".", 1)[-1],
        )
        rules_in_force.cache_clear()
        return check

    return register


def _taking_all(check: Callable[..., Violations]) -> Check:
    """Return ``check`` as a function of document, context and dated data."""
    taken = len(signature(check).parameters)
    if taken == 1:
        return lambda document, _context, _rates: check(document)
    if taken == 2:
        return lambda document, context, _rates: check(document, context)
    return check


def rules() -> tuple[Rule, ...]:
    """Return all registered rules, in order of matter and code."""
    return tuple(sorted(_rules.values(), key=lambda each: (each.matter, each.code)))


@lru_cache(maxsize=1024)
def rules_in_force(document_type: str, flow: str, on: date) -> tuple[Rule, ...]:
    """Return the rules for documents of a type and acting flow that are issued ``on``.

    Worked out once; see :func:`.document_types.acting_flow`.
    """
    return tuple(
        each
        for each in rules()
        if each.applies_to(document_type, flow) and each.is_in_force(on)
    )
