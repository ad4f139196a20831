"""Sentences of advice that several rules share."""

from ..common.translation import _

CLAIM = _(
    "Compare it with the document; if it came like this, claim it within eight days "
    "or ask the issuer for a note."
)
COMPUTE_TOTALS = _("Have the totals computed again from the lines.")
