"""Checks that the addon can be installed and uninstalled without leaving anything
behind.

It is installed on a database with and one without demonstration data, with no key, no
Redis and no internet; then uninstalled, installed and uninstalled again. No step may
log a warning.
"""

from __future__ import annotations

import os
import re

from . import addon_folder, databases
from .errors import SetupError
from .odoo import Odoo
from .outcome import Outcome

UNINSTALL = f"""
env["ir.module.module"]._get("{addon_folder.NAME}").button_immediate_uninstall()
"""

_WARNING = re.compile(r"^\S+ \S+ \d+ WARNING |\((?:WARNING|ERROR|SEVERE)/\d\)")
"""Lines of Odoo's log, and what docutils says to a description."""

DESCRIBE = f"""
import sys
from docutils.core import publish_string
module = env["ir.module.module"]._get("{addon_folder.NAME}")
publish_string(module.description, settings_overrides={{"warning_stream": sys.stdout}})
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
        log = odoo.initialize(name, [addon_folder.NAME], demo=demo)
        described = odoo.run_script(name, DESCRIBE)
        odoo.run_script(name, UNINSTALL)
        return [
            *(f"warned: {line}" for line in warnings_in(f"{log}\n{described}")),
            *(
                f"left after uninstalling: {kind} {row}"
                for kind, query in TRACES.items()
                for row in odoo.postgresql.execute(query, name)
            ),
        ]
    finally:
        databases.drop(odoo, name)


def warnings_in(text: str) -> list[str]:
    """Return the lines that warn: nothing but the addon is being installed, so each
    warning is caused by it."""
    return [line for line in text.splitlines() if _WARNING.search(line)]
