from odoo import fields


class BigInteger(fields.Integer):
    """An integer of eight bytes: tokens of a month-end batch do not fit into four."""

    _column_type = ("int8", "int8")
