from odoo import api, fields, models
from odoo.exceptions import UserError

_KINDS = ("model_retiring", "model_retired")


class AccountAiAlert(models.Model):
    """An alert of a model that retires takes its successor with one click."""

    _inherit = "account.ai.alert"

    # === FIELDS === #

    successor_model = fields.Char(
        string="Successor",
        compute="_compute_successor_model",
        help="Who would be asked; empty when the company has changed since.",
    )

    # === COMPUTE METHODS === #

    @api.depends("kind", "params", "company_id")
    def _compute_successor_model(self):
        for alert in self:
            model = (alert.params or {}).get("model")
            company = alert.company_id
            concerns = (
                alert.kind in _KINDS
                and company
                and model in company._account_ai_leaving_models()
            )
            alert.successor_model = concerns and company._account_ai_successor(model)

    # === ACTION METHODS === #

    def action_use_successor(self):
        """Let the company ask the successor from now on, and mark the alert done.

        :raise AccessError: for anybody but an administrator of the addon
        :raise UserError: when it names no company, or there is no successor
        """
        self.ensure_one()
        if not self.company_id:
            raise UserError(
                self.env._("This concerns all companies: there is no model to change.")
            )
        model = (self.params or {}).get("model")
        successor = self.company_id._account_ai_use_successor(model)
        message = self.env._("%(model)s is asked from now on.", model=successor)
        # sudo: whoever may decide it may end what asks for the decision
        self.sudo().activity_ids.action_feedback(feedback=message)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
