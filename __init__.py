from . import controllers, models, wizards


def uninstall_hook(env):
    """Remove the key, the address and whatever else was set as a parameter."""
    env["ir.config_parameter"].search([("key", "=like", "account_ai.%")]).unlink()
