from odoo import fields, models

from .costs.sums import USER_DAY_KEY, conflict_target
from .many2one_without_foreign_key import Many2oneWithoutForeignKey


class AccountAiUsageUserDay(models.Model):
    """The ledger by user and by day of the company."""

    _name = "account.ai.usage.user.day"
    _description = "Claude Usage by User and Day"
    _inherit = "account.ai.summed.usage"
    _order = "day desc, id desc"
    _rec_name = "day"
    _log_access = False

    # === FIELDS === #

    day = fields.Date(required=True, readonly=True, help="On the company's calendar.")
    company_id = Many2oneWithoutForeignKey("res.company", readonly=True)
    user_id = Many2oneWithoutForeignKey("res.users", readonly=True)
    simulated = fields.Boolean(readonly=True)

    _key_unique = models.UniqueIndex(conflict_target(USER_DAY_KEY))
