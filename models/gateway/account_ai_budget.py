import logging
from datetime import timezone
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from odoo.addons.base.models.res_partner import _tz_get

from ...services.claude.errors import ClaudeError
from ...services.claude.money.budget import parse_thresholds
from ...services.claude.operations import OPERATIONS
from ...services.claude.ports import Owner
from .postgres.company_cost import dollar_rate
from .postgres.transaction import PostgresBackend

_logger = logging.getLogger(__name__)

DEFAULT_TIME_ZONE = "America/Santiago"
DEFAULT_THRESHOLDS = "50, 80, 100"
# What decides which calls count, and in what they are counted.
_COUNTING_FIELDS = frozenset(
    {"active", "company_id", "scope", "user_id", "group_id", "operation"}
    | {"period", "tz", "currency_kind"}
)


class AccountAiBudget(models.Model):
    """How much Claude may cost in a day or a month, and for whom.

    Whether a call fits is decided in ``postgres/budget.py``, which reads these records
    and keeps a counter for each period.
    """

    _name = "account.ai.budget"
    _description = "Claude Budget"
    _inherit = ["account.ai.decided.fields", "mail.thread"]
    _order = "company_id, scope, period, id"

    # === FIELDS === #

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company",
        index="btree_not_null",
        default=lambda self: self.env.company,
        tracking=True,
        help="Empty: all companies together.",
    )
    scope = fields.Selection(
        [
            ("company", "Everything"),
            ("user", "One user"),
            ("group", "A group of users, together"),
            ("operation", "One operation"),
            ("automation", "Queued and scheduled work"),
        ],
        string="Counts",
        required=True,
        default="company",
        tracking=True,
        help="What people queue counts for them too; what runs in the queue is also "
        "counted as queued work.",
    )
    user_id = fields.Many2one("res.users", ondelete="cascade", tracking=True)
    group_id = fields.Many2one(
        "res.groups",
        ondelete="cascade",
        tracking=True,
        help="With the users of all groups that imply it, as they are when they call.",
    )
    operation = fields.Selection(
        [(each.name, each.label) for each in OPERATIONS], tracking=True
    )
    period = fields.Selection(
        [("day", "Day"), ("month", "Month")],
        required=True,
        default="month",
        tracking=True,
    )
    tz = fields.Selection(
        _tz_get,
        string="Time Zone",
        required=True,
        default=lambda self: self.env.company.partner_id.tz or DEFAULT_TIME_ZONE,
        tracking=True,
        help="Where the day or the month begins at midnight.",
    )
    amount = fields.Float(
        string="Limit", digits=(16, 4), required=True, tracking=True, aggregator=None
    )
    currency_kind = fields.Selection(
        [("usd", "US dollars"), ("company", "Currency of the company")],
        string="In",
        required=True,
        default="usd",
        tracking=True,
        help="Claude is paid in US dollars. Each call counts at the rate of its day.",
    )
    currency_id = fields.Many2one(
        "res.currency", compute="_compute_currency_id", store=True
    )
    limit_type = fields.Selection(
        [("hard", "Refuse what does not fit"), ("soft", "Only warn")],
        string="At the Limit",
        required=True,
        default="hard",
        tracking=True,
    )
    thresholds = fields.Char(
        string="Warn At (%)",
        default=DEFAULT_THRESHOLDS,
        tracking=True,
        help="Per cents of the limit, parted by commas. When so much is spent, "
        "administrators are told, once in a period.",
    )
    generation = fields.Integer(default=0, readonly=True, copy=False, aggregator=None)

    # Of the present period
    date_end = fields.Datetime(string="Begins Anew", compute="_compute_figures")
    spent = fields.Float(digits=(16, 4), compute="_compute_figures")
    reserved = fields.Float(
        digits=(16, 4),
        compute="_compute_figures",
        help="Calls under way, at the most that they may cost.",
    )
    left = fields.Float(digits=(16, 4), compute="_compute_figures")
    spent_percent = fields.Float(string="Spent (%)", compute="_compute_figures")
    reserved_percent = fields.Float(string="Reserved (%)", compute="_compute_figures")
    without_rate = fields.Boolean(compute="_compute_without_rate")
    period_ids = fields.One2many(
        "account.ai.budget.period", "budget_id", string="Periods", readonly=True
    )

    _amount_positive = models.Constraint(
        "CHECK (amount > 0)", "The limit of a budget must be above zero."
    )

    # === CONSTRAINTS === #

    @api.constrains("scope", "user_id", "group_id", "operation")
    def _check_scope(self):
        needed = {"user": "user_id", "group": "group_id", "operation": "operation"}
        for budget in self:
            name = needed.get(budget.scope)
            if name and not budget[name]:
                label = budget._fields[name].get_description(self.env)["string"]
                raise ValidationError(
                    self.env._(
                        "Say for whom the budget %(name)s is: %(field)s is missing.",
                        name=budget.name,
                        field=label,
                    )
                )

    @api.constrains("thresholds")
    def _check_thresholds(self):
        for budget in self:
            try:
                parse_thresholds(budget.thresholds or "")
            except ValueError:
                raise ValidationError(
                    self.env._(
                        "Write the per cents at which to warn as whole numbers from 1 "
                        "to 1000 with commas between them, such as %(example)s.",
                        example=DEFAULT_THRESHOLDS,
                    )
                ) from None

    @api.constrains("tz")
    def _check_time_zone(self):
        """The database works out when a period begins: it must know the zone."""
        known = self.env.execute_query(SQL("SELECT name FROM pg_timezone_names"))
        names = {name for (name,) in known}
        for budget in self:
            if budget.tz not in names:
                raise ValidationError(
                    self.env._("The time zone %(tz)s is not known.", tz=budget.tz)
                )

    @api.constrains("currency_kind", "company_id")
    def _check_currency(self):
        for budget in self:
            if budget.currency_kind == "usd":
                continue
            if not budget.company_id:
                raise ValidationError(
                    self.env._("A budget of all companies is in US dollars.")
                )
            if budget.without_rate:
                raise ValidationError(
                    self.env._(
                        "Odoo has no rate of the US dollar for %(company)s, so a "
                        "budget in %(currency)s cannot be compared with what Claude "
                        "costs. Add a rate of USD under Accounting > Configuration > "
                        "Currencies first, or set the budget in US dollars.",
                        company=budget.company_id.name,
                        currency=budget.company_id.currency_id.name,
                    )
                )

    # === COMPUTE METHODS === #

    @api.depends("currency_kind", "company_id.currency_id")
    def _compute_currency_id(self):
        dollar = self.env.ref("base.USD")
        for budget in self:
            in_dollars = budget.currency_kind == "usd" or not budget.company_id
            budget.currency_id = dollar if in_dollars else budget.company_id.currency_id

    @api.depends("currency_kind", "company_id")
    def _compute_without_rate(self):
        for budget in self:
            company = budget.company_id
            budget.without_rate = (
                budget.currency_kind == "company"
                and bool(company)
                and self._dollar_rate(company) is None
            )

    @api.depends("amount", "period_ids.spent", "period_ids.reserved")
    def _compute_figures(self):
        counters = self._running_counters()
        for budget in self:
            counter = counters.get(budget.id)
            limit = budget.amount or 1.0
            budget.date_end = counter.date_end if counter else False
            budget.spent = counter.spent if counter else 0.0
            budget.reserved = counter.reserved if counter else 0.0
            budget.left = budget.amount - budget.spent - budget.reserved
            budget.spent_percent = 100 * budget.spent / limit
            budget.reserved_percent = 100 * budget.reserved / limit

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `base`: count what was spent in the period already."""
        budgets = super().create(vals_list)
        budgets._prepare_after_commit()
        return budgets

    def write(self, vals):
        """Override of `base`: count anew when other calls count from now on."""
        result = super().write(vals)
        if _COUNTING_FIELDS & vals.keys():
            # It may not be handed to a company of others; the ORM looks before only.
            self.check_access("write")
            # sudo: counted by the product, for who was allowed to write the rest
            for budget in self.sudo():
                super(AccountAiBudget, budget).write(
                    {"generation": budget.generation + 1}
                )
            self._prepare_after_commit()
        return result

    # === BUSINESS METHODS === #

    @api.model
    def _operation_labels(self):
        """Return the labels of the operations by name, in the user's language."""
        return dict(self._fields["operation"]._description_selection(self.env))

    @api.model
    def _left(self, company, user=None, operation="", lane="screen"):
        """Return the budgets that count such a call, as they stand, for everybody.

        Nobody needs a right to these records for it: it shows what a refusal would.

        :return: a list of dicts: ``name``, ``currency`` (ISO code), ``limit``,
            ``spent``, ``reserved``, ``left`` (floats in that currency; ``left`` is
            below zero when a budget that only warns is passed), ``ends_at`` (UTC,
            naive), ``hard`` (bool); without budgets in a currency without a rate
        :rtype: list[dict]
        """
        owner = Owner(
            company_id=company.id,
            user_id=user.id if user else 0,
            operation=operation,
            lane=lane,
        )
        return [
            {
                "name": state.name,
                "currency": state.currency,
                "limit": float(state.limit),
                "spent": float(state.spent),
                "reserved": float(state.reserved),
                "left": float(state.left),
                "ends_at": state.ends_at.astimezone(timezone.utc).replace(tzinfo=None),
                "hard": state.hard,
            }
            for state in PostgresBackend(self.env.cr.dbname).budgets_left(owner)
        ]

    @api.model
    def _dollar_rate(self, company) -> Decimal | None:
        """Return what one US$ is worth for ``company``, None without a rate."""
        self.env["res.currency.rate"].flush_model()
        self.env["res.company"].flush_model(["currency_id", "parent_path"])
        query = f"SELECT {dollar_rate('%(company_id)s')}::text"
        self.env.cr.execute(query, {"company_id": company.id})
        rate = self.env.cr.fetchone()[0]
        return Decimal(rate) if rate else None

    def _running_counters(self):
        """Return the counters of the present periods, by id of the budget."""
        now = self.env.cr.now()
        counters = self.env["account.ai.budget.period"].search(
            [
                ("budget_id", "in", self.ids),
                ("date_start", "<=", now),
                ("date_end", ">", now),
            ]
        )
        generations = {budget.id: budget.generation for budget in self}
        return {
            counter.budget_id.id: counter
            for counter in counters
            if counter.generation == generations[counter.budget_id.id]
        }

    def _prepare_after_commit(self):
        """Begin the counters as soon as others can see the budgets.

        Should it fail, or the process die before, the first call that counts does it.
        """
        backend = PostgresBackend(self.env.cr.dbname)

        @self.env.cr.postcommit.add
        def prepare():
            try:
                backend.prepare_budgets()
            except ClaudeError as error:
                _logger.info("Budgets are not counted yet: %s", error.message)

    @api.model
    def _cron_check(self):
        """Compare the counters with the ledger; repair and log what differs."""
        backend = PostgresBackend(self.env.cr.dbname)
        backend.prepare_budgets()
        backend.check_budgets()
