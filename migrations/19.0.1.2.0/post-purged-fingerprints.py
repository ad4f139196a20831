"""Fingerprints of documents whose facts had been deleted before the update to 1.1.

That update works fingerprints out anew from the facts that a validation keeps. Past
their retention time there are none, and the invoice looked as if it had changed.
"""

import hashlib
from dataclasses import replace

from odoo import SUPERUSER_ID, api

from odoo.addons.account_ai.services.claude.request import canonical_json
from odoo.addons.account_ai.services.documents.serialization import document_to_data
from odoo.addons.account_ai.services.validation.freshness import (
    as_if_assumed,
    document_fingerprint,
)

BATCH = 500
NOT_REPRESENTABLE = frozenset(
    {
        "Acteco",
        "Aduana",
        "CAF",
        "CiudadOrigen",
        "CiudadRecep",
        "CmnaDest",
        "CodRef",
        "Comisiones",
        "FmaPago",
        "IndGlobal",
        "IndNoRebaja",
        "IndServicio",
        "IndTraslado",
        "MntPagos",
        "OtraMoneda",
        "SubTotInfo",
        "TipoDespacho",
        "TpoCambio",
        "TpoMoneda",
        "Transporte",
    }
)
"""What version 1.0 could not hold of any document; it was part of the fingerprint."""


def migrate(cr, version):
    """Give the last validation of an invoice today's fingerprint, when the invoice is
    still what version 1.0 had seen; a changed one stays changed."""
    cr.execute(
        """
        SELECT move.id, validation.id, validation.document_fingerprint
          FROM account_move move
          JOIN account_ai_validation validation
            ON validation.id = move.account_ai_validation_id
         WHERE validation.document_data IS NULL
           AND validation.document_fingerprint IS NOT NULL
         ORDER BY move.id
        """
    )
    purged = cr.fetchall()
    env = api.Environment(cr, SUPERUSER_ID, {})
    reader = env["account.ai.document.reader"]
    for begin in range(0, len(purged), BATCH):
        rows = purged[begin : begin + BATCH]
        moves = env["account.move"].browse(row[0] for row in rows)
        documents = reader._read_documents(moves)
        mended = [
            (validation_id, fingerprint)
            for move_id, validation_id, stored in rows
            if (document := documents.get(move_id))
            and (fingerprint := _today(stored, document))
        ]
        if mended:
            cr.execute_values(
                """
                UPDATE account_ai_validation
                   SET document_fingerprint = new.fingerprint
                  FROM (VALUES %s) new(id, fingerprint)
                 WHERE account_ai_validation.id = new.id
                """,
                mended,
            )
        env.invalidate_all()


def _today(stored, document):
    """Return today's fingerprint for the one of version 1.0, None when the document is
    not the same any more; see ``is_same_document``."""
    for seen in (document, as_if_assumed(document)):
        if _fingerprint_of_1_0(seen) == stored:
            return document_fingerprint(seen)
    return None


def _fingerprint_of_1_0(document):
    """Return what version 1.0 worked out: everything counted, empty fields too."""
    changes = {"folio": None, "not_representable": NOT_REPRESENTABLE}
    if document.issue_date_assumed:
        changes.update(issue_date=None, due_date=None)
    data = document_to_data(replace(document, **changes))
    return hashlib.sha256(canonical_json(data).encode()).hexdigest()
