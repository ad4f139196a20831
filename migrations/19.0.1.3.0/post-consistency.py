"""What earlier releases let people write over RPC, by asking too often, and so on."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Mend what follows from other records, and list the rest for administrators."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["account.ai.consistency"]._check_upgrade("19.0.1.3.0")
