"""nginx with the configuration that the product ships, on free ports."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dev import debian, paths
from dev.command import say
from dev.errors import SetupError
from dev.locking import exclusive

SHIPPED = paths.CHECKOUT / "deploy" / "nginx.conf"
START_SECONDS = 10
STREAM_LOCATION = "location /account_ai/validate {"


def program() -> Path:
    """Return an nginx: the machine's own, or Debian's, unpacked into the cache.

    :raise SetupError: when there is neither
    """
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found:
        return Path(found)
    codename = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    folder = paths.cache() / f"nginx-{codename}-{platform.machine()}"
    with exclusive(folder.with_name(folder.name + ".lock")):
        if not folder.exists():
            say("Fetching nginx for the benchmark")
            partial = folder.with_name(folder.name + ".partial")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            try:
                with debian.suite(codename) as archive:
                    archive.unpack(["nginx", "nginx-common"], partial)
            except SetupError as error:
                raise SetupError(
                    f"Install nginx and run this again: {error}"
                ) from error
            partial.rename(folder)
    return folder / "usr" / "sbin" / "nginx"


@contextmanager
def running(
    folder: Path, port: int, odoo_port: int, evented_ports: Sequence[int]
) -> Iterator[str]:
    """Run nginx in front of Odoo; yield its address.

    The configuration is the shipped one; ports, the user and the benchmark's own route
    are all that is changed.

    :raise SetupError: when the shipped configuration has no such line any more
    """
    text = SHIPPED.read_text()
    servers = "".join(
        f"        server 127.0.0.1:{evented};\n" for evented in evented_ports
    )
    changes = {
        "        server 127.0.0.1:8072;\n        server 127.0.0.1:8073;\n": servers,
        "127.0.0.1:8069": f"127.0.0.1:{odoo_port}",
        "127.0.0.1:8080": f"127.0.0.1:{port}",
        STREAM_LOCATION: "location ~ ^/(account_ai/validate|account_ai_relay)$ {",
    }
    for old, new in changes.items():
        if old not in text:
            raise SetupError(f"{SHIPPED.name} has no line {old!r} any more.")
        text = text.replace(old, new)
    if os.geteuid() == 0:
        text = "user root;\n" + text
    bodies = "".join(
        f"    {name}_temp_path temp-{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    text = text.replace("http {\n", "http {\n" + bodies, 1)
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "nginx.conf"
    configuration.write_text(text)
    command = [program(), "-p", folder, "-c", configuration, "-e", "error.log"]
    subprocess.run([*command, "-t", "-q"], check=True)
    process = subprocess.Popen([*command, "-g", "daemon off;"])
    try:
        _wait(process, port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait(process: subprocess.Popen, port: int) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SetupError("nginx does not start; its error.log says why.")
