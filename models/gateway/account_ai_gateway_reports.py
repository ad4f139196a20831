import os
from decimal import Decimal, InvalidOperation

from odoo import api, models

from ...services.claude.http.admin import ADMIN_KEY_PREFIX, NOT_AN_ADMIN_KEY
from ...services.claude.http.connection_settings import check_key
from ...services.claude.money.reconciliation import Tolerance

ADMIN_KEY_PARAMETER = "account_ai.admin_key"
ADMIN_KEY_VARIABLE = "ACCOUNT_AI_ADMIN_KEY"
WORKSPACE_PARAMETER = "account_ai.reconciliation_workspace"
PERCENT_PARAMETER = "account_ai.reconciliation_percent"
USD_PARAMETER = "account_ai.reconciliation_usd"


class AccountAiGateway(models.AbstractModel):
    """How the provider's own reports are read."""

    _inherit = "account.ai.gateway"

    # === CONNECTION === #

    @api.model
    def _admin_key(self):
        """Return the Admin key, the environment's first; empty when there is none.

        A neutralized copy of a database has none: it bills nobody, and the key sees the
        whole organization.
        """
        if self._is_neutralized():
            return ""
        key = os.environ.get(ADMIN_KEY_VARIABLE, "").strip()
        return key or self._parameter(ADMIN_KEY_PARAMETER)

    @api.model
    def _admin_key_from_environment(self):
        """Return whether the environment's Admin key counts."""
        return (
            bool(os.environ.get(ADMIN_KEY_VARIABLE, "").strip())
            and not self._is_neutralized()
        )

    @api.model
    def _reconciled_workspace(self):
        """Return whose bill is compared: a workspace's id, ``default``, or empty for
        the whole organization."""
        return self._parameter(WORKSPACE_PARAMETER)

    @api.model
    def _tolerance(self):
        """Return which differences are of no interest."""
        default = Tolerance()
        return Tolerance(
            percent=self._decimal_parameter(PERCENT_PARAMETER, default.percent),
            usd=self._decimal_parameter(USD_PARAMETER, default.usd),
        )

    @api.model
    def _decimal_parameter(self, name, default):
        try:
            value = Decimal(self._parameter(name) or default)
        except InvalidOperation:
            return default
        return value if value.is_finite() and value >= 0 else default

    @api.model
    def _admin_key_problem(self, key):
        """Return a sentence that says why ``key`` is no Admin key, or nothing."""
        if not key.startswith(ADMIN_KEY_PREFIX):
            return self.env._(
                "An Admin key begins with %(prefix)s; the key that asks models is "
                "another one.",
                prefix=ADMIN_KEY_PREFIX,
            )
        return self._problem(check_key, key, NOT_AN_ADMIN_KEY)
