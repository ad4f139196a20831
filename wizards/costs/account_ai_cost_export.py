from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...models.costs.sql.attribution import Scope, bounds_of
from ...services.costs.csv_file import CHILEAN, INTERNATIONAL, Dialect


class AccountAiCostExport(models.TransientModel):
    """The dialog in which what Claude costs is taken out as a CSV file."""

    _name = "account.ai.cost.export"
    _inherit = "account.ai.decided.fields"
    _description = "Export of Claude Costs"

    # === FIELDS === #

    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        domain="[('id', 'in', allowed_company_ids)]",
    )
    date_from = fields.Date(
        string="From", required=True, default=lambda self: self._last_month()[0]
    )
    date_to = fields.Date(
        string="To", required=True, default=lambda self: self._last_month()[1]
    )
    content = fields.Selection(
        [("detail", "Every call"), ("analytic", "Sums by analytic account")],
        required=True,
        default="detail",
    )
    with_simulated = fields.Boolean(string="Include Simulated Calls")
    dialect = fields.Selection(
        [
            ("chilean", "Semicolons and decimal commas (spreadsheets in Chile)"),
            ("international", "Commas and decimal points"),
        ],
        string="Format",
        required=True,
        default="international",
    )
    kept_since = fields.Date(compute="_compute_kept_since")

    # === COMPUTE METHODS === #

    @api.depends("date_from")
    def _compute_kept_since(self):
        """Compute since when there is detail, when the period begins earlier."""
        since = self.env["account.ai.usage.rollup"]._kept_since().date()
        for export in self:
            is_late = export.date_from and export.date_from < since
            export.kept_since = since if is_late else False

    # === ACTION METHODS === #

    def action_export(self):
        """Return the action that downloads the file."""
        self.ensure_one()
        self.check_access("read")
        self._scope()
        return {
            "type": "ir.actions.act_url",
            "url": f"/account_ai/costs/export/{self.id}",
            "target": "download",
        }

    # === BUSINESS METHODS === #

    @api.model
    def _last_month(self):
        """Return the first and the last day of the month before this one."""
        last = fields.Date.context_today(self).replace(day=1) - timedelta(days=1)
        return last.replace(day=1), last

    def _scope(self) -> Scope:
        """Return which rows are meant.

        :raises AccessError: when the user may not see what the company costs
        :raises UserError: when the period ends before it begins
        """
        self.ensure_one()
        self._check_may_see_costs()
        if self.date_to < self.date_from:
            raise UserError(self.env._("The period ends before it begins."))
        begin, end = bounds_of(
            self.env, self.company_id.id, self.date_from, self.date_to
        )
        return Scope((self.company_id.id,), begin, end, self.with_simulated)

    def _check_may_see_costs(self):
        user = self.env.user
        may_see = user.has_group("account_ai.group_manager") or user._is_system()
        if not may_see or self.company_id not in self.env.companies:
            raise AccessError(
                self.env._("You are not allowed to see what this company costs.")
            )

    def _csv_dialect(self) -> Dialect:
        """Return how fields and decimals are parted."""
        self.ensure_one()
        return CHILEAN if self.dialect == "chilean" else INTERNATIONAL

    def _file_name(self) -> str:
        """Return the name of the file: content and days."""
        self.ensure_one()
        return f"claude_{self.content}_{self.date_from}_{self.date_to}.csv"
