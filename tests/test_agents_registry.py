"""The registry of agents: one class in one file, and nothing else to touch."""

import importlib
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from odoo.tests.common import BaseCase

from odoo.addons.account_ai.services import agents as package
from odoo.addons.account_ai.services.agents import registry
from odoo.addons.account_ai.services.agents.agent import Agent

NEW_AGENT = """
from .agent import Agent

class ProbeAgent(Agent):
    name = {name!r}
    version = "1"
    def system(self, language): return ()
    def request(self, document, context, **options): raise ValueError
    def read_answer(self, text, document, context=None, **options): raise ValueError
    def read_finding(self, item, document, context=None, **options): return None
"""


@contextmanager
def new_module(source):
    """Put a module with ``source`` into the folder of the agents."""
    name = f"{package.__name__}.probe_agent"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "probe_agent.py").write_text(source, encoding="utf-8")
        package.__path__.append(folder)
        registry.agents.cache_clear()
        importlib.invalidate_caches()
        try:
            yield
        finally:
            package.__path__.remove(folder)
            sys.modules.pop(name, None)
            vars(package).pop("probe_agent", None)
            registry.agents.cache_clear()


class TestRegistry(BaseCase):
    def test_the_invoice_agent_is_found(self):
        agent = registry.agent("dte")
        self.assertIsInstance(agent, Agent)
        self.assertTrue(agent.version.startswith("dte-"))
        self.assertIn("factura", agent.routing_words)

    def test_a_new_file_is_enough_for_a_new_agent(self):
        self.assertNotIn("probe", registry.agents())
        with new_module(NEW_AGENT.format(name="probe")):
            self.assertEqual(list(registry.agents()), ["dte", "probe"])

    def test_two_agents_of_one_name_are_refused(self):
        with new_module(NEW_AGENT.format(name="dte")):
            with self.assertRaisesRegex(ValueError, "dte"):
                registry.agents()

    def test_an_unknown_agent_is_an_error(self):
        with self.assertRaises(KeyError):
            registry.agent("nobody")
