from odoo import models


class ValidateAccountMove(models.TransientModel):
    _inherit = "validate.account.move"

    # === ACTION METHODS === #

    def validate_move(self):
        """Override of `account`: ask about what the rules find, unless it was asked.

        :raises AccessError: for anybody but who opened the dialog
        """
        self.check_access("write")
        moves = self.move_ids
        if not self.force_hash:
            moves = moves.filtered(lambda move: not move.restrict_mode_hash_table)
        return moves._account_ai_question("dialog", self) or super().validate_move()
