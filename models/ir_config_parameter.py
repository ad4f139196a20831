from odoo import api, models
from odoo.exceptions import ValidationError

from ..services.claude.errors import ClaudeError
from .account_ai_gateway import API_KEY_PARAMETER, BASE_URL_PARAMETER
from .account_ai_gateway_reports import ADMIN_KEY_PARAMETER
from .account_ai_redis import REDIS_URL_PARAMETER
from .running.presentation import sentence


class IrConfigParameter(models.Model):
    """What can never be a key or an address is refused in the list of parameters, too."""

    _inherit = "ir.config_parameter"

    # === CONSTRAINTS === #

    @api.constrains("key", "value")
    def _check_account_ai_connection(self):
        """Check what Claude and Redis are reached with, when a person writes it.

        Data files and scripts are not stopped half-way: what they leave is said when it
        is used.

        :raise ValidationError: with what is wrong, and never with the value itself
        """
        if self.env.su:
            return
        gateway = self.env["account.ai.gateway"]
        checks = {
            API_KEY_PARAMETER: gateway._key_problem,
            ADMIN_KEY_PARAMETER: gateway._admin_key_problem,
            BASE_URL_PARAMETER: gateway._address_problem,
            REDIS_URL_PARAMETER: gateway._redis_problem,
        }
        for parameter in self:
            check = checks.get(parameter.key)
            value = (parameter.value or "").strip()
            if check and value and (problem := check(value)):
                raise ValidationError(problem)
