"""How sure a verdict is, computed from the evidence it rests on.

The figure is a share of support between 0 and 1, the sum of two parts:

* **coverage** (weight 0.3): of the rules that apply, how many could be judged. A rule
  is skipped when the source cannot hold a field, or a dated value is missing.
* **support** (weight 0.7) of the side that decided the verdict:

  * the rules alone were stricter: 1, because what they found is computed;
  * rules and model agree: the mean of 1 and of the confidence that the model states;
  * the model alone was stricter: the confidence that it states times the share of its
    findings that quote the document literally; a quarter when it gave no finding.

Without an answer of the model half of the work was not done: half of the coverage.
What the model states (high, medium, low) counts 0.95, 0.75 and 0.5, anything else as
low. All weights are starting values, to be calibrated against labelled documents.
"""

from __future__ import annotations

from .verdict import Verdict, is_worse

_COVERAGE_WEIGHT = 0.3
_SUPPORT_WEIGHT = 0.7
_DEGRADED_WEIGHT = 0.5
_UNFOUNDED = 0.25
_WORDS = {"high": 0.95, "medium": 0.75, "low": 0.5}


def confidence_of(
    *,
    checked: int,
    skipped: int,
    rules_verdict: Verdict,
    model_verdict: Verdict | None,
    model_word: str = "",
    quoted: int = 0,
    unquoted: int = 0,
) -> float:
    """Return how well the final verdict is founded, from 0 to 1, two decimals.

    :param checked: rules that were judged
    :param skipped: rules that applied but could not be judged
    :param model_verdict: ``None`` without a valid answer of the model (degraded)
    :param model_word: how sure the model says it is: ``high``, ``medium`` or ``low``
    :param quoted: findings of the model that quote the document literally
    :param unquoted: findings of the model that do not
    """
    rules = checked + skipped
    coverage = checked / rules if rules else 0.0
    if model_verdict is None:
        return round(_DEGRADED_WEIGHT * coverage, 2)
    word = _WORDS.get(model_word, _WORDS["low"])
    if is_worse(rules_verdict, model_verdict):
        support = 1.0
    elif rules_verdict is model_verdict:
        support = (1.0 + word) / 2
    else:
        found = quoted + unquoted
        support = word * quoted / found if found else _UNFOUNDED
    return round(_COVERAGE_WEIGHT * coverage + _SUPPORT_WEIGHT * support, 2)
