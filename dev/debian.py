"""Packages of a Debian suite, unpacked into a folder without being installed.

Uses lists and folders of its own, so nothing of the machine's apt changes, and works
for an ordinary user. The mirror is the one that the machine already uses.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .command import download, run
from .errors import SetupError

KEYRINGS = (
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
    Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
)


@dataclass(frozen=True)
class Package:
    """One exact build of a package."""

    name: str
    version: str
    sha256: str


class Archive:
    """A suite whose lists have been fetched."""

    def __init__(self, options: list[str], folder: Path) -> None:
        self._options = options
        self._folder = folder

    def unpack_pinned(self, package: Package, into: Path) -> None:
        """Unpack exactly the given build.

        :raise SetupError: when the suite has moved on or the file is another one
        """
        try:
            (file,) = self._download([f"{package.name}={package.version}"])
        except SetupError as error:
            raise SetupError(
                f"Debian's {package.name} {package.version} is not at this machine's "
                f"mirror (any more): {error}"
            ) from error
        if hashlib.sha256(file.read_bytes()).hexdigest() != package.sha256:
            raise SetupError(
                f"Debian's {package.name} {package.version} is not the file that was "
                "tried: its checksum differs"
            )
        run(["dpkg-deb", "-x", file, into])

    def unpack(self, names: Iterable[str], into: Path) -> None:
        """Unpack packages as the suite has them today."""
        for file in self._download(names):
            run(["dpkg-deb", "-x", file, into])

    def with_dependencies(self, name: str) -> list[str]:
        """Return ``name`` and all packages that it needs, from this suite alone."""
        listing = run(
            ["apt-cache", *self._options, "depends", "--recurse", "--no-suggests"]
            + ["--no-recommends", "--no-conflicts", "--no-breaks", "--no-replaces"]
            + ["--no-enhances", "--no-pre-depends", name]
        )
        return sorted(
            {
                line.strip()
                for line in listing.splitlines()
                if line[:1].strip() and not line.startswith("<")
            }
        )

    def _download(self, names: Iterable[str]) -> list[Path]:
        target = Path(tempfile.mkdtemp(dir=self._folder))
        download(["apt-get", *self._options, "--quiet", "download", *names], cwd=target)
        return sorted(target.glob("*.deb"))


@contextmanager
def archive(suite: str) -> Iterator[Archive]:
    """Fetch the lists of a suite; what is downloaded lives as long as the block.

    :param suite: as in a sources list, such as ``sid``
    :raise SetupError: on a machine without apt, or whose mirror lacks the suite
    """
    for program in ("apt-get", "apt-cache", "dpkg-deb"):
        if not shutil.which(program):
            raise SetupError(f"{program} is not installed: not a Debian machine")
    mirrors = run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    ).split()
    problems = ["no package source is configured for apt"] if not mirrors else []
    for mirror in dict.fromkeys(mirrors):
        with tempfile.TemporaryDirectory(prefix="account_ai-apt-") as name:
            folder = Path(name)
            options = _options(folder, mirror, suite)
            try:
                download(["apt-get", *options, "--quiet", "update"])
            except SetupError as error:
                problems.append(str(error))
                continue
            yield Archive(options, folder)
            return
    raise SetupError("; ".join(problems))


def _options(folder: Path, mirror: str, suite: str) -> list[str]:
    for part in ("lists/partial", "archives/partial"):
        (folder / part).mkdir(parents=True)
    keyring = next((path for path in KEYRINGS if path.exists()), None)
    signed_by = f"[signed-by={keyring}] " if keyring else ""
    sources = folder / "sources.list"
    sources.write_text(f"deb {signed_by}{mirror} {suite} main\n")
    settings = {
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "-",
        "Dir::State::Lists": folder / "lists",
        "Dir::Cache::archives": folder / "archives",
        "Dir::Cache::pkgcache": "",
        "Dir::Cache::srcpkgcache": "",
        # An update that fetched nothing must fail instead of going on with a warning.
        "APT::Update::Error-Mode": "any",
        "APT::Sandbox::User": "root",
    }
    return [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]
