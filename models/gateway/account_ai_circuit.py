from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..common.notification import notification


class AccountAiCircuit(models.Model):
    """State of the circuit breaker, one row an endpoint; see ``postgres/circuit.py``.

    Rows are written by the gateway only.
    """

    _name = "account.ai.circuit"
    _inherit = "account.ai.decided.fields"
    _description = "Circuit Breaker"
    _log_access = False
    _rec_name = "name"

    # === FIELDS === #

    name = fields.Char(string="Endpoint", required=True, readonly=True)
    state = fields.Selection(
        selection=[
            ("closed", "Closed"),
            ("open", "Open"),
            ("half_open", "Half Open"),
        ],
        required=True,
        readonly=True,
        help="Closed: calls pass. Open: calls are refused. Half open: one probe at a "
        "time passes.",
    )
    failures = fields.Integer(readonly=True, help="Failures in a row.")
    successes = fields.Integer(readonly=True, help="Probes that succeeded in a row.")
    reason = fields.Char(readonly=True, help="Code of the error that opened it.")
    explanation = fields.Char(string="Why", compute="_compute_explanation")
    open_until = fields.Datetime(
        string="Next Try", readonly=True, help="Then one call may try whether it works."
    )
    ends_at = fields.Datetime(
        string="Ends",
        readonly=True,
        help="When what opened it is over, if that is known.",
    )
    probe_until = fields.Datetime(
        readonly=True, help="The probe that is under way has until then."
    )

    _name_unique = models.Constraint("UNIQUE (name)")

    # === COMPUTE METHODS === #

    @api.depends("state", "reason")
    @api.depends_context("lang")
    def _compute_explanation(self):
        sentences = {
            "spend_limit": self.env._(
                "The spending limit of the Claude account is reached."
            ),
            "billing": self.env._("The Claude account has a billing problem."),
            "ramp_limit": self.env._(
                "The use of Claude has grown too fast for its account."
            ),
            "overloaded": self.env._("Claude was overloaded."),
            "server_error": self.env._("Claude had a technical problem."),
            "timeout": self.env._("Claude did not answer in time."),
            "deadline": self.env._("Claude did not answer in time."),
            "connection": self.env._("There was no connection to Claude."),
        }
        for circuit in self:
            is_closed = circuit.state == "closed"
            known = sentences.get(circuit.reason, circuit.reason)
            circuit.explanation = not is_closed and known

    # === ACTION METHODS === #

    def action_try_again(self):
        """Let the next call to this endpoint try, and the queue with it: somebody says
        that the cause is gone.

        :raises AccessError: for anybody but an administrator of the addon
        """
        self.ensure_one()
        if not self.env.user.has_groups("account_ai.group_manager,base.group_system"):
            raise AccessError(
                self.env._("Only administrators of Account AI may have it tried again.")
            )
        backend = self.env["account.ai.gateway"]._backend()
        with backend.transaction() as transaction:
            transaction.circuit.retry_now(self.name)
        self.invalidate_recordset()
        self.env["account.ai.validation"]._wake_queue()
        message = self.env._("The next call tries whether Claude takes calls again.")
        return notification("info", message, reload=True)
