from dataclasses import replace
from datetime import date

from odoo.tests import BaseCase

from odoo.addons.account_ai.services.rules.calendar import months_later, tax_period

from .rules_documents import CONTEXT, TODAY, bill, guide, invoice, reference
from .rules_table import WARNING, Broken, RulesTable, Sound

EARLY_IN_MONTH = replace(CONTEXT, today=date(2026, 11, 10))
DAY_AFTER = replace(CONTEXT, today=date(2026, 11, 11))


def issued(day, **values):
    """Return an invoice issued on ``day``."""
    return invoice(issue_date=day, **{"due_date": None, **values})


OF_GUIDES = issued(
    date(2026, 10, 31),
    references=(reference(document_type="52", folio="310", date=date(2026, 10, 8)),),
)


class TestDateRules(RulesTable, BaseCase):
    BROKEN = (
        Broken(
            "DATE_RANGE",
            issued(date(2051, 1, 1), flow="purchase"),
            field="FchEmis",
            also=frozenset({"DATE_FUTURE", "RECEIVER_NOT_US"}),
        ),
        Broken(
            "DATE_FUTURE",
            issued(date(2026, 11, 19)),
            field="FchEmis",
            evidence="2026-11-19 > 2026-11-18",
        ),
        Broken("DATE_FUTURE", bill(issue_date=date(2026, 11, 28)), field="FchEmis"),
        Broken(
            "DATE_BACKDATED",
            issued(date(2026, 10, 31)),
            field="FchEmis",
            severity=WARNING,
            evidence="2026-10-31 … 2026-11-18 = 18",
        ),
        Broken(
            "DATE_BACKDATED",
            issued(date(2026, 10, 31)),
            field="FchEmis",
            severity=WARNING,
            context=DAY_AFTER,
        ),
        Broken(
            "DATE_BACKDATED",
            issued(date(2026, 10, 31)),
            field="FchEmis",
            severity=WARNING,
            context=EARLY_IN_MONTH,
        ),
        Broken(
            "DATE_BACKDATED",
            OF_GUIDES,
            field="FchEmis",
            severity=WARNING,
            also=frozenset({"INVOICE_FROM_GUIDE_LATE"}),
            context=DAY_AFTER,
        ),
        Broken(
            "DATE_BACKDATED",
            issued(date(2026, 9, 30)),
            field="FchEmis",
            severity=WARNING,
            context=EARLY_IN_MONTH,
        ),
        Broken(
            "DATE_BACKDATED",
            issued(date(2026, 11, 2)),
            field="FchEmis",
            severity=WARNING,
        ),
        Broken(
            "DUE_BEFORE_ISSUE",
            invoice(due_date=date(2026, 11, 17)),
            field="FchVenc",
            evidence="2026-11-17 < 2026-11-18",
        ),
    )
    SOUND = (
        Sound("DATE_FUTURE", issued(TODAY)),
        Sound("DATE_BACKDATED", issued(date(2026, 11, 15))),
        Sound("DATE_BACKDATED", OF_GUIDES, context=EARLY_IN_MONTH),
        Sound(
            "DATE_BACKDATED",
            issued(date(2026, 1, 5)),
            context=replace(CONTEXT, is_issued=True),
        ),
        Sound("DATE_BACKDATED", bill(issue_date=date(2026, 1, 5))),
        Sound("DATE_BACKDATED", guide(issue_date=date(2026, 10, 5))),
        Sound("DUE_BEFORE_ISSUE", invoice(due_date=TODAY)),
        Sound("DUE_BEFORE_ISSUE", invoice(due_date=None)),
        Sound(
            "DUE_BEFORE_ISSUE",
            invoice(due_date=date(2026, 11, 1), issue_date_assumed=True),
        ),
    )

    def test_months_end_with_the_month(self):
        self.assertEqual(months_later(date(2026, 4, 10), 6), date(2026, 10, 10))
        self.assertEqual(months_later(date(2026, 8, 31), 6), date(2027, 2, 28))
        self.assertEqual(months_later(date(2027, 8, 31), 6), date(2028, 2, 29))

    def test_periods_count_over_the_turn_of_the_year(self):
        self.assertEqual(
            tax_period(date(2027, 1, 1)) - tax_period(date(2026, 12, 31)), 1
        )
