"""Base of the gateway's tests: a simulator, a backend in memory, a clock of ours."""

import copy

from odoo.tests import BaseCase

from odoo.addons.account_ai.services.claude.call import Finished
from odoo.addons.account_ai.services.claude.errors import ClaudeError
from odoo.addons.account_ai.services.claude.gateway import Gateway
from odoo.addons.account_ai.services.claude.http.client import ClaudeClient
from odoo.addons.account_ai.services.claude.policy import Policy
from odoo.addons.account_ai.services.claude.ports import Owner
from odoo.addons.account_ai.services.claude.request import ClaudeRequest

from ..common.common import start_simulator
from .claude_memory_backend import MemoryBackend

KEY = "sk-ant-test-key"
OWNER = Owner(company_id=1, user_id=2, operation="validation", run_uuid="run")
SCHEMA = {
    "type": "object",
    "properties": {
        "findings": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "code": {
                        "type": "string",
                        "enum": ["SEM_VAGUE_DESCRIPTION", "SEM_PERIOD_MISMATCH"],
                    },
                    "sev": {"type": "string", "enum": ["E", "W", "I"]},
                    "line": {"type": "integer"},
                    "field": {"type": "string"},
                    "quote": {"type": "string"},
                    "why": {"type": "string"},
                    "fix": {"type": "string"},
                },
                "required": ["code", "sev", "line", "field", "quote", "why", "fix"],
                "additionalProperties": False,
            },
        },
        "verdict": {"type": "string", "enum": ["send", "review", "reject"]},
        "conf": {"type": "string", "enum": ["high", "medium", "low"]},
    },
    "required": ["findings", "verdict", "conf"],
    "additionalProperties": False,
}
FACTS = (
    '{"document":{"type":"33","flow":"sale","issue_date":"2026-11-20","currency":"CLP",'
    '"net":100000,"tax":19000,"total":119000,"lines":[{"n":1,"name":"Servicios varios",'
    '"quantity":"1","price":"100000","amount":100000}]}}'
)


class Clock:
    """Seconds that only tests move; sleeping takes no time and is remembered."""

    def __init__(self):
        self.now = 1000.0
        self.slept = []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


def make_request(**values):
    """Return a validation of a vague invoice; ``values`` override."""
    has_items = values.get("output_schema", SCHEMA) is not None
    return ClaudeRequest(
        **{
            "model": "claude-haiku-5-5",
            "system": ("Eres un auditor de documentos tributarios. " * 60,),
            "messages": (
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": f"Datos:\n<facts>\n{FACTS}\n</facts>"}
                    ],
                },
            ),
            "max_tokens": 2000,
            "output_schema": SCHEMA,
            "streamed_array": "findings" if has_items else "",
            "effort": "low",
            **values,
        }
    )


class ClaudeCase(BaseCase):
    """Builds gateways; ``self.backend``, ``self.clock`` and ``self.simulator``."""

    needs = "process"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.simulator = start_simulator()
        cls.addClassCleanup(cls.simulator.stop)

    def setUp(self):
        super().setUp()
        self.control = self.simulator.control
        self.control.reset()
        self.clock = Clock()
        self.backend = MemoryBackend(self.clock)

    def gateway(self, base_url=None, client=None, **policy):
        """Return a gateway to the simulator, under a policy of ``policy``."""
        if client is None:
            client = ClaudeClient(KEY, base_url or self.simulator.base_url)
            self.addCleanup(client.close)
        policy = Policy(**policy)
        self.backend.breaker = policy.breaker
        return Gateway(
            client, self.backend, policy, clock=self.clock, sleep=self.clock.sleep
        )

    def run_call(self, gateway=None, request=None, key="run:1", **kwargs):
        """Admit, call and settle; return the result, or the error, and admission."""
        gateway = gateway or self.gateway()
        admission = gateway.admit(request or make_request(), OWNER, key, **kwargs)
        try:
            outcome = gateway.call(admission)
        except ClaudeError as error:
            outcome = error
        self.close(gateway, admission, outcome)
        return outcome, admission

    def run_stream(self, gateway=None, request=None, key="run:1", **kwargs):
        """Admit, stream and settle; return events, the error or ``None``, admission."""
        gateway = gateway or self.gateway()
        admission = gateway.admit(request or make_request(), OWNER, key, **kwargs)
        events = []
        try:
            for event in gateway.stream(admission):
                events.append(event)
            outcome = events[-1].result
            error = None
        except ClaudeError as caught:
            outcome = error = caught
        self.close(gateway, admission, outcome)
        return events, error, admission

    def close(self, gateway, admission, outcome):
        """Settle, and keep a good answer, as who has stored its result does."""
        gateway.settle(admission, outcome)
        if not isinstance(outcome, ClaudeError):
            gateway.keep(admission, outcome)

    def result(self, events):
        """Return the result of a stream that came to its end."""
        self.assertIsInstance(events[-1], Finished)
        return events[-1].result

    def rows(self):
        """Return ``(key, state, outcome)`` of the ledger's rows, oldest first."""
        return [
            (
                row.call.key,
                row.state,
                row.settlement.outcome if row.settlement else "",
            )
            for row in self.backend.rows
        ]

    def sent(self):
        """Return the messages that the simulator received."""
        return self.control.requests(endpoint="messages")

    def changed_schema(self, change):
        """Return the schema after ``change`` was applied to a copy."""
        schema = copy.deepcopy(SCHEMA)
        change(schema)
        return schema
