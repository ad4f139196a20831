"""Databases: templates that are made once, and cheap copies of them.

There are two templates: one with the modules that the addon needs, and a copy of it
with the addon. Each carries in its name what it was made from, so a change makes a new
one, and commands that run side by side never disturb each other. Work happens in
copies, which take a fraction of a second.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from . import addon_folder, paths
from .command import say
from .locking import exclusive, exclusive_if_free, shared
from .odoo import Odoo

TEMPLATES_KEPT = 4


def dependencies_template(odoo: Odoo, *, demo: bool = False) -> str:
    """Return the template with the modules that the addon needs, made when needed."""
    modules = addon_folder.dependencies()
    name = _name("dependencies", demo, odoo.source.identity, *modules)
    return _template(odoo, name, None, modules, demo)


def addon_template(odoo: Odoo, *, demo: bool = False) -> str:
    """Return the template with the addon as it stands now, made when needed."""
    source = dependencies_template(odoo, demo=demo)
    name = _name("addon", demo, source, addon_folder.installed_content())
    return _template(odoo, name, source, [addon_folder.NAME], demo)


@contextmanager
def kept(name: str) -> Iterator[None]:
    """Keep a template from being removed as an old one, as long as the block."""
    with shared(_users(name)):
        yield


def copy(odoo: Odoo, source: str, name: str) -> None:
    """Make the database ``name`` a copy of a template, replacing what was there.

    The attachments are shared: Odoo writes each once and never changes it.
    """
    drop(odoo, name)
    odoo.postgresql.execute(
        f'CREATE DATABASE "{name}" TEMPLATE "{source}" STRATEGY FILE_COPY'
    )
    filestore = odoo.data_folder / "filestore"
    if (filestore / source).exists():
        shutil.copytree(filestore / source, filestore / name, copy_function=os.link)


def drop(odoo: Odoo, name: str) -> None:
    """Remove a database and its attachments, even while it is in use."""
    odoo.postgresql.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    shutil.rmtree(odoo.data_folder / "filestore" / name, ignore_errors=True)


def exists(odoo: Odoo, name: str) -> bool:
    """Return whether there is a database of that name."""
    return bool(
        odoo.postgresql.execute(f"SELECT 1 FROM pg_database WHERE datname = '{name}'")
    )


def _name(kind: str, demo: bool, *parts: str) -> str:
    # The checkout is part of it because attachments live there, while an existing
    # server may serve several checkouts.
    text = "\n".join([str(paths.CHECKOUT), *parts])
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return f"account_ai_{kind}{'_demo' if demo else ''}_{digest}"


def _template(
    odoo: Odoo, name: str, source: str | None, modules: Sequence[str], demo: bool
) -> str:
    if exists(odoo, name):
        return name
    with exclusive(paths.state("locks") / name):
        if exists(odoo, name):
            return name
        say(f"Installing {', '.join(modules)} in a new database")
        partial = f"{name}_partial"
        if source:
            copy(odoo, source, partial)
        else:
            drop(odoo, partial)
        odoo.initialize(partial, modules, demo=demo)
        filestore = odoo.data_folder / "filestore"
        shutil.rmtree(filestore / name, ignore_errors=True)
        if (filestore / partial).exists():
            (filestore / partial).rename(filestore / name)
        odoo.postgresql.execute(f'ALTER DATABASE "{partial}" RENAME TO "{name}"')
        _forget_old(odoo, name)
    return name


def _forget_old(odoo: Odoo, name: str) -> None:
    """Remove all but the latest templates of the kind of ``name``."""
    kind = name.rpartition("_")[0]
    names = odoo.postgresql.execute(
        "SELECT datname FROM pg_database WHERE datname ~ "
        f"'^{kind}_[0-9a-f]{{12}}$' ORDER BY oid DESC"
    )
    for old in names[TEMPLATES_KEPT:]:
        with exclusive_if_free(_users(old)) as unused:
            if unused:
                drop(odoo, old)


def _users(name: str) -> Path:
    return paths.state("locks") / f"{name}.users"
