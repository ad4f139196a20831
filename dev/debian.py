"""Debian's packages, unpacked into a folder without being installed.

Uses lists and folders of its own, so nothing of the machine's apt changes, and works
for an ordinary user. The mirror is the one that the machine already uses.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
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
    """Suites whose lists have been fetched."""

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

    def missing(self, names: Iterable[str]) -> list[str]:
        """Return ``names`` and what they need, without what the machine has."""
        plan = run(
            ["apt-get", *self._options, "--simulate", "--no-install-recommends"]
            + ["install", *names]
        )
        return [line.split()[1] for line in plan.splitlines() if line[:5] == "Inst "]

    def _download(self, names: Iterable[str]) -> list[Path]:
        target = Path(tempfile.mkdtemp(dir=self._folder))
        download(["apt-get", *self._options, "--quiet", "download", *names], cwd=target)
        return sorted(target.glob("*.deb"))


@contextmanager
def suite(name: str) -> Iterator[Archive]:
    """Fetch the lists of one suite; what is downloaded lives as long as the block.

    :param name: as in a sources list, such as ``sid``
    :raise SetupError: on a machine without apt, or whose mirror lacks the suite
    """
    _require_apt()
    mirrors = run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    ).split()
    problems = [] if mirrors else ["no package source is configured for apt"]
    keyring = next((path for path in KEYRINGS if path.exists()), None)
    signed_by = f"[signed-by={keyring}] " if keyring else ""
    for mirror in dict.fromkeys(mirrors):
        with _folder() as folder:
            sources = folder / "sources.list"
            sources.write_text(f"deb {signed_by}{mirror} {name} main\n")
            settings = {"Dir::Etc::sourcelist": sources, "Dir::Etc::sourceparts": "-"}
            try:
                archive = _updated(folder, settings)
            except SetupError as error:
                problems.append(str(error))
                continue
            yield archive
            return
    raise SetupError("; ".join(problems))


@contextmanager
def machine() -> Iterator[Archive]:
    """Fetch the lists of the machine's own suites; like :func:`suite` otherwise."""
    _require_apt()
    with _folder() as folder:
        yield _updated(folder, {})


def _require_apt() -> None:
    for program in ("apt-get", "dpkg-deb"):
        if not shutil.which(program):
            raise SetupError(f"{program} is not installed: not a Debian machine")


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="account_ai-apt-") as name:
        for part in ("lists/partial", "archives/partial"):
            (Path(name) / part).mkdir(parents=True)
        yield Path(name)


def _updated(folder: Path, settings: Mapping[str, str | Path]) -> Archive:
    options = []
    for key, value in {
        **settings,
        "Dir::State::Lists": folder / "lists",
        "Dir::Cache::archives": folder / "archives",
        "Dir::Cache::pkgcache": "",
        "Dir::Cache::srcpkgcache": "",
        # An update that fetched nothing must fail instead of going on with a warning.
        "APT::Update::Error-Mode": "any",
        "APT::Sandbox::User": "root",
        # The machine's own locks may belong to root.
        "Debug::NoLocking": "true",
    }.items():
        options += ["-o", f"{key}={value}"]
    download(["apt-get", *options, "--quiet", "update"])
    return Archive(options, folder)
