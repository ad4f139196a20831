from odoo import api, fields, models

from .sql.attribution import readable_accounts


class AccountAiUsage(models.Model):
    """What a call is charged to, in words."""

    _inherit = "account.ai.usage"

    # === FIELDS === #

    charged_to = fields.Char(compute="_compute_charged_to")

    # === COMPUTE METHODS === #

    @api.depends("analytic_distribution")
    @api.depends_context("uid", "lang")
    def _compute_charged_to(self):
        """Compute the analytic accounts by name; those that the user may not see, or
        that are gone, by number."""
        distributions = {usage: usage.analytic_distribution or {} for usage in self}
        accounts = readable_accounts(
            self.env,
            {
                int(account)
                for distribution in distributions.values()
                for key in distribution
                for account in key.split(",")
                if account.isdigit()
            },
        )
        names = {str(account.id): account.display_name for account in accounts}
        for usage, distribution in distributions.items():
            usage.charged_to = ", ".join(
                " / ".join(names.get(each, f"#{each}") for each in key.split(","))
                + f" {share:g} %"
                for key, share in distribution.items()
            )
