from dataclasses import replace
from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from odoo.addons.account_ai.services.documents.document import (
    Document,
    Line,
    Party,
    Totals,
)
from odoo.addons.account_ai.services.validation.finding import (
    Finding,
    Origin,
    Severity,
)
from odoo.addons.account_ai.services.validation.finding_facts import (
    facts_fingerprints,
)
from odoo.addons.account_ai.services.validation.judgement import judge
from odoo.addons.account_ai.services.validation.review import (
    Review,
    demoted,
    reviewed_verdict,
)
from odoo.addons.account_ai.services.validation.verdict import Verdict, verdict_of

TODAY = date(2026, 11, 20)
DOCUMENT = Document(
    document_type="33",
    flow="sale",
    issuer=Party(rut="76543210-3", name="Servicios Andinos SpA", giro="Ingeniería"),
    receiver=Party(rut="77812345-2", name="Viña Quebrada Honda Ltda."),
    totals=Totals(net=Decimal(1000), vat=Decimal(190), total=Decimal(1190)),
    lines=(
        Line(number=1, name="Servicios varios", amount=Decimal(600)),
        Line(number=2, name="Mantención de bombas", amount=Decimal(400)),
    ),
    issue_date=TODAY,
    due_date=TODAY,
)


def rule_finding(**values):
    return Finding(
        **{
            "code": "GIRO_MISSING",
            "severity": Severity.ERROR,
            "origin": Origin.RULE,
            "message": "There is no giro.",
            "field": "GiroRecep",
            **values,
        }
    )


def model_finding(**values):
    return Finding(
        **{
            "code": "SEM_VAGUE_DESC",
            "severity": Severity.WARNING,
            "origin": Origin.MODEL,
            "message": "The text says nothing.",
            "field": "NmbItem",
            "line": 1,
            "evidence": "Servicios varios",
            **values,
        }
    )


def dismissed(document, *findings):
    """Return the decision that dismisses ``findings``."""
    return Review(
        dismissed=frozenset(facts_fingerprints(document, each)[0] for each in findings)
    )


@tagged("post_install", "-at_install")
class TestFacts(BaseCase):
    """A decision holds for the facts it was about, and for no others."""

    def assert_still_decided(self, finding, document, later=None):
        review = dismissed(DOCUMENT, finding)
        self.assertTrue(review.dismiss(document, [later or finding])[0].dismissed)

    def assert_open_again(self, finding, document, later=None):
        review = dismissed(DOCUMENT, finding)
        self.assertFalse(review.dismiss(document, [later or finding])[0].dismissed)

    def test_same_facts(self):
        self.assert_still_decided(rule_finding(), DOCUMENT)
        self.assert_still_decided(model_finding(), DOCUMENT)

    def test_a_line_that_moves_stays_decided(self):
        first, second = DOCUMENT.lines
        moved = replace(
            DOCUMENT, lines=(replace(second, number=1), replace(first, number=2))
        )
        self.assert_still_decided(model_finding(), moved, model_finding(line=2))

    def test_a_line_that_changes_is_open_again(self):
        first, second = DOCUMENT.lines
        for change in ({"name": "Servicios"}, {"amount": Decimal(601)}):
            changed = replace(DOCUMENT, lines=(replace(first, **change), second))
            self.assert_open_again(model_finding(), changed)

    def test_another_line_is_another_fact(self):
        self.assert_open_again(model_finding(), DOCUMENT, model_finding(line=2))

    def test_the_model_words_its_evidence_as_it_likes(self):
        later = model_finding(evidence="varios", message="Another sentence.")
        self.assert_still_decided(model_finding(), DOCUMENT, later)

    def test_the_evidence_of_a_rule_is_a_fact(self):
        duplicate = rule_finding(code="DUP_INVOICE", field="Folio", evidence="33/1015")
        other = replace(duplicate, evidence="33/1015, 33/1016")
        self.assert_open_again(duplicate, DOCUMENT, other)

    def test_another_code_or_partner_is_another_fact(self):
        self.assert_open_again(
            rule_finding(), DOCUMENT, rule_finding(code="GIRO_LENGTH")
        )
        partner = replace(DOCUMENT.receiver, rut="96790240-3")
        self.assert_open_again(rule_finding(), replace(DOCUMENT, receiver=partner))

    def test_what_the_finding_is_not_about_does_not_matter(self):
        changed = replace(DOCUMENT, lines=DOCUMENT.lines[:1], notes="Gracias")
        self.assert_still_decided(rule_finding(), changed)

    def test_a_field_that_is_not_known_rests_on_the_whole_document(self):
        finding = rule_finding(field="Transporte")
        self.assert_still_decided(finding, DOCUMENT)
        self.assert_open_again(finding, replace(DOCUMENT, notes="Gracias"))

    def test_folio_and_date_of_posting_change_nothing(self):
        draft = replace(DOCUMENT, issue_date_assumed=True)
        for finding in (
            rule_finding(evidence=f"{TODAY} > 2026-11-01", field="FchVenc"),
            rule_finding(field="Transporte"),
            model_finding(),
        ):
            posted = replace(DOCUMENT, folio=12)
            review = dismissed(draft, finding)
            self.assertTrue(review.dismiss(posted, [finding])[0].dismissed)

    def test_the_day_of_looking_changes_nothing(self):
        old = rule_finding(
            code="DATE_BACKDATED",
            field="FchEmis",
            evidence="2026-09-01 … 2026-11-20 = 80",
            params={"date": "2026-09-01", "days": "80"},
        )
        later = replace(
            old,
            evidence="2026-09-01 … 2026-11-21 = 81",
            params={"date": "2026-09-01", "days": "81"},
        )
        self.assert_still_decided(old, DOCUMENT, later)


@tagged("post_install", "-at_install")
class TestReviewedVerdict(BaseCase):
    """Verdicts count what nobody has dismissed."""

    def test_a_dismissed_error_weighs_nothing(self):
        findings = [rule_finding(dismissed=True)]
        self.assertIs(verdict_of(findings), Verdict.SEND)
        self.assertIs(reviewed_verdict(findings, Verdict.SEND), Verdict.SEND)

    def test_another_error_still_counts(self):
        findings = [rule_finding(dismissed=True), rule_finding(code="RUT_DV")]
        self.assertIs(reviewed_verdict(findings, Verdict.SEND), Verdict.REJECT)

    def test_without_claude_it_is_a_review_at_best(self):
        findings = [rule_finding(dismissed=True)]
        self.assertIs(reviewed_verdict(findings, None), Verdict.REVIEW)

    def test_the_models_verdict_falls_with_all_that_it_rests_on(self):
        first, second = model_finding(dismissed=True), model_finding(line=2)
        self.assertIs(reviewed_verdict([first], Verdict.REVIEW), Verdict.SEND)
        self.assertIs(reviewed_verdict([first, second], Verdict.REVIEW), Verdict.REVIEW)

    def test_a_verdict_of_the_model_without_findings_stands(self):
        self.assertIs(reviewed_verdict([], Verdict.REVIEW), Verdict.REVIEW)
        dismissed_rule = [rule_finding(dismissed=True)]
        self.assertIs(reviewed_verdict(dismissed_rule, Verdict.REJECT), Verdict.REJECT)

    def test_information_of_the_model_does_not_hold_its_verdict_up(self):
        findings = [
            model_finding(dismissed=True),
            model_finding(line=2, severity=Severity.INFORMATION),
        ]
        self.assertIs(reviewed_verdict(findings, Verdict.REVIEW), Verdict.SEND)

    def test_judging_marks_what_was_dismissed_before(self):
        class Answer:
            findings = (model_finding(),)
            verdict = Verdict.REVIEW
            confidence_word = "high"

        class Report:
            findings = ()
            verdict = Verdict.SEND
            checked = 30
            skipped = ()

        review = dismissed(DOCUMENT, model_finding())
        judgement = judge(DOCUMENT, Report, Answer, review)
        self.assertIs(judgement.verdict, Verdict.SEND)
        self.assertTrue(judgement.findings[0].dismissed)
        self.assertIs(judge(DOCUMENT, Report, Answer).verdict, Verdict.REVIEW)


@tagged("post_install", "-at_install")
class TestDemotion(BaseCase):
    """A company can have a rule weigh less, and an error is never hidden by it."""

    def test_an_error_becomes_a_warning(self):
        for limit in (Severity.WARNING, Severity.INFORMATION):
            finding = demoted(rule_finding(), {"GIRO_MISSING": limit})
            self.assertIs(finding.severity, Severity.WARNING)
            self.assertIs(finding.demoted_from, Severity.ERROR)

    def test_a_warning_becomes_information(self):
        warning = rule_finding(severity=Severity.WARNING)
        limits = {"GIRO_MISSING": Severity.INFORMATION}
        self.assertIs(demoted(warning, limits).severity, Severity.INFORMATION)

    def test_nothing_becomes_worse(self):
        information = rule_finding(severity=Severity.INFORMATION)
        limits = {"GIRO_MISSING": Severity.WARNING}
        self.assertIs(demoted(information, limits), information)

    def test_other_rules_and_the_model_are_left_alone(self):
        limits = {"SEM_VAGUE_DESC": Severity.INFORMATION}
        for finding in (rule_finding(), model_finding()):
            self.assertIs(demoted(finding, limits), finding)
