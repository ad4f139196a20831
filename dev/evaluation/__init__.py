"""Measures the validator with labelled cases."""

from .case_kinds import CaseKind, kind_of
from .evaluation import Evaluation, evaluate, read_case_file
from .floors import Floor, read_floors
from .scoring import Score

__all__ = [
    "CaseKind",
    "Evaluation",
    "Floor",
    "Score",
    "evaluate",
    "kind_of",
    "read_case_file",
    "read_floors",
]
