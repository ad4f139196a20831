from odoo import fields, models

from ..common.many2one_without_foreign_key import Many2oneWithoutForeignKey
from .account_ai_summed_usage import GRAINS
from .sql.sums import USER_DAY_KEY, conflict_target


class AccountAiUsageUserDay(models.Model):
    """The ledger by user and by day, and once more by month, of the company.

    Sum up rows of one ``grain`` only.
    """

    _name = "account.ai.usage.user.day"
    _description = "Claude Usage by User and Day or Month"
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
    user_id = Many2oneWithoutForeignKey("res.users", readonly=True)
    simulated = fields.Boolean(readonly=True)

    _key_unique = models.UniqueIndex(conflict_target(USER_DAY_KEY))
    # The most expensive days of one user.
    _user_index = models.Index("(user_id, grain, day)")
