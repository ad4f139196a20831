from odoo import api, fields, models


class AccountAiRateWindow(models.Model):
    """Sliding windows of the rate limits, one row a limit: ``rate_limit.py``.

    The column ``hits``, an array of times, is unknown to the ORM.
    """

    _name = "account.ai.rate.window"
    _inherit = "account.ai.decided.fields"
    _description = "Rate Limit Window"
    _log_access = False

    key = fields.Char(required=True, readonly=True)
    allowed = fields.Boolean(readonly=True, help="Whether the last hit was allowed.")
    expires_at = fields.Datetime(required=True, readonly=True)

    _key_unique = models.Constraint("UNIQUE (key)")
    _expires_index = models.Index("(expires_at)")

    def init(self):
        """Add the column of the hits: seconds since 1970, oldest first."""
        self.env.cr.execute(
            """
            ALTER TABLE account_ai_rate_window
            ADD COLUMN IF NOT EXISTS hits double precision[] NOT NULL DEFAULT '{}'
            """
        )

    # === BUSINESS METHODS === #

    @api.autovacuum
    def _gc_windows(self, limit=10_000):
        """Delete windows without a hit that still counts.

        :return: number of deleted rows, and of those still to go
        :rtype: tuple[int, int]
        """
        self.env.cr.execute(
            """
            DELETE FROM account_ai_rate_window
             WHERE id IN (
                   SELECT id FROM account_ai_rate_window
                    WHERE expires_at < (now() AT TIME ZONE 'UTC')
                    LIMIT %s
                      FOR UPDATE SKIP LOCKED)
            """,
            [limit],
        )
        deleted = self.env.cr.rowcount
        self.invalidate_model()
        return deleted, deleted == limit
