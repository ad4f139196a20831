from odoo import api, models
from odoo.exceptions import ValidationError

from .account_ai_gateway import (
    ADMIN_KEY_PARAMETER,
    API_KEY_PARAMETER,
    BASE_URL_PARAMETER,
    REDIS_URL_PARAMETER,
)


class IrConfigParameter(models.Model):
    """What can never be a key or an address is refused in this list, too."""

    _inherit = "ir.config_parameter"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `base`: check what Claude and Redis are reached with.

        :raise ValidationError: with what is wrong, and never with the value itself
        """
        for vals in vals_list:
            self._check_account_ai(vals.get("key"), vals.get("value"))
        return super().create(vals_list)

    def write(self, vals):
        """Override of `base`: check what Claude and Redis are reached with.

        :raise ValidationError: with what is wrong, and never with the value itself
        """
        for parameter in self:
            self._check_account_ai(
                vals.get("key", parameter.key), vals.get("value", parameter.value)
            )
        return super().write(vals)

    # === BUSINESS METHODS === #

    @api.model
    def _check_account_ai(self, key, value):
        """Check what a person writes. Data files and scripts are not stopped half-way:
        what they leave is said when it is used."""
        if self.env.su:
            return
        gateway = self.env["account.ai.gateway"]
        checks = {
            API_KEY_PARAMETER: gateway._key_problem,
            ADMIN_KEY_PARAMETER: gateway._admin_key_problem,
            BASE_URL_PARAMETER: gateway._address_problem,
            REDIS_URL_PARAMETER: gateway._redis_problem,
        }
        value = str(value or "").strip()
        if key in checks and value and (problem := checks[key](value)):
            raise ValidationError(problem)
