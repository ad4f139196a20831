"""The registry of agents: one class in one folder, and nothing else to touch."""

import importlib
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from odoo.tests.common import BaseCase

from odoo.addons.account_ai.services.agents import agent as agent_module
from odoo.addons.account_ai.services.agents import registry
from odoo.addons.account_ai.services.agents.agent import Agent
from odoo.addons.account_ai.services.agents.document_agent import DocumentAgent

PACKAGE = "account_ai_probe_agents"
NEW_AGENT = f"""
from {agent_module.__name__} import Agent

class ProbeAgent(Agent):
    name = "probe"
    routing_words = ("probe",)

    def system(self, language):
        return ("Answer in " + language + ".",)
"""
NO_AGENT = f"from {agent_module.__name__} import Agent"
SECOND = NEW_AGENT.replace("ProbeAgent", "SecondAgent")


@contextmanager
def package_of(**sources):
    """Yield a package with a folder for each source of an ``agent.py``."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder, PACKAGE)
        for name, source in sources.items():
            (package / name).mkdir(parents=True)
            (package / name / "agent.py").write_text(source, encoding="utf-8")
        package.joinpath("__init__.py").touch()
        package.joinpath("words.py").write_text(NEW_AGENT, encoding="utf-8")
        package.joinpath("empty").mkdir()
        sys.path.insert(0, folder)
        importlib.invalidate_caches()
        try:
            yield importlib.import_module(PACKAGE)
        finally:
            sys.path.remove(folder)
            for name in [name for name in sys.modules if name.startswith(PACKAGE)]:
                del sys.modules[name]


def probe(source=NEW_AGENT):
    """Return the one agent of ``source``."""
    with package_of(probe=source) as package:
        (agent,) = registry.agents_in(package).values()
        return agent


class TestRegistry(BaseCase):
    def test_the_invoice_agent_is_found(self):
        self.assertIn("dte", registry.agents())
        agent = registry.agent("dte")
        self.assertIsInstance(agent, DocumentAgent)
        self.assertTrue(agent.version.startswith("dte-"))
        self.assertIn("factura", agent.routing_words)

    def test_each_agent_says_what_it_is(self):
        for name, agent in registry.agents().items():
            with self.subTest(name):
                self.assertEqual(agent.name, name)
                self.assertEqual(
                    [word.lower() for word in agent.routing_words],
                    list(agent.routing_words),
                )
                arrays = {
                    name
                    for name, value in (agent.output_schema or {})
                    .get("properties", {})
                    .items()
                    if value["type"] == "array"
                }
                told = {*agent.statistics, *filter(None, (agent.streamed_array,))}
                self.assertEqual(told - arrays, set())

    def test_a_new_folder_is_enough_for_a_new_agent(self):
        self.assertEqual((probe().name, probe().tools), ("probe", ()))

    def test_agents_come_in_alphabetical_order(self):
        other = NEW_AGENT.replace('"probe"', '"other"')
        with package_of(probe=NEW_AGENT, other=other) as package:
            self.assertEqual(list(registry.agents_in(package)), ["other", "probe"])

    def test_a_folder_without_its_one_agent_is_refused(self):
        for name, source in (
            ("another_name", NEW_AGENT),
            ("probe", NO_AGENT),
            ("probe", NEW_AGENT + SECOND),
        ):
            with self.subTest(name), package_of(**{name: source}) as package:
                with self.assertRaisesRegex(ValueError, name):
                    registry.agents_in(package)

    def test_an_unknown_agent_is_an_error(self):
        with self.assertRaises(KeyError):
            registry.agent("nobody")


class TestAgent(BaseCase):
    def test_the_version_follows_each_byte_of_the_prompt(self):
        tool = {"name": "read_partner", "input_schema": {"type": "object"}}
        versions = {
            probe(source).version
            for source in (
                NEW_AGENT,
                NEW_AGENT.replace("Answer in", "Reply in"),
                f"{NEW_AGENT}\n    introduction = 'Judge.'",
                f"{NEW_AGENT}\n    tools = ({tool},)",
                f"{NEW_AGENT}\n    output_schema = {{'type': 'object'}}",
            )
        }
        self.assertEqual(len(versions), 5)
        self.assertEqual({version[:6] for version in versions}, {"probe-"})
        same = NEW_AGENT.replace('("probe",)', '("another", "word")')
        self.assertEqual(probe(same).version, probe().version)

    def test_a_request_is_that_of_the_agent(self):
        agent = registry.agent("dte")
        self.assertIsInstance(agent, Agent)
        message = {"role": "user", "content": "Hola."}
        request = agent.build_request(
            [message], language="en", model="m", max_tokens=9, cached_messages=(0,)
        )
        self.assertEqual(request.system, agent.system("en"))
        self.assertEqual(request.messages, (message,))
        self.assertEqual(request.output_schema, agent.output_schema)
        self.assertEqual(request.streamed_array, "findings")
        self.assertEqual((request.language, request.max_tokens), ("en", 9))
        self.assertEqual(request.cached_messages, (0,))
