from lxml.builder import E

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...services.claude.operations import LIMITED
from ...services.claude.policy import BreakerPolicy, RetryPolicy
from .account_ai_gateway import PARAMETER_BOUNDS
from .account_ai_redis import REDIS_URL_PARAMETER
from .res_company import check_bounds

_BREAKER = BreakerPolicy()
_RETRY = RetryPolicy()

_PARAMETERS = {
    "account_ai_breaker_failures": "account_ai.breaker_failures",
    "account_ai_breaker_seconds": "account_ai.breaker_seconds",
    "account_ai_breaker_successes": "account_ai.breaker_successes",
    "account_ai_retry_attempts": "account_ai.retry_attempts",
    "account_ai_retry_wait": "account_ai.retry_wait",
}


class ResConfigSettings(models.TransientModel):
    """Limits of the company, and how the database treats a Claude that is out."""

    _inherit = "res.config.settings"

    # === FIELDS === #

    # A limit of each operation, as the table of operations says.
    vars().update(
        {
            each.limit_field: fields.Integer(
                related=f"company_id.{each.limit_field}", readonly=False
            )
            for each in LIMITED
        }
    )
    account_ai_limit_company = fields.Integer(
        related="company_id.account_ai_limit_company", readonly=False
    )
    account_ai_limit_queue = fields.Integer(
        related="company_id.account_ai_limit_queue", readonly=False
    )
    account_ai_deadline_seconds = fields.Integer(
        related="company_id.account_ai_deadline_seconds", readonly=False
    )
    account_ai_max_input_tokens = fields.Integer(
        related="company_id.account_ai_max_input_tokens", readonly=False
    )
    account_ai_max_call_usd = fields.Float(
        related="company_id.account_ai_max_call_usd", readonly=False
    )
    account_ai_breaker_failures = fields.Integer(
        string="Failures in a Row",
        config_parameter="account_ai.breaker_failures",
        default=_BREAKER.failures,
        groups="base.group_system",
    )
    account_ai_breaker_seconds = fields.Integer(
        string="Seconds until a Try",
        config_parameter="account_ai.breaker_seconds",
        default=int(_BREAKER.open_seconds),
        groups="base.group_system",
    )
    account_ai_breaker_successes = fields.Integer(
        string="Successful Tries in a Row",
        config_parameter="account_ai.breaker_successes",
        default=_BREAKER.successes,
        groups="base.group_system",
    )
    account_ai_retry_attempts = fields.Integer(
        string="Attempts",
        config_parameter="account_ai.retry_attempts",
        default=_RETRY.attempts,
        groups="base.group_system",
        help="Of one call, the first one included.",
    )
    account_ai_retry_wait = fields.Integer(
        string="Longest Wait (seconds)",
        config_parameter="account_ai.retry_wait",
        default=int(_RETRY.retry_after_cap),
        groups="base.group_system",
        help="A Claude that asks for a longer wait is not waited for: whoever looks on "
        "is told when to come back, and what is queued waits in the queue.",
    )

    # === VIEWS === #

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Override of `base`: the page has a limit for each operation."""
        arch, view = super()._get_view(view_id, view_type, **options)
        for place in arch.xpath("//div[@name='account_ai_limits']"):
            for each in LIMITED:
                row = E.div({"class": "d-flex align-items-baseline"})
                row.append(
                    E.label({"for": each.limit_field, "class": "w-75 o_light_label"})
                )
                row.append(E.field({"name": each.limit_field, "class": "w-25"}))
                place.append(row)
        return arch, view

    # === CONSTRAINTS === #

    @api.constrains(*_PARAMETERS)
    def _check_account_ai_figures(self):
        bounds = {field: PARAMETER_BOUNDS[name] for field, name in _PARAMETERS.items()}
        for settings in self:
            check_bounds(settings, bounds)

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
