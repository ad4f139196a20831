"""A new agent is one new file: nothing else is touched."""

import json

from odoo.addons.account_ai.services.agents.registry import agents
from odoo.addons.account_ai.services.claude.call import ItemParsed
from odoo.addons.account_ai.services.claude.request import ClaudeRequest

from ..common.addon_copy import copied_addon, run_python
from ..gateway.claude_case import ClaudeCase

FILE = "services/agents/deadlines/agent.py"
NEW_AGENT = '''
"""The agent for dates by which something has to be done."""

from ..agent import Agent


class DeadlinesAgent(Agent):
    name = "deadlines"
    introduction = "Which deadlines follow from this?"
    routing_words = ("plazo", "vencimiento")
    knowledge_modules = ("sii",)
    statistics = ("deadlines",)
    streamed_array = "deadlines"
    output_schema = {
        "type": "object",
        "properties": {
            "deadlines": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"what": {"type": "string"}},
                    "required": ["what"],
                    "additionalProperties": False,
                },
                "minItems": 1,
            },
        },
        "required": ["deadlines"],
        "additionalProperties": False,
    }

    def system(self, language):
        return (f"You know the deadlines of Chilean taxes. Answer in {language}.",)
'''
ASKED = """
import json
from services.agents.registry import agents

agent = agents()["deadlines"]
request = agent.build_request(
    [{"role": "user", "content": f"{agent.introduction} El F29 de octubre de 2026."}],
    language="es", model="claude-haiku-5-5", max_tokens=2000, effort="low",
)
print(json.dumps({
    "agents": list(agents()),
    "versions": {name: each.version for name, each in agents().items()},
    "request": request.to_data(),
}))
"""


class TestAddAnAgent(ClaudeCase):
    def test_one_file_adds_an_agent(self):
        root = copied_addon(self)
        (root / FILE).parent.mkdir()
        (root / FILE).write_text(NEW_AGENT, encoding="utf-8")
        told = json.loads(run_python(root, ASKED))
        self.assertEqual(told["agents"], sorted([*agents(), "deadlines"]))
        for name, agent in agents().items():
            self.assertEqual(told["versions"][name], agent.version)
        self.assertTrue(told["versions"]["deadlines"].startswith("deadlines-"))
        request = ClaudeRequest.from_data(told["request"])
        events, error, _admission = self.run_stream(request=request)
        self.assertIsNone(error)
        items = [event.item for event in events if type(event) is ItemParsed]
        paths = {event.path for event in events if type(event) is ItemParsed}
        self.assertEqual(paths, {"deadlines"})
        self.assertEqual({"deadlines": items}, json.loads(self.result(events).text))
        (row,) = self.backend.rows
        self.assertEqual((row.state, row.settlement.outcome), ("settled", "ok"))
