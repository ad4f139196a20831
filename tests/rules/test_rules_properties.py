"""Properties of sums that hold for any correct document, not only for examples."""

from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.account_ai.services.documents.document import (
    AdditionalTax,
    Document,
    GlobalDiscount,
    Line,
    Party,
    Reference,
    Totals,
)
from odoo.addons.account_ai.services.rules import check, shipped_rates
from odoo.addons.account_ai.services.validation.finding import Severity

from .rules_documents import CONTEXT, invoice

RATE = Decimal("0.19")
FACTOR = Decimal("1.19")

prices = st.decimals(min_value=0, max_value=10_000_000, places=2)
quantities = st.decimals(min_value=0, max_value=10_000, places=3)


def pesos(value):
    """Return ``value`` in whole pesos, half-up."""
    return value.quantize(Decimal(1), rounding=ROUND_HALF_UP)


@st.composite
def lines(draw):
    """Draw up to six lines whose amounts follow from quantity, price and discount."""
    drawn = []
    for number in range(draw(st.integers(1, 6))):
        quantity, price = draw(quantities), draw(prices)
        gross = pesos(quantity * price)
        discount = Decimal(draw(st.integers(0, int(gross))))
        surcharge = Decimal(draw(st.integers(0, 1000)))
        drawn.append(
            Line(
                number=number + 1,
                name="Perno de anclaje",
                quantity=quantity,
                unit_price=price,
                discount=discount,
                surcharge=surcharge,
                amount=gross - discount + surcharge,
                exemption=1 if draw(st.booleans()) else None,
            )
        )
    return tuple(drawn)


@st.composite
def correct_invoices(draw):
    """Draw a factura (33) whose totals follow, net or gross, with a global discount."""
    drawn = draw(lines())
    drawn = (replace(drawn[0], exemption=None), *drawn[1:])
    affected = sum((each.amount for each in drawn if not each.exemption), Decimal(0))
    exempt = sum((each.amount for each in drawn if each.exemption), Decimal(0))
    percent = Decimal(draw(st.integers(0, 100)))
    gross = draw(st.booleans())
    net = affected - affected * percent / 100
    net = pesos(net / FACTOR) if gross else pesos(net)
    vat = pesos(net * RATE)
    return invoice(
        lines=drawn,
        global_discounts=(GlobalDiscount("D", "%", percent),) if percent else (),
        gross_lines=gross,
        totals=Totals(
            net=net,
            exempt=exempt or None,
            vat_rate=Decimal(19),
            vat=vat,
            total=net + exempt + vat,
        ),
    )


texts = st.text(max_size=30)
amounts = st.none() | st.decimals(allow_nan=False, allow_infinity=False, places=4)
dates = st.none() | st.dates(date(1990, 1, 1), date(2090, 1, 1))
decimals = st.decimals(allow_nan=False, allow_infinity=False, places=2)
parties = st.builds(Party, rut=texts, name=texts, giro=texts, comuna=texts)
wild_lines = st.builds(
    Line,
    number=st.integers(0, 99),
    name=texts,
    quantity=amounts,
    unit_price=amounts,
    discount=decimals,
    amount=amounts,
    exemption=st.none() | st.integers(0, 9),
    tax_codes=st.tuples(texts),
)
wild_documents = st.builds(
    Document,
    document_type=st.sampled_from("33 34 39 41 43 46 52 56 61 110 111 112 70".split()),
    flow=st.sampled_from(["sale", "purchase"]),
    issuer=parties,
    receiver=parties,
    totals=st.builds(
        Totals,
        net=amounts,
        exempt=amounts,
        vat=amounts,
        vat_rate=amounts,
        total=amounts,
        additional_taxes=st.tuples(
            st.builds(
                AdditionalTax,
                code=st.sampled_from(["15", "24", "34", "49", "999", ""]),
                rate=amounts,
                amount=decimals,
            )
        ),
    ),
    lines=st.lists(wild_lines, max_size=3).map(tuple),
    references=st.lists(
        st.builds(
            Reference,
            number=st.integers(0, 99),
            document_type=st.sampled_from(["33", "61", "110", "801", "", "x"]),
            folio=texts,
            date=dates,
            code=st.none() | st.integers(0, 9),
        ),
        max_size=3,
    ).map(tuple),
    issue_date=dates,
    due_date=dates,
    currency=st.sampled_from(["CLP", "USD", ""]),
    gross_lines=st.booleans(),
)


class TestSums(BaseCase):
    @settings(deadline=None, derandomize=True, max_examples=80)
    @given(correct_invoices())
    def test_correct_invoices_are_sent(self, document):
        report = check(document, CONTEXT, shipped_rates())
        self.assertEqual(report.findings, ())

    @settings(deadline=None, derandomize=True, max_examples=60)
    @given(
        correct_invoices(),
        st.sampled_from(["net", "exempt", "vat", "total"]),
        st.integers(-1_000_000, 1_000_000).filter(bool),
    )
    def test_any_wrong_total_is_found(self, document, name, error):
        stated = (getattr(document.totals, name) or Decimal(0)) + error
        wrong = replace(document, totals=replace(document.totals, **{name: stated}))
        findings = check(wrong, CONTEXT, shipped_rates()).findings
        worst = Severity.WARNING if abs(error) == 1 else Severity.ERROR
        self.assertTrue(findings)
        self.assertIn(worst, {each.severity for each in findings})

    @settings(deadline=None, derandomize=True, max_examples=60)
    @given(correct_invoices(), st.integers(2, 1_000_000), st.data())
    def test_any_wrong_line_is_found_where_it_is(self, document, error, data):
        index = data.draw(st.integers(0, len(document.lines) - 1))
        wrong = list(document.lines)
        wrong[index] = replace(wrong[index], amount=wrong[index].amount + error)
        findings = check(
            replace(document, lines=tuple(wrong)), CONTEXT, shipped_rates()
        ).findings
        self.assertIn(
            ("LINE_MISMATCH", index + 1), {(each.code, each.line) for each in findings}
        )

    @settings(deadline=None, derandomize=True, max_examples=120)
    @given(wild_documents)
    def test_no_document_breaks_the_rulebook_itself(self, document):
        report = check(document, CONTEXT, shipped_rates())
        for finding in report.findings:
            self.assertTrue(finding.message % finding.params)
            self.assertTrue(finding.advice % finding.params)
