from . import controllers, models, wizards
from .models.backend.budget_functions import drop_functions
from .models.backend.statement_log import keep_documents_out

keep_documents_out()


def uninstall_hook(env):
    """Remove the key, the address and whatever else the ORM does not know of."""
    drop_functions(env.cr)
    env["ir.config_parameter"].search([("key", "=like", "account_ai.%")]).unlink()
