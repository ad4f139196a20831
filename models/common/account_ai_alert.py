import logging

from markupsafe import Markup

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import get_lang

from ...services.claude.ports import Alert
from .alerts import PostgresAlerts
from .many2one_without_foreign_key import Many2oneWithoutForeignKey
from .notification import notification
from .presentation import sentence

_logger = logging.getLogger(__name__)

KINDS = [
    ("budget_threshold", "Budget threshold"),
    ("budget_refused", "Budget exhausted"),
    ("overrun", "Bill above what was reserved"),
    ("no_budget", "No budget yet"),
    ("spend_limit", "Spending limit at Claude"),
    ("billing", "Billing at Claude"),
    ("model_retiring", "Model retires soon"),
    ("model_retired", "Model retired"),
    ("reconciliation", "Ledger and Claude's report differ"),
    ("redis_lost", "Redis out of reach"),
    ("consistency", "Records to look at"),
    ("rejected_key", "Key refused by Claude"),
]

_OF_MODELS = ("model_retiring", "model_retired")


class AccountAiAlert(models.Model):
    """What administrators have to know, each once.

    Alerts are booked by whoever meets the reason, often in a short transaction without
    an environment (``common/alerts.py``), and delivered by a cron: as an activity, by
    mail, in the company's channel in Discuss and on the screens of who is there.
    """

    _name = "account.ai.alert"
    _description = "Account AI Alert"
    _inherit = ["account.ai.decided.fields", "mail.thread", "mail.activity.mixin"]
    _order = "raised_at desc, id desc"
    _rec_name = "title"

    # === FIELDS === #

    key = fields.Char(
        required=True, readonly=True, help="Unique: the same never alerts twice."
    )
    kind = fields.Selection(KINDS, required=True, readonly=True)
    company_id = Many2oneWithoutForeignKey(
        "res.company", readonly=True, help="Empty: it concerns all companies."
    )
    title_source = fields.Char(required=True, readonly=True)
    message_source = fields.Text(required=True, readonly=True)
    params = fields.Json(readonly=True)
    title = fields.Char(compute="_compute_words")
    message = fields.Text(compute="_compute_words")
    state = fields.Selection(
        [
            ("raised", "Raised"),
            ("delivered", "Delivered"),
            ("resolved", "Over"),
        ],
        required=True,
        readonly=True,
    )
    raised_at = fields.Datetime(required=True, readonly=True)
    delivered_at = fields.Datetime(readonly=True)
    resolved_at = fields.Datetime(string="Over Since", readonly=True)
    channel_id = fields.Many2one(
        "discuss.channel", readonly=True, index="btree_not_null"
    )
    successor_model = fields.Char(
        string="Successor",
        compute="_compute_successor_model",
        help="Who would be asked; empty when the company has changed since.",
    )

    _key_unique = models.Constraint("UNIQUE (key)")
    _raised_index = models.Index("(id) WHERE state = 'raised'")

    # === COMPUTE METHODS === #

    @api.depends("title_source", "message_source", "params")
    @api.depends_context("lang")
    def _compute_words(self):
        language = get_lang(self.env)
        for alert in self:
            params = alert.params or {}
            alert.title = sentence(alert.title_source, params, language)
            alert.message = sentence(alert.message_source, params, language)

    @api.depends("kind", "params", "company_id")
    def _compute_successor_model(self):
        for alert in self:
            model = (alert.params or {}).get("model")
            company = alert.company_id
            concerns = (
                alert.kind in _OF_MODELS
                and company
                and model in company._account_ai_leaving_models()
            )
            alert.successor_model = concerns and company._account_ai_successor(model)

    # === BUSINESS METHODS === #

    @api.model
    def _raise_alert(self, alert: Alert):
        """Book an alert in the present transaction.

        :return: whether it is new; the same key never alerts twice
        :rtype: bool
        """
        return PostgresAlerts(self.env.cr).raise_alert(alert)

    @api.model
    def _deliver_raised(self):
        """Deliver what was raised; each alert in a transaction of its own."""
        while alert := self._next_raised():
            alert._deliver()
            if not self.env["ir.cron"]._commit_progress(1):
                break

    @api.model
    def _next_raised(self):
        """Return the next alert to deliver, locked; none when there is none."""
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM account_ai_alert WHERE state = 'raised'"
                " ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"
            )
        )
        return self.browse(row[0] for row in rows)

    def _deliver(self):
        """Tell everybody whom the alert concerns, each in the own language."""
        self.ensure_one()
        self.write({"state": "delivered", "delivered_at": self.env.cr.now()})
        recipients = self._recipients()
        if not recipients:
            _logger.warning("alert %s (%s) has no recipients", self.id, self.kind)
            return
        for recipient in recipients:
            self.with_context(lang=recipient.lang)._notify_administrator(recipient)
        self.channel_id = self._channel(recipients)
        language = self.company_id.partner_id.lang or recipients[0].lang
        worded = self.with_context(lang=language)
        self.channel_id.message_post(
            body=worded._body(),
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            author_id=self.env.ref("base.partner_root").id,
        )

    def _end_activities(self):
        """Mark done what people were asked to do: the reason is over."""
        for activity in self.activity_ids:
            worded = activity.with_context(lang=activity.user_id.lang)
            worded.action_feedback(feedback=worded.env._("This is over by now."))

    def _recipients(self):
        """Return the company's administrators of Account AI; the system's for what
        concerns all companies, or a company that has none of its own."""
        self.ensure_one()
        users = self.env["res.users"]
        managers = users
        if self.company_id:
            managers = users.search(
                [
                    (
                        "all_group_ids",
                        "in",
                        self.env.ref("account_ai.group_manager").id,
                    ),
                    ("company_ids", "in", self.company_id.ids),
                    ("share", "=", False),
                ]
            )
        return managers or users.search(
            [
                ("all_group_ids", "in", self.env.ref("base.group_system").id),
                ("share", "=", False),
            ]
        )

    def _notify_administrator(self, recipient):
        """Give an activity, a mail and a notification on the screen to one user."""
        # The activity would send a mail of its own beside ours.
        self.with_context(mail_activity_quick_update=True).activity_schedule(
            "mail.mail_activity_data_todo",
            user_id=recipient.id,
            summary=self.title,
            note=self.message,
        )
        self.message_notify(
            partner_ids=recipient.partner_id.ids,
            subject=self.title,
            body=self.message,
        )
        recipient._bus_send(
            "account_ai/alert",
            {"id": self.id, "title": self.title, "message": self.message},
        )

    def _channel(self, recipients):
        """Return the channel of the company's alerts, with ``recipients`` in it.

        A private one: administrators of other companies do not see its figures.
        """
        company = self.company_id
        channel = self.search(
            [("company_id", "=", company.id), ("channel_id", "!=", False)], limit=1
        ).channel_id
        if not channel:
            name = self.env._("Account AI alerts")
            channel = self.env["discuss.channel"].create(
                {
                    "name": f"{name}: {company.name}" if company else name,
                    "channel_type": "group",
                    "channel_member_ids": [
                        Command.create({"partner_id": partner.id})
                        for partner in recipients.partner_id
                    ],
                }
            )
        missing = recipients.partner_id - channel.channel_member_ids.partner_id
        if missing:
            channel._add_members(partners=missing, post_joined_message=False)
        return channel

    def _body(self):
        """Return title and message as HTML, with a link to the alert."""
        return Markup("<p><b>{}</b></p><p>{}</p>").format(self.title, self.message)

    # === ACTION METHODS === #

    def action_use_successor(self):
        """Let the company ask the successor from now on, and mark the alert done.

        :raise AccessError: for anybody but an administrator of the addon
        :raise UserError: when it names no company, or there is no successor
        """
        self.ensure_one()
        if not self.company_id:
            raise UserError(
                self.env._("This concerns all companies: there is no model to change.")
            )
        model = (self.params or {}).get("model")
        successor = self.company_id._account_ai_use_successor(model)
        message = self.env._("%(model)s is asked from now on.", model=successor)
        # sudo: whoever may decide it may end what asks for the decision
        self.sudo().activity_ids.action_feedback(feedback=message)
        return notification("success", message, reload=True)
