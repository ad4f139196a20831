"""Fingerprints of documents leave out what is empty, since documents hold more."""

from odoo.addons.account_ai.services.documents.serialization import document_from_data
from odoo.addons.account_ai.services.validation.freshness import document_fingerprint

BATCH = 1000


def migrate(cr, version):
    """Work out the fingerprints anew, so that no validation becomes stale by it.

    Where the facts were deleted, past their retention time, the old one stays: such an
    invoice counts as changed.
    """
    last = 0
    while True:
        cr.execute(
            """
            SELECT id, document_data
              FROM account_ai_validation
             WHERE id > %s AND document_data IS NOT NULL
             ORDER BY id
             LIMIT %s
            """,
            (last, BATCH),
        )
        rows = cr.fetchall()
        if not rows:
            return
        last = rows[-1][0]
        cr.execute_values(
            """
            UPDATE account_ai_validation
               SET document_fingerprint = new.fingerprint
              FROM (VALUES %s) new(id, fingerprint)
             WHERE account_ai_validation.id = new.id
            """,
            [
                (row_id, document_fingerprint(document_from_data(data)))
                for row_id, data in rows
            ],
        )
