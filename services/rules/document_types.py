"""The SII's document types, by what the rules need to tell apart."""

from __future__ import annotations

from ..documents.document import Document

INVOICES = frozenset({"33", "34", "43", "46"})
RECEIPTS = frozenset({"39", "41"})
"""Boletas: amounts of lines are gross in type 39."""
DELIVERY_GUIDES = frozenset({"52"})
NOTES = frozenset({"56", "61"})
EXPORTS = frozenset({"110", "111", "112"})
EXPORT_NOTES = frozenset({"111", "112"})
EXEMPT_ONLY = frozenset({"34", "41"})
ALL_NOTES = NOTES | EXPORT_NOTES
DOMESTIC = INVOICES | RECEIPTS | DELIVERY_GUIDES | NOTES
SUPPORTED = DOMESTIC | EXPORTS


def is_issued_by_us(document: Document) -> bool:
    """Return whether the company issues the document, so that it can still mend it.

    Sales are; so is a factura de compra (46), which the buyer issues in the name of
    the seller (Código Tributario, and Res. Ex. SII on change of subject).
    """
    return document.flow == "sale" or document.document_type == "46"
