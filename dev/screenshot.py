"""Screenshots of the running web client, taken through Chromium's debugging protocol.

``python3 -m dev screenshot -- URL FILE.png [--click SELECTOR] [--wait SELECTOR]``
logs in as ``admin`` (or ``--login``), opens the page, waits for it to settle and
writes the picture.
"""

from __future__ import annotations

import argparse
import base64
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import websocket

TIMEOUT = 30.0
"""Seconds to wait for a page or an element."""

SETTLE = 0.7
"""Seconds for animations to end before the picture."""


class Browser:
    """One page of a headless Chromium."""

    def __init__(self, connection: websocket.WebSocket) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send one command of the debugging protocol and return its result."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        self._connection.send(json.dumps(message))
        while True:
            answer = json.loads(self._connection.recv())
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression in the page."""
        result = self.call(
            "Runtime.evaluate",
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
        )
        return result["result"].get("value")

    def wait_for(self, expression: str) -> None:
        """Wait until a JavaScript expression is true.

        :raise TimeoutError: after :data:`TIMEOUT` seconds
        """
        end = time.monotonic() + TIMEOUT
        while not self.evaluate(f"!!({expression})"):
            if time.monotonic() > end:
                raise TimeoutError(f"not true in {TIMEOUT:.0f} s: {expression}")
            time.sleep(0.1)

    def open(self, url: str) -> None:
        """Open a page and wait until it has loaded."""
        self.call("Page.navigate", url=url)
        self.wait_for(
            f"document.readyState === 'complete' && location.href !== 'about:blank' "
            f"&& location.origin === {json.dumps(_origin(url))}"
        )

    def picture(self, file: Path, whole_page: bool = False) -> None:
        """Write a PNG of what the page shows."""
        time.sleep(SETTLE)
        result = self.call("Page.captureScreenshot", captureBeyondViewport=whole_page)
        file.write_bytes(base64.b64decode(result["data"]))


@contextmanager
def browser(width: int, height: int, program: str | None = None) -> Iterator[Browser]:
    """Start Chromium with an empty profile and yield its page.

    :param width: of the window, in pixels
    :param height: of the window, in pixels
    :param program: to start; the environment's ``CHROMIUM`` when not given
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [
                program or os.environ["CHROMIUM"],
                "--headless",
                "--remote-debugging-port=0",
                # A page that is left while it opens its databases would be kept for
                # "back" with them half open, and the next page would wait for them
                # for ever: the login page and the web client open the same ones.
                "--disable-features=BackForwardCache",
            ]
            + ["--remote-allow-origins=*", f"--user-data-dir={profile}"]
            + [f"--window-size={width},{height}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=_lift_memory_limit,
        )
        try:
            connection = websocket.create_connection(
                _page_address(Path(profile)), timeout=TIMEOUT, suppress_origin=True
            )
            yield Browser(connection)
            connection.close()
        finally:
            process.terminate()
            process.wait()


def _lift_memory_limit() -> None:
    """Lift the memory limit that Odoo sets: Chromium reserves far more."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def _page_address(profile: Path) -> str:
    port_file = profile / "DevToolsActivePort"
    end = time.monotonic() + TIMEOUT
    while not (port_file.exists() and port_file.read_text().strip()):
        if time.monotonic() > end:
            raise TimeoutError("Chromium did not start")
        time.sleep(0.05)
    port = port_file.read_text().split()[0]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
        pages = json.load(answer)
    return next(p["webSocketDebuggerUrl"] for p in pages if p["type"] == "page")


def log_in(page: Browser, origin: str, login: str, password: str) -> None:
    """Log in to the web client."""
    page.open(f"{origin}/web/login")
    page.wait_for("document.querySelector('form.oe_login_form')")
    page.evaluate(
        "(() => { const form = document.querySelector('form.oe_login_form');"
        f"form.login.value = {json.dumps(login)};"
        f"form.password.value = {json.dumps(password)};"
        "form.submit(); })()"
    )
    # Rendered, not only loaded.
    page.wait_for("document.querySelector('.o_main_navbar')")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def main(arguments: list[str]) -> int:
    """Take one picture; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python3 -m dev screenshot --", description=__doc__
    )
    parser.add_argument("url")
    parser.add_argument("file", type=Path)
    parser.add_argument("--login", default="admin")
    parser.add_argument("--password")
    parser.add_argument("--wait", action="append", default=[], metavar="SELECTOR")
    parser.add_argument("--click", action="append", default=[], metavar="SELECTOR")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds at the end")
    parser.add_argument("--size", default="1366x900")
    options = parser.parse_args(arguments)
    width, height = map(int, options.size.split("x"))
    with browser(width, height) as page:
        password = options.password or options.login
        log_in(page, _origin(options.url), options.login, password)
        page.open(options.url)
        page.wait_for("document.querySelector('.o_action_manager > *')")
        for selector in options.click:
            found = f"document.querySelector({json.dumps(selector)})"
            page.wait_for(found)
            page.evaluate(f"{found}.click()")
        for selector in options.wait:
            page.wait_for(f"document.querySelector({json.dumps(selector)})")
        time.sleep(options.pause)
        page.picture(options.file)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
