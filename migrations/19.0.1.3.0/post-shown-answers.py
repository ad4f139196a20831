"""Answers of Claude that attempts without an answer had hidden."""


def migrate(cr, version):
    """Have invoices show the newest answer about the same document, where an attempt
    without an answer had taken its place."""
    cr.execute(
        """
        UPDATE account_move AS move
           SET account_ai_validation_id = answer.id,
               account_ai_verdict = answer.verdict
          FROM account_ai_validation AS attempt,
               LATERAL (
                   SELECT id, verdict
                     FROM account_ai_validation AS answered
                    WHERE answered.move_id = attempt.move_id
                      AND answered.state = 'done'
                      AND answered.degraded_code IS NULL
                      AND answered.document_fingerprint = attempt.document_fingerprint
                    ORDER BY id DESC
                    LIMIT 1) AS answer
         WHERE attempt.id = move.account_ai_validation_id
           AND (attempt.state <> 'done' OR attempt.degraded_code IS NOT NULL)
        """
    )
