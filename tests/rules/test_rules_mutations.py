"""Any correct document is sent; any single fault in it is found."""

import json
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.account_ai.services.documents.serialization import (
    context_from_data,
    context_to_data,
    document_from_data,
    document_to_data,
)
from odoo.addons.account_ai.services.rules import check, shipped_rates
from odoo.addons.account_ai.services.validation.verdict import Verdict

from . import rules_strategies
from .rules_strategies import correct_documents

EXAMPLES = settings(
    deadline=None,
    derandomize=True,
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
dtes = correct_documents().filter(lambda drawn: drawn[0].document_type != "70")
issued = correct_documents().filter(lambda drawn: drawn[0].flow == "sale")
notes = correct_documents().filter(lambda drawn: drawn[0].references)


class TestMutations(BaseCase):
    def assert_found(self, document, context):
        """Check that somebody is told about the document."""
        report = check(document, context, shipped_rates())
        self.assertIsNot(report.verdict, Verdict.SEND, report.findings)

    @settings(EXAMPLES, max_examples=300)
    @given(correct_documents())
    def test_correct_documents_are_sent(self, drawn):
        report = check(*drawn, shipped_rates())
        self.assertEqual(report.findings, ())
        self.assertEqual(report.skipped, ())

    @EXAMPLES
    @given(correct_documents(), st.data())
    def test_what_was_stored_is_judged_the_same(self, drawn, data):
        document, context = drawn
        document = data.draw(rules_strategies.wrong_amounts(document))
        stored = json.loads(
            json.dumps([document_to_data(document), context_to_data(context)])
        )
        again = (document_from_data(stored[0]), context_from_data(stored[1]))
        self.assertEqual(again, (document, context))
        self.assertEqual(
            check(*again, shipped_rates()), check(document, context, shipped_rates())
        )

    @EXAMPLES
    @given(correct_documents(), st.data())
    def test_a_wrong_amount_is_found(self, drawn, data):
        document, context = drawn
        wrong = data.draw(rules_strategies.wrong_amounts(document))
        self.assert_found(wrong, context)

    @EXAMPLES
    @given(correct_documents(), st.data())
    def test_a_wrong_rate_is_found(self, drawn, data):
        document, context = drawn
        wrong = data.draw(rules_strategies.wrong_rates(document))
        if wrong is not None:
            self.assert_found(wrong, context)

    @EXAMPLES
    @given(correct_documents(), st.data())
    def test_a_wrong_rut_is_found(self, drawn, data):
        document, context = drawn
        self.assert_found(data.draw(rules_strategies.wrong_ruts(document)), context)

    @EXAMPLES
    @given(dtes, st.data())
    def test_a_wrong_date_is_found(self, drawn, data):
        document, context = drawn
        self.assert_found(data.draw(rules_strategies.wrong_dates(document)), context)

    @EXAMPLES
    @given(issued, st.data())
    def test_a_text_too_long_is_found(self, drawn, data):
        document, context = drawn
        self.assert_found(data.draw(rules_strategies.wrong_lengths(document)), context)

    @EXAMPLES
    @given(dtes, st.data())
    def test_a_wrong_count_is_found(self, drawn, data):
        document, context = drawn
        self.assert_found(data.draw(rules_strategies.wrong_counts(document)), context)

    @EXAMPLES
    @given(notes, st.data())
    def test_a_wrong_reference_is_found(self, drawn, data):
        document, context = drawn
        wrong = data.draw(rules_strategies.wrong_references(document))
        self.assert_found(wrong, context)

    @EXAMPLES
    @given(issued, st.integers(1, 1000) | st.integers(1201, 10**9))
    def test_a_folio_outside_of_its_range_is_found(self, drawn, folio):
        document, context = drawn
        document = replace(document, folio=folio)
        self.assert_found(document, context)
