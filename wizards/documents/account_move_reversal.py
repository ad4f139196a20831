from odoo import models


class AccountMoveReversal(models.TransientModel):
    _inherit = "account.move.reversal"

    # === BUSINESS METHODS === #

    def _prepare_default_reversal(self, move):
        """Override of `account`: a Chilean note names what it corrects."""
        values = super()._prepare_default_reversal(move)
        references = move._account_ai_reference_commands(self.reason)
        if references:
            values["account_ai_reference_ids"] = references
        return values
