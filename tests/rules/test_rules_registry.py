from dataclasses import replace
from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.account_ai.services.common.wording import neutral_text
from odoo.addons.account_ai.services.documents.document import Document, Party, Totals
from odoo.addons.account_ai.services.rules import (
    RULEBOOK_VERSION,
    check,
    registry,
    rulebook_version,
    rules,
    shipped_rates,
)
from odoo.addons.account_ai.services.rules.dated_data import (
    DatedRows,
    shipped_rows,
)
from odoo.addons.account_ai.services.validation.finding import Severity
from odoo.addons.account_ai.services.validation.verdict import Verdict

from . import (
    test_rules_additional_taxes,
    test_rules_arithmetic,
    test_rules_books,
    test_rules_counts,
    test_rules_dates,
    test_rules_enumerations,
    test_rules_fees,
    test_rules_folios,
    test_rules_identity,
    test_rules_lengths,
    test_rules_mandatory,
    test_rules_notes,
    test_rules_orders,
    test_rules_places,
    test_rules_special_types,
)
from .rules_documents import (
    CONTEXT,
    SOUND_DOCUMENTS,
    invoice,
    with_issuer,
    with_receiver,
    with_totals,
)

TABLES = (
    test_rules_additional_taxes.TestAdditionalTaxRules,
    test_rules_arithmetic.TestArithmeticRules,
    test_rules_books.TestBookRules,
    test_rules_enumerations.TestEnumerationRules,
    test_rules_fees.TestFeeRules,
    test_rules_folios.TestFolioRules,
    test_rules_orders.TestOrderRules,
    test_rules_special_types.TestExportRules,
    test_rules_special_types.TestGuideRules,
    test_rules_special_types.TestReceiptRules,
    test_rules_counts.TestCountRules,
    test_rules_dates.TestDateRules,
    test_rules_identity.TestIdentityRules,
    test_rules_lengths.TestLengthRules,
    test_rules_mandatory.TestMandatoryRules,
    test_rules_notes.TestNoteRules,
    test_rules_places.TestPlaceRules,
)


def row(name="vat_rate", value="19", start="2020-01-01", end=""):
    """Return a row of dated data."""
    return {"name": name, "value": value, "valid_from": start, "valid_to": end}


class TestCheck(BaseCase):
    def test_sound_documents_of_all_types_are_sent(self):
        for name, document in SOUND_DOCUMENTS.items():
            with self.subTest(name):
                report = check(document(), CONTEXT, shipped_rates())
                self.assertEqual(report.findings, ())
                self.assertEqual(report.skipped, ())
                self.assertIs(report.verdict, Verdict.SEND)
                self.assertGreater(report.checked, 15)

    def test_worst_severity_decides_the_verdict(self):
        one_off = with_totals(invoice(), vat=Decimal(19_001), total=Decimal(119_001))
        report = check(one_off, CONTEXT, shipped_rates())
        self.assertIs(report.verdict, Verdict.REVIEW)
        both = with_receiver(one_off, giro="")
        report = check(both, CONTEXT, shipped_rates())
        self.assertIs(report.verdict, Verdict.REJECT)

    def test_empty_document_is_judged_not_crashed_on(self):
        empty = Document("33", "sale", Party(), Party(), Totals())
        report = check(empty, CONTEXT, shipped_rates())
        self.assertIs(report.verdict, Verdict.REJECT)
        self.assertIn("LINES_ZERO", {each.code for each in report.findings})

    def test_skipped_rules_are_named_with_their_reason(self):
        document = replace(
            with_issuer(invoice(), acteco=()), not_representable=frozenset({"Acteco"})
        )
        report = check(document, CONTEXT, shipped_rates())
        self.assertEqual(
            {(each.code, each.reason) for each in report.skipped},
            {("MISSING_ACTECO", "Acteco"), ("ACTECO_MAX", "Acteco")},
        )
        self.assertIs(report.verdict, Verdict.SEND)

    def test_missing_rate_skips_the_rule_and_asks_for_review(self):
        rows = [each for each in shipped_rows() if each["name"] != "vat_rate"]
        report = check(invoice(), CONTEXT, DatedRows(rows))
        self.assertIs(report.verdict, Verdict.REVIEW)
        self.assertEqual([each.code for each in report.findings], ["RATE_MISSING"])
        self.assertEqual(
            [(each.code, each.reason) for each in report.skipped],
            [("IVA_RATE", "rate:vat_rate")],
        )

    def test_checking_twice_gives_the_same(self):
        broken = with_receiver(invoice(), rut="76431209-1", giro="")
        first = check(broken, CONTEXT, shipped_rates())
        self.assertEqual(first, check(broken, CONTEXT, shipped_rates()))


class TestRegistry(BaseCase):
    def test_every_rule_has_a_broken_and_a_sound_document(self):
        broken = {each.code for table in TABLES for each in table.BROKEN}
        self.assertEqual({each.code for each in rules()} - broken, set())

    def test_every_rule_says_what_it_is(self):
        for rule in rules():
            with self.subTest(rule.code):
                self.assertRegex(rule.code, r"^[A-Z][A-Z0-9_]+$")
                self.assertTrue(rule.title)
                self.assertTrue(rule.source)
                for text in (rule.message, rule.advice, rule.purchase_advice):
                    self.assertRegex(text, r"[.:]$")

    def test_sentences_name_the_place_of_what_was_found(self):
        named = set()
        for broken in (each for table in TABLES for each in table.BROKEN):
            report = check(broken.document, broken.context, shipped_rates())
            for finding in report.findings:
                place = {"field": finding.field, "line": str(finding.line)}
                for name in (
                    each for each in place if f"%({each})s" in finding.message
                ):
                    shown = neutral_text(finding.params[name])
                    self.assertEqual(shown, place[name], finding)
                    named.add(name)
        self.assertEqual(named, {"field", "line"})

    def test_codes_are_unique(self):
        with self.assertRaisesRegex(ValueError, "RUT_DV"):
            registry.rule("RUT_DV", Severity.ERROR, message="", advice="", source="")(
                lambda document, context, rates: ()
            )

    def test_applies_to_types_flows_and_periods(self):
        def example(document, context, rates):
            """Holds nowhere."""
            return ()

        rule = replace(
            rules()[0],
            check=example,
            types=frozenset({"33"}),
            flow="sale",
            valid_from=date(2026, 1, 1),
            valid_to=date(2026, 12, 31),
        )
        self.assertTrue(rule.applies_to("33", "sale"))
        self.assertFalse(rule.applies_to("33", "purchase"))
        self.assertFalse(rule.applies_to("34", "sale"))
        self.assertTrue(rule.is_in_force(date(2026, 1, 1)))
        self.assertTrue(rule.is_in_force(date(2026, 12, 31)))
        self.assertFalse(rule.is_in_force(date(2025, 12, 31)))
        self.assertFalse(rule.is_in_force(date(2027, 1, 1)))


class TestDatedData(BaseCase):
    def test_value_of_a_day(self):
        data = DatedRows(
            [row(value="18", end="2020-06-30"), row(value="19", start="2020-08-01")]
        )
        self.assertEqual(data.value("vat_rate", date(2020, 6, 30)), Decimal(18))
        self.assertIsNone(data.value("vat_rate", date(2020, 7, 15)))
        self.assertEqual(data.value("vat_rate", date(2030, 1, 1)), Decimal(19))
        self.assertIsNone(data.value("vat_rate", date(2019, 12, 31)))
        self.assertIsNone(data.value("unknown", date(2020, 1, 1)))

    def test_overlapping_periods_are_refused(self):
        for second in (
            row(start="2020-06-30"),
            row(start="2019-01-01", end="2020-01-01"),
            row(start="2021-01-01", end="2020-01-01"),
        ):
            with self.subTest(second), self.assertRaises(ValueError):
                DatedRows([row(end="2020-06-30"), second])

    def test_list_of_a_day(self):
        """What the list says, however it is written; no list, no answer."""
        entry = {"name": "comuna", "valid_from": "2018-09-06", "valid_to": ""}
        data = DatedRows(
            [
                {**entry, "text": "Tiltil", "other_names": "Til Til|Tiltil Viejo"},
                {**entry, "text": "Chépica", "valid_to": "2020-12-31"},
            ]
        )
        day = date(2020, 12, 31)
        for name in ("TILTIL", "Til-Til", "tiltil viejo", "chepica"):
            self.assertIs(data.holds("comuna", name, day), True, name)
        self.assertIs(data.holds("comuna", "Rungue", day), False)
        self.assertIs(data.holds("comuna", "Chépica", date(2021, 1, 1)), False)
        self.assertIsNone(data.holds("comuna", "Tiltil", date(2018, 9, 5)))
        self.assertIsNone(data.holds("region", "Tiltil", day))

    def test_version_follows_values_not_the_order_of_rows(self):
        one, two = row(), row("other", "3.5")
        version = DatedRows([one, two]).version
        self.assertEqual(DatedRows([two, one]).version, version)
        self.assertNotEqual(DatedRows([one, {**two, "value": "3.6"}]).version, version)
        self.assertNotEqual(
            rulebook_version(DatedRows([one])), rulebook_version(DatedRows([two]))
        )

    def test_shipped_rows_name_their_source(self):
        self.assertEqual(rulebook_version(shipped_rates()), RULEBOOK_VERSION)
        self.assertEqual(
            shipped_rates().value("vat_rate", date(2026, 11, 20)), Decimal(19)
        )
