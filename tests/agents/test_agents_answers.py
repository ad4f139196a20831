"""Reading an answer: everything that a model says is checked."""

import json

from odoo.tests.common import BaseCase

from odoo.addons.account_ai.services.agents.dte import answers
from odoo.addons.account_ai.services.agents.registry import agent
from odoo.addons.account_ai.services.claude.errors import ClaudeError
from odoo.addons.account_ai.services.validation.evidence import is_quoted
from odoo.addons.account_ai.services.validation.finding import Origin, Severity
from odoo.addons.account_ai.services.validation.verdict import Verdict

from .agents_documents import PERSON, context, invoice, line


def item(**changes):
    return {
        "code": "SEM_VAGUE_DESC",
        "sev": "W",
        "line": 1,
        "field": "NmbItem",
        "quote": "Servicios varios",
        "why": "La glosa no dice qué se hizo.",
        "fix": "Detalle el servicio.",
        **changes,
    }


class TestAnswers(BaseCase):
    def setUp(self):
        super().setUp()
        self.agent = agent("dte")
        self.document = invoice(
            issuer=PERSON,
            lines=(line(1, "Servicios   varios"), line(3, "Aseo de Elena Rojas Soto")),
        )

    def finding(self, **changes):
        return self.agent.reader(self.document, context()).finding(item(**changes))

    def answer(self, *items, verdict="review", conf="medium", **options):
        text = json.dumps({"findings": items, "verdict": verdict, "conf": conf})
        return self.agent.reader(self.document, context()).read(text, **options)

    def test_a_finding_with_a_literal_quotation(self):
        finding = self.finding()
        self.assertEqual(finding.code, "SEM_VAGUE_DESC")
        self.assertEqual(finding.severity, Severity.WARNING)
        self.assertEqual(finding.origin, Origin.MODEL)
        self.assertEqual(finding.message, "La glosa no dice qué se hizo.")
        self.assertEqual(finding.advice, "Detalle el servicio.")
        self.assertEqual((finding.field, finding.line), ("NmbItem", 1))
        # As it stands in the document, spaces and all.
        self.assertEqual(finding.evidence, "Servicios   varios")
        self.assertIn("36", finding.source)

    def test_severities(self):
        for letter, severity in (
            ("E", Severity.ERROR),
            ("W", Severity.WARNING),
            ("I", Severity.INFORMATION),
        ):
            self.assertEqual(self.finding(sev=letter).severity, severity)

    def test_a_quotation_that_is_not_there_is_no_evidence(self):
        for quote in ("Servicios de aseo", "", "  ", "Se", "Servicios varios, octubre"):
            finding = self.finding(quote=quote, sev="E")
            self.assertEqual(finding.severity, Severity.INFORMATION, quote)
            self.assertEqual(finding.evidence, "")

    def test_case_and_marks_of_a_quotation_do_not_count(self):
        for quote in ("SERVICIOS VARIOS", '"Servicios varios"', "«vicios varios» "):
            self.assertEqual(self.finding(quote=quote).severity, Severity.WARNING)

    def test_what_is_shown_stands_in_the_document(self):
        for quote in ("servicios varios", "aseo de [person_1]", "[PERSON_1]"):
            evidence = self.finding(quote=quote).evidence
            self.assertTrue(is_quoted(evidence, self.document), evidence)
        long = "Montaje de ductos y pruebas " * 20
        self.document = invoice(lines=(line(1, long),))
        evidence = self.finding(quote=long).evidence
        self.assertLessEqual(len(evidence), 200)
        self.assertTrue(is_quoted(evidence, self.document), evidence)

    def test_amounts_are_quoted_as_they_stand_or_as_people_write_them(self):
        for quote in ("100000", "100.000", "119.000"):
            self.assertEqual(self.finding(quote=quote).evidence, quote)

    def test_history_and_notes_of_the_model_are_no_evidence(self):
        finding = self.finding(quote="septiembre 2026")
        self.assertEqual(finding.severity, Severity.INFORMATION)

    def test_masked_persons_are_put_back(self):
        finding = self.finding(
            line=3, quote="Aseo de [PERSON_1]", why="[PERSON_1] no factura aseo."
        )
        self.assertEqual(finding.evidence, "Aseo de Elena Rojas Soto")
        self.assertEqual(finding.message, "Elena Rojas Soto no factura aseo.")

    def test_without_masking_nothing_is_put_back(self):
        reader = self.agent.reader(self.document, context(), mask_persons=False)
        finding = reader.finding(
            item(line=3, quote="Elena Rojas Soto", why="[PERSON_1]")
        )
        self.assertEqual(finding.evidence, "Elena Rojas Soto")
        self.assertEqual(finding.message, "[PERSON_1]")

    def test_a_line_that_does_not_exist_becomes_the_header(self):
        for number in (2, 4, -1, 10**9):
            self.assertEqual(self.finding(line=number).line, 0)
        self.assertEqual(self.finding(line=3).line, 3)

    def test_an_unknown_code_is_dropped_and_logged_without_its_text(self):
        with self.assertLogs(answers.__name__, "WARNING") as logs:
            self.assertIsNone(self.finding(code="SEM_SECRET_THING"))
        self.assertNotIn("SECRET", "".join(logs.output))

    def test_fields_are_sii_names_or_nothing(self):
        for said, field in (
            ("NmbItem", "NmbItem"),
            ("nmbitem", "NmbItem"),
            ("price", "PrcItem"),
            ("reason", "RazonRef"),
            ("issuer.giro", "GiroEmis"),
            ("<script>", ""),
        ):
            self.assertEqual(self.finding(field=said).field, field)

    def test_lengths_are_bounded(self):
        finding = self.finding(why="a " * 5000, fix="b" * 5000)
        self.assertLessEqual(len(finding.message), 300)
        self.assertLessEqual(len(finding.advice), 300)
        read = self.answer(*[item()] * 50)
        self.assertLessEqual(len(read.findings), answers.MAX_FINDINGS)

    def test_the_verdict_is_never_better_than_the_findings(self):
        self.assertEqual(self.answer(item(), verdict="send").verdict, Verdict.REVIEW)
        self.assertEqual(
            self.answer(item(sev="E"), verdict="send").verdict, Verdict.REJECT
        )
        self.assertEqual(self.answer(verdict="send").verdict, Verdict.SEND)
        self.assertEqual(
            self.answer(item(sev="I"), verdict="reject").verdict, Verdict.REJECT
        )

    def test_a_verdict_without_findings_is_explained(self):
        read = self.answer(verdict="review")
        (finding,) = read.findings
        self.assertEqual(finding.code, "MODEL_UNEXPLAINED")
        self.assertEqual(finding.severity, Severity.INFORMATION)
        self.assertEqual(read.verdict, Verdict.REVIEW)

    def test_the_word_of_confidence(self):
        self.assertEqual(self.answer(verdict="send", conf="LOW").confidence_word, "low")

    def test_answers_that_are_none(self):
        for text, stop_reason, code in (
            ("", "end_turn", "invalid_answer"),
            ("Todo en orden.", "end_turn", "invalid_answer"),
            ('{"findings": []}', "end_turn", "invalid_answer"),
            ('{"findings": [], "verd', "max_tokens", "truncated"),
            ("", "refusal", "refused"),
        ):
            with self.assertRaises(ClaudeError) as caught:
                self.agent.reader(self.document, context()).read(text, stop_reason)
            self.assertEqual(caught.exception.code, code)

    def test_one_reader_serves_a_whole_stream(self):
        reader = self.agent.reader(self.document, context())
        self.assertEqual(reader.finding(item()), self.finding())
