from odoo import api, fields, models

from ...services.validation.freshness import is_same_document
from ..common.many2one_without_foreign_key import Many2oneWithoutForeignKey
from .account_ai_validation import VERDICTS
from .account_ai_validation_begin import COMPANY_FIELDS

INVOICE_TYPES = ("out_invoice", "out_refund", "in_invoice", "in_refund")

ADDON_NODES = (
    "//*[starts-with(@name, 'account_ai_') or starts-with(@name, 'action_account_ai_')]"
)


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.ai.decided.fields", "account.move"]

    # === FIELDS === #

    account_ai_available = fields.Boolean(compute="_compute_account_ai_available")
    account_ai_validation_id = Many2oneWithoutForeignKey(
        "account.ai.validation",
        string="Last Validation with AI",
        readonly=True,
        copy=False,
        groups="account_ai.group_user",
    )
    account_ai_verdict = fields.Selection(
        VERDICTS,
        string="AI Verdict",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups="account_ai.group_user",
    )
    account_ai_validation_count = fields.Integer(
        compute="_compute_account_ai_validation_count",
        groups="account_ai.group_user",
    )
    account_ai_is_stale = fields.Boolean(
        string="Changed Since Validated",
        compute="_compute_account_ai_is_stale",
        groups="account_ai.group_user",
    )
    account_ai_is_simulated = fields.Boolean(
        string="Simulated Validation",
        compute="_compute_account_ai_is_simulated",
        groups="account_ai.group_user",
    )

    # === COMPUTE METHODS === #

    @api.depends("company_id", "move_type")
    def _compute_account_ai_available(self):
        available = {
            company: company._account_ai_is_available() for company in self.company_id
        }
        may_validate = self.env.user.has_group("account_ai.group_user")
        for move in self:
            move.account_ai_available = bool(
                may_validate
                and move.move_type in INVOICE_TYPES
                and available.get(move.company_id)
            )

    def _compute_account_ai_validation_count(self):
        counts = dict(
            self.env["account.ai.validation"]._read_group(
                [("move_id", "in", self.ids)], ["move_id"], ["__count"]
            )
        )
        for move in self:
            move.account_ai_validation_count = counts.get(move._origin, 0)

    @api.depends("account_ai_validation_id")
    def _compute_account_ai_is_stale(self):
        self.account_ai_is_stale = False
        validated = self.filtered("account_ai_validation_id")
        if not validated:
            return
        # sudo: only whether a document changed comes of it, and a list must not fail
        # because one partner on it may not be read
        readings = (
            self.env["account.ai.document.reader"]
            .sudo()
            ._read_documents(validated._origin.sudo())
        )
        for move in validated:
            stored = move.account_ai_validation_id.sudo().document_fingerprint
            document = readings.get(move._origin.id)
            move.account_ai_is_stale = bool(
                document and not is_same_document(stored, document)
            )

    @api.depends("account_ai_validation_id")
    def _compute_account_ai_is_simulated(self):
        for move in self:
            # sudo: who may read the invoice may know that nobody real judged it
            validation = move.account_ai_validation_id.sudo()
            move.account_ai_is_simulated = validation.simulated

    # === ACTION METHODS === #

    def action_account_ai_validations(self):
        """Open the history of validations."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Validations with AI"),
            "res_model": "account.ai.validation",
            "views": [(False, "list"), (False, "form")],
            "domain": [("move_id", "=", self.id)],
            "context": {"create": False},
        }

    def action_account_ai_queue(self):
        """Return the dialog that says what it costs to validate the selected invoices,
        and queues them.

        :raises UserError: when there is none to validate
        """
        return self.env["account.ai.queueing"]._open(self)

    # === BUSINESS METHODS === #

    def account_ai_panel(self):
        """Return what the validation panel shows for this invoice, as JSON data.

        Dates are UTC, durations milliseconds, costs US dollars.

        :raises AccessError: when the user may not read the invoice
        """
        self.ensure_one()
        # Only these columns: an invoice has two hundred, a company one hundred.
        self.fetch(("company_id", "move_type", "account_ai_validation_id"))
        self.check_access("read")
        self.company_id.sudo().fetch(COMPANY_FIELDS)  # sudo: settings, for code only
        if not self.account_ai_available:
            return {"available": False, "validation": None}
        gateways = self.env["account.ai.gateway"]
        newest = self.env["account.ai.validation"].search(
            [("move_id", "=", self.id)], limit=1
        )
        shown, is_stale = self._account_ai_shown(newest)
        return {
            "available": True,
            "can_validate": True,
            "enabled": bool(self.company_id._account_ai_has_consent()),
            "has_key": bool(gateways._api_key()),
            "simulated": gateways._is_simulated(),
            "settings_url": self._account_ai_settings_url(),
            "history_count": self.account_ai_validation_count,
            "validation": shown._panel_data(is_stale) if shown else None,
            "attempt": newest._attempt_data() if newest.id > shown.id else None,
        }

    def account_ai_queue(self):
        """Put this invoice into the queue and return what the panel shows then.

        One that is waiting already, or fresh, stays as it is.

        :raises AccessError: when the user may not validate
        """
        self.ensure_one()
        self.env["account.ai.validation"]._queue_moves(self)
        return self.account_ai_panel()

    def _account_ai_shown(self, newest):
        """Return the validation that the panel shows, and whether the invoice has
        changed since: the one under way, else the last answer about the invoice.

        :param newest: its newest validation, whatever became of it
        """
        self.ensure_one()
        shown = self.account_ai_validation_id.exists()
        if not shown or newest.state in ("queued", "running"):
            return newest, self.account_ai_is_stale
        if not self.account_ai_is_stale:
            return shown, False
        # Changed and changed back, there may be an answer about it as it is. sudo: the
        # document decides which one, and nothing of it is returned.
        reader = self.env["account.ai.document.reader"].sudo()
        documents = reader._read_documents(self.sudo())
        answers = self.env["account.ai.validation"]._last_answers(documents)
        return answers.get(self.id, shown), self.id not in answers

    def _account_ai_is_fresh(self):
        """Return whether Claude validated this invoice and it has not changed since."""
        self.ensure_one()
        last = self.account_ai_validation_id
        return last._is_answered() and not self.account_ai_is_stale

    @api.model
    def _account_ai_settings_url(self):
        """Return where the user may switch things on, False when nowhere."""
        user = self.env.user
        if user.has_group("base.group_system"):
            return "/odoo/action-account_ai.account_ai_settings_action"
        if user.has_group("account_ai.group_manager"):
            return "/odoo/action-account_ai.account_ai_company_settings_action"
        return False

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
