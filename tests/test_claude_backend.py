"""The backend in memory keeps the contract, so tests that use it mean something."""

from odoo.tests import BaseCase, tagged

from .backend_contract import BackendContract
from .claude_case import Clock
from .claude_memory_backend import MemoryBackend


@tagged("post_install", "-at_install")
class TestMemoryBackend(BackendContract, BaseCase):
    def make_backend(self, breaker):
        self.clock = Clock()
        return MemoryBackend(self.clock, breaker)

    def advance(self, seconds):
        self.clock.now += seconds
