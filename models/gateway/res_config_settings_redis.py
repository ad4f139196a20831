from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .account_ai_redis import REDIS_URL_PARAMETER


class ResConfigSettings(models.TransientModel):
    """The Redis of the database, for system administrators."""

    _inherit = "res.config.settings"

    # === FIELDS === #

    account_ai_redis_url = fields.Char(
        string="Redis URL",
        store=False,
        compute="_compute_account_ai_redis_url",
        inverse="_inverse_account_ai_redis_url",
        groups="base.group_system",
        help="Write-only, since it holds a password: an address that is set is never "
        "shown again.",
    )
    account_ai_redis_source = fields.Selection(
        selection=[
            ("none", "PostgreSQL"),
            ("database", "Redis, set in this database"),
            ("environment", "Redis, set by the server's environment"),
        ],
        string="Shared State",
        compute="_compute_account_ai_redis_source",
        groups="base.group_system",
    )

    # === COMPUTE METHODS === #

    def _compute_account_ai_redis_url(self):
        """The address goes in and never comes out."""
        self.account_ai_redis_url = False

    def _inverse_account_ai_redis_url(self):
        gateway = self.env["account.ai.gateway"]
        for settings in self:
            url = (settings.account_ai_redis_url or "").strip()
            if not url:
                continue
            if problem := gateway._redis_problem(url):
                raise ValidationError(problem)
            self.env["ir.config_parameter"].set_param(REDIS_URL_PARAMETER, url)

    @api.depends("company_id")
    def _compute_account_ai_redis_source(self):
        source = self.env["account.ai.gateway"]._redis_source()
        self.account_ai_redis_source = source

    # === ACTION METHODS === #

    def action_account_ai_test_redis(self):
        """Return a notification that says whether Redis can be used, or why not."""
        self._account_ai_check_system()
        works, message = self.env["account.ai.gateway"]._test_redis()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if works else "danger",
                "message": message,
                "sticky": not works,
            },
        }

    def action_account_ai_remove_redis(self):
        """Forget the Redis of this database and reload the page."""
        self._account_ai_check_system()
        self.env["ir.config_parameter"].set_param(REDIS_URL_PARAMETER, False)
        return {"type": "ir.actions.client", "tag": "reload"}
