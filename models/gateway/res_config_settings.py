from lxml.builder import E

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...services.claude.operations import LIMITED
from ..common.notification import notification
from .account_ai_gateway import FIGURES, REDIS_URL_PARAMETER
from .res_company import BOUNDS, check_bounds

_FIGURE_BOUNDS = {
    name.replace(".", "_"): (least, most)
    for name, (least, most, _standard) in FIGURES.items()
}


def _figure(name, **values):
    """Return the field of a figure that holds for the whole database."""
    return fields.Integer(
        config_parameter=name,
        default=FIGURES[name][-1],
        groups="base.group_system",
        **values,
    )


class ResConfigSettings(models.TransientModel):
    """Limits of the company, and how the database treats a Claude that is out."""

    _inherit = "res.config.settings"

    # === FIELDS === #

    # The limits of the company, with one of each operation.
    vars().update(
        {
            name: fields.Integer(related=f"company_id.{name}", readonly=False)
            for name in BOUNDS
        }
    )
    account_ai_max_call_usd = fields.Float(
        related="company_id.account_ai_max_call_usd", readonly=False
    )
    account_ai_breaker_failures = _figure(
        "account_ai.breaker_failures", string="Failures in a Row"
    )
    account_ai_breaker_seconds = _figure(
        "account_ai.breaker_seconds", string="Seconds until a Try"
    )
    account_ai_breaker_successes = _figure(
        "account_ai.breaker_successes", string="Successful Tries in a Row"
    )
    account_ai_retry_attempts = _figure(
        "account_ai.retry_attempts",
        string="Attempts",
        help="Of one call, the first one included.",
    )
    account_ai_retry_wait = _figure(
        "account_ai.retry_wait",
        string="Longest Wait (seconds)",
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

    @api.constrains(*_FIGURE_BOUNDS)
    def _check_account_ai_figures(self):
        for settings in self:
            check_bounds(settings, _FIGURE_BOUNDS)

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
        gateway = self.env["account.ai.gateway"]
        source = gateway._source(REDIS_URL_PARAMETER, gateway._redis_url())
        self.account_ai_redis_source = source

    # === ACTION METHODS === #

    def action_account_ai_test_redis(self):
        """Return a notification that says whether Redis can be used, or why not."""
        self._account_ai_check_system()
        works, message = self.env["account.ai.gateway"]._test_redis()
        return notification("success" if works else "danger", message)

    def action_account_ai_remove_redis(self):
        """Forget the Redis of this database and reload the page."""
        self._account_ai_check_system()
        self.env["ir.config_parameter"].set_param(REDIS_URL_PARAMETER, False)
        return {"type": "ir.actions.client", "tag": "reload"}
