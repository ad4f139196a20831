from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.misc import get_lang

from ...models.common.presentation import evidence_words, sentence
from ...models.posting.account_move import ASKED
from ...services.posting.judgement import Judgement, digest_of


class AccountAiPosting(models.TransientModel):
    """The dialog that asks before invoices are posted which the rules find fault with,
    or lists every one that the posting policy forbids.

    Only posting opens one, and who opened it writes nothing but the reason: what it is
    about, and what was shown, is not taken from a client. What is decided about is
    judged anew when somebody decides.
    """

    _name = "account.ai.posting"
    _inherit = "account.ai.decided.fields"
    _description = "Posting of Invoices With Findings"

    # === FIELDS === #

    origin = fields.Selection(
        selection=[
            ("form", "Confirm"),
            ("list", "Confirm Entries"),
            ("dialog", "Confirm Entries, dialog"),
        ],
        required=True,
        readonly=True,
        help="What it goes on with.",
    )
    confirmation_id = fields.Many2one("validate.account.move", readonly=True)
    move_ids = fields.Many2many("account.move", string="Invoices", readonly=True)
    digest = fields.Char(readonly=True, help="Of what is shown.")
    line_ids = fields.One2many("account.ai.posting.line", "posting_id", readonly=True)
    blocked_count = fields.Integer(readonly=True)
    other_count = fields.Integer(
        readonly=True, help="How many may be posted without the blocked ones."
    )
    is_single = fields.Boolean(
        compute="_compute_is_single", help="It is about one invoice, the one on screen."
    )
    may_override = fields.Boolean(compute="_compute_may_override")
    reason = fields.Text()

    # === COMPUTE METHODS === #

    @api.depends("move_ids")
    def _compute_is_single(self):
        for posting in self:
            posting.is_single = posting.origin == "form" and len(posting.move_ids) == 1

    def _compute_may_override(self):
        self.may_override = self.env.user.has_group("account_ai.group_override")

    # === ACTION METHODS === #

    def action_confirm(self):
        """Post although the rules find fault.

        :raises UserError: when the policy forbids one of them, in the meantime too
        """
        return self._decide()

    def action_override(self):
        """Post against the policy; the reason is kept with the invoices.

        :raises AccessError: for who may not override
        :raises UserError: without a reason
        """
        self.check_access("write")
        if not self.env.user.has_group("account_ai.group_override"):
            raise AccessError(
                self.env._("You are not allowed to override the posting policy.")
            )
        reason = (self.reason or "").strip()
        if not reason:
            raise UserError(self.env._("Write why the policy is overridden."))
        return self._decide(reason)

    def action_post_others(self):
        """Post those that the policy does not forbid."""
        return self._decide(others=True)

    # === BUSINESS METHODS === #

    def _show(self, judgements: list[Judgement]) -> dict:
        """Return the action that opens this dialog, filled with ``judgements``."""
        blocked = {each.move_id for each in judgements if each.blocks}
        # sudo: what is shown is posting's to write; see ``write``
        self.sudo().write(
            {
                "blocked_count": len(blocked),
                "other_count": len(self.move_ids) - len(blocked) if blocked else 0,
                "line_ids": [
                    Command.create(values)
                    for each in sorted(judgements, key=lambda each: not each.blocks)
                    for values in self._lines_of(each)
                ],
            }
        )
        return self._get_records_action(
            name=self.env._("Posting policy")
            if blocked
            else self.env._("Post despite findings?"),
            target="new",
            context={"dialog_size": "large" if self.is_single else "extra-large"},
        )

    def _lines_of(self, judgement: Judgement) -> list[dict]:
        language = get_lang(self.env)
        own = {"move_id": judgement.move_id, "blocks": judgement.blocks}
        lines = [
            {
                **own,
                "severity": finding.severity.value,
                "code": finding.code,
                "message": sentence(finding.message, finding.params, language),
                "evidence": evidence_words(
                    finding.evidence, finding.evidence_value, language
                ),
                "line_number": finding.line,
            }
            for finding in sorted(
                judgement.findings, key=lambda each: each.severity.value
            )
        ]
        if judgement.problem not in ("findings", "rule_errors"):
            moves = self.env["account.move"]
            label = moves._account_ai_problem_label(judgement.problem)
            lines.insert(0, {**own, "severity": "error", "message": label})
        return lines

    def _decide(self, reason: str = "", others: bool = False):
        """Record the decision and go on with what was interrupted.

        When there is something else to see by now, it is shown instead.

        :param others: post only those that the policy does not forbid
        :raises AccessError: for anybody but who opened the dialog and may still post
        """
        self.ensure_one()
        self.check_access("write")
        moves = self.move_ids
        moves.check_access("write")
        judgements = moves._account_ai_to_ask()
        if digest_of(judgements) != self.digest:
            question = moves._account_ai_question(self.origin, self.confirmation_id)
            return question or self._go_on(moves)
        blocked = [each for each in judgements if each.blocks]
        if others:
            moves -= moves.browse(each.move_id for each in blocked)
            judgements = [each for each in judgements if not each.blocks]
        elif blocked and not reason:
            raise UserError(moves._account_ai_refusal(blocked))
        records = self.env["account.ai.posting.record"]
        records._record(judgements, asked=True, reason=reason)
        return self._go_on(moves)

    def _go_on(self, moves):
        """Return what the interrupted action returns."""
        asked = {ASKED: moves.ids}
        if self.origin == "dialog":
            self.confirmation_id.move_ids = moves
            action = self.confirmation_id.with_context(**asked).validate_move()
        elif self.origin == "list":
            moves = moves.with_context(**asked)
            action = moves.action_validate_moves_with_confirmation()
        else:
            action = moves.with_context(
                **asked, disable_abnormal_invoice_detection=False
            ).action_post()
        if not action:
            return {"type": "ir.actions.act_window_close"}
        if action.get("res_model") == "validate.account.move":
            action["context"] = {**(action.get("context") or {}), **asked}
        return action


class AccountAiPostingLine(models.TransientModel):
    """One thing that the dialog shows of an invoice."""

    _name = "account.ai.posting.line"
    _inherit = ["account.ai.access.by.invoice", "account.ai.decided.fields"]
    _description = "Finding on an Invoice That Is Posted"

    # === FIELDS === #

    posting_id = fields.Many2one(
        "account.ai.posting", required=True, readonly=True, index=True
    )
    move_id = fields.Many2one(
        "account.move", string="Invoice", required=True, readonly=True
    )
    # Read with the rights of who looks, as the invoice itself.
    partner_id = fields.Many2one(related="move_id.partner_id", related_sudo=False)
    currency_id = fields.Many2one(related="move_id.currency_id", related_sudo=False)
    amount_total = fields.Monetary(related="move_id.amount_total", related_sudo=False)
    blocks = fields.Boolean(readonly=True)
    severity = fields.Selection(
        selection=[("error", "Error"), ("warning", "Warning")], readonly=True
    )
    code = fields.Char(readonly=True)
    message = fields.Text(string="What Was Found", readonly=True)
    evidence = fields.Text(readonly=True)
    line_number = fields.Integer(string="Line", readonly=True)

    # === ACTION METHODS === #

    def action_open_move(self):
        """Open the invoice."""
        self.ensure_one()
        return self.move_id._get_records_action(context={})
