"""One thing found in a document, by a rule or by the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from ..common.wording import Value


class Severity(str, Enum):
    """How much a finding weighs; see :func:`..verdict.verdict_of`."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


class Origin(str, Enum):
    """Who found it. A finding of a rule can never be removed by the model."""

    RULE = "rule"
    MODEL = "model"


@dataclass(frozen=True)
class Finding:
    """A finding with its evidence.

    ``message`` and ``advice`` are English sentences with ``%(name)s`` placeholders that
    ``params`` fills; a rule marks them for translation, the model writes them in the
    reader's language and leaves ``params`` empty.
    """

    code: str
    """Stable code, e.g. ``RUT_DV``; the vocabulary of the gold cases."""
    severity: Severity
    origin: Origin
    message: str
    """What is wrong, one sentence."""
    advice: str = ""
    """What to do, one sentence."""
    params: Mapping[str, Value] = field(default_factory=dict)
    """Values of the placeholders; see :mod:`..common.wording`."""
    field: str = ""
    """SII name of the field, e.g. ``RUTRecep``, ``MntTotal``, ``NmbItem``."""
    line: int = 0
    """Number of the detail line (``NroLinDet``, from 1); 0 is the header."""
    evidence: str = ""
    """What was seen: the value, both sides of an equation, or a literal quotation.
    A rule writes it in the SII's notation."""
    evidence_value: Value | None = None
    """The same as values for the reader's language; ``None`` for a literal text."""
    source: str = ""
    """Legal source: law, resolution, page of the format."""
    secondary_source: bool = False
    """True when the source is not the SII's own text."""
    dismissed: bool = False
    """True when a person decided that it need not count; see :mod:`.review`."""
    demoted_from: Severity | None = None
    """What the rule gave it, when the company lets this rule weigh less."""
