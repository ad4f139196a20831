from odoo import fields, models

from .account_ai_usage import STATES
from .costs.sums import DAY_KEY, conflict_target
from .many2one_without_foreign_key import Many2oneWithoutForeignKey


class AccountAiUsageDay(models.Model):
    """The ledger by day of the company: so few rows that a year is read at once.

    Users are left out of it; their days are in ``account.ai.usage.user.day``.
    """

    _name = "account.ai.usage.day"
    _description = "Claude Usage by Day"
    _inherit = "account.ai.summed.usage"
    _order = "day desc, id desc"
    _rec_name = "day"
    _log_access = False

    # === FIELDS === #

    day = fields.Date(required=True, readonly=True, help="On the company's calendar.")
    company_id = Many2oneWithoutForeignKey("res.company", readonly=True)
    operation = fields.Char(readonly=True)
    agent = fields.Char(readonly=True)
    lane = fields.Char(readonly=True)
    model = fields.Char(readonly=True)
    simulated = fields.Boolean(readonly=True)
    from_store = fields.Boolean(readonly=True)
    state = fields.Selection(STATES, readonly=True)
    outcome = fields.Char(readonly=True)

    _key_unique = models.UniqueIndex(conflict_target(DAY_KEY))
