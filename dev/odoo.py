"""Running the prepared Odoo: its configuration and its environment."""

from __future__ import annotations

import dataclasses
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from . import addon_folder, odoo_source, paths, python_environment
from .command import run
from .errors import SetupError
from .postgresql import PostgreSQL

STRIPPED_PREFIXES = ("ANTHROPIC_", "ACCOUNT_AI_", "CLAUDE_")
KEPT = frozenset({"ACCOUNT_AI_REDIS_SERVER"})
"""Names a program of the machine, and nothing of anybody's work."""
STRIPPED = frozenset(
    f"{protocol}_proxy" for protocol in ("http", "https", "all", "ftp", "no")
) | {"odoo_rc", "pgdatabase", "pytest_addopts", "pythonpath"}

CONFIGURATION = """\
[options]
addons_path = {addons_path}
data_dir = {data_dir}
http_interface = 127.0.0.1
db_maxconn = 64
db_maxconn_gevent = 128
list_db = False
"""


@dataclasses.dataclass(frozen=True)
class Odoo:
    """An Odoo that is ready to be started, on a given database server if on any."""

    python: Path
    source: odoo_source.OdooSource
    configuration: Path
    postgresql: PostgreSQL | None

    @property
    def data_folder(self) -> Path:
        """Where Odoo keeps attachments, sessions and the like."""
        return paths.state("odoo-data")

    def environment(self, **additions: str) -> dict[str, str]:
        """Return a whole environment for Odoo, without keys or proxies."""
        environment = bare_environment()
        if self.postgresql:
            environment |= self.postgresql.environment
        path = (addon_folder.python_path(), self.source.python_path)
        programs = (paths.state("bin"), self.python.parent)
        environment |= {
            "ODOO_RC": str(self.configuration),
            "PYTHONPATH": os.pathsep.join(map(str, path)),
            "PATH": os.pathsep.join([*map(str, programs), environment["PATH"]]),
        }
        return environment | additions

    def command(self, *arguments: str) -> list[str]:
        """Return the command line that starts Odoo with ``arguments``."""
        return [str(self.python), str(self.source.launcher), *arguments]

    def initialize(
        self, database: str, modules: Sequence[str], *, demo: bool = False
    ) -> str:
        """Install modules in a database, which is made when it is not there.

        :return: the log, from warnings on
        :raise SetupError: when Odoo fails or reports an error, with its log's end
        """
        log = paths.state("logs") / f"install-{database}.log"
        log.parent.mkdir(exist_ok=True)
        command = self.command(
            *("--database", database, "--init", ",".join(modules)),
            *("--stop-after-init", "--no-http", "--max-cron-threads=0"),
            *("--log-level=warn", f"--with{'' if demo else 'out'}-demo"),
        )
        with log.open("wb") as file:
            done = subprocess.run(
                command,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        text = log.read_text(errors="replace")
        if done.returncode or " ERROR " in text or " CRITICAL " in text:
            raise SetupError(
                f"Installing {', '.join(modules)} failed; the log is {log}:\n"
                + "\n".join(text.splitlines()[-40:])
            )
        return text

    def with_addons(self, folder: Path, configuration: Path) -> Odoo:
        """Return an Odoo that has the addon of ``folder`` instead of the checkout's.

        :param configuration: where its configuration is written
        :raise SetupError: when the present configuration does not name the checkout's
        """
        text = self.configuration.read_text()
        today = str(paths.state("addons"))
        if today not in text:
            raise SetupError(f"{self.configuration} does not name {today}.")
        configuration.write_text(text.replace(today, str(folder)))
        return dataclasses.replace(self, configuration=configuration)

    def update(self, database: str, modules: Sequence[str]) -> None:
        """Update modules of a database with the code that there is now.

        :raise SetupError: when Odoo fails or reports an error, with its log's end
        """
        log = paths.state("logs") / f"update-{database}.log"
        log.parent.mkdir(exist_ok=True)
        command = self.command(
            *("--database", database, "--update", ",".join(modules)),
            *("--stop-after-init", "--no-http", "--max-cron-threads=0"),
            *("--log-level=warn", f"--logfile={log}"),
        )
        done = subprocess.run(command, env=self.environment())
        text = log.read_text(errors="replace") if log.exists() else ""
        if done.returncode or " ERROR " in text or " CRITICAL " in text:
            raise SetupError(f"The update failed; the log is {log}:\n{text[-4000:]}")
        log.unlink(missing_ok=True)

    def run_script(self, database: str, script: str) -> str:
        """Run Python with ``env`` in Odoo's shell and commit; return what it printed.

        :raise SetupError: when the script fails, with the end of Odoo's output
        """
        log = paths.state("logs") / f"script-{database}-{os.getpid()}.log"
        log.parent.mkdir(exist_ok=True)
        command = self.command(
            *("shell", "--database", database, "--no-http", "--log-level=warn"),
            f"--logfile={log}",
        )
        done = subprocess.run(
            command,
            env=self.environment(),
            input=f"{script}\nenv.cr.commit()\n",
            capture_output=True,
            text=True,
        )
        if done.returncode:
            words = (log.read_text() if log.exists() else "") + done.stderr
            raise SetupError(f"The script failed:\n{words[-4000:]}")
        log.unlink(missing_ok=True)
        return done.stdout


def bare_environment() -> dict[str, str]:
    """Return the present environment without keys, proxies and Python settings.

    What a developer has set for real work must reach neither tests nor demo by
    accident; a caller that wants one of these variables adds it.
    """
    environment = {
        name: value
        for name, value in os.environ.items()
        if name in KEPT
        or not (name.startswith(STRIPPED_PREFIXES) or name.lower() in STRIPPED)
    }
    return environment | {"PYTHONPATH": str(addon_folder.python_path())}


def prepare(postgresql: PostgreSQL | None) -> Odoo:
    """Return the prepared Odoo, with a fresh configuration and generated folders.

    :param postgresql: ``None`` for what needs Odoo's code and no database
    """
    python = python_environment.prepare()
    source = odoo_source.prepare()
    addons = (addon_folder.refresh(), *source.addons)
    configuration = paths.state("odoo.conf")
    text = CONFIGURATION.format(
        addons_path=",".join(map(str, addons)), data_dir=paths.state("odoo-data")
    )
    if not configuration.exists() or configuration.read_text() != text:
        partial = configuration.with_suffix(f".{os.getpid()}")
        partial.write_text(text)
        partial.replace(configuration)
    return Odoo(python, source, configuration, postgresql)


def version(odoo: Odoo) -> str:
    """Return the version line that Odoo prints of itself."""
    return run(odoo.command("--version"), env=odoo.environment()).strip()
