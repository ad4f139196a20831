"""Runs the rulebook over a table of broken and of sound documents."""

from dataclasses import dataclass, field

from odoo.addons.account_ai.services.documents.context import Context
from odoo.addons.account_ai.services.documents.document import Document
from odoo.addons.account_ai.services.rules import check, shipped_rates
from odoo.addons.account_ai.services.validation.finding import Origin, Severity

from .rules_documents import CONTEXT

ERROR, WARNING, INFORMATION = (
    Severity.ERROR,
    Severity.WARNING,
    Severity.INFORMATION,
)


@dataclass(frozen=True)
class Broken:
    """A document that breaks one rule, and what the finding has to say."""

    code: str
    document: Document
    field: str = ""
    line: int = 0
    severity: Severity = ERROR
    evidence: str = ""
    """Part of the evidence."""
    also: frozenset[str] = frozenset()
    """Codes that the same fault cannot but break as well."""
    context: Context = CONTEXT


@dataclass(frozen=True)
class Sound:
    """A document at the edge that keeps the rule."""

    code: str
    document: Document
    context: Context = CONTEXT
    also: frozenset[str] = field(default=frozenset())
    """Codes that it breaks for other reasons."""


class RulesTable:
    """Mixin of test cases: ``BROKEN`` and ``SOUND`` are the tables of a matter."""

    BROKEN: tuple[Broken, ...] = ()
    SOUND: tuple[Sound, ...] = ()

    @staticmethod
    def findings(document, context=CONTEXT):
        """Return the findings of the rulebook that ships."""
        return check(document, context, shipped_rates()).findings

    def codes(self, document, context=CONTEXT):
        """Return the codes that the document breaks."""
        return {each.code for each in self.findings(document, context)}

    def test_broken_documents_are_found_and_nothing_else(self):
        for row in self.BROKEN:
            with self.subTest(code=row.code, field=row.field):
                findings = self.findings(row.document, row.context)
                found = [each for each in findings if each.code == row.code]
                self.assertTrue(found, "the rule did not find it")
                first = found[0]
                self.assertIs(first.origin, Origin.RULE)
                self.assertEqual(first.severity, row.severity)
                self.assertEqual((first.field, first.line), (row.field, row.line))
                self.assertIn(row.evidence, first.evidence)
                self.assertTrue(first.source)
                self.assertTrue(first.message % first.params)
                self.assertTrue(first.advice % first.params)
                others = {each.code for each in findings} - {row.code}
                self.assertEqual(others, set(row.also))

    def test_documents_at_the_edge_are_sound(self):
        for row in self.SOUND:
            with self.subTest(code=row.code):
                codes = {each.code for each in self.findings(row.document, row.context)}
                self.assertNotIn(row.code, codes)
                self.assertEqual(codes, set(row.also))
