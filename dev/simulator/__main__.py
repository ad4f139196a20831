"""``python -m dev.simulator``: serve the simulated Claude API on loopback."""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import os
import signal
import sys
from pathlib import Path

from aiohttp import web

from .app import make_app
from .clock import parse_time
from .state import State


def loopback_address(text: str) -> str:
    """Return ``text`` if it is a loopback address.

    :raise argparse.ArgumentTypeError: if it is anything else
    """
    try:
        address = ipaddress.ip_address("127.0.0.1" if text == "localhost" else text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    if not address.is_loopback:
        raise argparse.ArgumentTypeError(
            f"{text} is not loopback: the simulator serves this machine only"
        )
    return str(address)


def _timestamp(text: str) -> str:
    try:
        parse_time(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dev.simulator", description="A local stand-in for Claude."
    )
    parser.add_argument("--host", type=loopback_address, default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--port-file", type=Path, help="write the port there")
    parser.add_argument("--first-token-ms", type=float)
    parser.add_argument("--tokens-per-second", type=float)
    parser.add_argument("--write-interval-ms", type=float)
    parser.add_argument("--batch-seconds", type=float)
    parser.add_argument("--gullible", action="store_true", default=None)
    parser.add_argument(
        "--parent", type=int, help="process id of the starter: end when it ends"
    )
    parser.add_argument("--clock", type=_timestamp, help="ISO 8601 start time")
    return parser


_SETTINGS = (
    "first_token_ms",
    "tokens_per_second",
    "write_interval_ms",
    "batch_seconds",
    "gullible",
)


async def serve(arguments: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT."""
    initial = {
        name: value
        for name in _SETTINGS
        if (value := getattr(arguments, name)) is not None
    }
    state = State(initial, arguments.clock)
    runner = web.AppRunner(
        make_app(state),
        access_log=None,
        handler_cancellation=True,
        shutdown_timeout=0.5,
    )
    await runner.setup()
    site = web.TCPSite(runner, arguments.host, arguments.port, backlog=1024)
    await site.start()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    host, port = runner.addresses[0][:2]
    if arguments.port_file:
        _write_whole(arguments.port_file, str(port))
    shown = f"[{host}]" if ":" in host else host
    print(f"Claude simulator on http://{shown}:{port}", flush=True)
    if arguments.parent is not None:
        watch = asyncio.create_task(_wait_for_end_of(arguments.parent))
        watch.add_done_callback(lambda _task: stop.set())
    await stop.wait()
    await runner.cleanup()


async def _wait_for_end_of(parent: int) -> None:
    """Return when the process ``parent`` has ended without ending this one.

    A child that has lost its parent is given another one by the system.
    """
    while os.getppid() == parent:
        await asyncio.sleep(0.5)


def _write_whole(path: Path, text: str) -> None:
    """Write ``text`` so that a reader sees all of it or no file."""
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    partial.write_text(text)
    partial.replace(path)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    asyncio.run(serve(_parser().parse_args(arguments)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
