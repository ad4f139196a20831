"""Where Odoo 19 comes from: a given folder, the cache, Debian's package, or git."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import debian, paths
from .command import download, say
from .errors import SetupError
from .locking import exclusive

PACKAGE = debian.Package(
    name="odoo-19",
    version="19.0.0+dfsg-1",
    sha256="9d2f598b0555db17e291d48ed24df184c70823c053c4c5ed53c467ca7f629bbf",
)
"""The package that was tried. The suite moves on; then this line has to follow."""

COMPANIONS = (
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    "fonts-font-awesome",
    "fonts-roboto-unhinted",
    "fonts-montserrat",
    "fonts-inconsolata",
    "fonts-ocr-b",
    "fonts-glyphicons-halflings",
)
"""Scripts and fonts to which the package only links.

They are taken as the suite has them today: their content is stable, and apt
verifies them against the suite's signature.
"""

REPOSITORY = "https://github.com/odoo/odoo"
BRANCH = "19.0"


@dataclass(frozen=True)
class OdooSource:
    """An Odoo that can be started."""

    launcher: Path
    """The script to start. A file of its own: with ``-m`` Odoo cannot start its
    evented process."""
    python_path: Path
    """The folder that holds the package ``odoo``."""
    addons: tuple[Path, ...]
    """Folders of addons beside the one inside the package."""

    @property
    def identity(self) -> str:
        """A short text that changes when the files behind it do."""
        release = self.python_path / "odoo" / "release.py"
        return hashlib.sha256(
            str(self.python_path.resolve()).encode() + release.read_bytes()
        ).hexdigest()[:12]


def prepare() -> OdooSource:
    """Return Odoo 19, fetched into the cache when it is not there.

    :raise SetupError: when there is none to be had, with what to do
    """
    if home := os.environ.get("ODOO_HOME"):
        found = at(Path(home).expanduser().resolve())
        if not found:
            raise SetupError(
                f"ODOO_HOME is {home}, but no Odoo is there: neither `odoo-bin` nor "
                "`usr/bin/odoo`."
            )
        return found
    packaged = paths.cache() / f"odoo-{PACKAGE.sha256[:16]}"
    cloned = paths.cache() / f"odoo-{BRANCH}"
    for folder in (packaged, cloned):
        if found := at(folder):
            return found
    with exclusive(paths.cache() / "odoo.lock"):
        if found := at(packaged) or at(cloned):
            return found
        problems = []
        for folder, fetch in ((packaged, _unpack), (cloned, _clone)):
            try:
                _fetch_into(folder, fetch)
            except SetupError as error:
                problems.append(str(error))
                continue
            if found := at(folder):
                return found
            problems.append(f"{folder.name}: no launcher in what was fetched")
    raise SetupError(
        "Odoo 19 could not be had. Set ODOO_HOME to a folder with Odoo 19 Community "
        "(a clone of its repository will do) and run this again. What was tried:\n- "
        + "\n- ".join(problems)
    )


def at(folder: Path) -> OdooSource | None:
    """Return the Odoo in ``folder``, a clone or an unpacked package, or nothing."""
    clone = folder / "odoo-bin"
    if clone.is_file():
        return OdooSource(clone, folder, (folder / "addons",))
    packages = folder / "usr" / "lib" / "python3" / "dist-packages"
    launcher = folder / "usr" / "bin" / "odoo"
    if launcher.is_file() and (packages / "odoo" / "release.py").is_file():
        return OdooSource(launcher, packages, ())
    return None


def _fetch_into(folder: Path, fetch: Callable[[Path], None]) -> None:
    """Fetch beside ``folder`` and rename, so that it is either complete or absent."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="partial-") as partial:
        made = Path(partial) / "odoo"
        fetch(made)
        made.rename(folder)


def _unpack(folder: Path) -> None:
    say(f"Fetching Odoo: Debian's package {PACKAGE.name} {PACKAGE.version}")
    with debian.suite("sid") as archive:
        archive.unpack_pinned(PACKAGE, folder)
        archive.unpack(COMPANIONS, folder)
    # Debian removes this file for its licence but leaves it in the manifest; without
    # any file there every page logs an error, which fails every tour.
    addons = folder / "usr/lib/python3/dist-packages/odoo/addons"
    script = addons / "mail/static/lib/selfie_segmentation/selfie_segmentation.js"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.touch()


def _clone(folder: Path) -> None:
    if not shutil.which("git"):
        raise SetupError("git is not installed, so Odoo could not be cloned")
    say(f"Fetching Odoo: branch {BRANCH} of {REPOSITORY}")
    download(
        ["git", "clone", "--quiet", "--depth=1", f"--branch={BRANCH}"]
        + ["--single-branch", REPOSITORY, folder],
        env={"GIT_TERMINAL_PROMPT": "0"},
    )
