"""Sentences and sources that several rules share."""

from ..common.translation import _

CLAIM = _(
    "Compare it with the document; if it came like this, claim it within eight days "
    "or ask the issuer for a note."
)
DTE_FORMAT = "SII, Formato DTE v2.2 (2019-11-15)"
RECEIPT_FORMAT = "SII, Formato Boletas v4.1 (2024-12-31)"
COMPUTE_TOTALS = _("Have the totals computed again from the lines.")
