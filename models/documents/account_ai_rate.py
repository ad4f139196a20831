import hashlib
import json

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, ormcache

from ...services.rules.dated_data import DatedRows, plain, shipped_rows
from .reading.amounts import decimal_of

_SHIPPED_FIELDS = (
    *("name", "value", "unit", "text", "label", "other_names"),
    *("valid_from", "valid_to", "source", "secondary_source", "verified_on"),
)


class AccountAiRate(models.Model):
    """A rate, a limit or an entry of a list, as it holds for one period.

    A new period is a new record, and the old one gets an end: documents are judged by
    what held when they were issued. For a day without a record there is no value, and
    whatever needs it goes to review.
    """

    _name = "account.ai.rate"
    _description = "Dated Value of the Rules"
    _inherit = ["account.ai.decided.fields", "mail.thread"]
    _order = "name, text, valid_from desc, id"
    _rec_name = "name"

    # === FIELDS === #

    name = fields.Char(
        string="Key",
        required=True,
        index=True,
        tracking=True,
        help="Name by which the rules ask for it, such as vat_rate or comuna.",
    )
    value = fields.Float(
        digits=(16, 6),
        aggregator=None,
        tracking=True,
        help="Value of a rate or a limit, in the unit.",
    )
    unit = fields.Char(help="Unit of the value: percent, pesos, days…")
    text = fields.Char(
        string="Entry",
        tracking=True,
        help="Entry of a list, such as the name of a comuna. Empty for a value.",
    )
    label = fields.Char(help="What the entry of the list means, or where it belongs.")
    other_names = fields.Char(
        tracking=True, help="Other names of the entry that count too, parted by |."
    )
    valid_from = fields.Date(
        required=True, default=fields.Date.context_today, tracking=True
    )
    valid_to = fields.Date(
        tracking=True, help="Last day on which it holds. Empty: it still does."
    )
    source = fields.Char(
        required=True, tracking=True, help="Law, resolution or page that says so."
    )
    secondary_source = fields.Boolean(
        help="The source is not the authority's own text."
    )
    verified_on = fields.Date(
        required=True,
        default=fields.Date.context_today,
        help="Day on which somebody last compared it with its source.",
    )
    in_force = fields.Boolean(compute="_compute_in_force", search="_search_in_force")
    shipped_digest = fields.Char(readonly=True, copy=False)

    _account_ai_rate_period = models.Constraint(
        "CHECK (valid_to IS NULL OR valid_to >= valid_from)",
        "A period cannot end before it begins.",
    )

    # === CONSTRAINTS === #

    @api.constrains("name", "text", "valid_from", "valid_to")
    def _check_periods(self):
        """Two values for the same day would leave open which one holds."""
        for rate in self:
            if rate.search_count(rate._overlapping_domain(), limit=1):
                raise ValidationError(
                    self.env._(
                        "There is another value of %(name)s for a part of this period.",
                        name=rate.display_name,
                    )
                )

    # === COMPUTE METHODS === #

    @api.depends("valid_from", "valid_to")
    def _compute_in_force(self):
        today = fields.Date.context_today(self)
        for rate in self:
            rate.in_force = bool(
                rate.valid_from
                and rate.valid_from <= today
                and (not rate.valid_to or today <= rate.valid_to)
            )

    def _search_in_force(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        holds = [
            ("valid_from", "<=", today),
            "|",
            ("valid_to", "=", False),
            ("valid_to", ">=", today),
        ]
        wanted = set(value)
        if wanted == {True, False}:
            return []
        return holds if True in wanted else ["!", "&", *holds]

    @api.depends("name", "text")
    def _compute_display_name(self):
        for rate in self:
            rate.display_name = " ".join(filter(None, (rate.name, rate.text)))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `base`: the rules see it from now on."""
        rates = super().create(vals_list)
        self.env.registry.clear_cache()
        return rates

    def write(self, vals):
        """Override of `base`: the rules see it from now on."""
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def unlink(self):
        """Override of `base`: the rules see it from now on."""
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    # === BUSINESS METHODS === #

    @api.model
    @ormcache()
    def _dated_data(self) -> DatedRows:
        """Return all values as the rules read them.

        Kept until one of them changes: judging a document costs no query for it.
        """
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT name, value, text, other_names, valid_from, valid_to
                  FROM account_ai_rate
                """
            )
        )
        return DatedRows(
            {
                "name": name,
                "value": str(decimal_of(value or 0.0)),
                "text": text or "",
                "other_names": other_names or "",
                "valid_from": valid_from.isoformat(),
                "valid_to": valid_to.isoformat() if valid_to else "",
            }
            for name, value, text, other_names, valid_from, valid_to in rows
        )

    @api.model
    def _load_shipped(self):
        """Bring the values that ship with the addon; keep what somebody has changed.

        A period that is in the records already, entered by hand, is not loaded again.
        """
        loader = self.with_context(tracking_disable=True)
        known = loader._shipped_records()
        new = []
        for row in shipped_rows():
            vals = self._shipped_values(row)
            xml_id = self._shipped_xml_id(vals)
            rate = known.get(xml_id)
            if rate is None:
                new.append((xml_id, vals))
            elif rate._digest() == rate.shipped_digest != vals["shipped_digest"]:
                rate.write(vals)
        new = [
            (xml_id, vals)
            for xml_id, vals in new
            if not loader.search_count(loader.new(vals)._overlapping_domain(), limit=1)
        ]
        rates = loader.create([vals for _xml_id, vals in new])
        self.env["ir.model.data"]._update_xmlids(
            [
                {"xml_id": xml_id, "record": rate, "noupdate": True}
                for (xml_id, _vals), rate in zip(new, rates, strict=True)
            ]
        )

    def _overlapping_domain(self):
        self.ensure_one()
        domain = [
            ("id", "!=", self._origin.id),
            ("name", "=", self.name),
            ("text", "=", self.text or False),
            "|",
            ("valid_to", "=", False),
            ("valid_to", ">=", self.valid_from),
        ]
        if self.valid_to:
            domain.append(("valid_from", "<=", self.valid_to))
        return domain

    @api.model
    def _shipped_records(self):
        """Return what was loaded before, by external id."""
        data = self.env["ir.model.data"].search(
            [("module", "=", "account_ai"), ("model", "=", self._name)]
        )
        existing = self.browse(data.mapped("res_id")).exists()
        return {
            each.complete_name: self.browse(each.res_id)
            for each in data
            if each.res_id in existing._ids
        }

    @api.model
    def _shipped_values(self, row):
        """Return the values of a record, from a row as it ships."""
        vals = {
            "name": row["name"],
            "value": float(row.get("value") or 0),
            "unit": row.get("unit") or False,
            "text": row.get("text") or False,
            "label": row.get("label") or False,
            "other_names": row.get("other_names") or False,
            "valid_from": row["valid_from"],
            "valid_to": row["valid_to"] or False,
            "source": row["source"],
            "secondary_source": row["secondary_source"] == "1",
            "verified_on": row["verified_on"],
        }
        vals["shipped_digest"] = self.new(vals)._digest()
        return vals

    @api.model
    def _shipped_xml_id(self, vals):
        entry = plain(vals["text"] or "")
        parts = filter(None, ("rate", vals["name"], entry, vals["valid_from"]))
        return "account_ai." + "_".join(parts).replace("-", "")

    def _digest(self):
        """Return what tells whether somebody changed it since it was loaded."""
        self.ensure_one()
        values = [str(self[name] or "") for name in _SHIPPED_FIELDS]
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16]
