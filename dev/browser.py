"""Chromium for tours, JavaScript tests and screenshots."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

from . import debian, paths
from .command import run, say
from .errors import SetupError
from .locking import exclusive

NAMES = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-liberation")
PROGRAM = "usr/lib/chromium/chromium"

SWITCHES = (
    # Nothing but this machine is reached, whatever the browser wants by itself.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules='MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost'",
    # Containers have a small /dev/shm, and their kernels often forbid the sandbox.
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--no-sandbox",
)

FAMILIES = {
    "monospace": "Liberation Mono",
    "sans-serif": "Liberation Sans",
    "serif": "Liberation Serif",
    "system-ui": "Liberation Sans",
}

FONTS = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>{root}/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
  {aliases}
</fontconfig>
"""


def prepare() -> Path:
    """Return the browser to start: a script that adds :data:`SWITCHES`.

    It stands first on the path of Odoo under the name that Odoo's test runner looks
    for first.

    :raise SetupError: when no browser can be had, with what to do
    """
    script = paths.state("bin") / NAMES[0]
    command = _command(script.parent)
    switches = " ".join(SWITCHES)
    text = f'#!/bin/sh\n{command} {switches} "$@"\n'
    if not script.exists() or script.read_text() != text:
        script.parent.mkdir(exist_ok=True)
        partial = script.with_suffix(f".{os.getpid()}")
        partial.write_text(text)
        partial.chmod(0o755)
        partial.replace(script)
    run([script, "--version"])
    return script


def _command(own: Path) -> str:
    """Return how to start the browser, as the beginning of a line of shell."""
    search = os.pathsep.join(
        part for part in os.environ["PATH"].split(os.pathsep) if part != str(own)
    )
    for name in NAMES:
        if found := shutil.which(name, path=search):
            return f"exec '{found}'"
    release = Path("/etc/os-release")
    key = hashlib.sha256(release.read_bytes() if release.exists() else b"").hexdigest()
    root = paths.cache() / f"chromium-{key[:12]}"
    if not root.exists():
        with exclusive(paths.cache() / "chromium.lock"):
            if not root.exists():
                _unpack(root)
    fonts = paths.state("fonts.conf")
    aliases = "".join(
        f"<alias><family>{name}</family><prefer><family>{font}</family></prefer></alias>"
        for name, font in FAMILIES.items()
    )
    fonts.write_text(FONTS.format(root=root, aliases=aliases))
    libraries = root / "usr/lib" / f"{os.uname().machine}-linux-gnu"
    return (
        f"LD_LIBRARY_PATH='{libraries}:{libraries}/nss:{libraries}/pulseaudio' "
        f"FONTCONFIG_FILE='{fonts}' exec '{root / PROGRAM}'"
    )


def _unpack(root: Path) -> None:
    if sys.platform != "linux":
        raise SetupError("No browser was found. Install Chrome or Chromium.")
    say("Fetching Chromium")
    with tempfile.TemporaryDirectory(dir=root.parent, prefix="partial-") as partial:
        made = Path(partial) / "root"
        try:
            with debian.machine() as archive:
                archive.unpack(archive.missing(PACKAGES), made)
        except SetupError as error:
            raise SetupError(
                "No browser was found, and none could be fetched. Install Chrome or "
                f"Chromium so that one of {', '.join(NAMES)} is on the path. {error}"
            ) from error
        if not (made / PROGRAM).exists():
            raise SetupError(
                "The package `chromium` of this system holds no browser (some only "
                "install a snap). Install Chrome or Chromium yourself."
            )
        made.rename(root)
