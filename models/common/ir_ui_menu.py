from odoo import models


class IrUiMenu(models.Model):
    _inherit = "ir.ui.menu"

    # === BUSINESS METHODS === #

    def _load_menus_blacklist(self):
        """Override of base: no menu for who works for no Chilean company.

        Menus are loaded once for all the companies of a user, so all of them count,
        not only those that are switched on. No folios where Enterprise keeps them.
        """
        blacklist = super()._load_menus_blacklist()
        companies = self.env.user.company_ids
        if not any(company._account_ai_is_available() for company in companies):
            root = self.env.ref("account_ai.menu_account_ai_root", False)
            blacklist += root.ids if root else []
        if not self.env["account.ai.folio.range"]._is_kept_here():
            folios = self.env.ref("account_ai.menu_account_ai_folio_ranges", False)
            blacklist += folios.ids if folios else []
        return blacklist
