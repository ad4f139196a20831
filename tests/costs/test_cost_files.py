"""Figures as CSV, and amounts split into parts without a rounding difference."""

import csv
import io
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from odoo.addons.account_ai.services.costs.csv_file import (
    CHILEAN,
    INTERNATIONAL,
    lines_of,
)
from odoo.addons.account_ai.services.costs.rounding import rounded_parts


@tagged("post_install", "-at_install")
class TestCsv(BaseCase):
    def test_a_text_is_never_a_formula(self):
        for text in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"):
            line = lines_of([[text]], INTERNATIONAL).decode()
            (row,) = csv.reader(io.StringIO(line, newline=""))
            self.assertEqual(row, [f"'{text}"])

    def test_a_number_stays_a_number(self):
        line = lines_of([[Decimal("-0.00012300"), -7, Decimal("1E-9")]], INTERNATIONAL)
        self.assertEqual(line, b"-0.000123,-7,0.000000001\r\n")

    def test_a_text_is_quoted_where_it_has_to_be(self):
        text = 'Viña "La Ñ", fundo\nnorte; sur'
        for dialect in (INTERNATIONAL, CHILEAN):
            line = lines_of([[text, Decimal("1.5"), None, True]], dialect).decode()
            (row,) = csv.reader(
                io.StringIO(line, newline=""), delimiter=dialect.delimiter
            )
            point = dialect.decimal_point
            self.assertEqual(row, [text, f"1{point}5", "", "1"])

    def test_a_decimal_comma_does_not_part_fields(self):
        line = lines_of([[Decimal("0.25"), Decimal("1000")]], CHILEAN)
        self.assertEqual(line, b"0,25;1000\r\n")


@tagged("post_install", "-at_install")
class TestRoundedParts(BaseCase):
    def check(self, amounts, expected, digits=2):
        parts = rounded_parts([Decimal(amount) for amount in amounts], digits)
        self.assertEqual(parts, [Decimal(part) for part in expected])

    def test_they_add_up_to_the_rounded_whole(self):
        self.check(["0.334", "0.333", "0.333"], ["0.34", "0.33", "0.33"])
        self.check(["0.004", "0.004", "0.004"], ["0.01", "0.00", "0.00"])
        self.check(["0.001"], ["0.00"])

    def test_what_a_correction_takes_back_too(self):
        self.check(["1.005", "-0.336"], ["1.01", "-0.34"])
        self.check([], [])
