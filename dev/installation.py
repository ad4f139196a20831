"""The check that the addon comes and goes without a trace.

It is installed on a database with and one without demonstration data, with no key, no
Redis and no internet; then uninstalled, installed and uninstalled again.
"""

from __future__ import annotations

import os

from . import addon_folder, databases
from .errors import SetupError
from .odoo import Odoo
from .outcome import Outcome

UNINSTALL = f"""
env["ir.module.module"]._get("{addon_folder.NAME}").button_immediate_uninstall()
"""

TRACES = {
    "table": "SELECT tablename FROM pg_tables WHERE tablename LIKE 'account_ai%'",
    "column": "SELECT table_name || '.' || column_name FROM information_schema.columns"
    " WHERE column_name LIKE 'account_ai%'",
    "model": "SELECT model FROM ir_model WHERE model LIKE 'account.ai.%'",
    "field": "SELECT model || '.' || name FROM ir_model_fields"
    " WHERE name LIKE 'account_ai%'",
    "external id": "SELECT name FROM ir_model_data WHERE module = 'account_ai'",
    "scheduled action": "SELECT cron_name FROM ir_cron"
    " WHERE cron_name ILIKE '%account ai%'",
    "parameter": "SELECT key FROM ir_config_parameter WHERE key LIKE 'account_ai.%'",
    "state": "SELECT state FROM ir_module_module WHERE name = 'account_ai'"
    " AND state != 'uninstalled'",
}


def check(odoo: Odoo) -> Outcome:
    """Check both kinds of database, print what is wrong, return how many passed."""
    outcome = Outcome()
    for demo in (False, True):
        title = f"installation {'with' if demo else 'without'} demonstration data"
        try:
            problems = _traces_left(odoo, demo)
        except SetupError as error:
            problems = [str(error)]
        print("".join(f"{line}\n" for line in problems), end="")
        print(f"{title}: {'FAILED' if problems else 'passed'}", flush=True)
        outcome += Outcome.of_check(not problems)
    return outcome


def _traces_left(odoo: Odoo, demo: bool) -> list[str]:
    name = f"account_ai_installation_{os.getpid()}"
    databases.copy(odoo, databases.addon_template(odoo, demo=demo), name)
    try:
        odoo.run_script(name, UNINSTALL)
        odoo.initialize(name, [addon_folder.NAME], demo=demo)
        odoo.run_script(name, UNINSTALL)
        return [
            f"left after uninstalling: {kind} {row}"
            for kind, query in TRACES.items()
            for row in odoo.postgresql.execute(query, name)
        ]
    finally:
        databases.drop(odoo, name)
