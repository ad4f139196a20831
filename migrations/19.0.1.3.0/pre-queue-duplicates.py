"""Entries of the queue for the same invoice, of which there may be one from now on."""

# The product's own sentences, which it shows in the reader's language.
INTERRUPTED = "The validation was interrupted; validate again."
TWICE = "The same call is already under way."


def migrate(cr, version):
    """Close all but one of the entries of an invoice, so that the unique index can be
    made: one that a worker has claimed stays, else the newest, which the panel shows.

    What was claimed by two workers is closed like any run whose process died; what only
    waited has cost nothing, and its invoice is validated by the entry that stays.
    """
    cr.execute(
        """
        UPDATE account_ai_validation AS validation
           SET state = CASE entry.state
                       WHEN 'running' THEN 'interrupted' ELSE 'failed' END,
               verdict = CASE WHEN entry.state <> 'running' THEN NULL
                              WHEN validation.rules_verdict = 'reject' THEN 'reject'
                              ELSE 'review' END,
               degraded_code = CASE entry.state
                       WHEN 'running' THEN 'interrupted' ELSE 'in_progress' END,
               degraded_source = CASE entry.state
                       WHEN 'running' THEN %(interrupted)s ELSE %(twice)s END,
               date_done = now() AT TIME ZONE 'UTC',
               lease_until = NULL,
               worker = NULL
          FROM (SELECT id,
                       state,
                       row_number() OVER (
                           PARTITION BY move_id
                           ORDER BY state = 'running' DESC, id DESC) AS number
                  FROM account_ai_validation
                 WHERE trigger = 'queue' AND state IN ('queued', 'running')
               ) AS entry
         WHERE entry.id = validation.id AND entry.number > 1
        """,
        {
            "interrupted": INTERRUPTED,
            "twice": TWICE,
        },
    )
