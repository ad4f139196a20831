from odoo import api, models

ADDON_NODES = (
    "//*[starts-with(@name, 'account_ai_') or starts-with(@name, 'action_account_ai_')]"
)


class AccountMove(models.Model):
    """Takes the addon out of the invoices' views where no company is Chilean.

    Modifiers hide what belongs to one record. Columns, filters and entries of the
    action menu belong to none, and would stay.
    """

    # A file of its own: views are another idea than what an invoice knows of itself.
    _inherit = "account.move"

    # === CRUD METHODS === #

    @api.model
    def _get_view_cache_key(self, view_id=None, view_type="form", **options):
        """Override of base: views differ with the companies of the user."""
        key = super()._get_view_cache_key(view_id, view_type, **options)
        return key + (self._account_ai_is_shown(),)

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Override of base: leave out what belongs to the addon."""
        arch, view = super()._get_view(view_id, view_type, **options)
        if not self._account_ai_is_shown():
            for node in arch.xpath(ADDON_NODES):
                parent = node.getparent()
                if parent is not None:
                    parent.remove(node)
        return arch, view

    @api.model
    def get_views(self, views, options=None):
        """Override of web: leave out the action that validates the selected ones."""
        result = super().get_views(views, options)
        if self._account_ai_is_shown():
            return result
        action = self.env.ref("account_ai.account_move_action_queue", False)
        for view in result["views"].values():
            toolbar = view.get("toolbar", {})
            if action and "action" in toolbar:
                toolbar["action"] = [
                    entry for entry in toolbar["action"] if entry["id"] != action.id
                ]
        return result

    # === BUSINESS METHODS === #

    @api.model
    def _account_ai_is_shown(self) -> bool:
        """Return whether one of the companies that the user works with is Chilean."""
        return any(company._account_ai_is_available() for company in self.env.companies)
