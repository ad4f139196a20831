from datetime import timedelta
from decimal import Decimal

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

from ...models.costs.sql.attribution import (
    Group,
    Scope,
    bounds_of,
    read_dollar_rate,
    read_groups,
    read_totals,
)
from ...services.costs.period import Period, period_of
from ...services.costs.rounding import rounded_parts

_EXPENSES = ("expense", "expense_direct_cost", "expense_other")
_LIABILITIES = ("liability_current", "liability_non_current")
_CENT = Decimal("0.01")


class AccountAiAccrual(models.TransientModel):
    """The dialog that proposes the entry for what Claude cost in a month.

    The provider's invoice comes later: what was used is accrued at the month's end, in
    US dollars at the rate of that day. The entry stays a draft: a person posts it.
    """

    _name = "account.ai.accrual"
    _inherit = "account.ai.decided.fields"
    _description = "Accrual of Claude Costs"
    _check_company_auto = True

    # === FIELDS === #

    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        domain="[('id', 'in', allowed_company_ids)]",
    )
    month = fields.Date(
        string="Any Day of the Month",
        required=True,
        default=lambda self: self._default_month(),
        help="Any day of the month whose cost is accrued.",
    )
    date = fields.Date(string="Accounting Date", compute="_compute_period")
    journal_id = fields.Many2one(
        "account.journal",
        compute="_compute_journal_id",
        store=True,
        readonly=False,
        check_company=True,
        domain="[('type', '=', 'general')]",
    )
    expense_account_id = fields.Many2one(
        "account.account",
        compute="_compute_accounts",
        store=True,
        readonly=False,
        check_company=True,
        domain=[("account_type", "in", _EXPENSES)],
    )
    liability_account_id = fields.Many2one(
        "account.account",
        string="Accrued Liability Account",
        compute="_compute_accounts",
        store=True,
        readonly=False,
        check_company=True,
        domain=[("account_type", "in", _LIABILITIES)],
    )
    reverse = fields.Boolean(
        string="Propose Its Reversal Too",
        default=True,
        help="As a second draft, which takes the accrual back when the invoice comes.",
    )
    reversal_date = fields.Date(
        compute="_compute_reversal_date", store=True, readonly=False
    )
    calls = fields.Integer(compute="_compute_period")
    amount_usd = fields.Float(
        string="Cost (US$)", digits=(16, 2), compute="_compute_period"
    )
    simulated_usd = fields.Float(digits=(16, 2), compute="_compute_period")
    estimated_usd = fields.Float(digits=(16, 2), compute="_compute_period")
    open_usd = fields.Float(digits=(16, 2), compute="_compute_period")
    rate = fields.Float(digits=(16, 4), compute="_compute_rate", help="Of one US$.")
    amount_company = fields.Monetary(
        string="Cost in Company Currency",
        currency_field="company_currency_id",
        compute="_compute_rate",
    )
    company_currency_id = fields.Many2one(related="company_id.currency_id")
    problem = fields.Text(compute="_compute_problem")
    existing_move_ids = fields.Many2many(
        "account.move",
        compute="_compute_existing_move_ids",
        string="Entries of This Month",
    )
    confirm_duplicate = fields.Boolean(string="Propose another one all the same")

    # === COMPUTE METHODS === #

    @api.depends("company_id", "month")
    def _compute_period(self):
        for accrual in self:
            accrual.date = accrual._period().end if accrual.month else False
            groups = accrual._groups() if accrual.month else []
            accrual.calls = sum(group.calls for group in groups)
            parts = rounded_parts([group.cost_usd for group in groups])
            accrual.amount_usd = float(sum(parts, Decimal(0)))
            totals = accrual._totals() if accrual.month else None
            accrual.simulated_usd = float(totals.simulated) if totals else 0.0
            accrual.estimated_usd = float(totals.estimated) if totals else 0.0
            accrual.open_usd = float(totals.open) if totals else 0.0

    @api.depends("company_id", "date", "amount_usd")
    def _compute_rate(self):
        for accrual in self:
            rate = accrual._rate() or Decimal(0)
            accrual.rate = float(rate)
            groups = accrual._groups() if accrual.month else []
            accrual.amount_company = sum(
                accrual.company_currency_id.round(float(amount * rate))
                for amount in rounded_parts([group.cost_usd for group in groups])
            )

    @api.depends("date", "amount_usd", "rate")
    def _compute_problem(self):
        for accrual in self:
            accrual.problem = accrual._problem() if accrual.month else False

    @api.depends("company_id", "month")
    def _compute_existing_move_ids(self):
        for accrual in self:
            accrual.existing_move_ids = accrual.month and accrual._existing_moves()

    @api.depends("company_id")
    def _compute_journal_id(self):
        for accrual in self:
            last = accrual._last_move()
            accrual.journal_id = last.journal_id or self.env["account.journal"].search(
                [
                    *self.env["account.journal"]._check_company_domain(
                        accrual.company_id
                    ),
                    ("type", "=", "general"),
                ],
                limit=1,
            )

    @api.depends("company_id")
    def _compute_accounts(self):
        """Compute the accounts of the last such entry, which rarely change."""
        for accrual in self:
            accounts = accrual._last_move().line_ids.account_id
            accrual.expense_account_id = accounts.filtered(
                lambda account: account.account_type in _EXPENSES
            )[:1]
            accrual.liability_account_id = accounts.filtered(
                lambda account: account.account_type in _LIABILITIES
            )[:1]

    @api.depends("date")
    def _compute_reversal_date(self):
        for accrual in self:
            accrual.reversal_date = accrual.date and accrual.date + timedelta(days=1)

    # === ACTION METHODS === #

    def action_propose(self):
        """Create the entry as a draft, its reversal too if wanted, and show them."""
        self.ensure_one()
        self.check_access("write")
        self._check_may_propose()
        if problem := self._problem():
            raise UserError(problem)
        existing = self._existing_moves()
        if existing and not self.confirm_duplicate:
            raise UserError(
                self.env._(
                    "There is an entry for %(month)s already: %(entries)s. Confirm "
                    "that you want another one.",
                    month=self._month_name(),
                    entries=", ".join(move.display_name for move in existing),
                )
            )
        if self.reverse and self.reversal_date <= self.date:
            raise UserError(self.env._("The reversal must come after the entry."))
        moves = self.env["account.move"].create(self._move_values())
        # sudo: nobody enters which month an entry accrues; the entry is the user's own
        moves.sudo().account_ai_accrual_month = self._period().begin
        if self.reverse:
            # Odoo's own way, but for posting them.
            moves += moves._reverse_moves(
                [
                    {
                        "ref": self.env._("Reversal of: %s", moves.ref),
                        "date": self.reversal_date,
                    }
                ]
            )
        return moves._get_records_action(
            name=self.env._("Proposed Entries"),
            domain=[("id", "in", moves.ids)],
            context={},
        )

    # === BUSINESS METHODS - PERIOD === #

    @api.model
    def _default_month(self):
        return fields.Date.context_today(self).replace(day=1) - timedelta(days=1)

    def _period(self) -> Period:
        return period_of("month", self.month)

    def _month_name(self) -> str:
        return format_date(self.env, self._period().begin, date_format="MMMM y")

    def _scope(self) -> Scope:
        period = self._period()
        begin, end = bounds_of(self.env, self.company_id.id, period.begin, period.end)
        return Scope((self.company_id.id,), begin, end)

    def _groups(self) -> list[Group]:
        return read_groups(self.env, self._scope())

    def _totals(self):
        return read_totals(self.env, self._scope())

    def _rate(self) -> Decimal | None:
        """Return what one US$ is worth at the month's end; ``None`` without a rate."""
        if not self.date:
            return None
        return read_dollar_rate(self.env, self.company_id.id, self.date)

    def _existing_moves(self):
        """Return the entries that were proposed for this month, but cancelled ones."""
        return self.env["account.move"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("account_ai_accrual_month", "=", self._period().begin),
                ("state", "!=", "cancel"),
            ]
        )

    def _last_move(self):
        return self.env["account.move"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("account_ai_accrual_month", "!=", False),
            ],
            order="account_ai_accrual_month desc, id desc",
            limit=1,
        )

    # === BUSINESS METHODS - CHECKS === #

    def _check_may_propose(self):
        """Check that the user sees all costs of the company and keeps its books.

        :raises AccessError: otherwise
        """
        may_see = self.env.user.has_group("account_ai.group_manager")
        if not may_see or self.company_id not in self.env.companies:
            raise AccessError(
                self.env._("You are not allowed to see what this company costs.")
            )
        self.env["account.move"].check_access("create")

    def _problem(self) -> str | bool:
        """Return why no entry can be proposed and what to do, if so."""
        kept_since = self.env["account.ai.usage.rollup"]._kept_since().date()
        if self._period().begin < kept_since:
            return self.env._(
                "The single calls of %(month)s were deleted: they are kept since "
                "%(date)s. Take the sum of the month from the dashboard.",
                month=self._month_name(),
                date=format_date(self.env, kept_since),
            )
        if not self.amount_usd:
            return self.env._(
                "In %(month)s there is nothing to accrue: no call of this company cost "
                "anything, or all of them were simulated.",
                month=self._month_name(),
            )
        if not self._rate():
            return self.env._(
                "There is no rate of the US dollar by %(date)s. Enter one under "
                "Accounting, Configuration, Currencies, and come back.",
                date=format_date(self.env, self.date),
            )
        return False

    # === BUSINESS METHODS - ENTRY === #

    def _move_values(self) -> dict:
        """Return the entry: an expense for each group, one accrued liability."""
        label = self.env._("Claude, %s", self._month_name())
        groups = self._groups()
        operations = self.env["account.ai.budget"]._operation_labels()
        amounts = rounded_parts([group.cost_usd for group in groups])
        lines = [
            self._line_values(
                self.expense_account_id,
                self.env._(
                    "%(label)s: %(operation)s, %(calls)s calls",
                    label=label,
                    operation=operations.get(group.operation, group.operation),
                    calls=group.calls,
                ),
                amount,
                self._without_deleted(group.analytic_distribution),
            )
            for group, amount in zip(groups, amounts, strict=True)
            if abs(amount) >= _CENT
        ]
        liability = self._line_values(
            self.liability_account_id, label, -sum(amounts, Decimal(0))
        )
        liability["balance"] = -sum(line["balance"] for line in lines)
        return {
            "move_type": "entry",
            "company_id": self.company_id.id,
            "journal_id": self.journal_id.id,
            "date": self.date,
            "ref": label,
            "line_ids": [Command.create(line) for line in (*lines, liability)],
        }

    def _line_values(self, account, name, amount_usd, analytic=None) -> dict:
        return {
            "account_id": account.id,
            "name": name,
            "currency_id": self.env.ref("base.USD").id,
            "amount_currency": float(amount_usd),
            "balance": self.company_currency_id.round(
                float(amount_usd * (self._rate() or 0))
            ),
            "analytic_distribution": analytic or False,
        }

    def _without_deleted(self, distribution: dict | None) -> dict[str, float]:
        """Return a distribution without accounts that were deleted since."""
        found = distribution or {}
        ids = {int(each) for key in found for each in key.split(",") if each.isdigit()}
        # sudo: only whether they exist; the distribution is that of the document
        accounts_sudo = self.env["account.analytic.account"].sudo().browse(ids)
        existing = set(accounts_sudo.exists().ids)
        return {
            key: share
            for key, share in found.items()
            if {int(each) for each in key.split(",") if each.isdigit()} <= existing
        }
