"""Draws correct documents of every type, and single faults to put into them."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import strategies as st

from odoo.addons.account_ai.services.documents.context import (
    EarlierDocument,
    FolioRange,
)
from odoo.addons.account_ai.services.documents.document import (
    AdditionalTax,
    Commission,
    Line,
    Reference,
    Totals,
)
from odoo.addons.account_ai.services.documents.rut import check_digit

from .rules_documents import (
    COMPANY,
    CONTEXT,
    FOREIGN_PARTNER,
    PARTNER,
    TODAY,
    bill,
    credit_note,
    debit_note,
    exempt_invoice,
    exempt_receipt,
    export_credit_note,
    export_debit_note,
    export_invoice,
    fee_receipt,
    guide,
    in_pesos,
    invoice,
    purchase_invoice,
    receipt,
    settlement,
    with_issuer,
    with_line,
    with_receiver,
    with_totals,
)

ZERO, ONE = Decimal(0), Decimal(1)
RATE, FACTOR = Decimal("0.19"), Decimal("1.19")
NATIONAL = {
    "33": invoice,
    "34": exempt_invoice,
    "39": receipt,
    "41": exempt_receipt,
    "43": settlement,
    "46": purchase_invoice,
    "52": guide,
    "56": debit_note,
    "61": credit_note,
}
EXPORTS = {
    "110": export_invoice,
    "111": export_debit_note,
    "112": export_credit_note,
}
BUYER = replace(PARTNER, email="compras@example.cl")
FILLERS = frozenset(int(digit * length) for digit in "123456789" for length in (7, 8))
"""Bodies of one repeated digit: placeholders and generic RUTs."""


def pesos(value):
    """Return ``value`` in whole pesos, half-up."""
    return value.quantize(ONE, rounding=ROUND_HALF_UP)


def rut_of(body):
    """Return the RUT of a body."""
    return f"{body}-{check_digit(body)}"


ruts = (
    st.integers(1_000_000, 99_999_999)
    .filter(lambda body: body not in FILLERS and rut_of(body) != COMPANY.rut)
    .map(rut_of)
)
prices = st.decimals(min_value=1, max_value=500_000, places=2)
quantities = st.decimals(min_value=1, max_value=100, places=3)


@st.composite
def detail(draw, exemptions, *, decimals=0, discounts=True, tax_codes=()):
    """Draw up to five lines whose amounts follow; the first is of the first kind."""
    lines = []
    for number in range(1, draw(st.integers(1, 5)) + 1):
        exemption = exemptions[0] if number == 1 else draw(st.sampled_from(exemptions))
        quantity, price = draw(quantities), draw(prices)
        if decimals:
            quantity = Decimal(draw(st.integers(1, 500)))
        gross = quantity * price if decimals else pesos(quantity * price)
        discount = surcharge = ZERO
        if discounts:
            discount = Decimal(draw(st.integers(0, int(gross) // 2)))
            surcharge = Decimal(draw(st.integers(0, 1000)))
        lines.append(
            Line(
                number=number,
                name="Perno de anclaje",
                quantity=quantity,
                unit_price=price,
                unit="UN",
                discount=discount,
                surcharge=surcharge,
                amount=gross - discount + surcharge,
                exemption=exemption,
                tax_codes=() if exemption else tax_codes,
            )
        )
    return tuple(lines)


def _sums(lines):
    affected = sum((each.amount for each in lines if not each.exemption), ZERO)
    exempt = sum((each.amount for each in lines if each.exemption), ZERO)
    return affected, exempt


def _totals(document_type, lines):
    """Return the totals that follow from lines in pesos."""
    affected, exempt = _sums(lines)
    if document_type in ("34", "41"):
        return Totals(exempt=exempt, total=exempt)
    net, rate = affected, Decimal(19)
    if document_type == "39":
        net, rate = pesos(affected / FACTOR), None
        vat = affected - net
    else:
        vat = pesos(net * RATE)
    whole = net + exempt + vat
    values = {"net": net, "exempt": exempt or None, "vat_rate": rate, "vat": vat}
    if document_type == "46":
        withheld = AdditionalTax("15", Decimal(19), vat)
        return Totals(**values, additional_taxes=(withheld,), total=whole - vat)
    if document_type == "43":
        return Totals(**values, commissions=Decimal(119), total=whole - 119)
    return Totals(**values, total=whole)


@st.composite
def national_documents(draw):
    """Draw a document in pesos."""
    kind = draw(st.sampled_from(sorted(NATIONAL)))
    exemptions = (1,) if kind in ("34", "41") else (None, 1)
    codes = ("15",) if kind == "46" else ()
    lines = draw(detail(exemptions, tax_codes=codes))
    values = {"lines": lines, "totals": _totals(kind, lines)}
    if kind in ("39", "41"):
        values |= {"receiver": BUYER, "means_of_payment": "2"}
    if kind == "43":
        values["commissions"] = (Commission("C", net=Decimal(100), vat=Decimal(19)),)
    document = NATIONAL[kind](**values)
    return with_receiver(document, rut=draw(ruts))


@st.composite
def export_documents(draw):
    """Draw an export document in dollars."""
    kind = draw(st.sampled_from(sorted(EXPORTS)))
    lines = draw(detail((1,), decimals=2, discounts=False))
    total = _sums(lines)[1]
    rate = draw(st.decimals(min_value=500, max_value=1500, places=2))
    stated = in_pesos(rate=rate, exempt=pesos(total * rate), total=pesos(total * rate))
    return EXPORTS[kind](
        lines=lines,
        totals=Totals(exempt=total, total=total),
        other_currencies=(stated,),
        receiver=FOREIGN_PARTNER,
    )


@st.composite
def fee_receipts(draw):
    """Draw a boleta de honorarios of this year."""
    fee = Decimal(draw(st.integers(1000, 50_000_000)))
    withheld = pesos(fee * Decimal("15.25") / 100)
    document = fee_receipt(
        lines=(Line(number=1, name="Cálculo", amount=fee, exemption=1),),
        totals=Totals(
            fee=fee,
            retention_rate=Decimal("15.25"),
            retention=withheld,
            total=fee - withheld,
        ),
    )
    return with_issuer(document, rut=draw(ruts))


@st.composite
def received_documents(draw):
    """Draw a factura that the company receives."""
    lines = draw(detail((None, 1)))
    document = bill(lines=lines, totals=_totals("33", lines))
    return with_issuer(document, rut=draw(ruts))


@st.composite
def correct_documents(draw):
    """Draw a correct document and what the books know around it."""
    document = draw(
        st.one_of(
            national_documents(),
            national_documents(),
            export_documents(),
            fee_receipts(),
            received_documents(),
        )
    )
    day = TODAY - timedelta(days=draw(st.integers(0, 3)))
    due = day + timedelta(days=draw(st.integers(0, 120)))
    document = replace(
        document,
        folio=draw(st.integers(1001, 1200)),
        issue_date=day,
        due_date=draw(st.sampled_from([None, due])),
    )
    return document, _books(document)


def _books(document):
    """Return a context with the folio's authorisation and the note's original."""
    folios = FolioRange(document.document_type, 1001, 1200, date(2026, 8, 20))
    originals = tuple(
        EarlierDocument(
            document_type=reference.document_type,
            folio=reference.folio,
            issue_date=reference.date,
            partner_rut=document.receiver.rut,
            currency=document.currency,
            total=document.totals.total,
        )
        for reference in document.references
    )
    return replace(CONTEXT, folio_ranges=(folios,), earlier=originals)


def _amounts(document):
    totals = document.totals
    names = ["total"]
    names += [name for name in ("net", "vat") if getattr(totals, name) is not None]
    if totals.fee is not None:
        return [*names, "fee", "retention"]
    return [*names, "exempt", "commissions"]


@st.composite
def wrong_amounts(draw, document):
    """Draw the document with one of its totals wrong, or one of its lines."""
    error = Decimal(draw(st.integers(-1_000_000, 1_000_000).filter(bool)))
    choices = [*_amounts(document), "line"]
    if document.other_currencies:
        choices += ["pesos"]
    if document.totals.additional_taxes:
        choices += ["tax"]
    name = draw(st.sampled_from(choices))
    if name == "line":
        return with_line(document, amount=document.lines[0].amount + error)
    if name == "pesos":
        (stated,) = document.other_currencies
        wrong = replace(stated, total=stated.total + error)
        return replace(document, other_currencies=(wrong,))
    if name == "tax":
        (tax,) = document.totals.additional_taxes
        wrong = replace(tax, amount=tax.amount + error)
        return with_totals(document, additional_taxes=(wrong,))
    stated = getattr(document.totals, name) or ZERO
    return with_totals(document, **{name: stated + error})


@st.composite
def wrong_rates(draw, document):
    """Draw the document with one of its rates wrong, ``None`` when it has none."""
    totals = document.totals
    rate = draw(st.decimals(min_value=1, max_value=100, places=2))
    wrong = []
    if totals.vat_rate is not None:
        wrong.append(with_totals(document, vat_rate=rate))
    if totals.retention_rate is not None:
        wrong.append(with_totals(document, retention_rate=rate))
    for tax in totals.additional_taxes:
        changed = (replace(tax, rate=rate),)
        wrong.append(with_totals(document, additional_taxes=changed))
    for stated in document.other_currencies:
        changed = replace(stated, rate=stated.rate + rate)
        wrong.append(replace(document, other_currencies=(changed,)))
    if rate in (Decimal(19), Decimal("15.25")) or not wrong:
        return None
    return draw(st.sampled_from(wrong))


@st.composite
def wrong_ruts(draw, document):
    """Draw the document with a RUT that is wrong in its digit or its writing."""
    change, party = draw(
        st.sampled_from(
            [(with_issuer, document.issuer), (with_receiver, document.receiver)]
        )
    )
    body, digit = party.rut.split("-")
    other = draw(st.sampled_from([each for each in "0123456789K" if each != digit]))
    dotted = f"{int(body):,}".replace(",", ".")
    spelled = [f"{body}-{other}", f"{dotted}-{digit}", f"{body}{digit}", "", f"{body}-"]
    return change(document, rut=draw(st.sampled_from(spelled)))


@st.composite
def wrong_dates(draw, document):
    """Draw the document with a wrong date of issue or of payment."""
    day = document.issue_date
    apart = timedelta(days=draw(st.integers(1, 5000)))
    wrong = [
        replace(document, issue_date=TODAY + apart),
        replace(document, issue_date=None),
        replace(document, period_from=day, period_to=day - apart),
    ]
    if document.document_type != "70":
        wrong.append(replace(document, due_date=day - apart))
        wrong.append(replace(document, issue_date=date(2003, 3, 31) - apart))
    return draw(st.sampled_from(wrong))


@st.composite
def wrong_lengths(draw, document):
    """Draw an issued document with a text that is too long."""
    longer = draw(st.integers(1, 50))
    first, *others = document.lines
    return draw(
        st.sampled_from(
            [
                with_receiver(document, name="x" * (100 + longer)),
                with_receiver(document, giro="x" * (40 + longer)),
                with_receiver(document, address="x" * (70 + longer)),
                with_issuer(document, giro="x" * (80 + longer)),
                with_line(document, name="x" * (80 + longer)),
                with_line(document, description="x" * (1000 + longer)),
                with_line(document, unit="x" * (4 + longer)),
                with_line(document, unit_price=Decimal(10) ** (11 + longer)),
                replace(document, folio=10 ** (9 + longer)),
            ]
        )
    )


@st.composite
def wrong_counts(draw, document):
    """Draw the document with too many or too few lines, references or the like."""
    more = draw(st.integers(1, 30))
    limit = 1000 if document.document_type in ("39", "41") else 60
    line = document.lines[0]
    lines = tuple(replace(line, number=number + 1) for number in range(limit + more))
    order = Reference(1, "801", "4417", document.issue_date)
    wrong = [
        replace(document, lines=()),
        replace(document, lines=lines),
        replace(document, lines=document.lines[1:]),
        replace(document, references=(order,) * (40 + more)),
        replace(document, subtotals=20 + more),
        with_line(document, tax_codes=("24", "25", "27")),
    ]
    return draw(st.sampled_from(wrong))


@st.composite
def wrong_references(draw, document):
    """Draw the note with a reference that is wrong."""
    (reference,) = document.references
    apart = timedelta(days=draw(st.integers(1, 500)))
    changes = [
        {"folio": str(draw(st.integers(2000, 9999)))},
        {"document_type": draw(st.sampled_from(["34", "46", "43", "103", "801"]))},
        {"date": reference.date - apart},
        {"date": document.issue_date + apart},
        {"code": draw(st.sampled_from([None, 0, 2, 4]))},
    ]
    changed = replace(reference, **draw(st.sampled_from(changes)))
    several = (reference, replace(reference, number=2, folio="7777"))
    return replace(
        document,
        references=draw(st.sampled_from([(), several, *([(changed,)] * 4)])),
    )
