from odoo import fields, models


class AccountAiCircuit(models.Model):
    """State of the circuit breaker, one row an endpoint; see ``backend/circuit.py``."""

    _name = "account.ai.circuit"
    _description = "Circuit Breaker"
    _log_access = False
    _rec_name = "name"

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
