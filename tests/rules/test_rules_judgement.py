"""What rules and model say together: findings, verdict, confidence."""

from dataclasses import dataclass, replace
from itertools import product

from odoo.tests import BaseCase

from odoo.addons.account_ai.services.rules import check, shipped_rates
from odoo.addons.account_ai.services.validation.confidence import confidence_of
from odoo.addons.account_ai.services.validation.evidence import is_quoted
from odoo.addons.account_ai.services.validation.finding import (
    Finding,
    Origin,
    Severity,
)
from odoo.addons.account_ai.services.validation.judgement import judge
from odoo.addons.account_ai.services.validation.verdict import Verdict, is_worse

from .rules_documents import CONTEXT, invoice, with_issuer, with_line, with_receiver

SEND, REVIEW, REJECT = Verdict.SEND, Verdict.REVIEW, Verdict.REJECT
VAGUE = with_line(invoice(), name="Servicios varios")


@dataclass(frozen=True)
class Answer:
    """A model's answer."""

    findings: tuple[Finding, ...] = ()
    verdict: Verdict = SEND
    confidence_word: str = "high"


def model_finding(code="SEM_VAGUE_DESC", evidence="Servicios varios", **values):
    """Return a finding of the model on line 1."""
    fields = {
        "severity": Severity.WARNING,
        "origin": Origin.MODEL,
        "message": "No dice qué se vende.",
        "line": 1,
        "field": "NmbItem",
    }
    return Finding(code=code, evidence=evidence, **{**fields, **values})


def report_of(document):
    """Return the rules' report."""
    return check(document, CONTEXT, shipped_rates())


class TestMerge(BaseCase):
    def test_model_adds_what_it_can_quote(self):
        found = model_finding()
        judgement = judge(VAGUE, report_of(VAGUE), Answer((found,), REVIEW))
        self.assertEqual(judgement.findings, (found,))
        self.assertIs(judgement.verdict, REVIEW)

    def test_without_quotation_it_is_information(self):
        found = model_finding(evidence="Asesoría comercial")
        judgement = judge(VAGUE, report_of(VAGUE), Answer((found,), SEND))
        self.assertEqual(
            judgement.findings, (replace(found, severity=Severity.INFORMATION),)
        )
        self.assertIs(judgement.verdict, SEND)

    def test_model_finding_is_a_warning_at_most(self):
        found = model_finding(severity=Severity.ERROR)
        judgement = judge(VAGUE, report_of(VAGUE), Answer((found,), SEND))
        self.assertIs(judgement.findings[0].severity, Severity.WARNING)
        self.assertIs(
            judgement.verdict, REVIEW, "its finding weighs more than its word"
        )

    def test_rules_findings_are_neither_removed_nor_changed(self):
        broken = with_receiver(VAGUE, rut="76431209-1", giro="")
        report = report_of(broken)
        lie = model_finding(
            "RUT_DV", "76431209-1", severity=Severity.INFORMATION, line=0
        )
        judgement = judge(broken, report, Answer((lie,), SEND))
        self.assertEqual(judgement.findings, report.findings)
        self.assertIs(judgement.verdict, REJECT)

    def test_repetitions_of_the_model_are_left_out(self):
        twice = (model_finding(), model_finding(message="Otra vez."))
        judgement = judge(VAGUE, report_of(VAGUE), Answer(twice, REVIEW))
        self.assertEqual(judgement.findings, twice[:1])
        other_line = (model_finding(), model_finding(line=2))
        judgement = judge(VAGUE, report_of(VAGUE), Answer(other_line, REVIEW))
        self.assertEqual(judgement.findings, other_line)

    def test_verdict_is_the_worse_of_both(self):
        documents = {
            SEND: VAGUE,
            REVIEW: invoice(document_type="35"),
            REJECT: with_receiver(VAGUE, giro=""),
        }
        for rules, model in product(Verdict, Verdict):
            document = documents[rules]
            report = report_of(document)
            self.assertIs(report.verdict, rules)
            final = judge(document, report, Answer((), model)).verdict
            self.assertFalse(is_worse(rules, final))
            self.assertFalse(is_worse(model, final))
            self.assertIn(final, (rules, model))

    def test_without_an_answer_it_is_review_at_best(self):
        judgement = judge(VAGUE, report_of(VAGUE), None)
        self.assertIs(judgement.verdict, REVIEW)
        self.assertLessEqual(judgement.confidence, 0.5)
        broken = with_receiver(VAGUE, giro="")
        judgement = judge(broken, report_of(broken), None)
        self.assertIs(judgement.verdict, REJECT)
        self.assertEqual(
            [each.code for each in judgement.findings], ["MISSING_GIRO_RECEP"]
        )


class TestEvidence(BaseCase):
    document = replace(
        with_line(
            VAGUE,
            name="Servicios  varios\nde octubre",
            description="según lo acordado con María",
        ),
        notes="Pago a 30 días",
    )

    def test_quotations_that_stand_in_the_document(self):
        for quote in (
            "Servicios varios de octubre",
            " según lo acordado ",
            "varios de octubre según lo",
            "Pago a 30 días",
            "Clínica Los Aromos SpA",
            "100000",
            "119.000",
            "$119.000",
            "2026-11-18",
            "18-11-2026",
            "UN",
            "2",
        ):
            self.assertTrue(is_quoted(quote, self.document), quote)

    def test_quotations_that_do_not(self):
        for quote in (
            "",
            "  ",
            "o",
            "…",
            "servicios Varios",
            "Servicios varios de noviembre",
            "Aromos SpA Servicios",
            "19",
            "118.999",
            "2026-11-19",
        ):
            self.assertFalse(is_quoted(quote, self.document), quote)

    def test_exempt_of_absent_values(self):
        bare = with_issuer(with_line(invoice(issue_date=None), quantity=None), name="")
        self.assertFalse(is_quoted("None", bare))


class TestConfidence(BaseCase):
    BASE = {
        "checked": 60,
        "skipped": 0,
        "rules_verdict": SEND,
        "model_verdict": SEND,
        "model_word": "high",
    }

    def confidence(self, **values):
        return confidence_of(**{**self.BASE, **values})

    def test_figures_lie_between_nothing_and_one(self):
        for rules, model, word, quoted, unquoted, skipped in product(
            Verdict, (*Verdict, None), ("high", "low", ""), (0, 3), (0, 2), (0, 60)
        ):
            figure = self.confidence(
                rules_verdict=rules,
                model_verdict=model,
                model_word=word,
                quoted=quoted,
                unquoted=unquoted,
                skipped=skipped,
            )
            self.assertGreaterEqual(figure, 0)
            self.assertLessEqual(figure, 1)
        self.assertEqual(self.confidence(checked=0, model_verdict=None), 0)

    def test_every_piece_of_evidence_counts(self):
        strict = {"model_verdict": REVIEW, "quoted": 2, "unquoted": 0}
        pairs = {
            "checks that could run": ({}, {"skipped": 30}),
            "the model's word": ({}, {"model_word": "low"}),
            "an unknown word is a low one": (
                {"model_word": "medium"},
                {"model_word": "certainly"},
            ),
            "an answer at all": ({}, {"model_verdict": None}),
            "quotations": (strict, {**strict, "unquoted": 2}),
            "findings": (
                {**strict, "unquoted": 2},
                {**strict, "quoted": 0, "unquoted": 0},
            ),
            "a rule against a model": (
                {"rules_verdict": REJECT, "model_word": "low"},
                {**strict, "model_word": "low"},
            ),
        }
        for name, (more, less) in pairs.items():
            with self.subTest(name):
                self.assertGreater(self.confidence(**more), self.confidence(**less))

    def test_computed_findings_are_as_sure_as_the_checks(self):
        self.assertEqual(self.confidence(rules_verdict=REJECT), 1.0)
