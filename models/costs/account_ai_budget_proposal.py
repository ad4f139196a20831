from decimal import Decimal
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ...services.claude.money.budget import money
from ...services.claude.ports import Alert
from ...services.common.translation import _ as _lt
from ...services.costs.budget_proposal import proposed_month_usd

ALERT_KIND = "no_budget"
_MONTHS = 3
"""So many whole months say how many documents a company usually posts."""


class Proposal(NamedTuple):
    """A budget that would suit a company, and what it was worked out from."""

    amount: Decimal  # US$ a month
    spent: Decimal  # US$ in the last thirty days
    documents: Decimal  # Posted in a usual month


class AccountAiBudget(models.Model):
    """A company that pays for Claude without any budget is alerted of it, once."""

    _inherit = "account.ai.budget"

    # === BUSINESS METHODS === #

    @api.model
    def _cron_propose(self):
        """Alert the administrators of companies that pay and have no budget, once."""
        for company in self._companies_without_budget():
            proposal = self._proposal(company)
            self.env["account.ai.alert"]._raise_alert(
                Alert(
                    kind=ALERT_KIND,
                    key=f"{ALERT_KIND}:{company.id}",
                    title=_lt("Claude is paid for, and there is no budget"),
                    message=_lt(
                        "%(company)s has spent %(spent)s on Claude in the last 30 days "
                        "and has no budget: nothing limits what it may cost. A budget "
                        "of %(amount)s a month would allow at least twice that, and "
                        "twice what its usual %(documents)s documents a month are "
                        "likely to cost. Open this alert to make it."
                    ),
                    company_id=company.id,
                    params={
                        "company": company.name,
                        "spent": money(proposal.spent, "USD"),
                        "amount": money(proposal.amount, "USD"),
                        "documents": f"{proposal.documents:.0f}",
                    },
                )
            )

    @api.model
    def _companies_without_budget(self):
        """Return the companies that have paid for calls, have no budget of any kind and
        were not alerted yet."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT company.id
                  FROM res_company company
                 WHERE NOT EXISTS (
                           SELECT FROM account_ai_budget budget
                            WHERE budget.active
                              AND (budget.company_id IS NULL
                                   OR budget.company_id = company.id))
                   AND NOT EXISTS (
                           SELECT FROM account_ai_alert alert
                            WHERE alert.key = %(kind)s || ':' || company.id)
                   AND EXISTS (
                           SELECT FROM account_ai_usage usage
                            WHERE usage.company_id = company.id
                              AND usage.opened_at > %(since)s
                              AND usage.state IN ('settled', 'unknown')
                              AND usage.cost_usd > 0
                              AND usage.simulated IS NOT TRUE)
                 ORDER BY company.id
                """,
                kind=ALERT_KIND,
                since=self._proposal_since(),
            )
        )
        return self.env["res.company"].browse(row[0] for row in rows)

    @api.model
    def _proposal(self, company) -> Proposal:
        """Return the budget that would suit ``company``."""
        [(spent, calls)] = self.env.execute_query(
            SQL(
                """
                SELECT COALESCE(sum(cost_usd), 0)::text,
                       count(*) FILTER (WHERE corrects_id IS NULL)
                  FROM account_ai_usage
                 WHERE company_id = %(company)s
                   AND opened_at > %(since)s
                   AND state IN ('settled', 'unknown')
                   AND from_store IS NOT TRUE
                   AND simulated IS NOT TRUE
                """,
                company=company.id,
                since=self._proposal_since(),
            )
        )
        documents = self._usual_documents(company)
        amount = proposed_month_usd(Decimal(spent), calls, documents)
        return Proposal(amount, Decimal(spent), documents)

    @api.model
    def _proposal_since(self):
        return self.env.cr.now() - relativedelta(days=30)

    @api.model
    def _usual_documents(self, company) -> Decimal:
        """Return how many documents ``company`` posts in a month."""
        end = fields.Date.to_date(self.env.cr.now().date()).replace(day=1)
        # sudo: how many there are, for who answers for what they cost; nothing of them
        moves_sudo = self.env["account.move"].sudo()
        count = moves_sudo.search_count(
            [
                ("company_id", "=", company.id),
                ("state", "=", "posted"),
                ("move_type", "in", moves_sudo.get_invoice_types()),
                ("date", ">=", end - relativedelta(months=_MONTHS)),
                ("date", "<", end),
            ]
        )
        return Decimal(count) / _MONTHS


class AccountAiAlert(models.Model):
    """The alert of a missing budget opens the one that is proposed."""

    _inherit = "account.ai.alert"

    # === FIELDS === #

    proposes_budget = fields.Boolean(
        compute="_compute_proposes_budget",
        help="The company has no budget yet, and a proposal can be opened.",
    )

    # === COMPUTE METHODS === #

    @api.depends("kind", "company_id")
    def _compute_proposes_budget(self):
        asking = self.filtered(lambda alert: alert.kind == ALERT_KIND)
        # sudo: whether there is any; a budget of all companies counts, too
        budgets = self.env["account.ai.budget"].sudo().search([]) if asking else ()
        limited = {budget.company_id for budget in budgets}
        for alert in self:
            company = alert.company_id
            alert.proposes_budget = (
                alert in asking
                and bool(company)
                and company not in limited
                and company.browse() not in limited
            )

    # === ACTION METHODS === #

    def action_propose_budget(self):
        """Return the form of a new budget, filled in with the proposal.

        :raise AccessError: for anybody but an administrator of the addon
        """
        self.ensure_one()
        budgets = self.env["account.ai.budget"]
        budgets.check_access("create")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Proposed Budget"),
            "res_model": "account.ai.budget",
            "views": [(False, "form")],
            "context": {
                "default_name": self.env._("Claude, a month"),
                "default_company_id": self.company_id.id,
                "default_scope": "company",
                "default_period": "month",
                "default_currency_kind": "usd",
                "default_limit_type": "hard",
                "default_amount": float(budgets._proposal(self.company_id).amount),
            },
        }
