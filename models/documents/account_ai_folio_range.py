from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, format_date, ormcache

from ...services.documents.context import FolioRange
from ...services.rules.calendar import months_later
from ...services.rules.document_types import GIVE_CREDIT

ENTERPRISE_MODEL = "l10n_cl.dte.caf"
MONTHS_KEY = "caf_months"
WARNING_DAYS = 15
WARNING_SHARE = 0.1
"""Share of a range below which what is left is little."""


class AccountAiFolioRange(models.Model):
    """An authorisation of folios (CAF) by the SII; Community keeps none."""

    _name = "account.ai.folio.range"
    _description = "Authorized Folios (CAF)"
    _inherit = ["account.ai.decided.fields", "mail.thread", "mail.activity.mixin"]
    _order = "company_id, document_type_id, first desc, id"

    # === FIELDS === #

    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    document_type_id = fields.Many2one(
        "l10n_latam.document.type",
        required=True,
        domain=[("country_id.code", "=", "CL")],
        context={"active_test": False},
        ondelete="restrict",
        tracking=True,
    )
    first = fields.Integer(
        string="First Folio", required=True, aggregator=None, tracking=True
    )
    last = fields.Integer(
        string="Last Folio", required=True, aggregator=None, tracking=True
    )
    authorised_on = fields.Date(
        string="Authorized On",
        required=True,
        tracking=True,
        help="FA in the file of the SII: the day on which it authorised the folios.",
    )
    expires_on = fields.Date(
        compute="_compute_expires_on",
        store=True,
        help="Last day on which the folios may be used. Folios of documents without "
        "tax credit do not expire.",
    )
    remaining = fields.Integer(
        compute="_compute_remaining",
        aggregator=None,
        help="Folios after the last one that was used.",
    )
    warned_of_expiry = fields.Boolean(readonly=True, copy=False)
    warned_of_exhaustion = fields.Boolean(readonly=True, copy=False)

    _account_ai_folio_range_order = models.Constraint(
        "CHECK (first > 0 AND last >= first)",
        "A range of folios goes from a first one to a last one.",
    )

    # === CONSTRAINTS === #

    @api.constrains("company_id", "document_type_id", "first", "last")
    def _check_overlap(self):
        """The SII authorises each folio of a type once."""
        for each in self:
            overlapping = [
                ("id", "!=", each.id),
                ("company_id", "=", each.company_id.id),
                ("document_type_id", "=", each.document_type_id.id),
                ("first", "<=", each.last),
                ("last", ">=", each.first),
            ]
            if self.search_count(overlapping, limit=1):
                raise ValidationError(
                    self.env._("Another range holds some of these folios already.")
                )

    # === COMPUTE METHODS === #

    @api.depends("authorised_on", "document_type_id")
    def _compute_expires_on(self):
        rates = self.env["account.ai.rate"]._dated_data()
        for each in self:
            day = each.authorised_on
            expires = day and each.document_type_id.code in GIVE_CREDIT
            months = expires and rates.value(MONTHS_KEY, day)
            each.expires_on = months and months_later(day, int(months))

    @api.depends("company_id", "document_type_id", "first", "last")
    def _compute_remaining(self):
        used = self._last_used()
        for each in self:
            last_used = used.get(each._origin.id) or each.first - 1
            each.remaining = max(each.last - last_used, 0)

    @api.depends("document_type_id", "first", "last")
    def _compute_display_name(self):
        for each in self:
            code = each.document_type_id.code or ""
            each.display_name = f"{code}: {each.first}–{each.last}"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `base`: the rules see it from now on."""
        ranges = super().create(vals_list)
        self.env.registry.clear_cache()
        return ranges

    def write(self, vals):
        """Override of `base`: the rules see it from now on."""
        result = super().write(vals)
        if "company_id" in vals:
            # Odoo looks before it writes: nobody moves it into a company of others.
            self.check_access("write")
        self.env.registry.clear_cache()
        return result

    def unlink(self):
        """Override of `base`: the rules see it from now on."""
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    # === BUSINESS METHODS === #

    @api.model
    def _is_kept_here(self):
        """Return whether ranges are kept here: not where l10n_cl_edi keeps its own."""
        return ENTERPRISE_MODEL not in self.env

    @api.model
    def _ranges_of(self, company_id: int) -> tuple[FolioRange, ...]:
        """Return the company's authorised folios; empty when nobody keeps them.

        They are no secret of the company's to whoever may read its invoices.
        """
        if self._is_kept_here():
            return self._own_ranges_of(company_id)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT type.code, caf.start_nb, caf.final_nb, caf.issued_date
                  FROM l10n_cl_dte_caf caf
                  JOIN l10n_latam_document_type type
                    ON type.id = caf.l10n_latam_document_type_id
                 WHERE caf.company_id = %s
                """,
                company_id,
            )
        )
        return tuple(FolioRange(*row) for row in rows)

    @api.model
    @ormcache("company_id")
    def _own_ranges_of(self, company_id: int) -> tuple[FolioRange, ...]:
        """Return the ranges that are kept here, without a query when asked again."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT type.code, range.first, range.last, range.authorised_on
                  FROM account_ai_folio_range range
                  JOIN l10n_latam_document_type type
                    ON type.id = range.document_type_id
                 WHERE range.company_id = %s
                 ORDER BY type.code, range.first
                """,
                company_id,
            )
        )
        return tuple(FolioRange(*row) for row in rows)

    def _last_used(self) -> dict[int, int]:
        """Return the highest folio in use of each range, by id."""
        if not self.ids:
            return {}
        self.flush_recordset()
        self.env["account.move"].flush_model(
            ["name", "company_id", "l10n_latam_document_type_id", "sequence_number"]
        )
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT range.id, max(move.sequence_number)
                      FROM account_ai_folio_range range
                      JOIN account_move move
                        ON move.company_id = range.company_id
                       AND move.l10n_latam_document_type_id = range.document_type_id
                       AND move.sequence_number BETWEEN range.first AND range.last
                      JOIN account_journal journal ON journal.id = move.journal_id
                      JOIN l10n_latam_document_type type
                        ON type.id = range.document_type_id
                     WHERE range.id IN %s
                       AND move.name != '/'
                       AND (journal.type = 'sale' OR type.code = '46')
                     GROUP BY range.id
                    """,
                    tuple(self.ids),
                )
            )
        )

    # === BUSINESS METHODS - WARNINGS === #

    @api.model
    def _cron_warn(self):
        """Tell managers once of ranges that are about to expire or to run out."""
        if not self._is_kept_here():
            return
        today = fields.Date.context_today(self)
        unwarned = [
            "|",
            ("warned_of_expiry", "=", False),
            ("warned_of_exhaustion", "=", False),
        ]
        for each in self.search(unwarned):
            if not each.remaining or each._has_successor():
                continue
            if (
                each.expires_on
                and not each.warned_of_expiry
                and each.expires_on <= today + timedelta(days=WARNING_DAYS)
            ):
                each.warned_of_expiry = True
                each._warn("expiry")
            if not each.warned_of_exhaustion and each._is_almost_used():
                each.warned_of_exhaustion = True
                each._warn("exhaustion")

    def _is_almost_used(self):
        """Return whether little is left of what was being used."""
        self.ensure_one()
        size = self.last - self.first + 1
        return self.remaining < size and self.remaining <= size * WARNING_SHARE

    def _has_successor(self):
        """Return whether there are later folios of the type to go on with."""
        self.ensure_one()
        return bool(
            self.search_count(
                [
                    ("company_id", "=", self.company_id.id),
                    ("document_type_id", "=", self.document_type_id.id),
                    ("first", ">", self.last),
                ],
                limit=1,
            )
        )

    def _warn(self, reason):
        """Give an activity to each manager of the company, in the manager's language.

        :param reason: ``expiry`` or ``exhaustion``
        """
        self.ensure_one()
        group = self.env.ref("account_ai.group_manager")
        managers = self.env["res.users"].search(
            [
                ("all_group_ids", "in", group.ids),
                ("company_ids", "in", self.company_id.ids),
                ("share", "=", False),
            ]
        )
        for manager in managers:
            folios = self.with_context(lang=manager.lang)
            folios.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=manager.id,
                summary=folios.env._("Ask the SII for folios"),
                note=folios._warning(reason),
            )

    def _warning(self, reason):
        self.ensure_one()
        if reason == "expiry":
            return self.env._(
                "%(remaining)s folios expire on %(date)s.",
                remaining=self.remaining,
                date=format_date(self.env, self.expires_on),
            )
        return self.env._(
            "Only %(remaining)s folios are left.", remaining=self.remaining
        )
