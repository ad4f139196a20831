"""``make demo``: a Chilean company's invoices validated in a real Odoo."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.parse
from contextlib import ExitStack
from pathlib import Path

from .. import databases, odoo, paths, postgresql
from ..command import say
from ..errors import SetupError
from ..server import OdooServer
from ..simulator.process import SimulatorProcess
from .table import Row, print_table
from .web_client import WebClient

DATABASE = "account_ai_demo"
LOGIN = "admin"
SIMULATED_KEY = "sk-ant-simulated"
FIRST_TOKEN_MS = 250
TOKENS_PER_SECOND = 160
"""Slow enough to watch the findings arrive, as with Claude itself."""
PROVIDER = "https://api.anthropic.com"

# Runs inside Odoo's shell, where ``env`` is the administrator's.
_CREATE = """
import json, sys
sys.path.insert(0, {python_path!r})
from dev.demo import company as demo
demo_company = demo.create_company(env)
demo.switch_sending_on(env, demo_company)
partners = demo.create_partners(env)
today = demo.today()
demo.create_history(env, partners, today)
drafts = demo.create_invoices(env, partners, demo.INVOICES, today)
demo.create_invoices(env, partners, demo.FOR_THE_VISITOR, today)
env.cr.commit()
with open({output!r}, "w") as file:
    json.dump([[title, move.id] for title, move in drafts], file)
"""


def run(serve: bool, port: int) -> int:
    """Validate the demonstration's invoices, print the table, and serve.

    With ``ANTHROPIC_API_KEY`` set Claude itself answers, otherwise the simulator.

    :param serve: whether the web client is served afterwards, until Ctrl-C
    :param port: where the web client is served, 0 for any free port
    :return: exit code: 0 when every document got a verdict of rules and model
    """
    key = os.environ.get("ACCOUNT_AI_API_KEY") or os.environ.get("ANTHROPIC_API_KEY")
    _check_port(port)
    with ExitStack() as stack:
        server = stack.enter_context(postgresql.server())
        prepared = odoo.prepare(server)
        template = databases.addon_template(prepared)
        databases.copy(prepared, template, DATABASE)
        say("Creating the demonstration company and its invoices")
        drafts = _create(prepared)
        if key:
            say("ANTHROPIC_API_KEY is set: Claude answers, and it costs real money")
            variables = {
                "ACCOUNT_AI_API_KEY": key,
                "ACCOUNT_AI_BASE_URL": os.environ.get("ACCOUNT_AI_BASE_URL", PROVIDER),
            }
        else:
            say("No ANTHROPIC_API_KEY: the simulator answers in Claude's place")
            simulator = stack.enter_context(
                SimulatorProcess(
                    python=str(prepared.python),
                    first_token_ms=FIRST_TOKEN_MS,
                    tokens_per_second=TOKENS_PER_SECOND,
                )
            )
            variables = {
                "ACCOUNT_AI_API_KEY": SIMULATED_KEY,
                "ACCOUNT_AI_BASE_URL": simulator.base_url,
                "ACCOUNT_AI_SIMULATED": "1",
            }
        web = stack.enter_context(
            OdooServer(prepared, DATABASE, port=port, environment=variables)
        )
        say("Opening the web client, which builds its assets at the first visit")
        rows = _validate(web.url, drafts)
        print()
        print_table(rows, simulated=not key)
        sys.stdout.flush()
        complete = all(row.validation.get("model_verdict") for row in rows)
        if not complete:
            print("Not every document got an answer of the model.", file=sys.stderr)
        if serve:
            _serve(web)
    return 0 if complete else 1


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        if port and probe.connect_ex(("127.0.0.1", port)) == 0:
            raise SetupError(
                f"Something listens on port {port} already; choose another one: "
                "make demo PORT=8169"
            )


def _create(prepared: odoo.Odoo) -> list[tuple[str, int]]:
    output = paths.state("demo-invoices.json")
    output.unlink(missing_ok=True)
    script = _CREATE.format(
        python_path=str(Path(odoo.bare_environment()["PYTHONPATH"])),
        output=str(output),
    )
    command = prepared.command(
        *("shell", "--database", DATABASE, "--no-http", "--log-level=warn")
    )
    done = subprocess.run(
        command,
        env=prepared.environment(),
        input=script,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode or not output.exists():
        raise SetupError(
            "The demonstration's company could not be created:\n" + done.stdout[-4000:]
        )
    return json.loads(output.read_text())


def _validate(url: str, drafts: list[tuple[str, int]]) -> list[Row]:
    client = WebClient(url)
    client.login(LOGIN, LOGIN)
    rows = []
    for title, move_id in drafts:
        panel = {}
        for event, data in client.validate(move_id):
            if event == "done":
                panel = data.get("panel", data)
        rows.append(Row(title, panel))
        say(f"{title}: {(rows[-1].validation.get('verdict') or 'none')}")
    return rows


def _serve(web: OdooServer) -> None:
    host = urllib.parse.urlsplit(web.url).netloc
    print(f"\nThe web client: http://{host}/odoo   login {LOGIN}, password {LOGIN}")
    print("Open Invoicing: the invoices without a verdict are for you. Open one and")
    print("press Validate with AI.")
    print("Ctrl-C ends it.", flush=True)
    try:
        web.wait()
    except KeyboardInterrupt:
        print()
