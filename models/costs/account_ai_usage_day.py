from odoo import fields, models

from ..common.many2one_without_foreign_key import Many2oneWithoutForeignKey
from ..gateway.account_ai_usage import STATES
from .account_ai_summed_usage import GRAINS
from .sql.sums import DAY_KEY, conflict_target


class AccountAiUsageDay(models.Model):
    """The ledger by day, and once more by month, of the company.

    These are so few rows that a year is read at once. Users are left out; their days
    are in ``account.ai.usage.user.day``. Sum up rows of one ``grain`` only.
    """

    _name = "account.ai.usage.day"
    _description = "Claude Usage by Day or Month"
    _inherit = ["account.ai.decided.fields", "account.ai.summed.usage"]
    _order = "day desc, id desc"
    _rec_name = "day"
    _log_access = False

    # === FIELDS === #

    grain = fields.Selection(GRAINS, required=True, readonly=True)
    day = fields.Date(
        required=True,
        readonly=True,
        help="On the company's calendar; the first one of a month.",
    )
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
