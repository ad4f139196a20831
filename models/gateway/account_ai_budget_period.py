from odoo import api, fields, models

from ..common.many2one_without_foreign_key import Many2oneWithoutForeignKey
from .postgres.budget_functions import create_functions


class AccountAiBudgetPeriod(models.Model):
    """The counter of a budget in one period; see ``postgres/budget.py``.

    Written only there, in the transaction that opens or closes a row of the ledger. A
    budget that is defined anew begins a new counter, of its new ``generation``.
    """

    _name = "account.ai.budget.period"
    _inherit = "account.ai.decided.fields"
    _description = "Period of a Claude Budget"
    _order = "date_start desc, id desc"
    _rec_name = "date_start"
    _log_access = False

    # === FIELDS === #

    # No foreign key: counters never wait for a transaction that changes the budget.
    budget_id = Many2oneWithoutForeignKey(
        "account.ai.budget", required=True, readonly=True
    )
    generation = fields.Integer(required=True, readonly=True, aggregator=None)
    date_start = fields.Datetime(string="From", required=True, readonly=True)
    date_end = fields.Datetime(string="To", required=True, readonly=True)
    rate = fields.Float(
        digits=(16, 6),
        readonly=True,
        aggregator=None,
        help="Units of the budget's currency for one US$ when the period began.",
    )
    opening = fields.Float(
        digits=(16, 8),
        readonly=True,
        help="What closed calls had cost when counting began.",
    )
    spent = fields.Float(digits=(16, 8), readonly=True)
    reserved = fields.Float(
        digits=(16, 8),
        readonly=True,
        help="Calls under way, at the most that they may cost.",
    )
    alerted = fields.Integer(
        readonly=True, aggregator=None, help="The highest threshold that has alerted."
    )

    _once_a_period = models.Constraint("UNIQUE (budget_id, generation, date_start)")

    def init(self):
        """Create the functions that find and move counters."""
        create_functions(self.env.cr)

    # === BUSINESS METHODS === #

    @api.autovacuum
    def _gc_periods(self):
        """Delete counters of budgets that are gone, or were defined anew meanwhile."""
        self.env.cr.execute(
            """
            DELETE FROM account_ai_budget_period period
             WHERE NOT EXISTS (
                   SELECT FROM account_ai_budget budget
                    WHERE budget.id = period.budget_id
                      AND budget.generation = period.generation)
            """
        )
        self.invalidate_model()
