"""Marks user-facing sentences of ``services`` for translation.

The services do not know Odoo, so they cannot translate. They mark the English
sentence with ``_`` (Odoo's translation export collects it) and hand it out with its
parameters; ``models`` translates it for whoever reads it.
"""


def _(source: str) -> str:
    """Return ``source`` unchanged; the call marks it for the translation export."""
    return source
