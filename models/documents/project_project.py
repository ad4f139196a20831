from odoo import api, fields, models

from .reading.projects import billed_net

_GROUPS = (
    "account.group_account_invoice,account.group_account_readonly,account_ai.group_user"
)


class ProjectProject(models.Model):
    """What a project's contract is for: Community's projects have no contract."""

    _name = "project.project"
    _inherit = ["account.ai.decided.fields", "project.project"]

    # === FIELDS === #

    account_ai_contract_amount = fields.Monetary(
        string="Contract Amount",
        currency_field="account_ai_contract_currency_id",
        copy=False,
        tracking=True,
        groups=_GROUPS,
        help="Net amount of the contract with the customer. The rules warn of customer "
        "invoices that would bill more than it, by the project's analytic account.",
    )
    account_ai_contract_currency_id = fields.Many2one(
        "res.currency",
        string="Currency of the Contract",
        compute="_compute_account_ai_contract_currency_id",
        store=True,
        groups=_GROUPS,
        help="That of the project's company, or of the company in which the amount was "
        "entered where the project belongs to none.",
    )
    account_ai_billed_amount = fields.Monetary(
        string="Billed",
        currency_field="account_ai_contract_currency_id",
        compute="_compute_account_ai_billed_amount",
        groups=_GROUPS,
        help="Net amount of the posted customer invoices that are charged to the "
        "project's analytic account, less credit notes.",
    )
    account_ai_has_contracts = fields.Boolean(
        compute="_compute_account_ai_has_contracts", groups=_GROUPS
    )

    _account_ai_contract_amount_not_negative = models.Constraint(
        "CHECK (account_ai_contract_amount >= 0)",
        "The amount of a contract is not below zero.",
    )

    # === COMPUTE METHODS === #

    @api.depends("company_id", "account_ai_contract_amount")
    def _compute_account_ai_contract_currency_id(self):
        for project in self:
            currency = project.company_id.currency_id
            if not currency and project.account_ai_contract_amount:
                kept = project.account_ai_contract_currency_id
                currency = kept or self.env.company.currency_id
            project.account_ai_contract_currency_id = currency

    @api.depends("account_id", "account_ai_contract_amount", "company_id")
    @api.depends_context("uid", "company", "allowed_company_ids")
    def _compute_account_ai_billed_amount(self):
        present = self.env.company
        contracts = self.filtered("account_ai_contract_amount")
        companies = contracts.company_id | present
        billed = billed_net(self.env, contracts.account_id.ids, companies.ids)
        for project in self:
            company = project.company_id or present
            amount = billed.get((project.account_id.id, company.id), 0)
            if project.account_ai_contract_currency_id != company.currency_id:
                amount = 0
            project.account_ai_billed_amount = amount

    @api.depends("company_id")
    @api.depends_context("company")
    def _compute_account_ai_has_contracts(self):
        for project in self:
            company = project.company_id or self.env.company
            project.account_ai_has_contracts = company._account_ai_is_available()

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of the ORM: take the currency of whoever enters an amount."""
        projects = super().create(vals_list)
        if any(vals.get("account_ai_contract_amount") for vals in vals_list):
            projects._account_ai_keep_currency()
        return projects

    def write(self, vals):
        """Override of the ORM: take the currency of whoever enters an amount."""
        result = super().write(vals)
        if vals.get("account_ai_contract_amount"):
            self._account_ai_keep_currency()
        return result

    # === BUSINESS METHODS === #

    def _account_ai_keep_currency(self):
        """Work the currency out now, and not when somebody of another company looks."""
        self.flush_recordset(["account_ai_contract_currency_id"])
