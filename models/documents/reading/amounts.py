"""Lines and totals of an invoice in the terms of the SII.

Signs and currencies of Odoo are converted here: a document has positive amounts,
in pesos unless it is an export document (types 110 to 112), which the SII wants in its
own currency.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from ....services.documents.document import AdditionalTax, GlobalDiscount, Line, Totals
from .queries import VAT_CODE
from .rows import LineRow, MoveRow

EXPORT_TYPES = frozenset({"110", "111", "112"})
GROSS_TYPES = frozenset({"39"})
"""Boletas: the amounts of their lines include VAT."""
_SELF_BILLED = "46"
_NEGATIVE_KINDS = ("out_invoice", "in_refund")
_PRICE_DECIMALS = Decimal("0.000001")
"""PrcItem has six decimals."""


def decimal_of(value: float | None) -> Decimal | None:
    """Return a float of a numeric column as the decimal that the column holds."""
    if value is None:
        return None
    whole = int(value)
    return Decimal(whole) if whole == value else Decimal(repr(value))


class Amounts:
    """Reads the amounts of one invoice in the currency of its document."""

    def __init__(self, move: MoveRow, lines: Sequence[LineRow]) -> None:
        self._move = move
        self._sign = -1 if move.move_type in _NEGATIVE_KINDS else 1
        own_currency = move.currency_id == move.company_currency_id
        self._converted = not own_currency and move.document_type not in EXPORT_TYPES
        self.currency = move.company_currency if self._converted else move.currency
        self._gross = move.document_type in GROSS_TYPES
        self._step = Decimal(1) if self.currency == "CLP" else Decimal("0.01")
        self._products = [line for line in lines if line.display_type == "product"]
        self._taxes = [line for line in lines if line.display_type == "tax"]
        self._exempt = Decimal(0)
        self._has_exempt = False
        self._has_affected = False
        self.line_ids: list[int] = []
        """Id of the journal item of each detail line, in their order."""
        self.discounts: list[GlobalDiscount] = []
        """Lines below zero: Odoo issues them as global discounts."""
        self.lines: list[Line] = []
        for line in self._products:
            self._read(line)

    def _read(self, row: LineRow) -> None:
        exempt = VAT_CODE not in (row.tax_codes or ())
        net = self._net(row)
        if exempt:
            self._has_exempt = True
            self._exempt += self._booked(row)
        else:
            self._has_affected = True
        amount = self._total(row) if self._gross else net
        if amount < 0:
            self.discounts.append(
                GlobalDiscount("D", "$", -amount, exemption=1 if exempt else None)
            )
            return
        name, _separator, description = (row.name or "").strip().partition("\n")
        quantity = decimal_of(row.quantity)
        price = self._price(row, amount)
        discount = Decimal(0)
        if row.discount and quantity is not None and price is not None:
            discount = max(self._round(quantity * price) - amount, Decimal(0))
        self.line_ids.append(row.id)
        self.lines.append(
            Line(
                number=len(self.lines) + 1,
                name=name.strip(),
                description=description.strip(),
                quantity=quantity,
                unit=row.unit or "",
                unit_price=price,
                discount=discount,
                discount_percent=decimal_of(row.discount) if discount else None,
                amount=amount,
                exemption=1 if exempt else None,
                tax_codes=tuple(
                    str(code) for code in row.tax_codes or () if code not in (0, 14)
                ),
            )
        )

    def _net(self, row: LineRow) -> Decimal:
        value = row.balance * self._sign if self._converted else row.price_subtotal
        return decimal_of(value) or Decimal(0)

    def _booked(self, row: LineRow) -> Decimal:
        """Return what the line adds to the totals, which Odoo rounds on their sum."""
        booked = row.balance if self._converted else row.amount_currency
        return decimal_of(booked * self._sign) or Decimal(0)

    def _total(self, row: LineRow) -> Decimal:
        total = row.price_total or 0.0
        if self._converted and row.price_subtotal:
            return self._round(
                self._net(row) * Decimal(repr(total / row.price_subtotal))
            )
        return decimal_of(total) or Decimal(0)

    def _price(self, row: LineRow, amount: Decimal) -> Decimal | None:
        """Return the unit price that belongs to ``amount``.

        It is the price of the line as entered when that is net (or gross) as the amount
        is. When it differs by exactly the taxes, or stands in another currency, it is
        worked back from the amount.
        """
        entered = decimal_of(row.price_unit)
        quantity = decimal_of(row.quantity)
        if entered is None or not quantity:
            return entered
        kept = 1 - (decimal_of(row.discount) or Decimal(0)) / 100
        if not kept:
            return entered
        if not self._converted:
            computed = self._round(entered * quantity * kept)
            other = decimal_of(row.price_subtotal if self._gross else row.price_total)
            if computed == amount or other is None or abs(computed - other) > 1:
                return entered
            price = (entered / self._tax_factor(row)).quantize(_PRICE_DECIMALS)
            if self._round(price * quantity * kept) == amount:
                return price.normalize() + 0
        return (amount / quantity / kept).quantize(_PRICE_DECIMALS).normalize() + 0

    def _tax_factor(self, row: LineRow) -> Decimal:
        """Return by what the taxes of a line multiply its net amount."""
        rates = {
            line.tax_code: decimal_of(line.tax_rate) or Decimal(0)
            for line in self._taxes
        }
        codes = row.tax_codes or ()
        return 1 + sum(rates.get(code, Decimal(0)) for code in codes) / 100

    def _round(self, value: Decimal) -> Decimal:
        return value.quantize(self._step, rounding=ROUND_HALF_UP)

    def totals(self) -> Totals:
        """Return Totales; what the document has no lines for is absent."""
        move = self._move
        if self._converted:
            untaxed = abs(move.amount_untaxed_signed)
            total = abs(move.amount_total_signed)
        else:
            untaxed, total = move.amount_untaxed, move.amount_total
        vat_lines = [line for line in self._taxes if line.tax_code == VAT_CODE]
        vat: Decimal | None = None
        if self._has_affected or vat_lines:
            vat = sum((self._tax_amount(line) for line in vat_lines), Decimal(0))
        additional, retained = self._additional_taxes()
        not_retained = None
        if move.document_type == _SELF_BILLED and retained and vat is not None:
            not_retained = (vat - retained) or None
        return Totals(
            net=(decimal_of(untaxed) or Decimal(0)) - self._exempt
            if self._has_affected
            else None,
            exempt=self._exempt if self._has_exempt else None,
            vat_rate=max(
                (decimal_of(line.tax_rate) or Decimal(0) for line in vat_lines),
                default=None,
            ),
            vat=vat,
            additional_taxes=additional,
            vat_not_withheld=not_retained,
            total=decimal_of(total),
        )

    def _additional_taxes(self) -> tuple[tuple[AdditionalTax, ...], Decimal]:
        """Return ImptoReten, summed by code, and what is withheld of the VAT."""
        amounts: dict[tuple[int, Decimal | None], Decimal] = {}
        retained = Decimal(0)
        for line in self._taxes:
            if line.tax_code == VAT_CODE:
                continue
            rate = decimal_of(line.tax_rate)
            key = (line.tax_code or 0, None if rate is None else abs(rate))
            amount = self._tax_amount(line)
            amounts[key] = amounts.get(key, Decimal(0)) + amount
            if amount < 0:
                retained -= amount
        taxes = tuple(
            AdditionalTax(str(code) if code else "", rate, abs(amount))
            for (code, rate), amount in amounts.items()
        )
        return taxes, retained

    def _tax_amount(self, line: LineRow) -> Decimal:
        value = line.balance if self._converted else line.amount_currency
        return decimal_of(value * self._sign) or Decimal(0)
