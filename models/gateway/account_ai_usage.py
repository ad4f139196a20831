from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..common.many2one_without_foreign_key import Many2oneWithoutForeignKey

STATES = [
    ("open", "Open"),
    ("settled", "Settled"),
    ("failed", "Failed"),
    ("unknown", "Unknown"),
]
LANES = [("screen", "Screen"), ("queue", "Queue")]
_READER = ("uid", "allowed_company_ids")

DOCUMENT_FIELDS = ("res_model", "res_id", "run_uuid")
"""What leads from a call to its document."""
_INVOICE = "account.move"

DETAIL_DAYS_PARAMETER = "account_ai.usage_detail_days"
PURGED_UNTIL_PARAMETER = "account_ai.usage_purged_until"
DEFAULT_DETAIL_DAYS = 90
SHORTEST_DETAIL_DAYS = 62
"""Budgets and the comparison with the provider's report need this and last month."""


class AccountAiUsage(models.Model):
    """The ledger: one row for each call to Claude, and for each one that was saved.

    Life of a row::

        (admitted) -> open ---[answer or known failure]--> settled, failed
                       \\------[process died, ambiguous]---> unknown (estimated)

    An open row stands at its worst-case cost, so that a sum over all rows counts what
    is reserved too. Rows are written only by ``postgres/ledger.py``, in short
    transactions of their own; a closed row never changes (but for the mark that it is
    rolled up), a correction is a new row.
    """

    _name = "account.ai.usage"
    _inherit = "account.ai.decided.fields"
    _description = "Claude Usage"
    _order = "opened_at desc, id desc"
    _rec_name = "key"
    # No create_uid and write_uid: they would bring foreign keys, and rows never change.
    _log_access = False

    # === FIELDS === #

    key = fields.Char(
        string="Idempotency Key",
        required=True,
        readonly=True,
        help="Unique: the same call is never booked, or paid, twice.",
    )
    state = fields.Selection(
        STATES,
        required=True,
        readonly=True,
        help="Open: reserved at the worst-case cost. Settled: the answer arrived. "
        "Failed: nothing was billed. Unknown: it may have been billed, booked at an "
        "estimate.",
    )
    outcome = fields.Char(readonly=True, help="'ok' or the code of the error.")
    stop_reason = fields.Char(readonly=True)
    from_store = fields.Boolean(
        string="From Answer Store",
        readonly=True,
        help="Answered from what is stored, at no cost.",
    )
    estimated = fields.Boolean(
        readonly=True, help="The cost is an estimate, not what the answer says."
    )
    simulated = fields.Boolean(
        readonly=True, help="Answered by the Claude simulator, not billed by anybody."
    )

    # Who and what for
    company_id = Many2oneWithoutForeignKey("res.company", readonly=True)
    user_id = Many2oneWithoutForeignKey("res.users", readonly=True)
    partner_id = Many2oneWithoutForeignKey("res.partner", readonly=True)
    operation = fields.Char(readonly=True)
    lane = fields.Selection(
        LANES,
        readonly=True,
        help="Screen: somebody waits. Queue: queued and scheduled work.",
    )
    agent = fields.Char(readonly=True)
    # Empty for who may not read the document: see ``account_ai_usage_document``.
    res_model = fields.Char(
        string="Document Model", readonly=True, depends_context=_READER
    )
    res_id = fields.Many2oneReference(
        string="Document",
        model_field="res_model",
        readonly=True,
        depends_context=_READER,
    )
    run_uuid = fields.Char(string="Run", readonly=True, depends_context=_READER)
    analytic_distribution = fields.Json(
        readonly=True,
        help="Per cents of the document by analytic account, weighted by its lines. "
        "Empty when none of its lines has any.",
    )
    fingerprint = fields.Char(readonly=True)

    # The call
    model = fields.Char(readonly=True)
    endpoint = fields.Char(readonly=True)
    service_tier = fields.Char(readonly=True)
    inference_geo = fields.Char(readonly=True)
    speed = fields.Char(readonly=True)
    request_id = fields.Char(string="Request ID", readonly=True)
    message_id = fields.Char(string="Message ID", readonly=True)
    attempt = fields.Integer(aggregator=None, readonly=True)
    retries = fields.Integer(
        readonly=True, help="Refused attempts before the one that counts, at no cost."
    )
    latency_ms = fields.Integer(string="Latency (ms)", aggregator="avg", readonly=True)
    first_token_ms = fields.Integer(
        string="First Token (ms)", aggregator="avg", readonly=True
    )

    # Tokens: buckets do not overlap, but thinking is part of output.
    uncached_input_tokens = fields.Integer(readonly=True)
    cache_write_5m_tokens = fields.Integer(string="Cache Write 5m", readonly=True)
    cache_write_1h_tokens = fields.Integer(string="Cache Write 1h", readonly=True)
    cache_read_tokens = fields.Integer(string="Cache Read", readonly=True)
    output_tokens = fields.Integer(readonly=True)
    thinking_tokens = fields.Integer(readonly=True)
    web_searches = fields.Integer(readonly=True)
    estimated_input_tokens = fields.Integer(
        string="Estimated Input", aggregator=None, readonly=True
    )
    max_output_tokens = fields.Integer(
        string="Output Limit", aggregator=None, readonly=True
    )

    # Money: Float with explicit digits, since Monetary rounds US$ 0.0004 to nothing.
    unit_prices = fields.Json(
        readonly=True, help="US$ per million tokens of each bucket, as used."
    )
    cost_usd = fields.Float(string="Cost (US$)", digits=(16, 8), readonly=True)
    worst_case_usd = fields.Float(
        string="Worst Case (US$)", digits=(16, 8), aggregator=None, readonly=True
    )
    overrun_usd = fields.Float(
        string="Above the Worst Case (US$)",
        digits=(16, 8),
        readonly=True,
        help="By how much Claude's bill passed what was reserved. It should never be "
        "anything: administrators are told.",
    )
    saved_usd = fields.Float(string="Saved (US$)", digits=(16, 8), readonly=True)
    cost_company = fields.Float(
        string="Cost (Company Currency)",
        digits=(16, 4),
        readonly=True,
        help="At the rate of the day on which the call was closed. Empty when the "
        "company has no US$ rate.",
    )
    cost_company_known = fields.Boolean(
        compute="_compute_cost_company_known",
        help="Tells a cost that is not known from one of zero.",
    )
    company_currency_id = fields.Many2one(related="company_id.currency_id")

    # Time of the database, UTC
    opened_at = fields.Datetime(readonly=True)
    lease_until = fields.Datetime(
        readonly=True, help="An open call past this time has lost its process."
    )
    settled_at = fields.Datetime(string="Closed At", readonly=True)

    corrects_id = Many2oneWithoutForeignKey(
        "account.ai.usage",
        string="Corrects",
        readonly=True,
        help="The call whose estimate this row corrects, with its difference to what "
        "became known later.",
    )

    rolled_up = fields.Boolean(
        readonly=True,
        groups="base.group_system",
        help="Counted in the roll-ups. The one column of a closed row that changes.",
    )

    _key_unique = models.Constraint("UNIQUE (key)")
    _lease_index = models.Index("(lease_until) WHERE state = 'open'")
    _company_index = models.Index("(company_id, opened_at)")
    # What users see of themselves; the list, newest first, and what is to be deleted.
    _user_index = models.Index("(user_id, opened_at)")
    _opened_index = models.Index("(opened_at, id)")
    _not_rolled_up_index = models.Index(
        "(id) WHERE rolled_up IS NOT TRUE AND state <> 'open'"
    )
    _document_index = models.Index("(res_model, res_id)")
    _run_index = models.Index("(run_uuid)")

    def init(self):
        """Add the column of the budgets that count a row: ``postgres/budget.py``.

        An object: units of the budget's currency for one US$, by id of the counter.
        """
        self.env.cr.execute(
            """
            ALTER TABLE account_ai_usage
            ADD COLUMN IF NOT EXISTS budget_charges jsonb
            """
        )

    # === COMPUTE METHODS === #

    @api.depends("cost_company")
    def _compute_cost_company_known(self):
        # The ORM reads an empty number as zero.
        known = self.env.execute_query(
            SQL(
                "SELECT id FROM account_ai_usage"
                " WHERE id IN %s AND cost_company IS NOT NULL",
                tuple(self.ids or [0]),
            )
        )
        known_ids = {row[0] for row in known}
        for usage in self:
            usage.cost_company_known = usage.id in known_ids

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of the ORM: refuse, for everybody."""
        if vals_list:
            raise AccessError(self.env._("Only calls to Claude are booked here."))
        return super().create(vals_list)

    def write(self, vals):
        """Override of the ORM: refuse, for everybody."""
        if self and vals:
            raise AccessError(self.env._("The ledger of Claude cannot be changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The ledger of Claude cannot be changed."))

    # === CRUD METHODS === #

    def _field_to_sql(self, alias, field_expr, query=None):
        """Override of the ORM: values, conditions, groups and orders come by here."""
        sql = super()._field_to_sql(alias, field_expr, query)
        if self.env.su or field_expr not in DOCUMENT_FIELDS:
            return sql
        return SQL("CASE WHEN %s THEN %s END", self._document_is_readable(alias), sql)

    # === ACTION METHODS === #

    def action_open_document(self):
        """Return the action that opens the document that the call was for.

        :raises UserError: when there is none, or none that the user may read
        """
        self.ensure_one()
        if not self.res_id or self.res_model not in self.env:
            raise UserError(
                self.env._("This call belongs to no document that you may see.")
            )
        document = self.env[self.res_model].browse(self.res_id).exists()
        if not document:
            raise UserError(self.env._("The document does not exist any more."))
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }

    # === BUSINESS METHODS === #

    @api.model
    def _document_is_readable(self, alias: str) -> SQL:
        """Return the condition on a row under which the user may read its document."""
        moves = self.env[_INVOICE]
        is_invoice = SQL("%s = %s", SQL.identifier(alias, "res_model"), _INVOICE)
        document = SQL.identifier(alias, "res_id")
        readable = SQL("FALSE")
        if moves.has_access("read"):
            query = moves._search([], active_test=False)
            query.add_where(SQL("%s = %s", SQL.identifier(query.table, "id"), document))
            readable = SQL("%s AND EXISTS %s", is_invoice, query.subselect())
        if not self.env.user._is_system():
            return readable
        return SQL(
            "%s OR NOT (%s AND EXISTS (SELECT FROM account_move WHERE id = %s))",
            readable,
            is_invoice,
            document,
        )

    # === BUSINESS METHODS === #

    @api.model
    def _detail_days(self):
        """Return for how many days rows are kept, at least two months."""
        # sudo: a number of days, no secret
        parameters = self.env["ir.config_parameter"].sudo()
        value = parameters.get_param(DETAIL_DAYS_PARAMETER) or ""
        days = int(value) if value.isdigit() else DEFAULT_DETAIL_DAYS
        return max(days, SHORTEST_DETAIL_DAYS)

    @api.autovacuum
    def _gc_detail(self, limit=10_000):
        """Delete old rows that are closed and rolled up; users never delete any.

        Since when the detail is complete is kept in the same transaction, so that
        roll-ups are never built anew from what is left of an hour.

        :return: number of deleted rows, and whether there are more
        :rtype: tuple[int, bool]
        """
        now = fields.Datetime.now().replace(hour=0, minute=0, second=0)
        until = now - timedelta(days=self._detail_days())
        self.env.cr.execute(
            """
            DELETE FROM account_ai_usage
             WHERE id IN (SELECT id
                            FROM account_ai_usage
                           WHERE opened_at < %s AND rolled_up AND state <> 'open'
                           ORDER BY opened_at
                           LIMIT %s)
            """,
            [until, limit],
        )
        deleted = self.env.cr.rowcount
        if deleted:
            # sudo: the addon's own technical parameter
            parameters = self.env["ir.config_parameter"].sudo()
            known = parameters.get_param(PURGED_UNTIL_PARAMETER) or ""
            parameters.set_param(PURGED_UNTIL_PARAMETER, max(known, str(until)))
            self.invalidate_model()
        return deleted, deleted == limit
