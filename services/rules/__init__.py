"""The rulebook: deterministic checks, document in, findings out."""

from . import rulebook
from .checking import (
    RULEBOOK_VERSION,
    RulesReport,
    SkippedRule,
    check,
    rulebook_version,
)
from .dated_data import DatedData, shipped_rates
from .registry import Rule, rules

__all__ = [
    "RULEBOOK_VERSION",
    "DatedData",
    "Rule",
    "RulesReport",
    "SkippedRule",
    "check",
    "rulebook",
    "rulebook_version",
    "rules",
    "shipped_rates",
]
