from datetime import timedelta

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain


class AccountAiAccessByInvoice(models.AbstractModel):
    """What is kept about an invoice is found and read by who may read the invoice.

    As ``mail.message`` follows its document: by ``account.move`` itself, so that its
    record rules, those that somebody adds later, and companies hold here too. What has
    lost its invoice is for system administrators.
    """

    _name = "account.ai.access.by.invoice"
    _description = "Access by the Invoice"

    # === COMPUTE METHODS === #

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_display_name(self):
        """Override of the ORM: the invoice's name is in it.

        Odoo reads names with sudo, in many2one fields and in its access errors.
        """
        readable = self.sudo(False)._filtered_access("read").with_env(self.env)
        for record in self - readable:
            record.display_name = f"{record._name},{record.id}"
        return super(AccountAiAccessByInvoice, readable)._compute_display_name()

    # === CRUD METHODS === #

    @api.model
    def _search(self, domain, *args, bypass_access=False, **options):
        """Override of the ORM: only of invoices that the user may read."""
        if not (self.env.su or bypass_access):
            domain = Domain(domain) & self._domain_of_readable_invoices()
        return super()._search(domain, *args, bypass_access=bypass_access, **options)

    def _check_access(self, operation):
        """Override of the ORM: to read needs the right to read the invoice, anything
        else the right to write it."""
        result = super()._check_access(operation)
        candidates = self - result[0] if result else self
        on_invoice = "read" if operation == "read" else "write"
        forbidden = candidates._of_forbidden_invoices(on_invoice)
        if not forbidden:
            return result
        if result:
            return result[0] + forbidden, result[1]
        return forbidden, lambda: forbidden._access_by_invoice_error(on_invoice)

    def write(self, vals):
        """Override of the ORM: nor may it be put on an invoice of others."""
        result = super().write(vals)
        if "move_id" in vals:
            self.check_access("write")
        return result

    # === BUSINESS METHODS === #

    @api.model
    def _domain_of_invoices(self, domain: Domain) -> Domain:
        """Return the domain of the records whose invoice fulfils ``domain``.

        :param domain: on ``move_id``
        """
        return domain

    @api.model
    def _domain_of_readable_invoices(self) -> Domain:
        moves = self.env["account.move"]
        readable = Domain.FALSE
        if moves.has_access("read"):
            readable = Domain("move_id", "in", moves._search([], active_test=False))
        if self.env.user._is_system():
            readable |= Domain("move_id", "=", False)
        return self._domain_of_invoices(readable)

    def _of_forbidden_invoices(self, operation: str):
        """Return those whose invoice the user may not ``operation``; a record that is
        not stored yet tells nothing."""
        stored = self.browse(filter(None, self._ids))
        if self.env.su or not stored:
            return self.browse()
        # sudo: only which invoices they are of, to ask whether the user may
        move_ids = {record.id: record.sudo().move_id.id for record in stored}
        moves = self.env["account.move"].browse(set(filter(None, move_ids.values())))
        allowed = set(moves._filtered_access(operation)._ids)
        if self.env.user._is_system():
            allowed.add(False)
        return stored.filtered(lambda record: move_ids[record.id] not in allowed)

    @api.model
    def _past_retention(self, kept: list, limit: int):
        """Return at most ``limit`` records that their company need not keep in full any
        more.

        :param kept: domain of those that are kept in full
        """
        due = self.browse()
        for (company,) in self._read_group(kept, ["company_id"]):
            kept_for = timedelta(days=company.account_ai_retention_days)
            before = [("create_date", "<", self.env.cr.now() - kept_for)]
            own = [("company_id", "=", company.id)]
            due += self.search(own + kept + before, limit=limit - len(due))
            if len(due) >= limit:
                break
        return due

    def _access_by_invoice_error(self, operation: str) -> AccessError:
        """Return the error, which names no invoice."""
        if operation == "read":
            return AccessError(
                self.env._(
                    "This belongs to an invoice that you may not see. Ask somebody who "
                    "administers access rights."
                )
            )
        return AccessError(
            self.env._(
                "This belongs to an invoice that you may not change. Ask somebody who "
                "administers access rights."
            )
        )
