from types import MappingProxyType

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...services.claude.policy import Policy
from ..common.res_company import INTERNAL

_STANDARD = Policy()

BOUNDS = MappingProxyType(
    {
        "account_ai_limit_validation": (1, 10_000),
        "account_ai_limit_chat": (1, 10_000),
        "account_ai_limit_project_suggestion": (1, 10_000),
        "account_ai_limit_company": (0, 100_000),
        "account_ai_limit_queue": (1, 100_000),
        # A threaded server cuts a request after two minutes by default, and the lease
        # of a queued run is five.
        "account_ai_deadline_seconds": (10, 200),
        # The instructions alone are some thousand tokens; no model takes more than a
        # million.
        "account_ai_max_input_tokens": (10_000, 1_000_000),
    }
)
"""Least and most of each limit."""

LIMIT_FIELDS = (*BOUNDS, "account_ai_max_call_usd")


class ResCompany(models.Model):
    """How much of Claude the people and the queue of a company may use."""

    _inherit = "res.company"

    # === FIELDS === #

    account_ai_limit_validation = fields.Integer(
        string="Validations per Minute",
        default=_STANDARD.limits_per_minute["validation"],
        required=True,
        help="That one person may ask for at the screen.",
        groups=INTERNAL,
    )
    account_ai_limit_chat = fields.Integer(
        string="Chat Turns per Minute",
        default=_STANDARD.limits_per_minute["chat"],
        required=True,
        help="That one person may ask for.",
        groups=INTERNAL,
    )
    account_ai_limit_project_suggestion = fields.Integer(
        string="Project Suggestions per Minute",
        default=_STANDARD.limits_per_minute["project_suggestion"],
        required=True,
        help="That one person may ask for.",
        groups=INTERNAL,
    )
    account_ai_limit_company = fields.Integer(
        string="Everybody Together per Minute",
        default=_STANDARD.company_limit,
        required=True,
        help="Requests of all people of the company at the screen. 0: as many as each "
        "of them may make.",
        groups=INTERNAL,
    )
    account_ai_limit_queue = fields.Integer(
        string="Queued Documents per Minute",
        default=_STANDARD.queue_limit,
        required=True,
        help="What is queued or scheduled has a lane of its own: it takes nothing from "
        "the people at the screen.",
        groups=INTERNAL,
    )
    account_ai_deadline_seconds = fields.Integer(
        string="Longest Answer (seconds)",
        default=int(_STANDARD.deadline_seconds),
        required=True,
        help="After this an answer is given up, and the rules alone decide.",
        groups=INTERNAL,
    )
    account_ai_max_input_tokens = fields.Integer(
        string="Tokens per Request",
        default=_STANDARD.max_input_tokens,
        required=True,
        help="Larger documents are not sent. Above 100,000 tokens some models cost "
        "five times as much.",
        groups=INTERNAL,
    )

    account_ai_max_call_usd = fields.Float(
        string="Most That One Call May Cost (US$)",
        digits=(16, 6),
        help="A call that may cost more is refused before anything is sent. 0: no such "
        "ceiling; budgets hold all the same.",
        groups=INTERNAL,
    )

    # === CONSTRAINTS === #

    @api.constrains(*LIMIT_FIELDS)
    def _check_account_ai_limits(self):
        for company in self:
            check_bounds(company, BOUNDS)
            if company.account_ai_max_call_usd < 0:
                raise ValidationError(
                    self.env._(
                        "%(field)s: enter an amount above zero, or zero for no "
                        "ceiling.",
                        field=company._fields[
                            "account_ai_max_call_usd"
                        ]._description_string(self.env),
                    )
                )


def check_bounds(record, bounds):
    """Check that the integer fields of ``record`` lie within their bounds.

    :param bounds: least and most, by the field's name
    :raises ValidationError: with the first field that does not
    """
    for name, (least, most) in bounds.items():
        if not least <= record[name] <= most:
            raise ValidationError(
                record.env._(
                    "%(field)s: enter a number from %(least)s to %(most)s, not "
                    "%(value)s.",
                    field=record._fields[name]._description_string(record.env),
                    least=f"{least:,}",
                    most=f"{most:,}",
                    value=f"{record[name]:,}",
                )
            )
