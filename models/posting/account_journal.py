from odoo import fields, models

from ...services.posting.judgement import OFF
from ..common.res_company import POSTING_POLICIES


class AccountJournal(models.Model):
    """A journal may have a posting policy of its own."""

    _name = "account.journal"
    _inherit = ["account.ai.decided.fields", "account.journal"]

    # === FIELDS === #

    account_ai_posting_policy = fields.Selection(
        POSTING_POLICIES,
        string="Posting Policy",
        tracking=True,
        help="What happens when an invoice of this journal is posted that the rules "
        "of Account AI find fault with. Empty: as the company decides.",
    )
    account_ai_available = fields.Boolean(compute="_compute_account_ai_available")

    # === COMPUTE METHODS === #

    def _compute_account_ai_available(self):
        for journal in self:
            company = journal.company_id
            journal.account_ai_available = bool(
                company and company._account_ai_is_available()
            )

    # === BUSINESS METHODS === #

    def _account_ai_posting_policy(self) -> str:
        """Return the policy under which this journal's invoices are posted.

        ``off`` for companies that are not Chilean, and for journals whose documents are
        none of the SII's.
        """
        self.ensure_one()
        company_sudo = self.company_id.sudo()  # a setting, for code only
        if not self.l10n_latam_use_documents:
            return OFF
        if not company_sudo._account_ai_is_available():
            return OFF
        return self.account_ai_posting_policy or company_sudo.account_ai_posting_policy
