"""The stable prefix: the same bytes for all companies, and examples that are
correct."""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from odoo.tests.common import BaseCase

from odoo.addons.account_ai.services.agents.dte import prompt as dte_prompt
from odoo.addons.account_ai.services.agents.dte.answers import AnswerReader
from odoo.addons.account_ai.services.agents.dte.semantic_codes import (
    SEMANTIC_CODES,
    SOURCES,
)
from odoo.addons.account_ai.services.agents.registry import agent
from odoo.addons.account_ai.services.claude.schema import conform
from odoo.addons.account_ai.services.privacy.hostile_text import is_hostile
from odoo.addons.account_ai.services.privacy.masking import Masking
from odoo.addons.account_ai.services.rules import rules
from odoo.addons.account_ai.services.validation.finding import Severity

from .agents_documents import COMPANY, CUSTOMER, context, invoice

PRINT_PREFIX = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
from services.agents.dte.agent import DteAgent
text = "|".join(DteAgent().system("es") + DteAgent().system("en"))
print(hashlib.sha256(text.encode()).hexdigest(), DteAgent().version)
"""
CHARACTERS_PER_TOKEN = 2.5
MINIMUM_CACHEABLE_TOKENS = 512


class TestPrompt(BaseCase):
    def setUp(self):
        super().setUp()
        self.agent = agent("dte")

    def request(self, document, **options):
        values = {"language": "es", "model": "claude-haiku-5-5", **options}
        return self.agent.request(document, context(), **values)

    def test_all_companies_share_the_prefix_byte_for_byte(self):
        ours = self.request(invoice())
        theirs = self.request(
            invoice(issuer=CUSTOMER, receiver=COMPANY, flow="purchase")
        )
        self.assertEqual(ours.system, theirs.system)
        self.assertEqual(ours.output_schema, theirs.output_schema)
        self.assertNotEqual(ours.messages, theirs.messages)
        for party in (COMPANY, CUSTOMER):
            self.assertNotIn(party.name, "".join(ours.system))

    def test_every_process_builds_the_same_bytes(self):
        root = str(Path(dte_prompt.__file__).parents[3])
        told = {
            subprocess.run(
                [sys.executable, "-c", PRINT_PREFIX, root],
                env={**os.environ, "PYTHONHASHSEED": seed},
                capture_output=True,
                check=True,
                text=True,
            ).stdout.split()[0]
            for seed in ("1", "2")
        }
        text = "|".join(self.agent.system("es") + self.agent.system("en"))
        self.assertEqual(told, {hashlib.sha256(text.encode()).hexdigest()})

    def test_the_prefix_is_worth_caching_and_not_bloated(self):
        for language in dte_prompt.LANGUAGES:
            tokens = len("".join(self.agent.system(language))) / CHARACTERS_PER_TOKEN
            self.assertGreater(tokens, 10 * MINIMUM_CACHEABLE_TOKENS)
            self.assertLess(tokens, 8_000)

    def test_most_of_the_input_of_a_usual_invoice_is_the_prefix(self):
        request = self.request(invoice())
        facts = len(request.messages[0]["content"][0]["text"])
        schema = len(json.dumps(request.output_schema))
        prefix = len("".join(request.system))
        self.assertGreater(prefix / (prefix + facts + schema), 0.85)

    def test_languages_differ_in_the_answer_only(self):
        spanish, english = self.agent.system("es"), self.agent.system("en")
        self.assertIn("Answer language: Spanish", spanish[0])
        self.assertIn("Answer language: English", english[0])
        self.assertEqual(spanish[1:3], english[1:3])
        self.assertNotEqual(spanish[3], english[3])

    def test_a_language_without_prompt_is_refused(self):
        with self.assertRaises(ValueError):
            self.agent.system("de")

    def test_the_prefix_names_no_day_of_today_and_no_year_to_come(self):
        text = "".join(self.agent.system("es") + self.agent.system("en"))
        self.assertFalse(re.findall(r"20(?:2[7-9]|[3-9]\d)", text))

    def test_the_digest_follows_the_rulebook(self):
        digest = self.agent.system("es")[1]
        for rule in rules():
            self.assertEqual(rule.code in digest, not rule.code.startswith("SEM_"))

    def test_every_code_is_explained_and_can_be_answered(self):
        explained = self.agent.system("es")[2]
        allowed = dte_prompt.answer_schema()["properties"]["findings"]["items"]
        self.assertEqual(allowed["properties"]["code"]["enum"], list(SEMANTIC_CODES))
        self.assertEqual(len(set(SEMANTIC_CODES)), 15)
        entries = explained.split("## ")[1:]
        for code, entry in zip(SEMANTIC_CODES, entries, strict=True):
            self.assertRegex(entry, rf"^{code}\nReport: .+\nDo not report: .+\n?$")

    def test_every_source_belongs_to_a_code(self):
        self.assertLessEqual(SOURCES.keys(), set(SEMANTIC_CODES))

    def test_effort_leaves_room_for_thinking(self):
        sizes = [
            self.request(invoice(), effort=effort).max_tokens
            for effort in ("low", "medium", "high", "max")
        ]
        self.assertEqual(sizes, sorted(sizes))
        self.assertGreaterEqual(sizes[0], 2_000)


class TestExamples(BaseCase):
    def answers(self, language):
        block = agent("dte").system(language)[3]
        facts = re.findall(r"<facts>(.*)</facts>\n", block)
        answers = re.findall(r"</facts>\n(.*)", block)
        self.assertEqual(len(facts), len(dte_prompt.examples()))
        return [
            (json.loads(fact), json.loads(answer))
            for fact, answer in zip(facts, answers, strict=True)
        ]

    def test_answers_fit_the_schema_and_quote_literally(self):
        for language in dte_prompt.LANGUAGES:
            for facts, answer in self.answers(language):
                conform(answer, dte_prompt.answer_schema())
                read = AnswerReader(facts, Masking.off()).answer(answer)
                self.assertEqual(read.verdict.value, answer["verdict"])
                for finding, item in zip(
                    read.findings, answer["findings"], strict=True
                ):
                    self.assertEqual(finding.severity, Severity.WARNING)
                    self.assertEqual(finding.evidence, item["quote"])
                    self.assertEqual(finding.line, item["line"])
                    self.assertEqual(finding.field, item["field"])

    def test_sentences_keep_the_limit_that_the_policy_sets(self):
        for example in dte_prompt.examples():
            for item in example["answer"]["findings"]:
                for sentence in (*item["why"].values(), *item["fix"].values()):
                    self.assertLessEqual(len(sentence.split()), 25)

    def test_only_the_hostile_example_is_hostile(self):
        for example in dte_prompt.examples():
            texts = json.dumps(example["facts"], ensure_ascii=False)
            codes = {item["code"] for item in example["answer"]["findings"]}
            notes = example["facts"]["document"].get("notes", "")
            self.assertEqual(is_hostile(notes), "SEM_PROMPT_INJECTION" in codes, texts)
