from odoo import api, models


class MailThread(models.AbstractModel):
    """Records that are made of mails."""

    _inherit = "mail.thread"

    # === BUSINESS METHODS === #

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Override of `mail`: what an alias presets decides nothing.

        Mails are read under sudo, while a journal's presets are whatever somebody who
        may set up journals has written there.
        """
        if custom_values and hasattr(self, "_without_decided_fields"):
            custom_values = self._without_decided_fields(custom_values)
        return super().message_new(msg_dict, custom_values=custom_values)
