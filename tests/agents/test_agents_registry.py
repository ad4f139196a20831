"""The registry of agents: one class in one file, and nothing else to touch."""

import importlib
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from odoo.tests.common import BaseCase

from odoo.addons.account_ai.services.agents import agent as agent_module
from odoo.addons.account_ai.services.agents import registry
from odoo.addons.account_ai.services.agents.agent import Agent

PACKAGE = "account_ai_probe_agents"
NEW_AGENT = f"""
from {agent_module.__name__} import Agent

class ProbeAgent(Agent):
    name = "probe"
    version = "1"
    def system(self, language): return ()
    def request(self, document, context, **options): raise ValueError
    def parts(self, request): return []
    def read_answer(self, text, document, context=None, **options): raise ValueError
    def read_finding(self, item, document, context=None, **options): return None
"""


@contextmanager
def package_of(**sources):
    """Yield a package with one module for each source."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder, PACKAGE)
        package.mkdir()
        package.joinpath("__init__.py").touch()
        for name, source in sources.items():
            package.joinpath(f"{name}.py").write_text(source, encoding="utf-8")
        sys.path.insert(0, folder)
        importlib.invalidate_caches()
        try:
            yield importlib.import_module(PACKAGE)
        finally:
            sys.path.remove(folder)
            for name in [name for name in sys.modules if name.startswith(PACKAGE)]:
                del sys.modules[name]


class TestRegistry(BaseCase):
    def test_the_invoice_agent_is_found(self):
        self.assertIn("dte", registry.agents())
        agent = registry.agent("dte")
        self.assertIsInstance(agent, Agent)
        self.assertTrue(agent.version.startswith("dte-"))
        self.assertIn("factura", agent.routing_words)

    def test_a_new_file_is_enough_for_a_new_agent(self):
        with package_of(probe=NEW_AGENT, words="WORDS = ()") as package:
            (agent,) = registry.agents_in(package).values()
            self.assertEqual(agent.name, "probe")

    def test_two_agents_of_one_name_are_refused(self):
        with package_of(probe=NEW_AGENT, other=NEW_AGENT) as package:
            with self.assertRaisesRegex(ValueError, "probe"):
                registry.agents_in(package)

    def test_an_unknown_agent_is_an_error(self):
        with self.assertRaises(KeyError):
            registry.agent("nobody")
