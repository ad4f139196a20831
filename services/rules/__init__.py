"""The rulebook: deterministic checks, document in, findings out."""

from . import rulebook
from .checking import RulesReport, SkippedRule, check
from .dated_data import DatedData, shipped_rates
from .registry import Rule, rules
from .version import RULEBOOK_VERSION, rulebook_version

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
