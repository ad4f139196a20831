from decimal import Decimal

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import get_lang

from ...models.common.presentation import sentence
from ...models.validation.account_ai_queue_forecast import QueueForecast
from ...models.validation.account_ai_validation_begin import OPERATION
from ...services.claude.errors import ClaudeError

_SHOWN_OF_BUDGET = ("name", "currency", "limit", "left", "ends_at", "hard")


class AccountAiQueueing(models.TransientModel):
    """The dialog that asks before many documents are queued: what it costs, at least
    likely and at most, what is left of the budgets, and how long it takes.

    What it shows is of the moment when it opened, and nobody writes it by hand. Which
    documents need it is looked at again when they are queued, and budgets hold all the
    same: what does not fit is not sent, whatever was shown.
    """

    _name = "account.ai.queueing"
    _inherit = "account.ai.decided.fields"
    _description = "Queueing of Documents"

    # === FIELDS === #

    move_ids = fields.Many2many("account.move", string="Documents", readonly=True)
    document_count = fields.Integer(string="Number of Documents", readonly=True)
    fresh_count = fields.Integer(readonly=True)
    waiting_count = fields.Integer(readonly=True)
    not_available_count = fields.Integer(readonly=True)
    not_readable_count = fields.Integer(readonly=True)
    too_large_count = fields.Integer(readonly=True)
    tokens = fields.Integer(readonly=True)
    expected_usd = fields.Float(
        string="Expected Cost (USD)", digits=(16, 8), readonly=True
    )
    worst_usd = fields.Float(string="At Most (USD)", digits=(16, 8), readonly=True)
    company_currency_id = fields.Many2one("res.currency", readonly=True)
    expected_company = fields.Monetary(
        string="Expected Cost", currency_field="company_currency_id", readonly=True
    )
    worst_company = fields.Monetary(
        string="At Most", currency_field="company_currency_id", readonly=True
    )
    is_measured = fields.Boolean(readonly=True)
    is_sampled = fields.Boolean(readonly=True)
    duration = fields.Char(string="Done in About", readonly=True)
    refusal = fields.Char(
        readonly=True, help="Why nothing is sent: only the rules will answer."
    )
    pause = fields.Char(readonly=True, help="Why Claude takes no calls at the moment.")
    budget_ids = fields.One2many(
        "account.ai.queueing.budget", "queueing_id", string="Budgets", readonly=True
    )
    fit = fields.Selection(
        selection=[
            ("yes", "It fits"),
            ("at_most", "It fits, unless it costs the most that it can"),
            ("no", "It does not fit"),
        ],
        readonly=True,
        help="Into the budgets that refuse what does not fit.",
    )
    fitting_count = fields.Integer(
        readonly=True, help="How many documents fit at the expected cost."
    )

    # === ACTION METHODS === #

    def action_confirm(self):
        """Queue the documents and say how many there are.

        :raises UserError: when there is none to validate any more
        """
        self.ensure_one()
        self.check_access("read")
        queued = self.env["account.ai.validation"]._queue_moves(self.move_ids)
        if not queued:
            raise self._nothing_error()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._(
                    "%(count)s documents are being validated with AI.",
                    count=len(queued),
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    # === BUSINESS METHODS === #

    @api.model
    def _open(self, moves):
        """Return the action that opens this dialog for ``moves``.

        :raises AccessError: when the user may not validate
        :raises UserError: when there is none to validate, or no price is known
        """
        validations = self.env["account.ai.validation"]
        found = validations._sort_for_queue(moves)
        if not found.to_queue:
            raise self._nothing_error()
        try:
            forecasts = self.env["account.ai.queue.forecast"]._forecast(found.to_queue)
        except ClaudeError as error:
            raise UserError(self._sentence(error)) from error
        # sudo: only this creates such a dialog, and it belongs to the user
        queueing_sudo = self.sudo().create(
            {
                "move_ids": [Command.set(found.to_queue.ids)],
                "fresh_count": len(found.fresh),
                "waiting_count": len(found.waiting),
                "not_available_count": len(found.not_available),
                "not_readable_count": len(found.not_readable),
                **self._values_of(forecasts),
            }
        )
        return queueing_sudo._get_records_action(
            name=self.env._("Validate with AI"), target="new", context={}
        )

    @api.model
    def _values_of(self, forecasts: list[QueueForecast]) -> dict:
        """Return the values that show ``forecasts``, one for each company."""
        documents = sum(each.documents for each in forecasts)
        expected_usd = sum((each.expected_usd for each in forecasts), Decimal(0))
        worst_usd = sum((each.worst_usd for each in forecasts), Decimal(0))
        budgets = [values for each in forecasts for values in self._budgets_of(each)]
        fits = [values["fit"] for values in budgets if values["hard"]]
        refusals = [each.refusal for each in forecasts if each.refusal]
        return {
            "document_count": documents,
            "too_large_count": sum(each.too_large for each in forecasts),
            "tokens": sum(each.tokens for each in forecasts),
            "expected_usd": expected_usd,
            "worst_usd": worst_usd,
            **self._company_costs(forecasts, expected_usd, worst_usd),
            "is_measured": all(each.is_measured for each in forecasts),
            "is_sampled": any(each.is_sampled for each in forecasts),
            "duration": self._duration(max(each.seconds for each in forecasts)),
            "refusal": self._sentence(refusals[0]) if refusals else False,
            "pause": self._pause(),
            "budget_ids": [Command.create(values) for values in budgets],
            "fit": max(fits, key=("yes", "at_most", "no").index, default="yes"),
            "fitting_count": min(
                [values["fitting"] for values in budgets if values["hard"]],
                default=documents,
            ),
        }

    @api.model
    def _budgets_of(self, forecast: QueueForecast) -> list[dict]:
        """Return the values of the budgets that count the documents of a company."""
        company = self.env["res.company"].browse(forecast.company_id)
        budgets = self.env["account.ai.budget"]
        rate = budgets._dollar_rate(company)
        return [
            {
                **{name: budget[name] for name in _SHOWN_OF_BUDGET},
                **_fit(forecast, budget, rate),
            }
            for budget in budgets._left(company, self.env.user, OPERATION, "queue")
        ]

    @api.model
    def _company_costs(self, forecasts, expected_usd, worst_usd) -> dict:
        """Return the costs in the currency of the one company, if Odoo has a rate."""
        if len(forecasts) > 1:
            return {}
        company = self.env["res.company"].browse(forecasts[0].company_id)
        rate = self.env["account.ai.budget"]._dollar_rate(company)
        if not rate:
            return {}
        return {
            "company_currency_id": company.currency_id.id,
            "expected_company": expected_usd * rate,
            "worst_company": worst_usd * rate,
        }

    @api.model
    def _pause(self) -> str | bool:
        """Return why Claude takes no calls at the moment, and that the queue waits."""
        seconds = self.env["account.ai.validation"]._circuit_wait()
        if not seconds:
            return False
        return self.env._(
            "Claude takes no calls at the moment. The documents wait in the queue "
            "until it does; it is tried again in %(wait)s.",
            wait=self._duration(seconds),
        )

    @api.model
    def _duration(self, seconds: float) -> str:
        """Return a time that is only known roughly, in words."""
        if seconds < 90:
            return self.env._(
                "%(count)s seconds", count=max(10, -(-int(seconds) // 10) * 10)
            )
        minutes = round(seconds / 60)
        if minutes < 90:
            return self.env._("%(count)s minutes", count=minutes)
        return self.env._("%(count)s hours", count=round(minutes / 60))

    @api.model
    def _sentence(self, error: ClaudeError) -> str:
        return sentence(error.message, error.params, get_lang(self.env))

    @api.model
    def _nothing_error(self) -> UserError:
        return UserError(
            self.env._(
                "Nothing to validate: these documents are validated already and have "
                "not changed, they are waiting, or they are not Chilean invoices."
            )
        )


class AccountAiQueueingBudget(models.TransientModel):
    """What is left of one budget, and whether the documents fit into it."""

    _name = "account.ai.queueing.budget"
    _inherit = "account.ai.decided.fields"
    _description = "Budget in the Dialog of Queueing"

    queueing_id = fields.Many2one(
        "account.ai.queueing", required=True, readonly=True, ondelete="cascade"
    )
    name = fields.Char(string="Budget", readonly=True)
    currency = fields.Char(readonly=True)
    limit = fields.Float(digits=(16, 4), readonly=True)
    left = fields.Float(digits=(16, 4), readonly=True)
    ends_at = fields.Datetime(string="Begins Anew", readonly=True)
    hard = fields.Boolean(string="Refuses", readonly=True)
    fit = fields.Selection(
        selection=[
            ("yes", "Fits"),
            ("at_most", "Fits as expected"),
            ("no", "Does not fit"),
        ],
        string="These Documents",
        readonly=True,
    )
    fitting = fields.Integer(readonly=True)


def _fit(forecast: QueueForecast, budget: dict, rate: Decimal | None) -> dict:
    """Return whether the documents fit into what is left of a budget, and how many do
    at the expected cost."""
    factor = Decimal(1) if budget["currency"] == "USD" else rate or Decimal(0)
    left = max(Decimal(budget["left"]), Decimal(0))
    expected = forecast.expected_usd * factor
    if forecast.worst_usd * factor <= left:
        return {"fit": "yes", "fitting": forecast.documents}
    if expected <= left:
        return {"fit": "at_most", "fitting": forecast.documents}
    return {"fit": "no", "fitting": int(forecast.documents * left / expected)}
