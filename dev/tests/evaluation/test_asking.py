"""A model is asked about labelled cases, through the gateway and the simulator."""

from __future__ import annotations

import unittest
from decimal import Decimal

from dev.evaluation import evaluate
from dev.evaluation.asking import Asking
from dev.evaluation.evaluation import CaseFile
from dev.evaluation.gold_case import read_gold_case
from dev.evaluation.memory_backend import MemoryBackend
from dev.evaluation.report import report_text
from dev.simulator.process import SimulatorProcess
from services.claude.circuit import BreakerPolicy
from services.claude.errors import ClaudeError

from .cases import ALL_RIGHT, VAGUE, labelled

KEY = "sk-ant-for-tests"
VAGUE_CASE = labelled("A3", VAGUE, "review", ["SEM_VAGUE_DESC"], "semantic")


class TestAsking(unittest.TestCase):
    needs = "process"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.simulator = SimulatorProcess(first_token_ms=0, tokens_per_second=100_000)
        cls.simulator.start()
        cls.addClassCleanup(cls.simulator.stop)

    def setUp(self):
        super().setUp()
        self.simulator.control.reset()

    def asking(self, key=KEY):
        return Asking(key, self.simulator.base_url)

    def test_final_verdicts_need_rules_and_model(self):
        case_file = CaseFile([*ALL_RIGHT, VAGUE_CASE], {})
        evaluation = evaluate(case_file, self.asking())
        self.assertEqual(evaluation.total.exactness, 1)
        self.assertEqual(evaluation.total.recall, 1)
        self.assertEqual(evaluation.total.degraded, 0)
        spent = Decimal(self.simulator.control.usage()["usd"])
        self.assertGreater(spent, 0)
        self.assertAlmostEqual(evaluation.total.cost_usd, spent, places=9)

    def test_a_simulator_says_so_itself(self):
        evaluation = evaluate(CaseFile([VAGUE_CASE], {}), self.asking())
        self.assertIs(evaluation.source["simulated"], True)
        self.assertIn("say nothing about a model", report_text(evaluation))

    def test_the_same_question_is_asked_again(self):
        asking = self.asking()
        clean = read_gold_case(ALL_RIGHT[0])
        for _attempt in range(2):
            asking.ask(clean.document, clean.context)
        self.assertEqual(len(self.simulator.control.requests(endpoint="messages")), 2)

    def test_an_answer_that_cannot_be_used_is_degraded_and_paid_for(self):
        self.simulator.control.fault("truncated", after_characters=5)
        evaluation = evaluate(CaseFile([ALL_RIGHT[0]], {}), self.asking())
        (outcome,) = evaluation.outcomes
        self.assertEqual(outcome.answer.degraded, "truncated")
        self.assertEqual(outcome.answer.verdict, "review")
        self.assertGreater(outcome.answer.cost_usd, 0)
        self.assertEqual(evaluation.total.degraded, 1)

    def test_a_call_that_fails_is_degraded_and_free(self):
        evaluation = evaluate(
            CaseFile([ALL_RIGHT[0]], {}), self.asking("sk-ant-invalid")
        )
        (outcome,) = evaluation.outcomes
        self.assertEqual(outcome.answer.degraded, "invalid_key")
        self.assertEqual(outcome.answer.verdict, "review")
        self.assertEqual(evaluation.total.cost_usd, 0)

    def test_what_is_not_admitted_is_degraded(self):
        asking = Asking(KEY, self.simulator.base_url, model="claude-unheard-of")
        clean = read_gold_case(ALL_RIGHT[0])
        with self.assertRaises(ClaudeError):
            asking.ask(clean.document, clean.context)
        evaluation = evaluate(CaseFile([ALL_RIGHT[0]], {}), asking)
        self.assertEqual(evaluation.outcomes[0].answer.degraded, "price_unknown")
        self.assertEqual(self.simulator.control.requests(endpoint="messages"), [])


class TestCircuit(unittest.TestCase):
    def test_it_opens_after_failures_in_a_row_and_closes_after_successes(self):
        policy = BreakerPolicy(failures=2, open_seconds=0.0, successes=2)
        circuit = MemoryBackend(policy).circuit
        circuit.failed("x")
        circuit.succeeded("x")
        circuit.failed("x")
        self.assertEqual(circuit.admit("x").state, "closed")
        circuit.failed("x", 60)
        self.assertEqual(circuit.admit("x").state, "open")
        self.assertGreater(circuit.admit("x").retry_after, 0)

        policy = BreakerPolicy(failures=1, open_seconds=0.0, successes=2)
        circuit = MemoryBackend(policy).circuit
        circuit.failed("x")
        self.assertEqual(circuit.admit("x").state, "half_open")
        circuit.succeeded("x")
        self.assertEqual(circuit.admit("x").state, "half_open")
        circuit.succeeded("x")
        self.assertEqual(circuit.admit("x").state, "closed")
