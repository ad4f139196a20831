import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools.misc import get_lang

from ...services.claude.errors import ClaudeError
from ...services.claude.http.admin import (
    NOT_AN_ADMIN_KEY,
    TOKEN_BUCKETS,
    AdminReports,
    Reported,
)
from ...services.claude.http.catalogue import undated
from ...services.claude.http.client import client_for
from ...services.claude.http.connection_settings import check_key
from ...services.claude.money.reconciliation import share_captured
from ...services.claude.ports import Alert
from ...services.common.translation import _ as _lt
from ..common.notification import notification
from ..common.presentation import sentence
from ..gateway.postgres.ledger_days import Booked, booked_by_day

_logger = logging.getLogger(__name__)

DAYS = 7
"""Reports arrive late, and are put right afterwards: so many days are read again."""


def _tokens(label):
    """Return a field of tokens: a day may have more than an Integer holds."""
    return fields.Float(string=label, digits=(20, 0), readonly=True)


class AccountAiReconciliation(models.Model):
    """Our ledger beside the provider's own books, for one UTC day and one model.

    A row is written anew each time that its day is read. It changes nothing in the
    ledger: corrections of ledger rows are rows of the ledger.

    It is about the database and the organization at Claude, not about one company: for
    system administrators, without record rules.
    """

    _name = "account.ai.reconciliation"
    _inherit = "account.ai.decided.fields"
    _description = "Reconciliation with Claude"
    _order = "day desc, theirs_usd desc, model"
    _rec_name = "model"

    # === FIELDS === #

    day = fields.Date(string="Day (UTC)", required=True, readonly=True)
    model = fields.Char(required=True, readonly=True)
    workspace = fields.Char(
        required=True,
        readonly=True,
        default="",
        help="Workspace whose bill was compared. Empty: the whole organization.",
    )
    endpoint = fields.Char(string="Address", required=True, readonly=True)
    state = fields.Selection(
        [("matches", "Within Tolerance"), ("differs", "Differs")],
        required=True,
        readonly=True,
        help="Differs: by more than the tolerance of the settings.",
    )
    ours_usd = fields.Float(
        string="Our Ledger (US$)",
        digits=(16, 8),
        readonly=True,
        help="Calls of this day that are closed, unknown ones at their estimate.",
    )
    theirs_usd = fields.Float(
        string="Claude's Report (US$)", digits=(16, 8), readonly=True
    )
    difference_usd = fields.Float(
        string="Difference (US$)",
        digits=(16, 8),
        readonly=True,
        help="Ours less theirs. Below zero: Claude billed what our ledger lacks.",
    )
    share_captured = fields.Float(
        aggregator="avg",
        readonly=True,
        help="How much of Claude's bill our ledger has.",
    )
    calls = fields.Integer(readonly=True, help="Closed calls in our ledger.")
    unknown_calls = fields.Integer(
        readonly=True,
        help="Calls whose answer was lost: booked at an estimate, and a usual cause of "
        "a difference.",
    )
    unknown_usd = fields.Float(string="Unknown (US$)", digits=(16, 8), readonly=True)
    estimated_calls = fields.Integer(
        readonly=True, help="Answers that broke off: booked by what was seen of them."
    )
    open_calls = fields.Integer(
        readonly=True, help="Calls that are not closed; not part of our figure."
    )
    ours_uncached_input = _tokens("Input, Ours")
    theirs_uncached_input = _tokens("Input, Theirs")
    ours_cache_write_5m = _tokens("Cache Write 5m, Ours")
    theirs_cache_write_5m = _tokens("Cache Write 5m, Theirs")
    ours_cache_write_1h = _tokens("Cache Write 1h, Ours")
    theirs_cache_write_1h = _tokens("Cache Write 1h, Theirs")
    ours_cache_read = _tokens("Cache Read, Ours")
    theirs_cache_read = _tokens("Cache Read, Theirs")
    ours_output = _tokens("Output, Ours")
    theirs_output = _tokens("Output, Theirs")
    compared_at = fields.Datetime(string="Last Compared", readonly=True)
    explanation = fields.Text(string="Possible Causes", compute="_compute_explanation")

    _day_unique = models.Constraint("UNIQUE (day, model, workspace, endpoint)")

    # === COMPUTE METHODS === #

    @api.depends("day", "model")
    def _compute_display_name(self):
        for row in self:
            row.display_name = f"{fields.Date.to_string(row.day)} {row.model}"

    @api.depends("state", "unknown_calls", "estimated_calls", "open_calls")
    @api.depends_context("lang")
    def _compute_explanation(self):
        for row in self:
            row.explanation = "\n".join(row._causes())

    def _causes(self):
        """Return what may explain the difference, most likely first; nothing when the
        books agree."""
        self.ensure_one()
        causes = []
        if self.state == "matches":
            return causes
        if self.unknown_calls:
            causes.append(
                self.env._(
                    "Unknown calls: %(count)s. Their answers were lost, so they are "
                    "booked at an estimate of US$ %(usd)s; Claude may have billed "
                    "less, or nothing.",
                    count=self.unknown_calls,
                    usd=f"{self.unknown_usd:.6f}",
                )
            )
        if self.estimated_calls:
            causes.append(
                self.env._(
                    "Answers that broke off: %(count)s. They are booked by what was "
                    "seen of them.",
                    count=self.estimated_calls,
                )
            )
        if self.open_calls:
            causes.append(
                self.env._(
                    "Open calls: %(count)s. They are not in our figure.",
                    count=self.open_calls,
                )
            )
        if self.difference_usd < 0:
            causes.append(
                self.env._(
                    "Claude billed what our ledger does not have: calls were made in "
                    "the same workspace from elsewhere."
                )
                if self.workspace
                else self.env._(
                    "Claude billed what our ledger does not have. The whole "
                    "organization is compared: give this database a workspace of its "
                    "own, and name it in the settings."
                )
            )
        elif not self.theirs_usd:
            causes.append(
                self.env._(
                    "Claude's report has nothing of this day: it may be late, and is "
                    "read again on the next days, or calls went to another workspace."
                )
            )
        causes.append(
            self.env._(
                "Calls around midnight UTC may stand on another day in Claude's report."
            )
        )
        return causes

    @api.model
    def get_empty_list_help(self, help_message):
        """Override of `base`: without a key, say what to do about it."""
        keys = self.env["account.ai.gateway"]
        if not self.env.user.has_group("base.group_system") or keys._admin_key():
            return super().get_empty_list_help(help_message)
        title = self.env._("There is no Admin key")
        text = self.env._(
            "To compare our ledger with Claude's own cost report, set an Admin key "
            "(sk-ant-admin...) in Settings, Account AI, Reconciliation, or in the "
            "variable ACCOUNT_AI_ADMIN_KEY of the server. It is made in the Claude "
            "Console by an administrator of the organization, and is only read with."
        )
        return f'<p class="o_view_nocontent_smiling_face">{title}</p><p>{text}</p>'

    # === ACTION METHODS === #

    @api.model
    def action_reconcile(self):
        """Compare now and say what came of it.

        :raise AccessError: for anybody but a system administrator
        """
        if not self.env.user.has_group("base.group_system"):
            raise AccessError(self.env._("Only system administrators may compare."))
        try:
            # sudo: writes what the reports say, nothing of the user's
            rows = self.sudo()._reconcile()
        except ClaudeError as error:
            kind = "danger"
            message = sentence(error.message, error.params, get_lang(self.env))
        else:
            differing = len(rows.filtered(lambda row: row.state == "differs"))
            kind = "warning" if differing else "success"
            message = self.env._(
                "Days and models compared: %(count)s; differing: %(differing)s.",
                count=len(rows),
                differing=differing,
            )
        return notification(kind, message, reload=True)

    def action_open_usage(self):
        """Return the action that opens the rows of the ledger behind our figure."""
        return self._usage_action([])

    def action_open_unknown(self):
        """Return the action that opens the unknown rows among them."""
        return self._usage_action([("state", "=", "unknown")])

    def _usage_action(self, domain):
        self.ensure_one()
        # Both ends of a day, and what was booked later about its calls.
        begin = fields.Datetime.to_string(self.day)
        end = fields.Datetime.to_string(self.day + timedelta(days=1))
        return {
            "type": "ir.actions.act_window",
            "name": self.display_name,
            "res_model": "account.ai.usage",
            "views": [(False, name) for name in ("list", "pivot", "graph", "form")],
            "domain": [
                *("|", "&", "&"),
                ("corrects_id", "=", False),
                ("opened_at", ">=", begin),
                ("opened_at", "<", end),
                "&",
                ("corrects_id.opened_at", ">=", begin),
                ("corrects_id.opened_at", "<", end),
                ("endpoint", "=", self.endpoint),
                # Its alias, and the ids with any date: each _ is one digit of it.
                *("|", ("model", "=", self.model)),
                ("model", "=like", f"{self.model}-{'_' * 8}"),
                *domain,
            ],
        }

    # === BUSINESS METHODS === #

    @api.model
    def _reconcile_by_cron(self):
        """Compare the last days, if there is an Admin key; tell what keeps it from."""
        if not self.env["account.ai.gateway"]._admin_key():
            return
        try:
            self._reconcile()
        except ClaudeError as error:
            _logger.warning("the reports of Claude were not read: %s", error.code)
            if error.code == "invalid_admin_key":
                self._alert_key()

    @api.model
    def _reconcile(self):
        """Compare the last whole days, and return their rows.

        The transaction ends before the network is waited for.

        :raise ClaudeError: ``no_admin_key``, ``invalid_admin_key``, ``not_ready``, and
            whatever keeps the API from answering
        """
        gateway = self.env["account.ai.gateway"]
        admin_key = gateway._admin_key()
        if not admin_key:
            raise ClaudeError(
                "no_admin_key",
                _lt(
                    "There is no Admin key for Claude's reports: a system "
                    "administrator can set one in the settings."
                ),
            )
        check_key(admin_key, NOT_AN_ADMIN_KEY)
        endpoint = gateway._base_url()
        workspace = gateway._reconciled_workspace()
        last = self.env.cr.now().date() - timedelta(days=1)
        first = last - timedelta(days=DAYS - 1)
        reports = AdminReports(client_for(admin_key, endpoint), admin_key)
        self.env["ir.cron"]._commit_progress()
        reported = reports.read(first, last, workspace)
        return self._compare(first, last, workspace, endpoint, reported)

    @api.model
    def _compare(self, first, last, workspace, endpoint, reported):
        """Store both sides of every day and model, and alert of what differs."""
        ours = booked_by_day(self.env.cr, first, last, endpoint)
        theirs = {}
        for (day, model), figures in reported.items():
            # A report may have a model by its alias and by its dated id, too.
            theirs.setdefault((day, undated(model)), Reported()).add(figures)
        known = self.search(
            [
                ("day", ">=", first),
                ("day", "<=", last),
                ("workspace", "=", workspace),
                ("endpoint", "=", endpoint),
            ]
        )
        rows = {(row.day, row.model): row for row in known}
        tolerance = self.env["account.ai.gateway"]._tolerance()
        for key in sorted({*ours, *theirs, *rows}):
            booked = ours.get(key) or Booked()
            figures = theirs.get(key) or Reported()
            values = self._row_values(booked, figures, tolerance)
            if key in rows:
                rows[key].write(values)
            else:
                day, model = key
                place = {"workspace": workspace, "endpoint": endpoint}
                rows[key] = self.create({"day": day, "model": model, **place, **values})
        compared = self.union(*rows.values())
        for row in compared.filtered(lambda row: row.state == "differs"):
            row._alert_difference()
        return compared.sorted()

    @api.model
    def _row_values(self, booked, figures, tolerance):
        agrees = tolerance.allows(booked.usd, figures.usd)
        return {
            "state": "matches" if agrees else "differs",
            "ours_usd": float(booked.usd),
            "theirs_usd": float(figures.usd),
            "difference_usd": float(booked.usd - figures.usd),
            "share_captured": float(share_captured(booked.usd, figures.usd)),
            "calls": booked.calls,
            "unknown_calls": booked.unknown_calls,
            "unknown_usd": float(booked.unknown_usd),
            "estimated_calls": booked.estimated_calls,
            "open_calls": booked.open_calls,
            **{f"ours_{name}": booked.tokens[name] for name in TOKEN_BUCKETS},
            **{f"theirs_{name}": figures.tokens[name] for name in TOKEN_BUCKETS},
            "compared_at": self.env.cr.now(),
        }

    def _alert_difference(self):
        self.ensure_one()
        day = fields.Date.to_string(self.day)
        place = f"{self.workspace}:{self.endpoint}"
        self.env["account.ai.alert"]._raise_alert(
            Alert(
                kind="reconciliation",
                key=f"reconciliation:{day}:{self.model}:{place}",
                title=_lt("Claude's bill of %(day)s differs from our ledger"),
                message=_lt(
                    "For %(model)s on %(day)s (UTC) our ledger has US$ %(ours)s and "
                    "Claude's report US$ %(theirs)s. Unknown calls: %(unknown)s. "
                    "Possible causes are named in Account AI, Configuration, "
                    "Reconciliation."
                ),
                params={
                    "day": day,
                    "model": self.model,
                    "ours": f"{self.ours_usd:.6f}",
                    "theirs": f"{self.theirs_usd:.6f}",
                    "unknown": str(self.unknown_calls),
                },
            )
        )

    @api.model
    def _alert_key(self):
        """Alert that the Admin key is refused; once a month as long as it is."""
        month = self.env.cr.now().strftime("%Y-%m")
        self.env["account.ai.alert"]._raise_alert(
            Alert(
                kind="reconciliation",
                key=f"reconciliation:admin_key:{month}",
                title=_lt("Claude refuses the Admin key"),
                message=_lt(
                    "Our ledger is not compared with Claude's reports until another "
                    "Admin key is set in the settings."
                ),
            )
        )
