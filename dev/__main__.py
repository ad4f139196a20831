"""The verbs: ``python3 -m dev <verb>``."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence

from . import (
    browser,
    checks,
    databases,
    odoo,
    odoo_source,
    paths,
    postgresql,
    pytest_run,
    python_environment,
)
from .command import say
from .errors import SetupError
from .outcome import Outcome


def setup(_: argparse.Namespace) -> int:
    """Install everything that the other verbs need."""
    python_environment.prepare()
    odoo_source.prepare()
    browser.prepare()
    with postgresql.server() as server:
        prepared = odoo.prepare(server)
        databases.dependencies_template(prepared)
        say(odoo.version(prepared))
    return 0


def run_odoo(options: argparse.Namespace) -> int:
    """Start Odoo with the given arguments."""
    with postgresql.server() as server:
        prepared = odoo.prepare(server)
        return subprocess.call(
            prepared.command(*_rest(options)), env=_developer_environment(prepared)
        )


def shell(options: argparse.Namespace) -> int:
    """Open Odoo's shell on a copy of the test database."""
    with postgresql.server() as server:
        prepared = odoo.prepare(server)
        _ensure_copy(prepared, options.database, options.fresh)
        arguments = ("shell", "--database", options.database, "--no-http")
        return subprocess.call(
            prepared.command(*arguments, *_rest(options)),
            env=_developer_environment(prepared),
        )


def serve(options: argparse.Namespace) -> int:
    """Serve the web client on a copy of the test database, until Ctrl-C."""
    with postgresql.server() as server:
        prepared = odoo.prepare(server)
        _ensure_copy(prepared, options.database, options.fresh)
        say(f"http://127.0.0.1:{options.port}/odoo, login admin, password admin")
        command = prepared.command(
            *("--database", options.database, f"--db-filter=^{options.database}$"),
            *(f"--http-port={options.port}", f"--gevent-port={options.port + 1}"),
            *_rest(options),
        )
        process = subprocess.Popen(
            command, env=_developer_environment(prepared), start_new_session=True
        )
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.terminate()
            return process.wait()


def run_pytest(options: argparse.Namespace) -> int:
    """Run pytest on some tests."""
    arguments = _rest(options)
    if pytest_run.concerns_tools(arguments):
        return pytest_run.run_tools(arguments, odoo.bare_environment())
    with postgresql.server() as server:
        prepared = odoo.prepare(server)
        browser.prepare()
        return pytest_run.run_addon(prepared, arguments, options.database)


def demo(options: argparse.Namespace) -> int:
    """Validate the demonstration's invoices, then serve the web client."""
    # Imported here: the other verbs do without it.
    from .demo.run import run

    return run(serve=options.serve, port=options.port)


def bench(options: argparse.Namespace) -> int:
    """Measure what the design promises in figures."""
    environment = odoo.bare_environment()
    if peers := os.environ.get("PEERS"):
        environment["PEERS"] = peers
    return subprocess.call(
        [python_environment.prepare(), "-m", "benchmarks", *_rest(options)],
        cwd=paths.CHECKOUT,
        env=environment,
    )


def evaluate(options: argparse.Namespace) -> int:
    """Measure the validator with labelled cases, or try it on DTE XML files."""
    own = {n: v for n, v in os.environ.items() if n.startswith("ACCOUNT_AI_")}
    return subprocess.call(
        [python_environment.prepare(), "-m", "dev.eval", *_rest(options)],
        cwd=paths.CHECKOUT,
        env=odoo.bare_environment() | own,
    )


def _checking(check: Callable[[], Outcome]) -> Callable[[argparse.Namespace], int]:
    """Return a verb that runs ``check`` and prints its outcome as the last line."""

    def verb(_: argparse.Namespace) -> int:
        outcome = Outcome(failed=1)
        try:
            outcome = check()
        except SetupError as error:
            print(f"\n{error}", file=sys.stderr, flush=True)
        print(outcome, flush=True)
        return outcome.exit_code

    verb.__doc__ = check.__doc__
    return verb


def test(options: argparse.Namespace) -> int:
    """Run all checks, or with -m the tests that a marker chooses."""
    if options.marker:
        return _checking(lambda: checks.marked(options.marker))(options)
    return _checking(checks.everything)(options)


def test_live(options: argparse.Namespace) -> int:
    """Run the tests that ask Claude with a real key; skipped without LIVE=1."""
    if os.environ.get("LIVE") != "1":
        say("Skipped: it asks Claude with your key, for money; LIVE=1 runs it")
        return 0
    return _checking(checks.live)(options)


def psql(options: argparse.Namespace) -> int:
    """Run PostgreSQL's client."""
    with postgresql.server() as server:
        return subprocess.call(
            [server.psql, *_rest(options)], env={**os.environ, **server.environment}
        )


def python(options: argparse.Namespace) -> int:
    """Run the environment's Python."""
    return subprocess.call(
        [python_environment.prepare(), *_rest(options)], env=odoo.bare_environment()
    )


def screenshot(options: argparse.Namespace) -> int:
    """Take pictures of pages of a running web client."""
    return subprocess.call(
        [python_environment.prepare(), "-m", "dev.screenshot", *_rest(options)],
        env=odoo.bare_environment() | {"CHROMIUM": str(browser.prepare())},
    )


def stop(_: argparse.Namespace) -> int:
    """Stop the database server."""
    postgresql.stop()
    return 0


def clean(options: argparse.Namespace) -> int:
    """Remove this checkout's state, and with --cache what all checkouts share."""
    postgresql.forget()
    shutil.rmtree(paths.STATE, ignore_errors=True)
    if options.cache:
        shutil.rmtree(paths.cache(), ignore_errors=True)
    return 0


def main(arguments: Sequence[str]) -> int:
    """Run one verb; return the exit code."""
    options = _parser().parse_args(arguments)
    # SIGTERM cleans up as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return options.run(options)
    except SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m dev", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="verb")

    def verb(name: str, run, rest: bool = False) -> argparse.ArgumentParser:
        command = verbs.add_parser(name, help=run.__doc__, description=run.__doc__)
        command.set_defaults(run=run)
        if rest:
            command.add_argument("rest", nargs=argparse.REMAINDER, metavar="-- ...")
        return command

    verb("setup", setup)
    verb("odoo", run_odoo, rest=True)
    for name, run in (("shell", shell), ("serve", serve)):
        command = verb(name, run, rest=True)
        command.add_argument("--database", default="account_ai_try")
        command.add_argument("--fresh", action="store_true", help="start from a copy")
        if run is serve:
            command.add_argument("--port", type=int, default=8069)
    command = verb("pytest", run_pytest, rest=True)
    command.add_argument(
        "--database",
        default=os.environ.get(pytest_run.DATABASE_VARIABLE),
        help="name of the test database, which then stays",
    )
    for name, check in (
        ("test-addon", checks.addon),
        ("test-processes", checks.processes),
        ("test-tools", checks.tools),
        ("test-installation", checks.installation_and_back),
        ("test-upgrade", checks.upgrade_from_releases),
        ("lint", checks.linters),
    ):
        verb(name, _checking(check))
    verb("test-live", test_live)
    command = verb("test", test)
    command.add_argument("-m", dest="marker", help="such as unit, or 'not slow'")
    command = verb("demo", demo)
    command.add_argument("--port", type=int, default=8069)
    command.add_argument("--no-serve", dest="serve", action="store_false")
    verb("bench", bench, rest=True)
    verb("eval", evaluate, rest=True)
    verb("psql", psql, rest=True)
    verb("python", python, rest=True)
    verb("screenshot", screenshot, rest=True)
    verb("stop", stop)
    verb("clean", clean).add_argument("--cache", action="store_true")
    return parser


def _rest(options: argparse.Namespace) -> list[str]:
    return options.rest[1:] if options.rest[:1] == ["--"] else options.rest


def _ensure_copy(prepared: odoo.Odoo, database: str, fresh: bool) -> None:
    if fresh or not databases.exists(prepared, database):
        databases.copy(prepared, databases.addon_template(prepared), database)


def _developer_environment(prepared: odoo.Odoo) -> dict[str, str]:
    """Return Odoo's environment with the addon's own variables left as they are."""
    own = {n: v for n, v in os.environ.items() if n.startswith("ACCOUNT_AI_")}
    return prepared.environment(**own)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
