"""The SII's document types and generic RUTs, as the rules tell them apart."""

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
"""DTE: documents of the SII's electronic format."""
FEES = frozenset({"70", "71"})
"""Boletas de honorarios, of the professional (70) and of third parties (71)."""
KNOWN = SUPPORTED | FEES
GIVE_CREDIT = frozenset({"33", "43", "46", "56", "61"})
"""Their folios expire (Res. Ex. SII 58 of 2017)."""
GUIDE_CODES = frozenset({"50", "52"})
"""Guías de despacho, on paper and electronic."""
TRANSFER_SALES = frozenset({1, 9})
"""IndTraslado of a guide whose goods are sold; the others may have the total zero."""

RECEIPT_CODES = frozenset({"35", "38", "39", "41"})
"""Boletas on paper and electronic, as they are referred to (format p. 41)."""
TAX_DOCUMENT_CODES = frozenset(
    "30 32 33 34 35 38 39 40 41 43 45 46 50 52 55 56 60 61 103 110 111 112".split()
)
"""Tax documents among the codes of TpoDocRef (format p. 41); others are papers."""

ANONYMOUS_BUYER = "66666666-6"
"""RUT for boletas to a buyer who gives none (Formato Boletas v4.1, RUTRecep)."""
FOREIGNER = "55555555-5"
"""RUT for whoever has none because of being abroad."""
GENERIC_RUTS = frozenset({ANONYMOUS_BUYER, FOREIGNER})


PURCHASE_INVOICE_CODES = frozenset({"45", "46"})
"""Facturas de compra, on paper and electronic."""


def acting_flow(document: Document) -> str:
    """Return ``sale`` when the company issues the document, ``purchase`` otherwise.

    A factura de compra (46) is issued by the buyer, and so are the notes on it,
    whatever journal holds them (D.L. 825 art. 3, change of subject).
    """
    if document.flow == "sale" or document.document_type == "46":
        return "sale"
    if document.document_type in NOTES and any(
        reference.document_type in PURCHASE_INVOICE_CODES
        for reference in document.references
    ):
        return "sale"
    return "purchase"
