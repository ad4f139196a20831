"""The backend in memory keeps the contract, so tests that use it mean something."""

from decimal import Decimal

from odoo.tests import BaseCase, tagged

from .backend_contract import BackendContract
from .budget_contract import BudgetContract
from .claude_case import Clock
from .claude_memory_backend import Budget, MemoryBackend


@tagged("post_install", "-at_install")
class TestMemoryBackend(BudgetContract, BackendContract, BaseCase):
    def make_backend(self, breaker):
        self.clock = Clock()
        return MemoryBackend(self.clock, breaker)

    def advance(self, seconds):
        self.clock.now += seconds

    def make_budget(self, amount, period="month", hard=True, operation=None):
        self.backend.budgets.append(
            Budget(
                Decimal(amount),
                period,
                hard,
                lambda owner: operation in (None, owner.operation),
            )
        )
