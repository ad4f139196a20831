"""What the tests of budgets share: calls, books them as the gateway does."""

from datetime import datetime, timezone
from decimal import Decimal

from odoo.addons.account_ai.models.gateway.postgres.transaction import PostgresBackend
from odoo.addons.account_ai.services.claude.errors import ClaudeError
from odoo.addons.account_ai.services.claude.money.usage import TokenUsage
from odoo.addons.account_ai.services.claude.ports import (
    NotPrepared,
    OpenCall,
    Owner,
    Settlement,
)

from ..common.common import AccountAiCase
from .database_clock import DatabaseClock


def make_call(key, owner, worst_case="1", lease_seconds=90.0):
    """Return a call that may cost ``worst_case`` US$."""
    return OpenCall(
        key=key,
        fingerprint="f" * 64,
        owner=owner,
        model="claude-haiku-5-5",
        endpoint="http://127.0.0.1:1",
        simulated=True,
        unit_prices={},
        estimated_input=1,
        max_output=1,
        worst_case_usd=Decimal(worst_case),
        lease_seconds=lease_seconds,
    )


def make_settlement(cost, state="settled"):
    """Return what closes a call at ``cost`` US$."""
    return Settlement(
        state=state,
        usage=TokenUsage(output=1),
        cost_usd=Decimal(cost),
        estimated=state == "unknown",
        outcome="ok" if state == "settled" else "timeout",
    )


def reserve(backend, call):
    """Book a call and reserve it; None, or the error that refused it."""

    def book():
        with backend.transaction() as transaction:
            transaction.budget.reserve_all(
                [(call, *transaction.ledger.open_all([call]))]
            )

    for _attempt in range(5):
        try:
            try:
                return book()
            except NotPrepared as unprepared:
                unprepared.prepare()
        except ClaudeError as error:
            return error
    raise AssertionError("budgets stay unprepared")


def settle(backend, key, cost, state="settled"):
    """Close a call, or correct it, and settle its budgets; what was closed."""
    settlement = make_settlement(cost, state)
    with backend.transaction() as transaction:
        closing = transaction.ledger.settle(key, settlement)
        closing = closing or transaction.ledger.correct(key, settlement)
        if closing is not None:
            transaction.budget.settle(closing)
    return closing


class BudgetCase(AccountAiCase):
    """Budgets at a time that tests choose; ``backend`` shares their transaction."""

    uses_simulator = False
    uses_accounting = False

    def setUp(self):
        super().setUp()
        self.backend = PostgresBackend(self.env.cr.dbname)
        self.clock = DatabaseClock(self.env.cr)
        self.at("2026-11-20 15:00")  # noon in Chile
        self.number = 0

    def at(self, moment):
        """Set the time, UTC."""
        self.clock.at(datetime.fromisoformat(moment).replace(tzinfo=timezone.utc))

    def budget(self, amount=3, **values):
        """Return a new budget: a month's, in US$, of the company, hard."""
        budget = self.env["account.ai.budget"].create(
            {
                "name": "Limit",
                "company_id": self.company.id,
                "amount": amount,
                "tz": "America/Santiago",
                **values,
            }
        )
        self.synchronize()
        return budget

    def owner(self, user=None, company=None, **values):
        company = company or self.company
        user = user or self.accountant
        values.setdefault("operation", "validation")
        return Owner(company_id=company.id, user_id=user.id, **values)

    def reserve(self, worst_case="1", key=None, lease_seconds=90.0, **owner):
        """Book a call and reserve it; None, or the error that refused it."""
        self.number += 1
        call = make_call(
            key or f"call:{self.number}", self.owner(**owner), worst_case, lease_seconds
        )
        error = reserve(self.backend, call)
        self.env.invalidate_all()
        return error

    def settle(self, key, cost, state="settled"):
        closing = settle(self.backend, key, cost, state)
        self.env.invalidate_all()
        return closing

    def fits(self, **owner):
        """Return how many calls of one US$ pass; at most ten."""
        number = 0
        while number < 10 and self.reserve(**owner) is None:
            number += 1
        return number

    def counter(self, budget):
        """Return spent and reserved of the budget's newest counter."""
        self.env.cr.execute(
            "SELECT spent::text, reserved::text FROM account_ai_budget_period"
            " WHERE budget_id = %s ORDER BY date_start DESC, id DESC LIMIT 1",
            [budget.id],
        )
        return tuple(map(Decimal, self.env.cr.fetchone()))
