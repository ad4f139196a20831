"""The check that a database of an earlier release is upgraded without loss.

Each archive in ``releases`` is a release as it was shipped. It is installed, used over
its own HTTP routes as its users did, and then updated with today's code. Nothing that
it had written may be lost or changed: every column of every row, what the panel shows,
and that each validation can be replayed.
"""

from __future__ import annotations

import json
import os
import shutil
import tarfile
from pathlib import Path
from typing import Any

from . import addon_folder, databases, paths
from . import odoo as odoo_
from .demo.web_client import WebClient
from .errors import SetupError
from .odoo import Odoo
from .outcome import Outcome
from .server import OdooServer
from .simulator.process import SimulatorProcess

RELEASES = Path(__file__).resolve().parent / "releases"
KEY = "sk-ant-upgrade"
VALIDATED = 10
"""How many of the demonstration's drafts are validated; one more is left for later."""

Rows = dict[str, dict[int, dict[str, Any]]]
"""By table, id and column."""

WRITTEN = ("account_ai_validation", "account_ai_finding", "account_ai_usage")

DIALOGS = frozenset(
    f"account_ai_{name}"
    for name in (
        *("accrual", "company_settings", "consent", "cost_export"),
        *("posting", "posting_line", "queueing", "queueing_budget"),
    )
)
"""Tables of open dialogs: an upgrade closes them."""

RECOMPUTED = frozenset({("account_ai_validation", "document_fingerprint")})
"""Columns that an upgrade may work out anew; the panel shows what they say."""

# They run in Odoo's shell, of the release or of today; ``env`` is the superuser's.
_CREATE = """
import json, sys
sys.path.insert(0, {python_path!r})
from dev.demo import company as demo
company = demo.create_company(env)
demo.switch_sending_on(env, company)
partners = demo.create_partners(env)
demo.create_history(env, partners, demo.today())
drafts = demo.create_invoices(env, partners, demo.INVOICES, demo.today())
with open({output!r}, "w") as file:
    json.dump([move.id for _title, move in drafts], file)
"""
_USE = """
moves = env["account.move"].browse({moves!r})
moves[0].action_post()
moves[1].invoice_line_ids[0].price_unit += 1000
if "account.ai.disposition" in env:
    findings = moves[4:].account_ai_validation_id.finding_ids
    findings[0].dispose("false_alarm", "other", "We know this customer.")
    findings[-1].dispose("confirmed")
    env["account.ai.rule.setting"].create(
        {{"company_id": moves[0].company_id.id, "code": "RUT_DV", "reason": "Noise"}}
    )
    invoice = env.ref("l10n_cl.dc_a_f_dte")
    env["account.ai.folio.range"].create(
        {{
            "company_id": moves[0].company_id.id,
            "document_type_id": invoice.id,
            "first": 1,
            "last": 500,
            "authorised_on": moves[0].create_date,
        }}
    )
    moves[5].account_ai_reference_ids = [
        (0, 0, {{"document_type_id": invoice.id, "folio": "1"}})
    ]
# Past their retention time: of one that is as it was, and of one that has changed.
moves[1:4].account_ai_validation_id._forget_facts()
"""
_PANELS = """
import json
admin = env.ref("base.user_admin")
moves = env(user=admin.id)["account.move"].browse({moves!r})
with open({output!r}, "w") as file:
    json.dump([move.account_ai_panel() for move in moves], file)
"""
_REPLAY = """
import json
failed = []
for validation in env["account.ai.validation"].search([("document_data", "!=", False)]):
    replay = validation._replay()
    if replay.request.fingerprint(validation.endpoint) != validation.fingerprint:
        failed.append(validation.id)
with open({output!r}, "w") as file:
    json.dump(failed, file)
"""

# Of the addon's own tables all columns; of others those that it has added.
_COLUMNS = """
SELECT own.table_name || '.' || own.column_name
  FROM information_schema.columns own
  JOIN information_schema.columns key
    ON key.table_name = own.table_name AND key.column_name = 'id'
  JOIN pg_tables ON tablename = own.table_name AND schemaname = 'public'
 WHERE own.table_name LIKE 'account\\_ai\\_%' OR own.column_name LIKE 'account\\_ai\\_%'
 ORDER BY 1
"""


def check(odoo: Odoo) -> Outcome:
    """Check every release, print what is wrong, return how many passed."""
    outcome = Outcome()
    for archive in sorted(RELEASES.glob("*.tar.gz")):
        version = archive.name.removesuffix(".tar.gz")
        try:
            problems = _Upgrade(odoo, archive, version).problems()
        except SetupError as error:
            problems = [str(error)]
        print("".join(f"{line}\n" for line in problems), end="")
        print(f"upgrade from {version}: {'FAILED' if problems else 'passed'}")
        outcome += Outcome.of_check(not problems)
    return outcome


class _Upgrade:
    """The upgrade of one release's database."""

    def __init__(self, odoo: Odoo, archive: Path, version: str) -> None:
        self._odoo = odoo
        self._folder = paths.state("releases") / f"{version}-{os.getpid()}"
        self._database = f"account_ai_upgrade_{os.getpid()}"
        self._archive = archive
        self._output = self._folder / "output.json"

    def problems(self) -> list[str]:
        """Do it all, and return what was lost or changed, in words."""
        database = self._database
        try:
            release = self._unpack()
            databases.copy(
                self._odoo, databases.dependencies_template(self._odoo), database
            )
            release.initialize(database, [addon_folder.NAME])
            with SimulatorProcess(python=str(self._odoo.python)) as simulator:
                environment = {
                    "ACCOUNT_AI_API_KEY": KEY,
                    "ACCOUNT_AI_BASE_URL": simulator.base_url,
                    "ACCOUNT_AI_SIMULATED": "1",
                }
                drafts = self._write(release, _CREATE)
                validated, later = drafts[:VALIDATED], drafts[VALIDATED]
                self._validate(release, environment, validated)
                release.run_script(database, _USE.format(moves=validated))
                panels = self._panels(release, validated)
                rows = self._rows()

                self._forge(validated[6])
                self._odoo.update(database, [addon_folder.NAME])
                found = changed_rows(rows, self._rows())
                found += changed_panels(panels, self._panels(None, validated))
                found += [
                    f"validation {number} cannot be replayed as it was sent"
                    for number in self._write(self._odoo, _REPLAY)
                ]
                self._validate(self._odoo, environment, [later, validated[1]])
            return found + self._still_wrong(later) + self._untold(validated[6])
        finally:
            databases.drop(self._odoo, database)
            shutil.rmtree(self._folder, ignore_errors=True)

    def _unpack(self) -> Odoo:
        """Return an Odoo whose addon is the release's."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        with tarfile.open(self._archive) as archive:
            archive.extractall(self._folder / "addons", filter="data")
        return self._odoo.with_addons(
            self._folder / "addons", self._folder / "odoo.conf"
        )

    def _write(self, odoo: Odoo, script: str, **values: Any) -> Any:
        """Run a script that writes JSON to ``output``; return what it wrote."""
        self._output.unlink(missing_ok=True)
        values["output"] = str(self._output)
        if "{python_path" in script:
            values["python_path"] = odoo_.bare_environment()["PYTHONPATH"]
        odoo.run_script(self._database, script.format(**values))
        return json.loads(self._output.read_text())

    def _panels(self, release: Odoo | None, moves: list[int]) -> list[dict[str, Any]]:
        return self._write(release or self._odoo, _PANELS, moves=moves)

    def _validate(
        self, odoo: Odoo, environment: dict[str, str], moves: list[int]
    ) -> None:
        """Validate invoices over HTTP, as the web client does.

        :raise SetupError: when one of them gets no answer of Claude
        """
        with OdooServer(odoo, self._database, environment=environment) as server:
            client = WebClient(server.url)
            client.login("admin", "admin")
            for move in moves:
                last = dict(client.validate(move)).get("done", {})
                panel = last.get("panel") or {}
                if not (panel.get("validation") or {}).get("model_verdict"):
                    raise SetupError(f"Invoice {move} was not validated: {panel}")

    def _rows(self) -> Rows:
        """Return what the addon has in the database."""
        columns: dict[str, set[str]] = {}
        for name in self._odoo.postgresql.execute(_COLUMNS, self._database):
            table, _dot, column = name.partition(".")
            columns.setdefault(table, {"id"}).add(column)
        return {
            table: {
                row["id"]: row
                for row in map(json.loads, self._json_rows(table, sorted(names)))
            }
            for table, names in columns.items()
            if table not in DIALOGS
        }

    def _json_rows(self, table: str, columns: list[str]) -> list[str]:
        fields = ", ".join(f'"{name}"' for name in columns)
        return self._odoo.postgresql.execute(
            f'SELECT to_json(kept) FROM (SELECT {fields} FROM "{table}") kept',
            self._database,
        )

    def _forge(self, move: int) -> None:
        """Write a verdict that no run explains, as earlier releases let people do; the
        comparison of rows then finds whether the upgrade has corrected it."""
        self._odoo.postgresql.execute(
            "UPDATE account_move SET account_ai_verdict = CASE account_ai_verdict "
            f"WHEN 'send' THEN 'reject' ELSE 'send' END WHERE id = {move}",
            self._database,
        )

    def _untold(self, move: int) -> list[str]:
        count = self._odoo.postgresql.execute(
            "SELECT count(*) FROM account_ai_alert WHERE kind = 'consistency'",
            self._database,
        )
        told = count == ["1"]
        return [] if told else [f"nobody is told of the forged verdict of {move}"]

    def _still_wrong(self, later: int) -> list[str]:
        count = self._odoo.postgresql.execute(
            f"SELECT count(*) FROM account_ai_validation WHERE move_id = {later}",
            self._database,
        )
        return [] if count == ["1"] else ["after the upgrade nothing is validated"]


def changed_rows(before: Rows, now: Rows) -> list[str]:
    """Return what was lost or changed, in words; there may be more."""
    problems = []
    for table, rows in before.items():
        for key, row in rows.items():
            kept = now.get(table, {}).get(key)
            if kept is None:
                problems.append(f"lost: {table} {key}")
                continue
            problems += [
                f"changed: {table} {key}, {column}: {value} -> {kept.get(column)}"
                for column, value in row.items()
                if (table, column) not in RECOMPUTED and kept.get(column) != value
            ]
    for table in WRITTEN:
        if not before.get(table):
            problems.append(f"the release has written nothing to {table}")
    return problems


def changed_panels(
    before: list[dict[str, Any]], now: list[dict[str, Any]]
) -> list[str]:
    """Return what the panels show otherwise, in words; they may show more."""
    problems = []
    for number, (old, new) in enumerate(zip(before, now, strict=True)):
        shown = new["validation"] or {}
        problems += [
            f"the panel of draft {number} shows {name} {shown.get(name)}, "
            f"it was {value}"
            for name, value in old["validation"].items()
            if name != "findings" and shown.get(name) != value
        ]
        if _findings(old) != _findings(new):
            problems.append(f"the panel of draft {number} shows other findings")
    return problems


def _findings(panel: dict[str, Any]) -> list[tuple[Any, ...]]:
    shown = (panel.get("validation") or {}).get("findings", ())
    return [
        (
            each["code"],
            each["severity"],
            each["line"],
            # The words may become better; a sentence must stay, with its values.
            bool(each["message"]) and "%(" not in each["message"],
            each["evidence"],
        )
        for each in shown
    ]
