from . import controllers, models, wizards
from .models.common.statement_log import keep_documents_out
from .models.gateway.postgres.budget_functions import drop_functions

keep_documents_out()


def uninstall_hook(env):
    """Remove the key, the address and whatever else the ORM does not know of."""
    drop_functions(env.cr)
    env["ir.config_parameter"].search([("key", "=like", "account_ai.%")]).unlink()
