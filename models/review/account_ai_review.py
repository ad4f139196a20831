from odoo import api, fields, models
from odoo.tools import SQL

from ..common.verdicts import VERDICTS
from .account_ai_disposition import REASONS_OF

MONTH_DAYS = 30
WARNING_SHARE = 0.25
QUEUE_LIMIT = 80
_WEIGHING = ("error", "warning")


class AccountAiReview(models.Model):
    """The review queue: invoices with findings that nobody has decided about.

    An invoice is in it while its last verdict is *review* or *reject* and it has open
    errors or warnings. What stands to lose comes first:

    * amount at risk = total of the invoice in the company's currency, all of it when an
      error is open, a quarter when only warnings are: a document with an error is one
      that the SII or the customer may refuse as a whole;
    * priority = amount at risk × (1 + age / 30 days): after a month an invoice counts
      double. The age is that of the invoice, by its date or its entry into the books,
      because claims and tax periods run from there.
    """

    _name = "account.ai.review"
    _inherit = ["account.ai.access.by.invoice", "account.ai.decided.fields"]
    _description = "Invoice to Review"
    _auto = False
    _rec_name = "move_id"
    _order = "priority desc, move_id"
    _depends = {
        "account.move": [
            *("account_ai_validation_id", "account_ai_verdict", "state"),
            *("amount_total_signed", "invoice_date", "commercial_partner_id"),
            *("company_id", "move_type"),
        ],
        "account.ai.finding": ["validation_id", "disposition_id", "severity"],
    }

    # === FIELDS === #

    move_id = fields.Many2one("account.move", string="Invoice", readonly=True)
    validation_id = fields.Many2one("account.ai.validation", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one("res.partner", readonly=True)
    move_type = fields.Selection(
        selection=[
            ("out_invoice", "Customer Invoice"),
            ("out_refund", "Customer Credit Note"),
            ("in_invoice", "Vendor Bill"),
            ("in_refund", "Vendor Credit Note"),
        ],
        string="Type",
        readonly=True,
    )
    verdict = fields.Selection(VERDICTS, readonly=True)
    simulated = fields.Boolean(related="validation_id.simulated")
    document_date = fields.Date(string="Date", readonly=True)
    age_days = fields.Integer(string="Age (days)", readonly=True, aggregator="avg")
    errors = fields.Integer(string="Open Errors", readonly=True)
    warnings = fields.Integer(string="Open Warnings", readonly=True)
    amount_total = fields.Monetary(
        string="Total", currency_field="currency_id", readonly=True
    )
    amount_at_risk = fields.Monetary(
        currency_field="currency_id",
        readonly=True,
        help="The total when an error is open, a quarter of it when only warnings are.",
    )
    priority = fields.Float(
        readonly=True,
        aggregator="max",
        help="The amount at risk, counted double after a month.",
    )

    # === QUERY === #

    @property
    def _table_query(self) -> SQL:
        """Return the queue, worked out anew: it is short where people work on it."""
        return SQL(
            """
            SELECT queue.*,
                   queue.amount_at_risk * (1 + queue.age_days / %(month)s) AS priority
              FROM (
                SELECT move.id AS id,
                       move.id AS move_id,
                       move.account_ai_validation_id AS validation_id,
                       move.company_id AS company_id,
                       move.commercial_partner_id AS partner_id,
                       move.move_type AS move_type,
                       move.account_ai_verdict AS verdict,
                       dated.day AS document_date,
                       GREATEST(0, (now() AT TIME ZONE 'America/Santiago')::date
                                   - dated.day) AS age_days,
                       open.errors AS errors,
                       open.warnings AS warnings,
                       abs(move.amount_total_signed) AS amount_total,
                       abs(move.amount_total_signed)
                       * CASE WHEN open.errors > 0 THEN 1 ELSE %(share)s END
                       AS amount_at_risk
                  FROM account_move AS move
                 CROSS JOIN LATERAL (
                       SELECT COALESCE(move.invoice_date, move.create_date::date) AS day
                       ) AS dated
                  JOIN LATERAL (
                       SELECT count(*) FILTER (WHERE severity = 'error') AS errors,
                              count(*) FILTER (WHERE severity = 'warning') AS warnings
                         FROM account_ai_finding
                        WHERE validation_id = move.account_ai_validation_id
                          AND disposition_id IS NULL
                          AND severity IN ('error', 'warning')
                       ) AS open ON open.errors + open.warnings > 0
                 WHERE move.account_ai_verdict IN ('review', 'reject')
                   AND move.state <> 'cancel'
              ) AS queue
            """,
            month=float(MONTH_DAYS),
            share=WARNING_SHARE,
        )

    # === ACTION METHODS === #

    def action_open_move(self):
        """Open the invoice."""
        self.ensure_one()
        return self.move_id._get_records_action(context={})

    # === BUSINESS METHODS === #

    @api.model
    def get_queue(self, limit: int = QUEUE_LIMIT) -> dict:
        """Return the first invoices of the queue with their findings, as JSON data.

        Amounts are in the company's currency, dates UTC.

        :raises AccessError: for anybody but a reviewer
        """
        if not isinstance(limit, int) or not 0 < limit <= QUEUE_LIMIT:
            limit = QUEUE_LIMIT
        queue = self.search([], limit=limit)
        return {
            "total": self.search_count([]),
            "items": [review._item() for review in queue],
            "reasons": self._reasons(),
        }

    @api.model
    def _item_of(self, move) -> dict:
        """Return an invoice as the queue shows it; also when it has just left it."""
        review = self.search([("move_id", "=", move.id)])
        if review:
            return review._item()
        validation = move.account_ai_validation_id
        return self._data_of(move, validation, {"errors": 0, "warnings": 0})

    def _item(self) -> dict:
        self.ensure_one()
        figures = {
            "errors": self.errors,
            "warnings": self.warnings,
            "age_days": self.age_days,
            "amount_at_risk": self.amount_at_risk,
        }
        return self._data_of(self.move_id, self.validation_id, figures)

    @api.model
    def _data_of(self, move, validation, figures: dict) -> dict:
        weighing = validation.finding_ids.filtered(
            lambda finding: finding.severity in _WEIGHING
        )
        types = dict(self._fields["move_type"]._description_selection(self.env))
        # sudo: the name stands on the invoice, which the user may read
        partner_sudo = move.commercial_partner_id.sudo()
        return {
            "move_id": move.id,
            "name": move.display_name,
            "type": types.get(move.move_type, ""),
            "partner": partner_sudo.name or "",
            "verdict": validation.verdict,
            "simulated": validation.simulated,
            "stale": move.account_ai_is_stale,
            "amount_total": abs(move.amount_total_signed),
            "currency_id": move.company_id.currency_id.id,
            "findings": weighing._panel_data(),
            **figures,
        }

    @api.model
    def _reasons(self) -> dict[str, list[dict]]:
        """Return the reasons to choose from, by kind of decision."""
        field = self.env["account.ai.disposition"]._fields["reason"]
        labels = dict(field._description_selection(self.env))
        return {
            kind: [{"code": code, "label": labels[code]} for code in codes]
            for kind, codes in REASONS_OF.items()
        }
