from __future__ import annotations

from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...services.claude.errors import ClaudeError
from ...services.claude.money.pricing import (
    listed_source,
    long_prompt_tokens,
    unit_prices,
)

_PRICE_DIGITS = (16, 6)
_BUCKETS = {
    "input_price": "uncached_input",
    "output_price": "output",
    "cache_write_5m_price": "cache_write_5m",
    "cache_write_1h_price": "cache_write_1h",
    "cache_read_price": "cache_read",
}
_OWN = (
    *("has_own_prices", "own_input", "own_output"),
    *("own_cache_write_5m", "own_cache_write_1h", "own_cache_read"),
    *("own_batch_discount", "own_long_prompt_tokens"),
    *("own_long_input", "own_long_output"),
)


class AccountAiModelPrices(models.AbstractModel):
    """What a model costs: as the list has it, or as an administrator set it.

    All prices are US$ per million tokens. What is set here is handed to the gateway
    with each call; ledger rows keep the prices that they were booked at.
    """

    _name = "account.ai.model.prices"
    _description = "Prices of a Claude Model"

    # === FIELDS === #

    # In force
    price_source = fields.Selection(
        selection=[
            ("listed", "Price List"),
            ("own", "Set Here"),
            ("unknown", "Not Known"),
        ],
        string="Prices From",
        compute="_compute_prices",
        help="A model whose price is not known is not called.",
    )
    price_source_name = fields.Char(string="Price List", compute="_compute_prices")
    input_price = fields.Float(
        string="Input", digits=_PRICE_DIGITS, compute="_compute_prices"
    )
    output_price = fields.Float(
        string="Output", digits=_PRICE_DIGITS, compute="_compute_prices"
    )
    cache_write_5m_price = fields.Float(
        string="Cache Write 5m", digits=_PRICE_DIGITS, compute="_compute_prices"
    )
    cache_write_1h_price = fields.Float(
        string="Cache Write 1h", digits=_PRICE_DIGITS, compute="_compute_prices"
    )
    cache_read_price = fields.Float(
        string="Cache Read", digits=_PRICE_DIGITS, compute="_compute_prices"
    )
    batch_input_price = fields.Float(
        string="Batch Input", digits=_PRICE_DIGITS, compute="_compute_prices"
    )
    batch_output_price = fields.Float(
        string="Batch Output", digits=_PRICE_DIGITS, compute="_compute_prices"
    )
    long_prompt_tokens = fields.Integer(
        string="Long Prompts Above (tokens)", compute="_compute_prices"
    )
    long_input_price = fields.Float(
        string="Long Input", digits=_PRICE_DIGITS, compute="_compute_prices"
    )
    long_output_price = fields.Float(
        string="Long Output", digits=_PRICE_DIGITS, compute="_compute_prices"
    )

    # Set here
    has_own_prices = fields.Boolean(
        string="Own Prices",
        tracking=True,
        help="Instead of the price list: for a contract of your own, or a model that "
        "the list does not know. It holds for calls from now on.",
    )
    own_input = fields.Float(digits=_PRICE_DIGITS, tracking=True)
    own_output = fields.Float(digits=_PRICE_DIGITS, tracking=True)
    own_cache_write_5m = fields.Float(
        string="Own Cache Write 5m",
        digits=_PRICE_DIGITS,
        tracking=True,
        help="Zero: 1.25 times the input.",
    )
    own_cache_write_1h = fields.Float(
        string="Own Cache Write 1h",
        digits=_PRICE_DIGITS,
        tracking=True,
        help="Zero: twice the input.",
    )
    own_cache_read = fields.Float(
        digits=_PRICE_DIGITS,
        tracking=True,
        help="Zero: a tenth of the input.",
    )
    own_batch_discount = fields.Float(
        string="Own Batch Discount (%)", default=50.0, digits=(5, 2), tracking=True
    )
    own_long_prompt_tokens = fields.Integer(
        string="Own Long Prompts Above (tokens)",
        tracking=True,
        help="Requests with more prompt tokens, cached ones included, pay the long "
        "prices for every token. Zero: there are none.",
    )
    own_long_input = fields.Float(
        digits=_PRICE_DIGITS,
        tracking=True,
        help="The cache's prices rise as this one does. Zero: as for short prompts.",
    )
    own_long_output = fields.Float(
        digits=_PRICE_DIGITS,
        tracking=True,
        help="Zero: as for short prompts.",
    )

    # === CONSTRAINTS === #

    @api.constrains(*_OWN)
    def _check_own_prices(self):
        """A price that is not known is not zero."""
        amounts = [name for name in _OWN if name != "has_own_prices"]
        for model in self:
            if any(model[name] < 0 for name in amounts):
                raise ValidationError(self.env._("A price cannot be negative."))
            if model.own_batch_discount > 100:
                raise ValidationError(
                    self.env._("A discount cannot be more than the price.")
                )
            if model.has_own_prices and not (model.own_input and model.own_output):
                raise ValidationError(
                    self.env._("Own prices need a price of input and one of output.")
                )

    # === COMPUTE METHODS === #

    @api.depends("model", *_OWN)
    def _compute_prices(self):
        for model in self:
            model.update(model._prices_in_force())

    def _prices_in_force(self):
        """Return the values of the fields that show the prices in force."""
        self.ensure_one()
        values = {
            **dict.fromkeys(_BUCKETS, 0.0),
            **dict.fromkeys(("batch_input_price", "batch_output_price"), 0.0),
            **dict.fromkeys(("long_input_price", "long_output_price"), 0.0),
            "long_prompt_tokens": 0,
            "price_source": "unknown",
            "price_source_name": False,
        }
        priced = self.has_own_prices and self.own_input and self.own_output
        own = {self.model: self._prices()} if priced else {}
        try:
            prices = unit_prices(self.model or "", 0, own=own)
            batch = unit_prices(self.model or "", 0, service_tier="batch", own=own)
            long_prompt = long_prompt_tokens(self.model or "", own=own)
        except ClaudeError:
            return values
        values.update(
            {name: float(getattr(prices, bucket)) for name, bucket in _BUCKETS.items()},
            batch_input_price=float(batch.uncached_input),
            batch_output_price=float(batch.output),
            price_source="own" if own else "listed",
            price_source_name=False if own else listed_source(),
        )
        if long_prompt:
            long_prices = unit_prices(self.model, long_prompt + 1, own=own)
            values.update(
                long_prompt_tokens=long_prompt,
                long_input_price=float(long_prices.uncached_input),
                long_output_price=float(long_prices.output),
            )
        return values


def decimal_or_none(value):
    """Return a price as it was typed, ``None`` for one that was left empty."""
    return Decimal(str(value)) if value else None
