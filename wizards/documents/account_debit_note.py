from odoo import models


class AccountDebitNote(models.TransientModel):
    _inherit = "account.debit.note"

    # === BUSINESS METHODS === #

    def _prepare_default_values(self, move):
        """Override of `account_debit_note`: a Chilean note names what it corrects."""
        values = super()._prepare_default_values(move)
        references = move._account_ai_reference_commands(self.reason)
        if references:
            values["account_ai_reference_ids"] = references
        return values
